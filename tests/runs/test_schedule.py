import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from vibcli.config.data import DataSpec
from vibcli.data.load import load
from vibcli.device import Machine
from vibcli.errors import VibError
from vibcli.runs import schedule
from vibcli.runs.schedule import choose_jobs, run_all
from vibcli.runs.session import Session
from vibcli.runs.wanted import WantedRun
from vibcli.store.records import Run
from vibcli.tasks.resolve import resolve

WINE = DataSpec(dataset="wine")
SMALL = {"dataset": "wine", "epochs": 2, "widths": (64,), "latent": 8}


def wanted_runs(seeds: int = 2, **settings: Any) -> list[WantedRun]:
    config = resolve("vib", "tabular", SMALL | settings)
    return [WantedRun("vib", config, seed) for seed in range(seeds)]


def session(results: Path, jobs: int | None = None) -> Session:
    return Session(results, use_cache=False, machine=Machine("cpu", 1), jobs=jobs)


def perform(wanted: Sequence[WantedRun], results: Path, jobs: int) -> dict[int, Run]:
    dataset = load(WINE, use_cache=False)
    runs = run_all(wanted, dataset, WINE, None, session(results, jobs))
    return {run.seed: run for run in runs}


def measured(run: Run) -> Any:
    return [(e.train, e.validation) for e in run.epochs], run.test, run.environment, run.data


@pytest.mark.parametrize(
    ("jobs", "runs", "expected"),
    [(1, 8, 1), (4, 8, 4), (4, 2, 2), (None, 1, 1), (None, 1000, os.cpu_count())],
)
def test_jobs_are_as_asked_or_one_a_core(jobs: int | None, runs: int, expected: int) -> None:
    assert choose_jobs(session(Path(), jobs), runs) == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_trains_one_run_at_a_time() -> None:
    assert choose_jobs(Session(machine=Machine("cuda")), 8) == 1


def test_runs_come_one_by_one(tmp_path: Path) -> None:
    runs = run_all(wanted_runs(), load(WINE), WINE, None, session(tmp_path, 1))
    assert next(runs).seed == 0
    assert len(list(tmp_path.glob("*/*/*/run.json"))) == 1
    assert [run.seed for run in runs] == [1]


@pytest.mark.slow
def test_parallel_runs_measure_the_same(tmp_path: Path) -> None:
    one, two = (perform(wanted_runs(), tmp_path / str(jobs), jobs) for jobs in (1, 2))
    assert one.keys() == two.keys() == {0, 1}
    for seed, run in one.items():
        assert measured(run) == measured(two[seed])


def test_relative_paths_start_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):  # the same worker processes serve both
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        perform(wanted_runs(epochs=1), Path("results"), 2)
        assert len(list((tmp_path / folder).glob("results/*/*/*/run.json"))) == 2


def test_an_error_elsewhere_arrives_here(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VibError, match="Cannot write results to"):
        perform(wanted_runs(), tmp_path / "file", 2)


@pytest.fixture
def _this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`_perform_elsewhere` is called here: this process is not to end with its parent."""
    monkeypatch.setattr(schedule, "_end_with_parent", lambda: None)


def elsewhere(wanted: WantedRun, spec: DataSpec, results: Path, **about: Any) -> Run:
    description = replace(load(spec, use_cache=False).description, **about)
    return schedule._perform_elsewhere(
        Path.cwd(), wanted, description, spec, None, session(results)
    )


@pytest.mark.usefixtures("_this_process")
def test_data_that_changed_meanwhile_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VibError, match=r"data of 'wine' changed while"):
        elsewhere(wanted_runs()[0], WINE, tmp_path, fingerprint="0" * 16)


@pytest.mark.usefixtures("_this_process")
def test_data_are_read_from_where_this_command_found_them(tmp_path: Path, reviews: Path) -> None:
    """A named experiment may have been trained from another folder."""
    spec = DataSpec(dataset=str(reviews), inputs=("review",))
    small = {"epochs": 1, "embedding": 4, "filters": 4}
    config = resolve("vib", "text", {"dataset": "gone.csv", "inputs": ("review",), **small})
    assert elsewhere(WantedRun("mine", config, 0), spec, tmp_path).status == "complete"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_a_worker_ends_with_the_process_that_started_it() -> None:
    worker = (
        "import time; from vibcli.runs.schedule import _end_with_parent; "
        "_end_with_parent(); print('ready', flush=True); time.sleep(60)"
    )
    parent = (
        "import subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-c', {worker!r}], stdout=subprocess.PIPE)\n"
        "p.stdout.readline(); print(p.pid, flush=True); p.wait()"
    )
    started = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    pid = int(started.stdout.readline())
    os.kill(pid, 0)  # it lives
    started.kill()
    started.communicate()
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
