import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from pyarrow import parquet

from vibcli.data.load import load
from vibcli.data.prepare import prepare
from vibcli.errors import RunError
from vibcli.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibcli.runs.origin import data_of
from vibcli.runs.rows import run_part
from vibcli.runs.saved_model import load_model
from vibcli.runs.session import Session
from vibcli.store.listing import listing
from vibcli.store.records import Epoch
from vibcli.store.rundir import RunDir

CPU = torch.device("cpu")


def folder_of(results: Path, dataset: str, name: str = "vib") -> RunDir:
    run = next(r for r in listing(results, dataset).runs if r.name == name)
    return RunDir(results, run.id)


@pytest.fixture
def checkpoint() -> Checkpoint:
    epoch = Epoch(epoch=1, train={"loss_nats": 1.0}, validation={"accuracy": None}, seconds=2.5)
    state = {"model.w": torch.randn(3, 2).t(), "steps": torch.tensor(7)}
    return Checkpoint((epoch,), state, {"w": torch.ones(2, dtype=torch.float64)})


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path, checkpoint: Checkpoint) -> None:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    save_checkpoint(folder, checkpoint)
    read = load_checkpoint(folder)
    assert read is not None
    assert read.epochs == checkpoint.epochs
    for before, after in ((checkpoint.state, read.state), (checkpoint.best, read.best)):
        assert before.keys() == after.keys()
        for name, value in before.items():
            assert after[name].dtype == value.dtype
            assert torch.equal(after[name], value)


def test_without_a_checkpoint_there_is_none(tmp_path: Path) -> None:
    assert load_checkpoint(RunDir(tmp_path, "wine/vib-0/seed-0")) is None


def test_a_checkpoint_cut_anywhere_counts_as_none(tmp_path: Path, checkpoint: Checkpoint) -> None:
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    save_checkpoint(folder, checkpoint)
    content = folder.checkpoint.read_bytes()
    for length in range(0, len(content), 13):
        folder.checkpoint.write_bytes(content[:length])
        assert load_checkpoint(folder) is None
    folder.checkpoint.write_bytes(content)
    assert load_checkpoint(folder) is not None


def test_tensors_without_epochs_are_no_checkpoint(tmp_path: Path, checkpoint: Checkpoint) -> None:
    from safetensors.torch import save_file

    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    folder.path.mkdir(parents=True)
    save_file({"state.w": torch.ones(1)}, folder.checkpoint)
    assert load_checkpoint(folder) is None


def test_files_hold_plain_tensors_and_json(finished_runs: Path) -> None:
    """The format of safetensors: the header's length in eight bytes, JSON, then the numbers."""
    for run in listing(finished_runs).runs:
        folder = RunDir(finished_runs, run.id)
        content = folder.model.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        header.pop("__metadata__", None)
        assert len(content) == 8 + length + max(t["data_offsets"][1] for t in header.values())
        assert isinstance(json.loads(folder.preprocessing.read_text(encoding="utf-8")), dict)


@pytest.mark.parametrize("dataset", ["wine", "digits", "reviews"])
def test_a_saved_model_reads_raw_data_as_its_training_did(
    finished_runs: Path, dataset: str
) -> None:
    folder = folder_of(finished_runs, dataset)
    saved = load_model(folder, CPU)
    assert not saved.model.training
    data = data_of(folder, Session(finished_runs))
    prepared = prepare(data, saved.run.config, saved.run.seed)
    for name in ("train", "validation", "test"):
        part, expected = run_part(saved, data, name), getattr(prepared, name)
        assert np.array_equal(part.x, expected.x)
        assert np.array_equal(part.y, expected.y)


@pytest.mark.parametrize("dataset", ["wine", "digits", "reviews", "breast-cancer"])
def test_predictions_agree_with_the_record(finished_runs: Path, dataset: str) -> None:
    folder = folder_of(finished_runs, dataset)
    run = folder.read()
    table = parquet.read_table(folder.predictions)
    classes = np.array(run.data.classes)
    p = np.stack([table[f"p({name})"].to_numpy() for name in classes], axis=1)
    labels = np.array(table["label"].to_pylist())
    assert len(table) == run.data.sizes["test"]
    assert table.column_names[:3] == ["split", "row", "label"]
    assert np.allclose(p.sum(1), 1)
    assert run.test is not None
    expected = run.test.selected
    assert (classes[p.argmax(1)] == labels).mean() == expected["accuracy"]
    nll = -np.log(p[labels[:, None] == classes]).mean()
    assert nll == pytest.approx(expected["nll_nats"], rel=1e-9)
    assert table["rate_nats"].to_numpy().mean() == pytest.approx(expected["rate_nats"], rel=1e-9)


