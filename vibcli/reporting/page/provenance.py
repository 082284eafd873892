"""What made the numbers of a page: data, settings, versions, machine, time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vibcli.config.record import called
from vibcli.reporting.page.blocks import Pairs
from vibcli.reporting.tables.settings import setting_shown
from vibcli.store.environment import machine_in_words, versions_in_words
from vibcli.store.records import Run
from vibcli.tasks.forms import written


def data_of(run: Run) -> Pairs:
    """Which data a run saw."""
    data = run.data
    sizes = ", ".join(f"{count:,} {part}" for part, count in data.sizes.items())
    known = {
        "Data set": data.name,
        "From": data.source,
        "Revision": data.revision or "",
        "Fingerprint": data.fingerprint,
        "Rows": sizes,
        "Inputs": f"{', '.join(data.inputs)} ({data.kind})",
        "Label": data.label,
        "Classes": _few(data.classes),
        "Notes": "; ".join(data.notes),
    }
    return Pairs(tuple((name, text) for name, text in known.items() if text))


def _few(names: Sequence[str], most: int = 20) -> str:
    """The names, the first ``most`` of them where they are many."""
    if not names:
        return ""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{len(names)}: {', '.join(names[:most])}{more}"


def made_by(runs: Sequence[Run]) -> Pairs:
    """Versions, machine and time of runs; each where they are not all the same."""
    seconds = sum(sum(run.timings.values()) for run in runs)
    created = sorted(run.created[:16].replace("T", " ") for run in runs)
    when = created[0] if created[0] == created[-1] else f"{created[0]} to {created[-1]}"
    many = "" if len(runs) == 1 else f" in {len(runs)} runs"
    return Pairs(
        (
            *(("Versions", text) for text in _distinct(runs, versions_in_words)),
            *(("Machine", text) for text in _distinct(runs, machine_in_words)),
            ("Begun", f"{when} UTC"),
            ("Compute", f"{written('{:.4g}', seconds)} s{many}"),
            ("Seeds", ", ".join(map(str, sorted({run.seed for run in runs})))),
        )
    )


def settings_of(run: Run) -> Pairs:
    """The settings that have an effect in a run."""
    known = run.config.settings.items()
    named = [(called(name), setting_shown(v)) for name, v in known]
    return Pairs(tuple(pair for pair in named if pair[0] != "predicts"), short=True)


def _distinct(runs: Sequence[Run], of: Callable[[Mapping[str, Any]], str]) -> list[str]:
    return sorted({of(run.environment) for run in runs})
