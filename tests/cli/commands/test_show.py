import json
import os
from pathlib import Path

import pytest
import recorded
from filelock import FileLock
from small import Vib

from vibcli.store.rundir import RunDir


def stored(**settings: object) -> RunDir:
    run = recorded.run(**settings)  # type: ignore[arg-type]
    folder = RunDir(Path("results"), run.id)
    folder.write(run)
    return folder


def facts(text: str) -> dict[str, str]:
    """The lines that begin with a title; what a title has on several lines is put together."""
    found: dict[str, str] = {}
    title = ""
    for line in text.split("\n\n")[1].splitlines():
        title = line[:10].strip() or title
        found[title] = " ".join(f"{found.get(title, '')} {line[10:]}".split())
    return found


def test_a_page_says_what_was_recorded(vib: Vib, finished_runs: Path) -> None:
    here = ("--results", finished_runs)
    text = vib("show", "vib/seed-1", *here).stdout
    lines = text.splitlines()
    commands = lines[-3:]
    assert max(map(len, lines[:-3])) <= 80
    assert len(lines) < 50
    run = json.loads(vib("show", "vib/seed-1", "--json", *here).stdout)
    assert lines[0] == f"{run['id']}  complete"
    told = facts(text)
    assert told["what"] == "classification, variant vib, seed 1"
    assert told["data"].startswith("wine (package sklearn), tabular, fingerprint ")
    assert told["columns"] == "features -> label: class_0, class_1, class_2"
    assert told["rows"] == "127 train, 15 validation, 36 test"
    settings = told["settings"].split("; ")[0].split(", ")
    assert set(settings) == {"latent 4", "epochs 2", "widths 8"}
    assert told["kept"].startswith(f"epoch {run['selected']['epoch']} of 2: lowest validation NLL")
    assert "model.safetensors" in told["files"]
    assert f"{run['test']['selected']['accuracy']:.2%}" in text
    assert [line.split(":")[0] for line in commands] == ["train", "evaluate", "interpolate"]
    for line in commands:
        assert f"--results {finished_runs}" in line


def test_the_json_is_the_record(vib: Vib) -> None:
    folder = stored(tested={"accuracy": 0.9})
    shown = json.loads(vib("show", "latest", "--json").stdout)
    assert shown == folder.read().model_dump(mode="json")
    interrupted = stored(seed=1, status="running")
    assert json.loads(vib("show", interrupted.id, "--json").stdout)["status"] == "interrupted"


@pytest.mark.parametrize("reference", ["wine/vib", "results/{id}", "{id}", "vib/seed-0"])
def test_a_run_is_named_as_everywhere(vib: Vib, reference: str) -> None:
    folder = stored()
    assert vib("show", reference.format(id=folder.id)).stdout.startswith(f"{folder.id}  complete")


def test_a_long_training_is_shown_by_its_ends_and_the_epoch_that_is_kept(vib: Vib) -> None:
    run = recorded.run(curve=[0.5] * 40)
    assert run.selected is not None
    run = run.updated(selected=run.selected.model_copy(update={"epoch": 20}))
    RunDir(Path("results"), run.id).write(run)

    def epochs(*more: str) -> list[str]:
        table = vib("show", run.id, *more).stdout.split("seconds\n")[1].split("\n\n")[0]
        return [line.split()[0] for line in table.splitlines()[1:]]

    assert epochs() == ["1", "2", "...", "20", "...", "38", "39", "40"]
    assert epochs("--full") == [str(epoch) for epoch in range(1, 41)]


def test_settings_are_those_that_the_variant_does_not_have(vib: Vib) -> None:
    folder = stored(lam=0.3, epochs=40, name="strong")
    told = facts(vib("show", folder.id).stdout)
    assert told["what"].endswith("seed 0, called strong")
    assert told["settings"] == "lambda 0.3; else as vib has by default (--full: all)"
    full = facts(vib("show", folder.id, "--full").stdout)["settings"]
    for said in ("lambda 0.3", "batch-size 32", "bottleneck gaussian", "widths 128,128"):
        assert said in full


@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_why_a_run_ended_is_said_and_it_is_not_evaluated(vib: Vib, status: str) -> None:
    run = recorded.run(status=status).updated(message="loss [nan] in epoch 2")
    RunDir(Path("results"), run.id).write(run)
    text = vib("show", run.id).stdout
    assert text.startswith(f"{run.id}  {status}\n")
    assert facts(text)["message"] == "loss [nan] in epoch 2"
    assert "evaluate: " not in text
    assert "train: vib train --variant vib --dataset wine" in text


def test_a_run_that_is_trained_is_running(vib: Vib) -> None:
    folder = stored(status="running")
    with FileLock(folder.path / ".lock"):
        assert vib("show", folder.id).stdout.startswith(f"{folder.id}  running")
    assert vib("show", folder.id).stdout.startswith(f"{folder.id}  interrupted")


@pytest.mark.parametrize("task", recorded.TESTED)
def test_runs_of_every_task_are_shown(vib: Vib, task: str) -> None:
    folder = stored(task=task)
    assert facts(vib("show", folder.id).stdout)["what"].startswith(task)


def test_a_path_elsewhere_is_shown_with_its_place(vib: Vib) -> None:
    folder = stored()
    os.rename("results", "others")
    text = vib("show", Path("others") / folder.id).stdout
    assert f"--results {Path('others').resolve()}" in text


def test_what_is_damaged_or_not_there_is_said(vib: Vib) -> None:
    folder = stored()
    assert f"Did you mean '{folder.id}'" in vib("show", f"{folder.id}0", code=2).stderr
    folder.record.write_text("{")
    assert "is damaged" in vib("show", folder.id, code=2).stderr
