import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import recorded
from filelock import FileLock

from vibcli.errors import RunError
from vibcli.store.listing import find_run, listing
from vibcli.store.removal import DOOMED, check_removable, remove, sweep
from vibcli.store.rundir import RunDir


def stored(results: Path, seed: int = 0, name: str = "vib", dataset: str = "wine") -> RunDir:
    run = recorded.run(name, seed, dataset=dataset)
    folder = RunDir(results, run.id)
    folder.write(run)
    (folder.path / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_run_goes_and_the_others_stay(tmp_path: Path) -> None:
    gone, stays = stored(tmp_path, 0), stored(tmp_path, 1)
    remove(tmp_path, gone)
    assert not gone.path.exists()
    assert stays.files() == {"model.safetensors": 7, "run.json": stays.record.stat().st_size}
    assert [path.name for path in tmp_path.iterdir()] == ["wine"]


def test_emptied_folders_go_with_the_last_run(tmp_path: Path) -> None:
    digits, wine, last = (
        *(stored(tmp_path, dataset="digits"), stored(tmp_path), stored(tmp_path, name="b")),
    )
    comparison = tmp_path / "digits" / "comparisons" / "a.json"
    comparison.parent.mkdir()
    comparison.write_text("{}")
    for folder in (digits, wine, last):
        assert folder.path.parent.exists()
        remove(tmp_path, folder)
        assert not folder.path.parent.exists()
    assert list(tmp_path.rglob("*.json")) == [comparison]
    assert not (tmp_path / "wine").exists()


def test_a_run_that_is_trained_is_refused(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    with FileLock(folder.path / ".lock"):
        for refused in (check_removable, remove):
            with pytest.raises(RunError, match="is being trained by another process"):
                refused(tmp_path, folder)
    assert folder.read().status == "complete"
    assert [path.name for path in tmp_path.iterdir()] == ["wine"]


def test_what_is_elsewhere_is_refused(tmp_path: Path) -> None:
    outside = stored(tmp_path / "elsewhere")
    results = tmp_path / "results"
    results.mkdir()
    (results / "wine").symlink_to(tmp_path / "elsewhere" / "wine")
    through = RunDir(results, outside.id)
    assert through.exists()
    for folder in (outside, through, find_run(results, str(outside.path))):
        with pytest.raises(RunError, match=r"is not in .*results, and nothing else is removed"):
            remove(results, folder)
    assert outside.exists()


def test_results_may_be_a_link(tmp_path: Path) -> None:
    folder = stored(tmp_path / "disk")
    (tmp_path / "results").symlink_to("disk")
    remove(tmp_path / "results", find_run(tmp_path / "results", "vib"))
    assert not folder.exists()


@pytest.mark.parametrize("where", ["rmtree", "rename"])
def test_a_kill_leaves_a_whole_run_or_none(tmp_path: Path, where: str) -> None:
    """The process is killed in the middle: after a file is gone, or before any is."""
    folder, other = stored(tmp_path, 0), stored(tmp_path, 1)
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    meets = {
        "rmtree": f"shutil.rmtree = lambda p, **_: (os.unlink(p / 'run' / 'run.json'), {kill})",
        "rename": f"Path.rename = lambda *_: {kill}",
    }[where]
    code = (
        "import os, shutil, signal, sys\nfrom pathlib import Path\n"
        "from vibcli.store.removal import remove\nfrom vibcli.store.rundir import RunDir\n"
        f"{meets}\nremove(Path(sys.argv[1]), RunDir(Path(sys.argv[1]), sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path, folder.id], env=os.environ)
    assert done.returncode == -signal.SIGKILL
    left = listing(tmp_path)
    assert left.problems == []
    assert [run.id for run in left.runs] == ([] if where == "rmtree" else [folder.id]) + [other.id]
    assert list(tmp_path.glob(f"{DOOMED}*"))
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["wine"]
    if where == "rename":
        assert (folder.path / "model.safetensors").read_bytes() == b"weights"
        remove(tmp_path, folder)
    assert [run.id for run in listing(tmp_path).runs] == [other.id]


def test_a_folder_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stored(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(RunError, match=r"Cannot remove .*: Permission denied"):
        remove(tmp_path, folder)
    assert folder.exists()