def test_rows_of_predictions_lead_back_to_the_data(finished_runs: Path) -> None:
    folder = folder_of(finished_runs, "wine")
    run = folder.read()
    table = parquet.read_table(folder.predictions)
    labels = load(run.config).splits["train"].labels
    rows = table["row"].to_numpy()
    assert len(set(rows)) == len(rows)
    assert [run.data.classes[i] for i in labels[rows]] == table["label"].to_pylist()


@pytest.mark.parametrize("name", ["baseline", "control"])
def test_without_noise_there_is_no_rate(finished_runs: Path, name: str) -> None:
    table = parquet.read_table(folder_of(finished_runs, "wine", name).predictions)
    assert "rate_nats" not in table.column_names


@pytest.mark.parametrize("dataset", ["wine", "digits", "reviews"])
def test_an_autoencoders_rows_agree_with_the_record(
    finished_autoencoders: Path, dataset: str
) -> None:
    folder = folder_of(finished_autoencoders, dataset, "vae")
    run = folder.read()
    table = parquet.read_table(folder.predictions)
    columns = ("distortion_nats", "rate_nats", "elbo_nats", "iwae_nats")
    assert table.column_names == ["split", "row", "label", *columns]
    assert len(table) == run.data.sizes["test"]
    assert run.test is not None
    for name in columns:
        found = table[name].to_numpy()
        assert found.mean() == pytest.approx(run.test.selected[name], rel=1e-9)
        assert len(np.unique(found)) > len(found) / 2
    cost = table["distortion_nats"].to_numpy() + table["rate_nats"].to_numpy()
    assert np.allclose(table["elbo_nats"].to_numpy(), -cost)
    assert set(table["label"].to_pylist()) <= set(run.data.classes)


@pytest.mark.parametrize(("dataset", "name"), [("wine", "ae"), ("digits", "pm")])
def test_without_noise_an_autoencoder_has_a_distortion_alone(
    finished_autoencoders: Path, dataset: str, name: str
) -> None:
    folder = folder_of(finished_autoencoders, dataset, name)
    table = parquet.read_table(folder.predictions)
    assert table.column_names == ["split", "row", "label", "distortion_nats"]
    run = folder.read()
    assert run.test is not None
    expected = run.test.selected["distortion_nats"]
    assert table["distortion_nats"].to_numpy().mean() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("dataset", "name"),
    [("wine", "vae"), ("digits", "vae"), ("reviews", "vae"), ("wine", "ae"), ("digits", "pm")],
)
def test_a_saved_autoencoder_reconstructs_as_it_did(
    finished_autoencoders: Path, dataset: str, name: str
) -> None:
    folder = folder_of(finished_autoencoders, dataset, name)
    saved = load_model(folder, CPU)
    data = data_of(folder, Session(finished_autoencoders))
    found, _ = saved.task.work.evaluate(saved.learner, run_part(saved, data, "test"), CPU, seed=0)
    assert saved.run.test is not None
    assert found == saved.run.test.selected
    (last,) = (v for k, v in saved.model.named_parameters() if k.endswith("head.layers.2.bias"))
    assert last.abs().max() > 0


@pytest.mark.parametrize("status", ["running", "failed", "diverged"])
def test_a_run_that_is_not_complete_has_no_model(results: Path, status: str) -> None:
    folder = folder_of(results, "wine")
    folder.write(folder.read().updated(status=status))
    with pytest.raises(RunError, match=f"{folder.id} is {status}"):
        load_model(folder, CPU)


@pytest.mark.parametrize("file", ["model", "preprocessing"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_model_is_named_with_a_way_out(results: Path, file: str, damage: str) -> None:
    folder = folder_of(results, "wine")
    path: Path = getattr(folder, file)
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": content[: len(content) // 2]}.get(damage, b"[]"))
    if damage == "missing":
        path.unlink()
    with pytest.raises(RunError, match="missing or damaged") as caught:
        load_model(folder, CPU)
    assert folder.id in str(caught.value)
    assert str(folder.path) in str(caught.value)
    assert "--fresh" in str(caught.value)


def test_the_weights_of_another_model_do_not_fit(results: Path) -> None:
    folder, other = folder_of(results, "wine"), folder_of(results, "digits")
    folder.model.write_bytes(other.model.read_bytes())
    with pytest.raises(RunError, match="missing or damaged"):
        load_model(folder, CPU)
