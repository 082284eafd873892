"""What a record holds, by name: dotted as in ``run.json``, or the last part alone.

Settings that have no effect in a run have no value there, whatever its record holds: a baseline
has no lambda.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from vibcli.errors import VibError, unknown
from vibcli.store.summary import Summary

# where the last part of a name is looked for, in this order
PLACES = (
    *("", "data.", "config.", "test.selected.", "timings.", "selected."),
    *("environment.", "environment.versions.", "data.sizes."),
)
CONFIG = "config."


def values_of(run: Summary) -> dict[str, Any]:
    """Each value of a run's record by its dotted name.

    ``config.`` holds the settings that have an effect; ``train.`` and ``validation.`` what was
    measured in the epoch that is kept. Of the run itself there are ``run`` (its id), ``status`` as
    the summary has it, ``dataset`` (what results call it), ``epochs`` (that were trained) and
    ``rate`` (of the test part, in nats).
    """
    record = run.record
    parts = {k: v for k, v in record.items() if k not in ("config", "epochs", "schema_version")}
    found = dict(_leaves(parts))
    found |= {CONFIG + name: value for name, value in effective(record["config"]).items()}
    return found | {
        **dict(_leaves(run.watched)),
        "run": run.id,
        "status": run.status,
        "dataset": run.dataset,
        "epochs": run.epochs,
        "rate": run.tested.get("rate_nats"),
    }


def effective(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a recorded config that have an effect; None where one is off.

    A setting that came after the record was written has its default.
    """
    from vibcli.config.record import RunConfig  # two tenths of a second

    fields = RunConfig.model_fields
    whole = RunConfig.model_construct(**{k: v for k, v in config.items() if k in fields})
    return {name: getattr(whole, name) for name in fields if whole.has_effect(name)}


def flags() -> dict[str, str]:
    """Each setting as its flag names it, without the dashes: ``lam`` -> ``lambda``."""
    from vibcli.config.record import RunConfig, called

    return {name: called(name) for name in RunConfig.model_fields}


def full_name(typed: str, known: Iterable[str]) -> str:
    """The dotted name that a typed one means.

    Dashes and underscores are the same, a setting is called like its flag or its field, and the
    last part is enough: it is looked for in `PLACES`. ``known`` are dotted names.

    Raises:
        VibError: none is called so; the message suggests the nearest.
    """
    settings = flags()
    known = {*known, *(CONFIG + name for name in settings)}
    meant = {flag.replace("-", "_"): name for name, flag in settings.items()}
    place, _, last = typed.strip().replace("-", "_").rpartition(".")
    for name in (last, meant.get(last, last)):
        places = (f"{place}.",) if place else PLACES
        if found := next((p + name for p in places if p + name in known), None):
            return found
    short = {name.rpartition(".")[2] for name in known if "." not in typed}
    flagged = {settings.get(name, name) for name in short}
    raise VibError(unknown("column", typed, flagged or known))


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Each value that is no mapping, by its dotted name."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _leaves(item, f"{prefix}{key}.")
        else:
            yield prefix + key, item
