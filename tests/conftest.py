"""Every test has its own cache, working folder and environment, and no network."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small import BASE, PRICES, SMALL, TEXT, WINE, WORDS, Vib, write_prices, write_reviews
from typer.testing import CliRunner, Result

collect_ignore = ["benchmarks"]  # neither tests nor examples

SHARED = Path(__file__).resolve().parents[2] / "shared" / "datasets"

# the libraries read these when they are first imported; small networks are fastest on one thread
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
os.environ["HF_HUB_DISABLE_XET"] = "1"

# commands inherit it where the tests themselves run in the background, and Ctrl-C would do nothing
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    _isolate(tmp_path, monkeypatch)
    yield
    if torch := sys.modules.get("torch"):  # what commands leave behind in their process
        torch.set_flush_denormal(False)


def _isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("VIB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(folder)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real IMDB and MNIST; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real data sets in {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def vib() -> Vib:
    """Runs a command in this process and checks its exit code: ``vib("runs", code=0)``."""

    def run(*arguments: object, code: int = 0, **environment: str) -> Result:
        from vibcli.cli.app import app

        typed = last_of_each([str(a) for a in arguments])
        result = CliRunner().invoke(app, typed, "", environment)
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run


def last_of_each(typed: list[str]) -> list[str]:
    """Without the options that are given again, so that tests can change one of a set.

    >>> last_of_each(["train", "--epochs", "2", "--input", "a", "--input", "b", "--epochs", "3"])
    ['train', '--input', 'a', '--input', 'b', '--epochs', '3']
    """
    kept: list[str] = []
    words = list(typed)
    while words:
        word = words.pop(0)
        if word.startswith("--") and word not in ("--input", "--where") and word in words:
            if not words[0].startswith("--"):
                words.pop(0)  # its value
        else:
            kept.append(word)
    return kept


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command in a process of its own, which does not outlive the test."""
    started = []

    def run(*arguments: object, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", "from vibcli.cli import main; main()", *map(str, arguments)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A small table of texts with two classes."""
    return write_reviews(tmp_path / "reviews.csv")


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A small table with a number as its label."""
    return write_prices(tmp_path / "prices.csv")


@pytest.fixture(scope="session")
def finished_runs(vib: Vib, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with finished runs on data of each kind; not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(folder, monkeypatch)
        reviews = write_reviews(folder / "reviews.csv")
        for settings in (
            ("--dataset", "digits", *SMALL),
            ("--dataset", "breast-cancer", *SMALL),
            ("--dataset", reviews, *TEXT),
        ):
            vib("train", *settings)
        for variant, settings in (("baseline", BASE), ("control", WINE), ("vib", WINE)):
            vib("train", "--variant", variant, *settings, "--seeds", 2, "--jobs", 1)
    return folder / "results"


@pytest.fixture(scope="session")
def finished_autoencoders(vib: Vib, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with a finished vae on data of each kind, and others; not to be changed."""
    folder = tmp_path_factory.mktemp("autoencoders")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(folder, monkeypatch)
        reviews = write_reviews(folder / "reviews.csv")
        digits = ("--dataset", "digits", "--train-rows", 300, *SMALL)
        for variant, settings in (
            ("vae", WINE),
            ("vae", (*digits, "--binarise", "dynamic")),
            ("vae", ("--dataset", reviews, *WORDS)),
            ("ae", WINE),
            ("pm", digits),
        ):
            vib("train", "--variant", variant, *settings)
    return folder / "results"


@pytest.fixture(scope="session")
def finished_regressions(vib: Vib, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with finished regressions, their data beside it; not to be changed."""
    folder = tmp_path_factory.mktemp("regressions")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(folder, monkeypatch)
        prices = ("--dataset", write_prices(folder / "prices.csv"), *PRICES)
        stars = ("--dataset", write_reviews(folder / "reviews.csv"), "--label", "stars", *TEXT)
        for settings in (
            ("--variant", "baseline", *prices[:-2], "--seeds", 2, "--jobs", 1),
            (*prices, "--seeds", 2, "--jobs", 1),
            (*prices, "--name", "own", "--deviation", "own"),
            stars,
        ):
            vib("train", *settings)
    return folder / "results"


@pytest.fixture
def results(finished_runs: Path, tmp_path: Path) -> Path:
    """A copy of `finished_runs`, in the working folder under the usual name, and their data."""
    shutil.copy(finished_runs.parent / "reviews.csv", tmp_path)
    return Path(shutil.copytree(finished_runs, tmp_path / "results"))


@pytest.fixture
def regression(finished_regressions: Path, tmp_path: Path) -> Path:
    """One of `finished_regressions`, copied to where it would be in the working folder."""
    (run,) = finished_regressions.glob("prices/vib-*/seed-0")
    where = tmp_path / "results" / run.relative_to(finished_regressions)
    shutil.copy(finished_regressions.parent / "prices.csv", tmp_path)
    return Path(shutil.copytree(run, where))
