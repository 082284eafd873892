"""The way to the Hub, through a server on this machine that answers as the Hub does."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import datasets
import huggingface_hub
import numpy as np
import pytest
from hub_server import HubServer
from samples import hub_folder, image_folder, numbers, picture, reviews, write

from vibcli.config.data import DataSpec
from vibcli.data import cache, hub
from vibcli.data.catalog import CATALOG, PACKAGED
from vibcli.data.dataset import Dataset
from vibcli.data.load import load
from vibcli.errors import DataError

SPLITS = {"train": reviews(40), "test": reviews(12, 100)}
TWO_CONFIGS = """\
---
configs:
- config_name: short
  data_files:
  - split: train
    path: short/train-*
  - split: test
    path: short/test-*
- config_name: long
  data_files:
  - split: train
    path: long/train-*
  - split: test
    path: long/test-*
---
"""

Point = Callable[[str], None]


@pytest.fixture
def point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Point:
    """Sends the libraries to another Hub, with caches of the test's own."""

    def to(endpoint: str) -> None:
        constants = huggingface_hub.constants
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(datasets.config, "HF_ENDPOINT", endpoint)
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
        monkeypatch.setattr(datasets.config, "DOWNLOADED_DATASETS_PATH", tmp_path / "downloads")
        monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)

    return to


@pytest.fixture
def server(tmp_path: Path, point: Point) -> Iterator[HubServer]:
    """A Hub with a repo of two splits, one of two configurations, and some of the named ones."""
    repos = tmp_path / "repos"
    plain = hub_folder(repos / "plain", SPLITS)
    for config, first in (("short", 0), ("long", 500)):
        hub_folder(repos / "two" / config, {"train": reviews(40, first), "test": reviews(8, 900)})
    (repos / "two" / "README.md").write_text(TWO_CONFIGS)
    folders = {"org/plain": plain, "org/two": repos / "two"}
    folders |= {entry.hub: plain for entry in CATALOG.values() if entry.hub}
    with HubServer(folders) as server:
        point(server.endpoint)
        yield server


def get(dataset: str = "org/plain", **spec: str) -> Dataset:
    return load(DataSpec(dataset=dataset, **spec))


def texts_of(dataset: Dataset, split: str = "train") -> list[str]:
    return dataset.splits[split].inputs.strings.to_pylist()


def downloads(server: HubServer) -> list[str]:
    return [r for r in server.requests if r.startswith("GET") and r.endswith(".parquet")]


def test_first_load_downloads_and_stores_the_commit(server):
    data = get()
    assert len(downloads(server)) == 2
    assert data.description.revision == server.sha("org/plain")
    assert data.description.name == "org-plain"
    assert data.description.source == "Hub org/plain"
    assert data.description.classes == ("neg", "pos")
    assert texts_of(data) == SPLITS["train"]["text"]
    assert texts_of(data, "test") == SPLITS["test"]["text"]
    assert data.splits["train"].labels.tolist() == [0, 1] * 20


def test_second_load_asks_for_the_commit_alone(server):
    first = get()
    server.requests.clear()
    second = get()
    assert server.requests == ["GET /api/datasets/org/plain"]
    assert second.description == first.description
    assert texts_of(second) == texts_of(first)


@pytest.mark.parametrize("name", [n for n, entry in CATALOG.items() if entry.hub])
def test_named_data_sets_come_from_their_hub_id(server, name):
    id = CATALOG[name].hub
    data = get(name)
    assert data.description.name == name
    assert data.description.source == f"Hub {id}"
    assert data.description.revision == server.sha(id)
    assert not any("guessed" in note for note in data.description.notes)


@pytest.mark.parametrize("revision", ["main", "sha"])
def test_revisions_by_branch_and_by_commit(server, revision):
    sha = server.sha("org/plain")
    data = get(revision=sha if revision == "sha" else revision)
    assert data.description.revision == sha
    assert len(texts_of(data)) == 40


@pytest.mark.parametrize("revision", ["no-such-branch", "0" * 40])
def test_unknown_revisions(server, revision):
    with pytest.raises(DataError, match=f"'org/plain' has no revision '{revision}'"):
        get(revision=revision)


@pytest.mark.parametrize("id", ["org/none", "nobody/plain"])
def test_unknown_repos(server, id):
    with pytest.raises(DataError, match=f"no data set '{id}', or it is private"):
        get(id)


def test_ids_that_the_hub_does_not_allow(server):
    with pytest.raises(DataError, match=r"'org/a\.\.b' is not a valid Hub id"):
        get("org/a..b")


