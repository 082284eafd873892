import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from vibcli.data.prepare import Part
from vibcli.errors import RunError
from vibcli.runs.saved_model import save_predictions
from vibcli.store.listing import listing
from vibcli.store.predictions import damaged, load_predictions
from vibcli.store.rundir import RunDir
from vibcli.tasks.classification import metrics
from vibcli.tasks.classification.predict import ClassPredictions
from vibcli.tasks.classification.saved_predictions import (
    SavedPredictions,
    confusion_of,
    parse,
    reliability_of,
    row_scores,
)

CLASSES = ("p(a)", "[red]", "", "rate_nats", "7", "a.b")


@pytest.fixture
def folder(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path, "wine/vib-0/seed-0")


def read_back(folder: RunDir) -> SavedPredictions | None:
    table = load_predictions(folder)
    return None if table is None else parse(table)


def written(folder: RunDir, n: int = 40, noisy: bool = True) -> tuple[Part, ClassPredictions]:
    """Predictions of a model that knows little, on disk."""
    rng = np.random.default_rng(0)
    part = Part(np.zeros((n, 1)), rng.integers(0, len(CLASSES), n), "test", rng.permutation(n))
    logs = np.log(rng.dirichlet(np.full(len(CLASSES), 0.7), n))
    found = ClassPredictions(logs, rng.random(n) if noisy else None, None)
    save_predictions(folder, part, found, CLASSES)
    return part, found


@pytest.mark.parametrize("noisy", [True, False])
@pytest.mark.parametrize("n", [1, 40])
def test_predictions_are_read_as_they_were_written(folder: RunDir, n: int, noisy: bool) -> None:
    part, found = written(folder, n, noisy)
    read = read_back(folder)
    assert read is not None
    assert np.array_equal(read.rows, part.rows)
    assert np.array_equal(read.labels, part.y)
    assert np.array_equal(read.probabilities, np.exp(found.log_probabilities))
    assert read.log_probabilities == pytest.approx(found.log_probabilities, rel=1e-12)
    assert np.array_equal(read.correct, found.log_probabilities.argmax(1) == part.y)
    if found.rates is None:
        assert read.rates is None
    else:
        assert np.array_equal(read.rates, found.rates)


@pytest.mark.parametrize("noisy", [True, False])
def test_row_scores_say_which_rows_are_right(folder: RunDir, noisy: bool) -> None:
    part, found = written(folder, noisy=noisy)
    table = load_predictions(folder)
    assert table is not None
    scores = row_scores(table)
    assert np.array_equal(scores.rows, part.rows)
    right = np.exp(found.log_probabilities).argmax(1) == part.y
    assert np.array_equal(scores.correct, right)
    assert scores.correct.dtype == bool
    assert 0 < right.sum() < len(right)


def test_a_probability_of_zero_has_an_infinite_logarithm(folder: RunDir) -> None:
    part = Part(np.zeros((1, 1)), np.array([0]), "test", np.array([0]))
    found = ClassPredictions(np.array([[0.0, -800]]), None, None)
    save_predictions(folder, part, found, ("a", "b"))
    read = read_back(folder)
    assert read is not None
    assert read.log_probabilities.tolist() == [[0, -np.inf]]


def test_each_row_says_in_which_split_it_is_counted(folder: RunDir) -> None:
    part, _ = written(folder)
    table = load_predictions(folder)
    assert table is not None
    assert set(table["split"].to_pylist()) == {part.split}


def test_predictions_of_versions_that_kept_no_split_are_read(folder: RunDir) -> None:
    part, found = written(folder)
    whole = parquet.read_table(folder.predictions)
    parquet.write_table(whole.drop_columns(["split"]), folder.predictions)
    read, table = read_back(folder), load_predictions(folder)
    assert read is not None
    assert table is not None
    assert np.array_equal(read.rows, part.rows)
    assert np.exp(found.log_probabilities) == pytest.approx(read.probabilities)
    assert np.array_equal(row_scores(table).rows, part.rows)


def kept(folders: Iterable[RunDir]) -> list[SavedPredictions]:
    return [found for folder in folders if (found := read_back(folder)) is not None]


