"""The Hub at the command line: a loopback server that speaks its API, and no network at all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hub_server import HubServer

TRAIN = ["--epochs", "1", "--filters", "4", "--embedding", "4", "--tokens", "10", "--json"]


def vib(endpoint: str, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-c", "from vibcli.cli import main; main()", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    for split, count in (("train", 60), ("test", 20)):
        rows = {
            "text": [f"a {'fine good' if i % 2 else 'poor bad'} thing {i}" for i in range(count)],
            "label": [i % 2 for i in range(count)],
        }
        pd.DataFrame(rows).to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


@pytest.mark.slow
def test_hub_data_set_online_then_offline(repository: Path, tmp_path: Path) -> None:
    words = ["train", "--dataset", "acme/reviews", *TRAIN]
    with HubServer({"acme/reviews": repository}) as hub:
        online = vib(hub.endpoint, tmp_path / "home", *words)
        assert online.returncode == 0, online.stderr
        (run,) = json.loads(online.stdout)
        assert run["data"]["revision"] == hub.sha("acme/reviews")
        assert run["data"]["sizes"] == {"train": 54, "validation": 6, "test": 20}
        unknown = vib(hub.endpoint, tmp_path / "home", "train", "--dataset", "acme/none")
        assert unknown.returncode == 2
        assert "no data set 'acme/none'" in unknown.stderr
        revision = vib(hub.endpoint, tmp_path / "home", *words, "--revision", "v9")
        assert revision.returncode == 2
        assert "no revision 'v9'" in revision.stderr
        closed = hub.endpoint
    offline = vib(closed, tmp_path / "home", *words)
    assert offline.returncode == 0, offline.stderr
    assert json.loads(offline.stdout) == [run]


@pytest.mark.slow
def test_no_network(tmp_path: Path) -> None:
    with HubServer({}) as hub:
        closed = hub.endpoint
    result = vib(closed, tmp_path / "home", "train", "--dataset", "imdb")
    assert result.returncode == 2
    for words in ("'imdb'", "connect to the network", "--data-dir", "reviews.csv"):
        assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_data_dir_needs_no_network(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    repository.rename(tmp_path / "data" / "imdb")
    words = ["train", "--dataset", "imdb", "--data-dir", str(tmp_path / "data"), *TRAIN]
    result = vib("http://127.0.0.1:9", tmp_path / "home", *words)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)[0]["data"]["name"] == "imdb"