def test_one_of_two_configurations(server):
    short, long = (get("org/two", data_config=name) for name in ("short", "long"))
    assert texts_of(short) == reviews(40)["text"]
    assert texts_of(long) == reviews(40, 500)["text"]
    assert short.description.revision == long.description.revision == server.sha("org/two")
    assert short.description.fingerprint != long.description.fingerprint


@pytest.mark.parametrize("config", [{}, {"data_config": "tall"}])
def test_configurations_are_listed(server, config):
    with pytest.raises(DataError, match=r"org/two.*'short', 'long'.*--config"):
        get("org/two", **config)


def test_a_new_commit_on_the_branch_is_new_data(tmp_path, point):
    folder = hub_folder(tmp_path / "repo", SPLITS)
    with HubServer({"org/data": folder}) as old:
        point(old.endpoint)
        before = get("org/data")
    hub_folder(folder, {"train": reviews(60)})
    with HubServer({"org/data": folder}) as new:
        point(new.endpoint)
        after = get("org/data")
    assert (len(texts_of(before)), len(texts_of(after))) == (40, 60)
    assert before.description.revision == old.sha("org/data")
    assert after.description.revision == new.sha("org/data") != old.sha("org/data")


# no network


def assert_three_ways(message, name):
    assert f"'{name}' is not on this machine" in message
    assert "Hub cannot be reached (" in message
    for way in (
        "1. connect",
        "2. put its Parquet files",
        "--data-dir",
        "3. use a file",
        "--dataset",
    ):
        assert way in message
    assert all(embedded in message for embedded in PACKAGED)


@pytest.mark.parametrize("name", ["imdb", "org/plain"])
def test_nothing_cached_and_no_hub(server, name):
    server.__exit__(None, None, None)
    try:
        with pytest.raises(DataError) as caught:
            get(name)
    finally:
        server.__enter__()
    assert_three_ways(str(caught.value), name)
    assert f"into a folder '{name}'" in str(caught.value)


@pytest.fixture
def gone(tmp_path, point):
    """A Hub that was there once: what its data set was then, and its commit."""
    with HubServer({"org/plain": hub_folder(tmp_path / "repo", SPLITS)}) as server:
        point(server.endpoint)
        return get(), server.sha("org/plain")


def test_without_hub_the_commit_seen_last_is_taken_from_the_cache(gone):
    before, _ = gone
    again = get()
    assert again.description == before.description
    assert texts_of(again) == texts_of(before)


def test_without_hub_a_commit_is_known_by_its_name(gone):
    before, sha = gone
    assert get(revision=sha).description == before.description
    with pytest.raises(DataError) as caught:
        get(revision="0" * 40)
    assert_three_ways(str(caught.value), "org/plain")


@pytest.mark.parametrize("spec", [{"revision": "other"}, {"kind": "text"}, {"data_config": "x"}])
def test_without_hub_what_was_not_seen_cannot_be_had(gone, spec):
    with pytest.raises(DataError) as caught:
        get(**spec)
    assert_three_ways(str(caught.value), "org/plain")


def test_of_two_commits_the_one_seen_last_counts(tmp_path, point):
    folder = hub_folder(tmp_path / "repo", SPLITS)
    for rows in (40, 60, 50):
        hub_folder(folder, {"train": reviews(rows)})
        with HubServer({"org/data": folder}) as server:
            point(server.endpoint)
            get("org/data")
    assert len(texts_of(get("org/data"))) == 50


def test_offline_mode_of_the_library(server, monkeypatch):
    before = get()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    server.requests.clear()
    assert get().description == before.description
    with pytest.raises(DataError) as caught:
        get("org/two")
    assert_three_ways(str(caught.value), "org/two")
    assert server.requests == []


class Fixed(BaseHTTPRequestHandler):
    """Answers every request in the same way."""

    status, headers_sent, body = 200, {}, b""

    def do_GET(self):
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    do_HEAD = do_POST = do_GET

    def log_message(self, *args):
        pass


@pytest.fixture
def answering(point):
    """Starts a server that always gives the same answer."""
    servers = []

    def start(status, headers=(), body=b""):
        answer = {"status": status, "headers_sent": dict(headers), "body": body}
        server = HTTPServer(("127.0.0.1", 0), type("Answer", (Fixed,), answer))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        point(f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>log in to this hotel</html>"), (200, b"{}"), (502, b"")]
)
def test_answers_that_are_not_the_hubs(answering, status, body):
    answering(status, body=body)
    with pytest.raises(DataError) as caught:
        get()
    assert_three_ways(str(caught.value), "org/plain")


