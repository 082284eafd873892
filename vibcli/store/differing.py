"""In which settings listed experiments differ."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vibcli.store.summary import Summary
from vibcli.store.values import effective

# the data, and what follows from the variant
NOT_TOLD = ("dataset", "kind", "inputs", "label", "predicts", "bottleneck", "penalty")


def differing(runs: Sequence[Summary]) -> dict[str, dict[str, Any]]:
    """For each experiment, by the folder of its runs, the settings in which it differs.

    It is held against the other experiments of its task on its data. A setting differs if it has an
    effect in two of them, with another value: a baseline, which has no lambda, does not differ from
    a VIB by it. What most of them have is left out, and what is off, and the variant where the
    experiment is called so, or the last part of its name.
    """
    experiments = {run.id.rpartition("/")[0]: run for run in reversed(runs)}
    if len({repr(run.record["config"]) for run in experiments.values()}) < 2:
        return {}
    together: dict[tuple[str, ...], dict[str, dict[str, Any]]] = defaultdict(dict)
    for experiment, run in reversed(experiments.items()):
        alike = (run.dataset, str(run.record["data"].get("fingerprint")), str(run.predicts))
        together[alike][experiment] = effective(run.record["config"])
    found: dict[str, dict[str, Any]] = {}
    for settings in together.values():
        most = _most(settings.values())
        for experiment, own in settings.items():
            called = experiments[experiment].name.rpartition(".")[2]
            found[experiment] = {
                name: own[name]
                for name, usual in most.items()
                if own.get(name) is not None
                and repr(own[name]) != usual
                and (name, own[name]) != ("variant", called)
            }
    return found


def _most(settings: Collection[Mapping[str, Any]]) -> dict[str, str | None]:
    """What more than half have of each setting that differs, as its repr; None: there is none.

    What the variant is comes first.
    """
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for one in settings:
        for name, value in one.items():
            values[name][repr(value)] += 1
    found: dict[str, str | None] = {}
    for name in sorted(set(values) - set(NOT_TOLD), key=lambda name: (name != "variant", name)):
        (usual, count), *others = values[name].most_common()
        if others:
            found[name] = usual if 2 * count > values[name].total() else None
    return found
