import json
from collections.abc import Callable

import latent_spaces
import numpy as np
import pytest
import torch
from latent_spaces import CLASSES
from scipy import stats

from vibcli.analysis.walks import pairs as walk_pairs
from vibcli.analysis.walks import statistics as walk_statistics
from vibcli.analysis.walks.pairs import Report, example_pairs
from vibcli.analysis.walks.views import LatentSpace, look
from vibcli.data.prepare import Part
from vibcli.errors import VibError
from vibcli.files import plain

LABELS = np.arange(60) % 3
TEST = Part(np.zeros((60, 1), np.float32), LABELS, "test", np.arange(60))


def report(space: LatentSpace, pairs: int = 10, seed: int = 0) -> Report:
    test = space.train
    chosen = example_pairs(test, CLASSES, pairs, seed, None, None)
    return walk_pairs.measure_pairs(space, test, chosen, seed)


@pytest.mark.parametrize("count", [1, 10, 30])
@pytest.mark.parametrize(
    ("first", "last"), [(None, None), ("red", None), (None, "blue"), ("red", "blue")]
)
def test_no_example_is_taken_twice(count: int, first: str | None, last: str | None) -> None:
    if count == 30 and (first or last):
        count = 20
    starts, ends = example_pairs(TEST, CLASSES, count, 0, first, last)
    assert len(starts) == len(ends) == count
    assert len({*starts.tolist(), *ends.tolist()}) == 2 * count
    for name, rows in ((first, starts), (last, ends)):
        assert name is None or {CLASSES[c] for c in LABELS[rows]} == {name}


def test_pairs_follow_the_seed() -> None:
    one, again, other = (
        example_pairs(TEST, CLASSES, 9, s, None, None)[0].tolist() for s in (0, 0, 1)
    )
    assert one == again != other


@pytest.mark.parametrize(
    ("first", "last", "most"),
    [(None, None, 30), ("red", "red", 10), ("red", "blue", 20), (None, "red", 20)],
)
def test_too_many_pairs_are_refused_with_the_most_there_are(
    first: str | None, last: str | None, most: int
) -> None:
    assert len(example_pairs(TEST, CLASSES, most, 0, first, last)[0]) == most
    message = f"--pairs {most + 1} takes {2 * most + 2} different test examples.*at most {most}"
    with pytest.raises(VibError, match=message):
        example_pairs(TEST, CLASSES, most + 1, 0, first, last)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(VibError, match=r"Unknown class 'rod'\. Did you mean 'red'"):
        example_pairs(TEST, CLASSES, 1, 0, "rod", None)


MAKERS: dict[str, tuple[Callable[[], LatentSpace], set[str], bool]] = {
    "classifier of numbers": (latent_spaces.numbers, {"top_probability", "entropy_nats"}, True),
    "classifier of texts": (
        lambda: latent_spaces.texts("vib"),
        {"top_probability", "entropy_nats"},
        False,
    ),
    "numbers": (lambda: latent_spaces.numbers("vae"), {"distance_to_data"}, True),
    "pictures": (latent_spaces.pictures, {"entropy_nats", "distance_to_data"}, True),
    "texts": (latent_spaces.texts, {"entropy_nats"}, True),
    "units": (lambda: latent_spaces.pictures("pm"), {"entropy_nats", "distance_to_data"}, True),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_kind_of_model_says_what_it_can(name: str) -> None:
    make, keys, blends = MAKERS[name]
    space = make()
    found = report(space)
    assert list(found.pairs) == ["prior", "encoder", "uniform"]
    assert list(found.seen) == ["prior", "encoder"]
    for kind, seen in found.seen.items():
        assert set(seen) == keys
        decodes = space.likelihood is not None
        modes = {"linear", "spherical", "slerp"}
        modes |= {"blend"} if blends and (decodes or kind == "encoder") else set()
        for measure in seen.values():
            assert set(measure.middles) == set(measure.changes) == modes
            for mode in modes:
                middle, change = measure.middles[mode].mean, measure.changes[mode].mean
                assert change == pytest.approx(middle - measure.ends.mean, abs=1e-9)
    json.dumps(found.content(), allow_nan=False)


def test_middles_agree_with_a_walk_of_each_pair() -> None:
    space = latent_spaces.numbers()
    starts, ends = example_pairs(space.train, CLASSES, 10, 0, None, None)
    seen = report(space).seen["encoder"]["top_probability"]
    middles = (space.codes[starts] + space.codes[ends]) / 2
    tops = look(space, middles).probabilities.max(1)
    before = [look(space, space.codes[rows]).probabilities.max(1) for rows in (starts, ends)]
    change = tops - np.mean(before, axis=0)
    half = stats.t.ppf(0.975, 9) * stats.sem(change)
    assert seen.middles["linear"].mean == pytest.approx(tops.mean(), abs=1e-6)
    assert seen.changes["linear"].mean == pytest.approx(change.mean(), abs=1e-6)
    assert seen.changes["linear"].high == pytest.approx(change.mean() + half, abs=1e-6)


def test_the_ends_are_what_they_are_called() -> None:
    found = report(latent_spaces.numbers(latent=8, rows=600), 300)
    assert found.pairs["prior"].moments.variance == pytest.approx(1, abs=0.1)
    assert found.pairs["uniform"].moments.variance == pytest.approx(1 / 3, abs=0.03)
    for kind in ("prior", "uniform"):
        distance = found.pairs[kind].distance
        assert distance.statistic < distance.critical
    space = latent_spaces.numbers(latent=8, rows=600)
    expected = walk_statistics.code_moments(space.codes)  # 600 rows make 300 pairs
    assert found.pairs["encoder"].moments == pytest.approx(expected)


def test_the_same_seed_gives_the_same_report() -> None:
    space = latent_spaces.numbers()
    one, again, other = (report(space, seed=s).content() for s in (0, 0, 1))
    assert one == again != other


def test_one_pair_has_no_interval() -> None:
    found = report(latent_spaces.pictures(), 1)
    for seen in found.seen.values():
        for measure in seen.values():
            assert measure.ends.low is None
            assert {e.high for e in measure.changes.values()} == {None}


def test_named_tuples_become_mappings() -> None:
    value = {"a": (walk_statistics.Distance(0.5, 1.0), None, [torch.pi])}
    assert plain(value) == {"a": [{"statistic": 0.5, "critical": 1.0}, None, [torch.pi]]}
