"""What `vib report` does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vibcli.cli.output import complain, note
from vibcli.cli.pages import check_page, write_page
from vibcli.cli.retyped import training
from vibcli.errors import RunError, VibError
from vibcli.files import write_text
from vibcli.recipes.report import page as recipes_text
from vibcli.runs.session import Session
from vibcli.store.comparisons import report_page
from vibcli.store.listing import find_run
from vibcli.store.predictions import load_predictions
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import task_of

if TYPE_CHECKING:
    from vibcli.reporting.page.blocks import Page
    from vibcli.reporting.page.run import Told


def report(session: Session, runs: Sequence[str], html: Path | None) -> None:
    """Write a page on runs, or on what came of the recipes."""
    if html is not None:
        check_page(html)
    if not runs:
        if html is None:
            path = report_page(session.results)
            write_text(path, recipes_text(session.results))
            note(f"Wrote {path}")
        else:
            from vibcli.reporting.page.recipes import recipes_page

            write_page(html, recipes_page(session.results, html.parent))
        return
    if html is None:
        raise VibError(f"Say where the page is to be: vib report {' '.join(runs)} --html page.html")
    told = [_told(find_run(session.results, name)) for name in dict.fromkeys(runs)]
    write_page(html, _page(session, list({one.run.id: one for one in told}.values())))


def _page(session: Session, told: "Sequence[Told]") -> "Page":
    """Of one run, of a comparison, or of runs that cannot be compared."""
    from vibcli.reporting.page.run import run_page, runs_page

    if len(told) == 1:
        return run_page(told[0])
    experiments: dict[str, dict[int, Run]] = {}
    for run in sorted((one.run for one in told), key=lambda run: run.seed):
        experiments.setdefault(run.experiment, {})[run.seed] = run
    if len(experiments) == 1:
        return runs_page(told, "")
    if broken := [one.run.id for one in told if one.run.status != "complete"]:
        return runs_page(told, f"Not compared, because not complete: {', '.join(broken)}.")
    first = list(dict.fromkeys(one.run.experiment for one in told))
    try:
        return _compared(session, {name: experiments[name] for name in first})
    except VibError as error:
        return runs_page(told, f"Not compared: {error}")


def _compared(session: Session, experiments: Mapping[str, dict[int, Run]]) -> "Page":
    """A comparison, as `vib compare --no-train` makes it.

    Raises:
        VibError: the runs cannot be compared.
    """
    from vibcli.cli.actions.compare import CompareRequest, compared, scene_of
    from vibcli.cli.actions.members import Gathered
    from vibcli.comparison.member import Member
    from vibcli.reporting.page.comparison import comparison_page

    names = [next(iter(by_seed.values())).name for by_seed in experiments.values()]
    members = [
        Member(name if names.count(name) == 1 else experiment, by_seed, 0)
        for name, (experiment, by_seed) in zip(names, experiments.items(), strict=True)
    ]
    runs = [run for member in members for run in member.runs.values()]
    found = compared(session, Gathered(members, runs, None), CompareRequest(no_train=True))
    assert found is not None  # each has a complete run
    return comparison_page(scene_of(found), [*filter(None, map(_again, runs))])


def _told(folder: RunDir) -> "Told":
    """A run, with what is kept beside its record."""
    from vibcli.reporting.page.run import Told

    run, predictions = folder.read(), None
    try:
        predictions = load_predictions(folder)
    except RunError as error:
        complain(f"{error} What its test rows say is left out.")
    pictures = tuple(sorted(folder.path.glob("*.png")))
    return Told(run, _again(run), predictions, pictures)


def _again(run: Run) -> str:
    """The command that trains a run, wherever results are; none of a variant that is no more."""
    known = run.config.variant in task_of(run.config).variants
    return training(run, Session()) if known else ""
