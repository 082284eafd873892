from collections.abc import Sequence

import numpy as np
import pytest

from vibcli.comparison.row_scores import RowFindings, compare_rows
from vibcli.statistics import bootstrap_difference
from vibcli.tasks.row_scores import RowScores

BOTH = [0, 1]


def scores(correct: Sequence[int], rows: Sequence[int] | None = None) -> RowScores:
    where = np.arange(len(correct)) if rows is None else np.array(rows)
    return RowScores(where, np.array(correct, bool))


A = {0: scores([1, 1, 0, 0] * 25), 1: scores([0, 1, 1, 0] * 25)}
B = {0: scores([1, 1, 1, 0] * 25), 1: scores([1, 1, 0, 0] * 25)}


def test_rows_are_a_source_of_chance_of_their_own() -> None:
    found = compare_rows(B, A, BOTH)
    assert found.chance is not None
    assert found.chance.mean == pytest.approx(0.125)
    assert found.chance.examples is not None
    assert found.chance.examples.low < 0.125 < found.chance.examples.high
    assert found.discordance[0] == (25, 0, pytest.approx(2 * 0.5**25))
    assert found.discordance[1] == (25, 25, 1.0)


def test_the_rows_of_all_seeds_are_the_same_bootstrap_as_of_the_matrix() -> None:
    matrix = [
        np.array([m[s].correct.astype(float) for s in BOTH])  # [S, N]
        for m in (B, A)
    ]
    expected = bootstrap_difference(*matrix, np.random.default_rng(0), level=0.95)
    found = compare_rows(B, A, BOTH, level=0.05).chance
    assert found is not None
    assert found.mean == pytest.approx(expected.mean)
    assert found.examples == pytest.approx(expected.examples)
    assert found.both == pytest.approx(expected.both)


def test_a_stricter_level_has_wider_intervals() -> None:
    wide, narrow = (compare_rows(B, A, BOTH, level).chance for level in (0.0079, 0.05))
    assert wide is not None
    assert narrow is not None
    assert wide.examples is not None
    assert narrow.examples is not None
    assert wide.examples.low < narrow.examples.low
    assert wide.examples.high > narrow.examples.high


def test_each_seed_may_have_been_tested_on_other_rows() -> None:
    # seed 0 gains in all of its 20 rows, seed 1 in none of its 60: the mean is 0.5 whatever N
    a = {0: scores([0] * 20, range(20)), 1: scores([1] * 60, range(10, 70))}
    b = {0: scores([1] * 20, range(20)), 1: scores([1] * 60, range(10, 70))}
    found = compare_rows(b, a, BOTH).chance
    assert found is not None
    assert found.mean == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("own", "reference", "seeds"),
    [
        (B, {}, BOTH),
        ({}, A, BOTH),
        (B, {0: A[0]}, BOTH),  # of one seed predictions are missing
        (B, A, [0, 1, 2]),
        (B, A, []),
        ({0: scores([1, 1], [0, 1])}, {0: scores([1, 0], [0, 2])}, [0]),  # other rows in a pair
    ],
)
def test_without_predictions_of_all_pairs_nothing_is_known(
    own: dict[int, RowScores], reference: dict[int, RowScores], seeds: list[int]
) -> None:
    assert compare_rows(own, reference, seeds) == RowFindings()