def test_the_metrics_of_the_record_can_be_computed_again(finished_runs: Path) -> None:
    runs = listing(finished_runs).runs
    folders = [RunDir(finished_runs, run.id) for run in runs]
    for run, folder, bins in zip(runs, folders, reliability_of(kept(folders)), strict=True):
        assert run.test is not None
        expected, read = run.test.selected, read_back(folder)
        assert read is not None
        logs, labels = read.log_probabilities, read.labels
        assert read.correct.mean() == expected["accuracy"]
        assert metrics.nll(logs, labels) == pytest.approx(expected["nll_nats"])
        assert bins.error == pytest.approx(expected["ece"])
        assert metrics.adaptive_ece(logs, labels) == pytest.approx(expected["ece_adaptive"])
        assert bins.rows.sum() == run.data.sizes["test"]


def test_runs_with_the_same_seed_were_tested_on_the_same_rows(finished_runs: Path) -> None:
    runs = [run for run in listing(finished_runs, "wine").runs if run.seed == 1]
    rows = [read_back(RunDir(finished_runs, run.id)) for run in runs]
    assert len(rows) == 3
    assert len({tuple(read.rows) for read in rows if read is not None}) == 1


def test_what_is_missing_is_none_and_left_out(folder: RunDir, tmp_path: Path) -> None:
    other = RunDir(tmp_path, "wine/vib-0/seed-1")
    written(other)
    assert load_predictions(folder) is None
    assert len(reliability_of(kept([folder, other]))) == 1


def test_a_file_cut_anywhere_is_named_with_a_way_out(folder: RunDir) -> None:
    written(folder)
    content = folder.predictions.read_bytes()
    for length in range(0, len(content), 97):
        folder.predictions.write_bytes(content[:length])
        with pytest.raises(RunError, match="is damaged") as caught:
            load_predictions(folder)
        for part in (folder.id, str(folder.predictions), "--fresh"):
            assert part in str(caught.value)
        assert "\n" not in str(caught.value)


def check_damaged(folder: RunDir) -> None:
    """Whoever reads the file gets an error that `damaged` puts into words."""
    for read in (parse, row_scores):
        with pytest.raises((RunError, ValueError, KeyError, AttributeError)) as caught:
            read(load_predictions(folder))
        message = str(damaged(folder, caught.value))
        for part in ("is damaged", folder.id, str(folder.predictions), "--fresh"):
            assert part in message
        assert "\n" not in message


@pytest.mark.parametrize("column", ["row", "label", "p(7)", "p()", "rate_nats"])
@pytest.mark.parametrize("damage", ["null", "missing", "other"])
def test_a_column_that_cannot_be_is_damage(folder: RunDir, column: str, damage: str) -> None:
    written(folder)
    table = parquet.read_table(folder.predictions)
    place, values = table.column_names.index(column), table[column].to_pylist()
    if damage == "null":
        values[3] = None
        table = table.set_column(place, column, [values])
    elif damage == "missing":
        table = table.drop_columns([column])
    else:
        table = table.set_column(place, column, [["?"] * len(values)])
    parquet.write_table(table, folder.predictions)
    if damage == "missing" and column == "rate_nats":
        read = read_back(folder)
        assert read is not None
        assert read.rates is None
        return
    check_damaged(folder)


def test_a_table_of_something_else_is_damage(folder: RunDir) -> None:
    folder.path.mkdir(parents=True)
    parquet.write_table(pa.table({"row": [0], "label": ["a"]}), folder.predictions)
    check_damaged(folder)


def test_no_torch_is_needed() -> None:
    module = "vibcli.tasks.classification.saved_predictions"
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_confusion_is_of_labels_and_the_most_probable_class(folder: RunDir) -> None:
    part, found = written(folder)
    saved = read_back(folder)
    assert saved is not None
    (counts,) = confusion_of([saved])
    predicted = found.log_probabilities.argmax(1)
    assert counts.sum() == len(part.y)
    assert counts[2, 4] == ((part.y == 2) & (predicted == 4)).sum()
    assert counts.trace() == (part.y == predicted).sum()
