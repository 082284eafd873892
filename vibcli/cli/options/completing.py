"""What a shell suggests where an option or an argument takes a name.

Each takes the command line so far and the beginning of the word, and gives words that it may
become; Typer picks those that begin so. Nothing is read but names of files and the tables of names,
and nothing is printed: what cannot be found is not suggested, and the shell goes on with files.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from vibcli.cli.options.sources import file_content
from vibcli.data.catalog import CATALOG
from vibcli.errors import VibError
from vibcli.recipes.packaged import packaged

Word = str | tuple[str, str]  # a word, or a word and what it is
Completer = Callable[[typer.Context, str], list[Word]]

LATEST = ("latest", "the complete run that was written last")
OWN = ("run", "name", "status", "dataset", "epochs", "test", "rate", "seed", "created", "differs")


def completer(find: Callable[[typer.Context, str], Iterable[Word]]) -> Completer:
    """Suggest what ``find`` gives; where it fails, nothing."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Word]:
        try:
            return list(find(ctx, incomplete))
        except Exception:  # whatever a folder of results may hold
            return []

    return complete


def among(*words: str) -> Completer:
    """Suggest these."""
    return completer(lambda *_: words)


@completer
def data_sets(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The named data sets."""
    return [(name, entry.kind) for name, entry in CATALOG.items()]


@completer
def data_sets_of_runs(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The data sets that there are runs on."""
    return sorted({id.split("/")[0] for id in _ids(context)})


@completer
def recipes(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The recipes of the package."""
    return packaged()


@completer
def variants(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The variants, with their descriptions."""
    return _variants()


@completer
def compared(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """Variants, and the names of experiments."""
    known = dict(_variants())
    own = {id.split("/")[1].rpartition("-")[0] for id in _ids(context)} - set(known)
    return [*known.items(), *((name, "an experiment of yours") for name in sorted(own))]


@completer
def runs(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The runs."""
    return [LATEST, *sorted(_ids(context))]


@completer
def columns(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """What `vib runs` may show or sort by; of several after commas the last."""
    from vibcli.store.values import flags
    from vibcli.tasks.find import tasks

    before, comma, _ = incomplete.rpartition(",")
    metrics = (metric for task in tasks() for metric in task.metrics)
    known = dict.fromkeys((*OWN, *flags().values(), *metrics))
    return [f"{before}{comma}{name}" for name in known]


@completer
def runs_and_experiments(context: typer.Context, incomplete: str) -> Iterable[Word]:
    """The runs, and the experiments with all their seeds."""
    ids = sorted(_ids(context))
    experiments = dict.fromkeys(id.rpartition("/")[0] for id in ids)
    return [LATEST, *((name, "all seeds") for name in experiments), *ids]


def _variants() -> list[tuple[str, str]]:
    from vibcli.tasks.find import all_variants

    return [(name, variant.description) for name, variant in all_variants().items()]


def _ids(context: typer.Context) -> list[str]:
    from vibcli.store.listing import run_ids

    try:
        return run_ids(_results(context))
    except (OSError, VibError):  # variants are suggested nevertheless
        return []


def _results(context: typer.Context) -> Path:
    """The folder of results: as typed, else as the environment or the settings file has it."""
    source = context.get_parameter_source("results")
    said = {} if source is None or source.name != "DEFAULT" else file_content()[1]
    return Path(said.get("results", context.params["results"]))