def test_gated_data_sets(answering):
    answering(403, {"X-Error-Code": "GatedRepo"})
    with pytest.raises(DataError, match=r"'org/plain' is gated: .* hf auth login"):
        get()


# unusual repos


def assert_refused(folder, point, message, **spec):
    with HubServer({"org/data": folder}) as server:
        point(server.endpoint)
        with pytest.raises(DataError, match=message):
            get("org/data", **spec)


def test_a_repo_with_a_script(tmp_path, point):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "data.py").write_text("import datasets\n")
    assert_refused(tmp_path / "repo", point, r"org/data cannot be read: .*scripts are no longer")


def test_a_repo_without_data(tmp_path, point):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "README.md").write_text("soon")
    assert_refused(tmp_path / "repo", point, r"org/data cannot be read: .*any data files")


def test_a_repo_with_a_damaged_file(tmp_path, point):
    path = hub_folder(tmp_path / "repo", SPLITS) / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-30])
    assert_refused(tmp_path / "repo", point, r"org/data cannot be read: .*[Pp]arquet")


def test_a_repo_whose_splits_differ(tmp_path, point):
    folder = hub_folder(tmp_path / "repo", {"train": reviews(20)})
    write(folder / "test-00000-of-00001.parquet", numbers(10))
    assert_refused(tmp_path / "repo", point, r"org/data cannot be read: ")


class Breaking(list[str]):
    """Requests of a server that drops the connection after the fourth."""

    def append(self, request: str) -> None:
        if len(self) == 4:
            raise ConnectionResetError
        super().append(request)


def test_a_connection_that_breaks_in_the_middle(server):
    server.requests = Breaking()
    with pytest.raises(DataError, match="org/plain cannot be read: Server disconnected"):
        get()
    assert len(server.requests) == 4


def test_the_library_must_not_fall_back_to_another_commit(server):
    with pytest.raises(DataError, match=r"org/plain.*cannot be read"):
        hub.read_hub("org/plain", None, "1" * 40)


def test_images_of_a_repo(tmp_path, point):
    folder = image_folder(tmp_path / "repo", {f"train/{c}": 3 for c in ("cat", "dog")})
    with HubServer({"org/data": folder}) as server:
        point(server.endpoint)
        data = get("org/data")
    assert data.description.kind == "image"
    assert data.description.classes == ("cat", "dog")
    pixels = data.splits["train"].inputs.pixels
    np.testing.assert_array_equal(pixels[0, 0], np.asarray(picture(0)))
    assert data.splits["train"].labels.tolist() == [0, 0, 0, 1, 1, 1]


# folders


def test_a_folder_is_read_as_its_repo_would_be(tmp_path, point):
    folder = hub_folder(tmp_path / "repo", SPLITS)
    with HubServer({"org/data": folder}) as server:
        point(server.endpoint)
        online = get("org/data")
    local = get(str(folder))
    assert local.description.fingerprint == online.description.fingerprint
    assert local.description.revision is None


def test_a_folder_with_two_configurations(server, tmp_path):
    raw = hub.read_hub(str(tmp_path / "repos" / "two"), "long", None)
    assert raw.splits["train"]["text"].to_pylist() == reviews(40, 500)["text"]
    with pytest.raises(DataError, match=r"'short', 'long'.*--config"):
        hub.read_hub(str(tmp_path / "repos" / "two"), None, None)


def test_class_names_come_from_the_schema(tmp_path):
    folder = hub_folder(tmp_path / "repo", SPLITS)
    raw = hub.read_hub(str(folder), None, None)
    assert raw.class_names == {"label": ("neg", "pos")}
    assert raw.splits["train"]["label"].to_pylist() == [0, 1] * 20


def test_reading_leaves_no_copy_behind(tmp_path, point, monkeypatch):
    point("http://127.0.0.1:1")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    hub.read_hub(str(hub_folder(tmp_path / "repo", SPLITS)), None, None)
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "datasets").exists()


def test_nothing_is_printed(server, capfd):
    get()
    with pytest.raises(DataError):
        get("org/two")
    assert capfd.readouterr() == ("", "")


def test_the_answer_is_remembered_by_id_and_revision(server):
    get()
    sha = server.sha("org/plain")
    assert cache.recall("org/plain@main") == sha
    assert cache.recall("org/two@main") is None
