import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import recorded
from filelock import FileLock
from small import Vib

from vibcli.store.comparisons import keep
from vibcli.store.rundir import RunDir

HERE = Path("results")


def stored(name: str = "vib", seed: int = 0, dataset: str = "wine") -> RunDir:
    run = recorded.run(name, seed, dataset=dataset)
    folder = RunDir(HERE, run.id)
    folder.write(run)
    (folder.path / "model.safetensors").write_bytes(b"x" * 100_000)
    return folder


def left() -> list[str]:
    return sorted(p.parent.relative_to(HERE).as_posix() for p in HERE.glob("*/*/seed-*/run.json"))


@pytest.fixture
def runs() -> dict[str, RunDir]:
    made = [("vib", 0), ("vib", 1), ("vib", 10), ("vib-adaptive", 0)]
    found = {f"{name} {seed}": stored(name, seed) for name, seed in made}
    return found | {"digits": stored(dataset="digits")}


def others(runs: dict[str, RunDir], *gone: str) -> list[str]:
    return sorted(folder.id for key, folder in runs.items() if key not in gone)


def test_a_run_is_removed_and_what_went_is_said(vib: Vib, runs: dict[str, RunDir]) -> None:
    id = runs["vib 1"].id
    result = vib("rm", id, "--yes")
    assert result.stdout == ""
    told = [line.split() for line in result.stderr.splitlines()]
    assert told[0] == ["run", "status", "size"]
    assert told[2][:2] == [id, "complete"]
    assert told[-1][:3] == ["Removed", "1", "run,"]
    assert left() == others(runs, "vib 1")


@pytest.mark.parametrize(
    "reference", ["wine/vib", "{experiment}", "wine/{experiment}", "results/wine/{experiment}/"]
)
def test_an_experiment_goes_with_all_its_seeds(
    vib: Vib, runs: dict[str, RunDir], reference: str
) -> None:
    typed = reference.format(experiment=runs["vib 0"].id.split("/")[1])
    (runs["digits"].path.parent).rename(HERE / "digits" / "vib-00000000")  # other settings
    vib("rm", typed, "--yes")
    assert not runs["vib 0"].path.parent.exists()
    assert len(left()) == 2


def test_several_are_removed_once_each(vib: Vib, runs: dict[str, RunDir]) -> None:
    told = vib("rm", "wine/vib", runs["vib 0"].id, "vib-adaptive", "-y").stderr
    assert "Removed 4 runs, 41" in told
    assert left() == others(runs, *(set(runs) - {"digits"}))
    assert not (HERE / "wine").exists()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("vib", "'vib' fits 4 runs; say which"),  # two experiments
        ("wine/vi", "'wine/vi' fits 4 runs; say which"),  # a beginning
        ("nosuch", "Unknown run 'nosuch'."),
        ("..", "Unknown run '..'."),
        ("results", "Unknown run 'results'."),
    ],
)
def test_what_is_not_clearly_meant_is_refused(
    vib: Vib, runs: dict[str, RunDir], reference: str, said: str
) -> None:
    assert said in vib("rm", runs["vib 0"].id, reference, "--yes", code=2).stderr
    assert left() == others(runs)


def test_a_unique_beginning_means_one_run(vib: Vib, runs: dict[str, RunDir]) -> None:
    vib("rm", "wine/vib-a", "--yes")
    assert left() == others(runs, "vib-adaptive 0")


def test_a_run_that_is_trained_stays_and_so_do_the_others(
    vib: Vib, runs: dict[str, RunDir]
) -> None:
    with FileLock(runs["vib 1"].path / ".lock"):
        told = vib("rm", "wine/vib", "--yes", code=2).stderr
    assert f"{runs['vib 1'].id} is being trained by another process; nothing was removed" in told
    assert left() == others(runs)


def test_a_run_outside_of_the_results_stays(vib: Vib, runs: dict[str, RunDir]) -> None:
    HERE.rename("others")
    path = Path("others") / runs["vib 0"].id
    assert "nothing else is removed" in vib("rm", path, "--yes", code=2).stderr
    assert path.exists()
    vib("rm", path, "--yes", "--results", "others")
    assert not path.exists()


def test_nobody_is_asked_where_nobody_is(vib: Vib, runs: dict[str, RunDir]) -> None:
    told = vib("rm", "wine/vib", code=2).stderr
    assert "Nobody can be asked here. Add --yes to remove 3 runs, 3" in told
    assert left() == others(runs)


def in_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from vibcli.cli import main; main()", *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
        text=True,
    )
    os.write(ours, answer.encode())
    shown, told = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert shown == ""
    return process.returncode, told


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        *[("y\n", "Removed 1 run"), ("YES\n", "Removed 1 run")],
        *[("\n", "Nothing was removed"), ("no\n", "Nothing was removed")],
        ("\x04", "Nothing was removed"),  # the end of what is typed
    ],
)
def test_who_is_asked_decides(runs: dict[str, RunDir], answer: str, said: str) -> None:
    id = runs["vib 10"].id
    found, told = in_terminal(answer, "rm", id)
    assert found == 0
    assert said in told
    assert "Remove 1 run, 10" in told
    assert left() == (others(runs, "vib 10") if "Removed" in said else others(runs))


def test_comparisons_that_rest_on_a_run_are_named_and_stay(
    vib: Vib, runs: dict[str, RunDir]
) -> None:
    resting = keep(HERE, "wine", "a", 1, {"runs": [runs["vib 0"].id, runs["vib-adaptive 0"].id]})
    other = keep(HERE, "wine", "b", 1, {"runs": [runs["vib 1"].id]})
    (other.parent / "broken.json").write_text("{")
    (other.parent / "odd.json").write_text("[]")
    told = vib("rm", runs["vib 0"].id, "--yes").stderr
    assert f"A comparison rests on them and stays: {resting}" in told
    assert str(other) not in told
    assert json.loads(resting.read_text())["runs"]


def test_damaged_runs_can_be_removed(vib: Vib, runs: dict[str, RunDir]) -> None:
    runs["vib 0"].record.write_text("{")
    told = vib("rm", runs["vib 0"].id, "--yes").stderr
    assert "damaged" in told
    assert left() == others(runs, "vib 0")


def test_a_long_list_is_cut(vib: Vib) -> None:
    for seed in range(25):
        stored(seed=seed)
    told = vib("rm", "wine/vib", "--yes").stderr
    assert "and 5 more" in told
    assert max(map(len, told.splitlines())) <= 80
    assert left() == []
