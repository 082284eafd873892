from typing import Any

import recorded

from vibcli.store.differing import differing
from vibcli.store.summary import Summary


def summary(name: str, seed: int = 0, variant: str = "vib", **settings: Any) -> Summary:
    record = recorded.run(name, seed, **settings).model_dump(mode="json")
    record["config"]["variant"] = variant
    return Summary.of(record)


def found(*runs: Summary) -> dict[str, dict[str, Any]]:
    """By name alone."""
    return {id.split("/")[1].rsplit("-", 1)[0]: told for id, told in differing(runs).items()}


NONE = {"variant": "baseline", "bottleneck": "none"}


def test_seeds_of_one_experiment_do_not_differ() -> None:
    assert differing([]) == {}
    assert differing([summary("vib", seed) for seed in range(3)]) == {}


def test_a_setting_with_two_values_differs() -> None:
    told = found(summary("a", lam=0.1), summary("b", lam=0.2), summary("a", 1, lam=0.1))
    assert told == {"a": {"lam": 0.1}, "b": {"lam": 0.2}}


def test_what_most_have_is_left_out() -> None:
    told = found(*(summary(name, lam=lam) for name, lam in (("a", 1), ("b", 1), ("c", 2))))
    assert told == {"a": {}, "b": {}, "c": {"lam": 2.0}}


def test_what_has_no_effect_in_others_does_not_differ() -> None:
    assert found(summary("baseline", **NONE), summary("vib")) == {"baseline": {}, "vib": {}}


def test_the_variant_is_told_of_names_that_do_not_say_it() -> None:
    names = ("mine", "a.honest.baseline", "yours")
    told = found(*(summary(name, **NONE) for name in names[:2]), summary("yours"), summary("vib"))
    assert told == {
        "mine": {"variant": "baseline"},
        "a.honest.baseline": {},
        "yours": {"variant": "vib"},
        "vib": {},
    }


def test_what_is_off_is_left_out() -> None:
    assert found(summary("a"), summary("b", dropout=0.5)) == {"a": {}, "b": {"dropout": 0.5}}


def test_other_data_and_other_tasks_are_not_held_against_each_other() -> None:
    told = found(
        summary("a", epochs=3),
        summary("b", epochs=5, dataset="digits"),
        summary("c", epochs=7, task="regression"),
    )
    assert told == {"a": {}, "b": {}, "c": {}}
