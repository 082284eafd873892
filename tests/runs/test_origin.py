"""Where the data of a run are looked for, and what its record says of them and of the machine."""

import getpass
import json
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest
from small import SMALL, Vib, write_reviews

from vibcli.data import cache
from vibcli.errors import DataError, RunError
from vibcli.runs.origin import DataElsewhere, data_of
from vibcli.runs.session import Session
from vibcli.store.listing import find_run
from vibcli.store.rundir import RunDir

TABLE = ("--input", "stars", *SMALL)


@pytest.fixture
def trained(vib: Vib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run on ``tmp/far/reviews.csv``, made in ``tmp/project``; the working folder is ``tmp``."""
    for name in ("project", "far"):
        (tmp_path / name).mkdir()
    data = write_reviews(tmp_path / "far" / "reviews.csv")
    monkeypatch.chdir(tmp_path / "project")
    vib("train", "--dataset", data, *TABLE)
    monkeypatch.chdir(tmp_path)
    return find_run(tmp_path / "project" / "results", "latest")


def test_a_record_holds_nothing_of_the_machine_or_its_user(trained: RunDir) -> None:
    files = [p for p in trained.path.iterdir() if p.suffix == ".json"]
    assert len(files) == 2
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    record = json.loads((trained.path / "run.json").read_text())
    assert record["config"]["dataset"] == record["data"]["source"] == "reviews.csv"
    strange = [str(trained.path.parents[4]), os.getcwd(), sys.executable, sys.prefix, "/tmp"]
    strange += [socket.gethostname(), str(Path.home())]
    for found in (*strange, f"/{getpass.getuser()}"):
        assert found not in text


def test_it_is_remembered_where_data_were(trained: RunDir) -> None:
    found = data_of(trained, Session())
    assert found.description.fingerprint == trained.read().data.fingerprint
    cache.clear()
    with pytest.raises(DataElsewhere, match=r"There is no 'reviews.csv' here\.\n.*--dataset PATH"):
        data_of(trained, Session())


def test_data_are_found_from_the_working_folder_and_beside_the_results(
    trained: RunDir, tmp_path: Path
) -> None:
    cache.clear()
    for place in (tmp_path, tmp_path / "project"):
        shutil.copy(tmp_path / "far" / "reviews.csv", place)
        data_of(trained, Session(use_cache=False))
        (place / "reviews.csv").unlink()


def test_other_data_of_the_name_do_not_hide_the_run_s(trained: RunDir, tmp_path: Path) -> None:
    write_reviews(tmp_path / "reviews.csv", rows=60)
    assert len(data_of(trained, Session()).splits["train"].labels) == 80
    cache.clear()
    with pytest.raises(DataElsewhere, match="have changed since it was trained"):
        data_of(trained, Session())


def test_what_is_given_is_used_if_it_is_the_same(trained: RunDir, tmp_path: Path) -> None:
    cache.clear()
    same = tmp_path / "another name.csv"
    shutil.copy(tmp_path / "far" / "reviews.csv", same)
    data_of(trained, Session(), str(same))
    other = write_reviews(tmp_path / "other.csv", rows=60)
    then = trained.read().data.fingerprint
    with pytest.raises(
        RunError, match=rf"other.csv' is not what .* its 60 rows is .*{then}.*--file"
    ):
        data_of(trained, Session(), str(other))
    with pytest.raises(DataError, match="no file or folder"):
        data_of(trained, Session(), "nothing.csv")


def test_a_copied_run_is_used_without_its_data(
    vib: Vib, trained: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    data = (tmp_path / "far" / "reviews.csv").rename(tmp_path / "moved.csv")
    copied = tmp_path / "elsewhere" / "seed-0"
    shutil.copytree(trained.path, copied)
    lacking = vib("eval", copied, code=2).stderr
    assert "There is no 'reviews.csv' here." in lacking
    assert "--dataset PATH" in lacking
    assert "--dataset PATH" in vib("interpolate", copied, code=2).stderr
    assert "--dataset PATH" in vib("interpolate", copied, "--pairs", 2, code=2).stderr
    walked = vib("interpolate", copied, "--endpoints", "prior", "--json", "--steps", 3)
    assert "Without them no training example is near" in walked.stderr
    steps = json.loads(walked.stdout)["walks"]["spherical"]
    assert [step["nearest"] for step in steps] == [None] * 3
    assert all(sum(step["probabilities"]) == pytest.approx(1) for step in steps)
    with_data = vib("interpolate", copied, "--endpoints", "prior", "--json", "--dataset", data)
    assert json.loads(with_data.stdout)["walks"]["spherical"][0]["nearest"]["split"] == "train"
    tested = json.loads(vib("eval", copied, "--dataset", data, "--json").stdout)["metrics"]
    record = json.loads((copied / "run.json").read_text())
    assert tested == record["test"]["selected"]
    # new rows need no data of the run
    assert len(vib("predict", copied, data).stdout.splitlines()) == 81


def test_the_setting_dataset_is_not_of_a_run_that_is_there(
    vib: Vib, trained: RunDir, tmp_path: Path
) -> None:
    (tmp_path / "vib.toml").write_text('dataset = "wine"')
    vib("eval", trained.path, VIB_DATASET="wine")
    vib("interpolate", trained.path, "--endpoints", "prior", "--steps", 2, VIB_DATASET="wine")


@pytest.mark.parametrize("dataset", ["digits", "reviews", "wine"])
def test_an_autoencoder_decodes_draws_from_the_prior_without_data(
    vib: Vib, finished_autoencoders: Path, dataset: str, tmp_path: Path
) -> None:
    (found,) = (finished_autoencoders / dataset).glob("vae-*/seed-0")
    copied = Path(shutil.copytree(found, tmp_path / "copied" / "seed-0"))
    record = json.loads((copied / "run.json").read_text())
    record["config"]["dataset"] = record["data"]["source"] = "gone.csv"
    (copied / "run.json").write_text(json.dumps(record))
    cache.clear()
    result = vib("interpolate", copied, "--endpoints", "prior", "--mode", "all", "--steps", 3)
    assert "Without them no training example is near" in result.stderr
    assert len(list(copied.glob("interpolation-all-*.png"))) == 1
