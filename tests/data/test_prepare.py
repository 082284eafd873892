import hashlib
import json

import numpy as np
import pytest
from samples import config, hub_folder, image_folder, numbers, read, reviews, write

from vibcli.data.prepare import MODALITIES, RowNumbers, divide, part, prepare
from vibcli.errors import DataError
from vibcli.tasks.resolve import resolve


def dataset(kind, folder, rows=200):
    match kind:
        case "text":
            return read(write(folder / "data.csv", reviews(rows)))
        case "tabular":
            return read(write(folder / "data.csv", numbers(rows)))
        case "image":
            return read(image_folder(folder / "data", {"cat": rows // 2, "dog": rows // 2}))
    raise ValueError(kind)


def rows_of(divided):
    return {name: (where.split, where.rows.tolist()) for name, where in divided.items()}


@pytest.fixture
def table(tmp_path):
    return dataset("tabular", tmp_path)


# which rows


def test_without_official_splits_three_stratified_disjoint_parts(table):
    divided = divide(table, config("tabular"), 0)
    assert [where.split for where in divided.values()] == ["train"] * 3
    assert {name: len(where.rows) for name, where in divided.items()} == {
        "train": 144,
        "validation": 16,
        "test": 40,
    }
    together = np.concatenate([where.rows for where in divided.values()])
    assert sorted(together) == list(range(200))
    labels = table.splits["train"].labels
    for where in divided.values():
        assert np.bincount(labels[where.rows]).tolist() == [len(where.rows) // 2] * 2


def test_the_test_part_is_the_same_for_every_seed_and_validation_is_not(table):
    divided = [rows_of(divide(table, config("tabular"), seed)) for seed in range(4)]
    assert len({tuple(d["test"][1]) for d in divided}) == 1
    assert len({tuple(d["validation"][1]) for d in divided}) == 4
    assert divided[2] == rows_of(divide(table, config("tabular"), 2))


def test_the_test_part_does_not_depend_on_the_other_shares(table):
    one = divide(table, config("tabular"), 0)["test"].rows
    other = divide(table, config("tabular", validation=0.3, train_rows=20), 5)["test"].rows
    np.testing.assert_array_equal(one, other)


def test_shares_are_settings(table):
    divided = divide(table, config("tabular", test=0.5, validation=0.25), 0)
    assert [len(d.rows) for d in divided.values()] == [75, 25, 100]


def test_an_official_test_split_is_used_as_it_is(tmp_path):
    data = read(hub_folder(tmp_path / "data", {"train": reviews(100), "test": reviews(30, 500)}))
    divided = divide(data, config("text"), 0)
    assert [where.split for where in divided.values()] == ["train", "train", "test"]
    assert divided["test"].rows.tolist() == list(range(30))
    assert len(divided["validation"].rows) == 10
    assert sorted([*divided["train"].rows, *divided["validation"].rows]) == list(range(100))


def test_two_official_splits_are_used_as_they_are(tmp_path):
    splits = {"train": reviews(50), "validation": reviews(10, 500), "test": reviews(12, 900)}
    data = read(hub_folder(tmp_path / "data", splits))
    for seed in range(2):
        assert rows_of(divide(data, config("text"), seed)) == {
            "train": ("train", list(range(50))),
            "validation": ("validation", list(range(10))),
            "test": ("test", list(range(12))),
        }


def test_train_rows_are_a_stratified_draw_that_leaves_the_rest_alone(table):
    whole = divide(table, config("tabular"), 3)
    some = divide(table, config("tabular", train_rows=50), 3)
    assert len(some["train"].rows) == 50
    assert set(some["train"].rows) < set(whole["train"].rows)
    assert np.bincount(table.splits["train"].labels[some["train"].rows]).tolist() == [25, 25]
    for name in ("validation", "test"):
        np.testing.assert_array_equal(some[name].rows, whole[name].rows)


@pytest.mark.parametrize("train_rows", [144, 1000])
def test_more_train_rows_than_there_are_means_all(table, train_rows):
    some = divide(table, config("tabular", train_rows=train_rows), 0)
    assert rows_of(some) == rows_of(divide(table, config("tabular"), 0))


def rare(folder, *counts):
    labels = [name for name, count in zip("abc", counts, strict=True) for _ in range(count)]
    return read(write(folder / "data.csv", {"x": list(range(len(labels))), "label": labels}))


@pytest.mark.parametrize(("rows", "purpose"), [(1, "test"), (2, "validation")])
def test_a_class_with_fewer_rows_than_the_parts_need(tmp_path, rows, purpose):
    with pytest.raises(DataError, match=f"{purpose} part needs at least 2 rows.* 'c' has 1"):
        divide(rare(tmp_path, 100, 100, rows), config("tabular"), 0)


def test_a_class_of_which_no_row_is_left_to_train_on(tmp_path):
    data = rare(tmp_path, 300, 300, 4)
    with pytest.raises(DataError, match="None of the 10 rows to train on is of class 'c'"):
        divide(data, config("tabular", train_rows=10), 0)
    labels = data.splits["train"].labels
    assert set(labels[divide(data, config("tabular"), 0)["train"].rows]) == {0, 1, 2}


# the test part by seed


@pytest.mark.parametrize("kind", MODALITIES)
def test_by_seed_each_seed_has_other_test_rows_and_they_stay_stratified(tmp_path, kind):
    data = dataset(kind, tmp_path)
    labels = data.splits["train"].labels
    settings = config(kind, test_split="by-seed")
    divided = [divide(data, settings, seed) for seed in range(4)]
    for name in ("train", "validation", "test"):
        assert len({tuple(d[name].rows) for d in divided}) == 4
    for parts in divided:
        together = np.concatenate([where.rows for where in parts.values()])
        assert sorted(together) == list(range(200))
        assert [where.split for where in parts.values()] == ["train"] * 3
        for where in parts.values():
            assert np.bincount(labels[where.rows]).tolist() == [len(where.rows) // 2] * 2


def test_by_seed_all_rows_are_tested_by_some_seed(table):
    settings = config("tabular", test_split="by-seed")
    tested = [set(divide(table, settings, seed)["test"].rows) for seed in range(60)]
    assert set.union(*tested) == set(range(200))
    # two draws of 40 of 200 rows share 8 of them, on average
    shared = [len(a & b) for a, b in zip(tested[::2], tested[1::2], strict=True)]
    assert 6 < np.mean(shared) < 10


def test_by_seed_the_test_part_depends_on_nothing_but_seed_and_size(table):
    one = divide(table, config("tabular", test_split="by-seed"), 5)["test"].rows
    more = {"validation": 0.3, "train_rows": 20, "lr": 0.5, "epochs": 3}
    other = divide(table, config("tabular", test_split="by-seed", **more), 5)["test"].rows
    np.testing.assert_array_equal(one, other)


def test_by_seed_every_variant_gets_the_same_rows(table):
    for seed in range(3):
        baseline, vib = (
            rows_of(divide(table, resolve(v, "tabular", {"test_split": "by-seed"}), seed))
            for v in ("baseline", "vib")
        )
        assert baseline == vib


def test_by_seed_seed_0_has_the_rows_that_are_fixed(table):
    by_seed, fixed = (config("tabular", test_split=how) for how in ("by-seed", "fixed"))
    assert rows_of(divide(table, by_seed, 0)) == rows_of(divide(table, fixed, 0))
    assert rows_of(divide(table, by_seed, 1)) != rows_of(divide(table, fixed, 1))


def test_by_seed_a_watched_test_part_is_another_for_each_seed(table):
    settings = config("tabular", test_split="by-seed", watch="test")
    divided = [rows_of(divide(table, settings, seed)) for seed in range(3)]
    assert len({tuple(d["test"][1]) for d in divided}) == 3
    for d in divided:
        assert d["validation"] == d["test"]
        assert sorted(d["train"][1] + d["test"][1]) == list(range(200))


# SHA-256 of the rows as version 0.5.0 divided them: (data, seed) -> train, validation, test
FIXED = {
    ("wine", 0): ("5a3ce8c516d5", "bdf8a5e43ea4", "bf3afeacf15c"),
    ("wine", 3): ("dd7c1da2e8fb", "862edf07f43e", "bf3afeacf15c"),
    ("diabetes", 0): ("6edb4b74afef", "a3db612570de", "1b000126c05c"),
    ("diabetes", 3): ("f1de17cce224", "b53de3a48b3e", "1b000126c05c"),
    ("digits", 0): ("a2112a1f928a", "746c9987244f", "4f09b6c79f6d"),
    ("digits", 3): ("b41d795c1e0e", "3a3779b46add", "4f09b6c79f6d"),
}


@pytest.mark.parametrize(("name", "seed"), FIXED)
@pytest.mark.parametrize("how", [{}, {"test_split": "fixed"}], ids=["unsaid", "said"])
def test_fixed_are_the_rows_of_older_runs(name, seed, how):
    data = read(name)
    divided = divide(data, config(data.description.kind, **how), seed)
    found = (hashlib.sha256(d.rows.astype("<i8").tobytes()) for d in divided.values())
    assert tuple(state.hexdigest()[:12] for state in found) == FIXED[name, seed]


# their content


@pytest.mark.parametrize("kind", MODALITIES)
def test_prepared_parts_belong_together(tmp_path, kind):
    data = dataset(kind, tmp_path)
    settings = config(kind, train_rows=60)
    prepared = prepare(data, settings, 1)
    divided = divide(data, settings, 1)
    assert prepared.preprocessor == MODALITIES[kind].preprocessor.fit(
        data.splits["train"].inputs, divided["train"].rows, settings
    )
    for name, where in divided.items():
        got = getattr(prepared, name)
        assert (got.split, got.rows.tolist()) == (where.split, where.rows.tolist())
        assert got.x.shape == (len(where.rows), *prepared.preprocessor.shape)
        inputs = data.splits[where.split].inputs
        np.testing.assert_array_equal(got.x, prepared.preprocessor.transform(inputs, where.rows))
        np.testing.assert_array_equal(got.y, data.splits[where.split].labels[where.rows])


@pytest.mark.parametrize("kind", MODALITIES)
def test_preprocessing_survives_json(tmp_path, kind):
    data = dataset(kind, tmp_path)
    preprocessor = prepare(data, config(kind), 0).preprocessor
    state = json.loads(json.dumps(preprocessor.state()))
    again = MODALITIES[kind].preprocessor.from_state(state)
    assert again == preprocessor
    assert again.shape == preprocessor.shape
    where = RowNumbers("train", np.array([5, 0, 5]))
    one, other = part(data, again, where), part(data, preprocessor, where)
    np.testing.assert_array_equal(one.x, other.x)
    assert one.x.dtype == other.x.dtype


def test_words_of_validation_and_test_are_not_learnt(tmp_path):
    columns = reviews(100)
    columns["text"] = [f"word{i} film" for i in range(100)]
    data = read(write(tmp_path / "data.csv", columns))
    prepared = prepare(data, config("text"), 0)
    expected = {f"word{i}" for i in prepared.train.rows} | {"film", "[PAD]", "[UNK]"}
    assert set(prepared.preprocessor.vocabulary) == expected
    assert set(prepared.test.x.ravel()) == {0, 1, 2}
    assert prepared.test.x[:, -2:].tolist() == [[1, 2]] * len(prepared.test.y)


def test_numbers_of_validation_and_test_do_not_scale(table):
    prepared = prepare(table, config("tabular"), 0)
    heights = np.array(table.splits["train"].inputs.table["height"])[prepared.train.rows]
    assert prepared.preprocessor.numbers["height"] == (heights.mean(), heights.std())
    np.testing.assert_allclose(prepared.train.x[:, :2].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(prepared.train.x[:, :2].std(0), 1, atol=1e-6)


def test_inputs_that_lie_on_disk_are_not_changed(tmp_path):
    data = dataset("image", tmp_path)
    before = data.splits["train"].inputs.pixels.copy()
    x = prepare(data, config("image"), 0).train.x
    x[...] = 0
    np.testing.assert_array_equal(data.splits["train"].inputs.pixels, before)


# labels that are numbers


def measured(folder, rows=200):
    """A table whose label is a number."""
    rng = np.random.default_rng(0)
    return read(write(folder / "data.csv", numbers(rows) | {"label": rng.normal(size=rows)}))


def test_rows_of_numbers_are_three_disjoint_parts(tmp_path):
    data = measured(tmp_path)
    divided = divide(data, config("tabular"), 0)
    assert {name: len(where.rows) for name, where in divided.items()} == {
        "train": 144,
        "validation": 16,
        "test": 40,
    }
    together = np.concatenate([where.rows for where in divided.values()])
    assert sorted(together) == list(range(200))
    assert rows_of(divided) == rows_of(divide(data, config("tabular"), 0))


def test_the_test_part_of_numbers_is_the_same_for_every_seed_and_validation_is_not(tmp_path):
    data = measured(tmp_path)
    divided = [rows_of(divide(data, config("tabular"), seed)) for seed in range(4)]
    assert len({tuple(d["test"][1]) for d in divided}) == 1
    assert len({tuple(d["validation"][1]) for d in divided}) == 4
    other = divide(data, config("tabular", validation=0.3, train_rows=20), 5)["test"].rows
    assert other.tolist() == divided[0]["test"][1]


@pytest.mark.parametrize("train_rows", [2, 50, 143, 144, 1000])
def test_train_rows_of_numbers_leave_the_rest_alone(tmp_path, train_rows):
    data = measured(tmp_path)
    whole = divide(data, config("tabular"), 3)
    some = divide(data, config("tabular", train_rows=train_rows), 3)
    assert len(some["train"].rows) == min(train_rows, 144)
    assert set(some["train"].rows) <= set(whole["train"].rows)
    for name in ("validation", "test"):
        np.testing.assert_array_equal(some[name].rows, whole[name].rows)


def test_too_few_rows_of_numbers_for_the_parts(tmp_path):
    with pytest.raises(DataError, match=r"8 rows are too few to hold out a test part of 0\.9"):
        divide(measured(tmp_path, 8), config("tabular", test=0.9), 0)


def test_watching_the_test_split_of_numbers_trains_on_all_other_rows(tmp_path):
    data = measured(tmp_path)
    divided = divide(data, config("tabular", watch="test"), 1)
    assert rows_of(divided)["validation"] == rows_of(divided)["test"]
    together = [*divided["train"].rows, *divided["test"].rows]
    assert sorted(together) == list(range(200))


def test_prepared_labels_are_the_numbers_of_their_rows(tmp_path):
    data = measured(tmp_path)
    prepared = prepare(data, config("tabular"), 1)
    for got in (prepared.train, prepared.validation, prepared.test):
        assert got.y.dtype == np.float64
        np.testing.assert_array_equal(got.y, data.splits["train"].labels[got.rows])


def test_by_seed_each_seed_has_other_test_rows_of_numbers(tmp_path):
    data = measured(tmp_path)
    settings = config("tabular", test_split="by-seed")
    divided = [rows_of(divide(data, settings, seed)) for seed in range(4)]
    assert len({tuple(d["test"][1]) for d in divided}) == 4
    for parts in divided:
        assert sorted(row for _, rows in parts.values() for row in rows) == list(range(200))


# the test split watched


def test_watching_the_test_split_trains_on_all_other_rows(table):
    for seed in range(2):
        divided = divide(table, config("tabular", watch="test"), seed)
        assert rows_of(divided)["validation"] == rows_of(divided)["test"]
        assert len(divided["train"].rows) == 160
        together = [*divided["train"].rows, *divided["test"].rows]
        assert sorted(together) == list(range(200))
        held_out = divide(table, config("tabular"), seed)["test"].rows
        np.testing.assert_array_equal(divided["test"].rows, held_out)


def test_watching_an_official_test_split_leaves_an_official_validation_split_alone(tmp_path):
    splits = {"train": reviews(50), "validation": reviews(10, 500), "test": reviews(12, 900)}
    data = read(hub_folder(tmp_path / "data", splits))
    divided = divide(data, config("text", watch="test"), 0)
    assert [(d.split, len(d.rows)) for d in divided.values()] == [
        ("train", 50),
        ("test", 12),
        ("test", 12),
    ]
