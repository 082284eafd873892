"""Loopback server for the Hugging Face Hub API calls that read data set repos."""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

_ROUTE = re.compile(
    r"/(?:api/)?datasets/(?P<repo>[^/]+/[^/]+)"
    r"(?:/(?P<call>revision|tree|paths-info|resolve)/(?P<revision>[^/]+)(?:/(?P<path>.+))?)?"
)

_Answer = tuple[int, bytes, dict[str, str]]  # status, body, headers


def _oid(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


class _Repo:
    """A data set repo whose only commit holds the files that a folder has now."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, bytes] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        for item in sorted(folder.rglob("*")):
            path = item.relative_to(folder).as_posix()
            if item.is_dir():
                # Clients only store the id of a folder, so it need not cover the content.
                kind, size, oid = "directory", 0, _oid("tree", path.encode())
            else:
                content = self.files[path] = item.read_bytes()
                kind, size, oid = "file", len(content), _oid("blob", content)
            self.entries[path] = {"type": kind, "path": path, "size": size, "oid": oid}
        self.sha = _oid("commit", json.dumps(list(self.entries.values())).encode())

    def tree(self, path: str, recursive: bool) -> list[dict[str, Any]]:
        """The entries in a folder ("" is the root), or the entry of a file."""
        if path in self.files:
            return [self.entries[path]]
        start = f"{path}/" if path else ""
        below = [e for e in self.entries.values() if e["path"].startswith(start)]
        return [e for e in below if recursive or "/" not in e["path"].removeprefix(start)]


class HubServer:
    """Context manager that serves folders as data set repos, each at one commit on `main`.

    The folders are read on construction. `endpoint` is the value for `HF_ENDPOINT`; after the
    exit nothing listens there. `requests` collects each "METHOD path?query" as received.
    """

    endpoint: str

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.repos = {repo_id: _Repo(folder) for repo_id, folder in folders.items()}
        self.requests: list[str] = []

    def sha(self, repo_id: str) -> str:
        """The id of the repo's commit: 40 hex digits that follow from its files."""
        return self.repos[repo_id].sha

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        # `shutdown` waits for a poll to end, so the interval bounds how long an exit takes.
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    # The default protocol, HTTP/1.0, closes each connection after its reply, so a client's pool
    # holds none that would outlive the server.

    def __init__(self, hub: HubServer, *args: Any) -> None:
        self.hub = hub
        super().__init__(*args)

    def do_GET(self) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        status, body, headers = self._answer(parse_qs(form))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def _answer(self, form: Mapping[str, list[str]]) -> _Answer:
        url = urlsplit(self.path)
        route = _ROUTE.fullmatch(url.path)
        if route is None:
            return 404, b"", {}
        repo = self.hub.repos.get(route["repo"])
        if repo is None:
            return 404, b"", {"X-Error-Code": "RepoNotFound"}
        revision, path = unquote(route["revision"] or "main"), unquote(route["path"] or "")
        if revision not in ("main", repo.sha):
            return 404, b"", {"X-Error-Code": "RevisionNotFound"}
        commit = {"X-Repo-Commit": repo.sha}
        if path not in (repo.files if route["call"] == "resolve" else {"", *repo.entries}):
            return 404, b"", {"X-Error-Code": "EntryNotFound", **commit}
        result: object
        match route["call"]:
            case "resolve":
                etag = f'"{repo.entries[path]["oid"]}"'
                return self._content(repo.files[path], {"ETag": etag, **commit})
            case "tree":
                result = repo.tree(path, "recursive=true" in url.query.lower())
            case "paths-info":
                result = [repo.entries[p] for p in form.get("paths", []) if p in repo.entries]
            case _:
                siblings = [{"rfilename": p} for p in repo.files]
                result = {"id": route["repo"], "sha": repo.sha, "siblings": siblings}
        return 200, json.dumps(result).encode(), {}

    def _content(self, content: bytes, headers: dict[str, str]) -> _Answer:
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span is None:
            return 200, content, headers
        start, size = int(span[1]), len(content)
        part = content[start : int(span[2] or size) + 1]
        sent = f"bytes {start}-{start + len(part) - 1}/{size}"
        return 206, part, {"Content-Range": sent, **headers}

    def log_message(self, *args: object) -> None:
        """Keep stderr quiet."""
