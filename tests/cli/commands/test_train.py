import json
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small import BASE, SMALL, TEXT, WINE, WORDS, Vib
from tiny import AUTOENCODERS

from vibcli.tasks.find import all_variants

Start = Callable[..., "subprocess.Popen[str]"]
VARIANTS = all_variants()


def trained(vib: Vib, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(vib("train", *arguments, "--json", code=code).stdout)
    return runs


def records() -> dict[Path, int]:
    """The records and when they were written."""
    return {path: path.stat().st_mtime_ns for path in Path("results").glob("*/*/*/run.json")}


def numbers(run: dict[str, Any]) -> dict[str, Any]:
    """All of the record but what the clock says."""
    content = {k: v for k, v in run.items() if k not in ("created", "timings")}
    content["epochs"] = [{k: v for k, v in e.items() if k != "seconds"} for e in run["epochs"]]
    return content


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", ["tabular", "image", "text"])
def test_every_variant_learns_from_every_kind_of_data(
    vib: Vib, reviews: Path, kind: str, variant: str
) -> None:
    data = {
        "tabular": ("--dataset", "breast-cancer", *SMALL),
        "image": ("--dataset", "digits", "--train-rows", "200", *SMALL),
        "text": ("--dataset", str(reviews), *TEXT),
    }[kind]
    if kind == "text" and variant in AUTOENCODERS:
        data = ("--dataset", str(reviews), *WORDS)
    settings = data[:-2] if VARIANTS[variant].settings["bottleneck"] == "none" else data
    (run,) = trained(vib, *settings, "--variant", variant)
    assert run["status"] == "complete"
    assert run["name"] == run["config"]["variant"] == variant
    assert run["data"]["kind"] == kind
    tested = run["test"]["selected"]
    if variant in AUTOENCODERS:
        assert "accuracy" not in tested
        assert tested["distortion_nats"] > 0 or kind == "tabular"  # densities may exceed 1
        noisy = VARIANTS[variant].settings["bottleneck"] == "gaussian"
        assert (tested["elbo_nats"] is not None) == (tested["iwae_nats"] is not None) == noisy
        if noisy:
            cost = tested["distortion_nats"] + tested["rate_nats"]
            assert tested["elbo_nats"] == pytest.approx(-cost)
    else:
        assert 0 <= tested["accuracy"] <= 1
    folder = Path("results") / run["id"]
    assert {path.name for path in folder.iterdir()} == {
        *(".lock", "run.json", "model.safetensors", "preprocessing.json", "predictions.parquet")
    }


def test_a_run_tells_where_it_went_what_it_measured_and_what_to_try(vib: Vib) -> None:
    result = vib("train", *WINE)
    (path,) = records()
    run = json.loads(path.read_text())
    assert f"Saved in {path.parent}\n" in result.stdout
    assert f"{run['test']['selected']['accuracy']:.2%}" in result.stdout
    assert f"{run['test']['selected']['rate_nats']:.3f} nats" in result.stdout
    assert f"epoch {run['selected']['epoch']}" in result.stdout
    assert f"{run['id']}: test accuracy" in result.stderr


@pytest.mark.parametrize(
    ("variant", "title", "key"),
    [("vae", "ELBO", "elbo_nats"), ("ae", "distortion", "distortion_nats")],
)
def test_an_autoencoder_tells_its_bound_or_its_distortion(
    vib: Vib, variant: str, title: str, key: str
) -> None:
    result = vib("train", *WINE, "--variant", variant)
    (path,) = records()
    run = json.loads(path.read_text())
    tested, selected = run["test"]["selected"], run["selected"]
    assert f"{run['id']}: test {title} {tested[key]:.2f} nats" in result.stderr
    assert f"epoch {selected['epoch']}, {selected['criterion']}" in result.stdout
    assert (
        selected["criterion"]
        == {
            "vae": "highest validation ELBO",
            "ae": "lowest validation distortion",
        }[variant]
    )
    curve = {e["epoch"]: e["validation"][key] for e in run["epochs"]}
    best = max if variant == "vae" else min
    assert selected["value"] == curve[selected["epoch"]] == best(curve.values())
    assert re.search(rf"^{title} +{tested[key]:.3f}", result.stdout, re.MULTILINE)
    assert f"Next: vib compare ae {'vae' if variant == 'ae' else variant} " in result.stdout
    assert f" {tested[key]:.2f} nats " in vib("runs").stdout


ADAPTIVE = ("--variant", "vae-adaptive", "--rate-target", "0.1", "--dual-step", "0.1")


def test_settings_of_autoencoders_from_the_command_line(vib: Vib) -> None:
    digits = ("--dataset", "digits", "--train-rows", "200", *SMALL)
    (run,) = trained(
        vib,
        *digits,
        *("--variant", "vae", "--decoder-widths", "7,9", "--likelihood", "gaussian"),
        *("--warm-up", "2", "--lambda", "0.5"),
    )
    config = run["config"]
    assert (config["predicts"], config["decoder_widths"]) == ("input", [7, 9])
    assert (config["likelihood"], config["warm_up"], config["lam"]) == ("gaussian", 2, 0.5)
    (adaptive,) = trained(vib, *digits, *ADAPTIVE)
    assert adaptive["epochs"][-1]["train"]["lambda"] > 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            ("--variant", "vib", "--warm-up", "2", "--binarise", "dynamic"),
            "--binarise has no effect",
        ),
        (("--variant", "ae", "--lambda", "2"), "--lambda has no effect"),
        (("--variant", "vae", "--label-smoothing", "0.1"), "--label-smoothing has no effect"),
        (("--variant", "vae", "--select", "accuracy"), "--select accuracy does not apply to 'vae'"),
        (("--variant", "vib", "--select", "elbo"), "--select elbo does not apply to 'vib'"),
        (("--variant", "vae", "--likelihood", "bernoulli"), "does not fit tabular data"),
        (
            ("--variant", "vae", "--likelihood", "poisson"),
            "Unknown likelihood 'poisson'",
        ),
        (("--variant", "vib", "--predicts", "input"), "No such option: --predicts"),
    ],
)
def test_settings_that_do_not_apply_are_refused(
    vib: Vib, flags: tuple[str, ...], said: str
) -> None:
    result = vib("train", "--dataset", "wine", "--epochs", "1", *flags, code=2)
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not Path("results").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        WINE,
        (*BASE, "--variant", "baseline"),
        (*WINE, "--name", "mine", "--lambda", "0.5", "--results", "some where"),
    ],
)
def test_the_command_it_suggests_works_and_uses_the_run(
    vib: Vib, arguments: tuple[str, ...]
) -> None:
    shown = vib("train", *arguments).stdout
    (path,) = (p for p in Path().glob("**/seed-0/run.json"))
    (line,) = (line for line in shown.splitlines() if line.startswith("Next: "))
    program, *words = shlex.split(line.removeprefix("Next: "))
    assert program == "vib"
    before = path.stat().st_mtime_ns
    compared = json.loads(vib(*words, "--seeds", 1, "--jobs", 1, "--json").stdout)
    assert path.parent.relative_to(path.parents[3]).as_posix() in compared["runs"]
    assert path.stat().st_mtime_ns == before


def test_json_is_the_record_and_nothing_else_is_on_stdout(vib: Vib) -> None:
    result = vib("train", *WINE, "--seeds", 2, "--jobs", 1, "--json")
    runs = json.loads(result.stdout)
    assert [run["seed"] for run in runs] == [0, 1]
    for run in runs:
        assert run == json.loads((Path("results") / run["id"] / "run.json").read_text())
    assert result.stderr.count("no test split") == 1


@pytest.mark.parametrize(
    ("typed", "how", "parts"),
    [
        ((), "another for each seed", 2),
        (("--test-split", "by-seed"), "another for each seed", 2),
        (("--test-split", "fixed"), "the same for every seed", 1),
    ],
)
def test_the_test_part_is_held_out_by_seed_or_fixed_and_eval_finds_it(
    vib: Vib, typed: tuple[str, ...], how: str, parts: int
) -> None:
    from pyarrow import parquet

    arguments = ("train", *WINE, *typed, "--seeds", 2, "--jobs", 1, "--json")
    result = vib(*arguments)
    assert f"one is held out, stratified, {how}" in " ".join(result.stderr.split())
    tested = set()
    for run in json.loads(result.stdout):
        assert run["data"]["notes"] == [f"no test split: one is held out, stratified, {how}"]
        assert run["config"]["test_split"] == (None if "fixed" in typed else "by-seed")
        predictions = parquet.read_table(Path("results", run["id"], "predictions.parquet"))
        tested.add(tuple(predictions["row"].to_pylist()))
        again = json.loads(vib("eval", run["id"], "--json").stdout)
        accuracy = run["test"]["selected"]["accuracy"]
        assert again["metrics"]["accuracy"] == pytest.approx(accuracy)
        assert again["metrics"]["nll_nats"] == pytest.approx(run["test"]["selected"]["nll_nats"])
    assert len(tested) == parts


def test_a_test_split_that_is_there_is_not_held_out_again(vib: Vib, tmp_path: Path) -> None:
    from samples import hub_folder, reviews

    data = hub_folder(tmp_path / "data", {"train": reviews(60), "test": reviews(20, 500)})
    text = ("--dataset", data, "--input", "text", *TEXT[2:])
    (run,) = trained(vib, *text)
    assert run["config"]["test_split"] is None
    assert not any(note.startswith("no test split") for note in run["data"]["notes"])
    message = vib("train", *text, "--test-split", "by-seed", code=2).stderr
    assert "--test-split by-seed does not apply" in " ".join(message.split())


def test_the_same_command_does_not_train_again_and_fresh_does(vib: Vib) -> None:
    first = trained(vib, *WINE, "--seeds", 2, "--jobs", 1)
    before = records()
    again = vib("train", *WINE, "--seeds", 2, "--jobs", 1, "--json")
    assert json.loads(again.stdout) == first
    assert "2 of 2 runs were trained before" in again.stderr
    assert records() == before
    fresh = trained(vib, *WINE, "--seed", 1, "--fresh")
    assert numbers(fresh[0]) == numbers(first[1])
    after = records()
    assert [after[path] > time for path, time in before.items()] == [
        path.parent.name == "seed-1" for path in before
    ]


def test_what_was_trained_before_needs_no_torch(
    start: Start, finished_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    process = start("train", *WINE, "--results", finished_runs, "--json")
    out, imports = process.communicate(timeout=60)
    assert json.loads(out)[0]["status"] == "complete"
    assert "vibcli.cli.actions.train" in imports
    assert " torch\n" not in imports


def test_a_single_seed_and_several_share_their_runs(vib: Vib) -> None:
    (one,) = trained(vib, *WINE, "--seed", 1)
    assert trained(vib, *WINE, "--seeds", 2, "--jobs", 1)[1] == one


def test_an_experiment_with_a_name(vib: Vib) -> None:
    (run,) = trained(vib, *WINE, "--name", "my.own_experiment-2", "--lambda", "0.5")
    assert run["id"].startswith("wine/my.own_experiment-2-")
    assert (run["name"], run["config"]["variant"]) == ("my.own_experiment-2", "vib")


def test_one_name_for_different_settings_keeps_both(vib: Vib) -> None:
    runs = [trained(vib, *WINE, "--name", "mine", "--lambda", lam)[0] for lam in ("1", "2")]
    assert runs[0]["id"] != runs[1]["id"]
    assert len(records()) == 2


@pytest.mark.parametrize(
    "name", ["..", "a/b", "/a", "a..b", "[red]", "a b", "", "-a", ".a", "n" * 65, "vib", "é", "a\n"]
)
def test_a_bad_name_is_refused_before_anything_is_written(vib: Vib, name: str) -> None:
    result = vib("train", *WINE, f"--name={name}", code=2)
    assert "name" in result.stderr
    assert not Path("results").exists()


def test_divergence_is_recorded_and_not_repeated(vib: Vib) -> None:
    result = vib("train", *WINE, "--lr", "1e30", "--json", code=1)
    (run,) = json.loads(result.stdout)
    assert run["status"] == "diverged"
    assert run["test"] is None
    assert f"Error: {run['id']} diverged: loss" in result.stderr
    before = records()
    again = vib("train", *WINE, "--lr", "1e30", code=1)
    assert records() == before
    assert again.stdout == ""
    assert f"{run['id']} diverged" in again.stderr
    assert " diverged " in vib("runs").stdout


def test_of_several_seeds_the_diverged_ones_are_named_and_the_others_shown(vib: Vib) -> None:
    runs = trained(vib, *WINE, "--seeds", 2, "--jobs", 1)
    path = Path("results") / runs[1]["id"] / "run.json"
    broken = runs[1] | {"status": "diverged", "message": "loss nan", "test": None}
    path.write_text(json.dumps(broken))
    result = vib("train", *WINE, "--seeds", 2, "--jobs", 1, code=1)
    assert f"Saved in results/{runs[0]['id']}" in result.stdout
    assert result.stderr.endswith(f"Error: {runs[1]['id']} diverged: loss nan\n")


def test_a_damaged_record_is_named_and_fresh_repairs_it(vib: Vib) -> None:
    (run,) = trained(vib, *WINE)
    (path,) = records()
    path.write_text("{")
    assert f"{path} is damaged" in vib("train", *WINE, code=2).stderr
    assert numbers(trained(vib, *WINE, "--fresh")[0]) == numbers(run)


def test_results_that_cannot_be_written(vib: Vib) -> None:
    Path("file").write_text("precious")
    for place in ("file", "file/below"):
        message = vib("train", *WINE, "--results", place, code=2).stderr
        assert "Error: Cannot write results to file/" in message
    assert Path("file").read_text() == "precious"


def test_a_full_disk_loses_nothing(vib: Vib, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        (first,) = trained(vib, *WINE, "--results", disk)
        space = os.statvfs(disk)
        (disk / "filler").write_bytes(b"0" * (space.f_bavail - 2) * space.f_frsize)
        message = vib("train", *WINE, "--seed", 1, "--results", disk, code=2).stderr
        assert "No space left on device" in message
        assert "Cannot write" in message
        assert trained(vib, *WINE, "--results", disk) == [first]
        assert not list(disk.glob("**/.tmp-*"))
        (disk / "filler").unlink()
        (second,) = trained(vib, *WINE, "--seed", 1, "--results", disk)
        assert numbers(second) == numbers(trained(vib, *WINE, "--seed", 1)[0])
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def wait_for_epochs(process: "subprocess.Popen[str]", epochs: int) -> Path:
    """Wait until a run has recorded so many epochs; returns its record."""
    for _ in range(3000):
        for path in Path("cut").glob("*/*/*/run.json"):
            if len(json.loads(path.read_text())["epochs"]) >= epochs:
                return path
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("the training makes no progress")


LONG = {
    "vib": ("--ema", "0.99"),
    "vib-adaptive": (
        "--rate-target",
        "1",
        "--dual-step",
        "0.01",
        "--patience",
        "20",
        *("--select", "accuracy"),
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    ("number", "code", "variant"),
    [
        pytest.param(signal.SIGINT, 130, "vib", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 130, "vib-adaptive", marks=pytest.mark.slow),
        (signal.SIGKILL, -9, "vib-adaptive"),
    ],
)
def test_an_interrupted_run_goes_on_and_ends_with_the_same_numbers(
    vib: Vib, start: Start, number: signal.Signals, code: int, variant: str
) -> None:
    command = (
        *("train", "--dataset", "breast-cancer", "--variant", variant, "--epochs", "25"),
        *("--widths", "64", "--latent", "8", "--batch-size", "4", "--threads", "1"),
        *LONG[variant],
    )
    process = start(*command, "--results", "cut")
    path = wait_for_epochs(process, 2)
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert out == ""
    if code == 130:
        assert errors.endswith("Error: Interrupted. The same command goes on from here.\n")
        assert "Traceback" not in errors
    cut = json.loads(path.read_text())
    assert 2 <= len(cut["epochs"]) < 25, "the test needs an interruption in the middle"
    assert " interrupted " in vib("runs", "--results", "cut").stdout
    resumed = json.loads(vib(*command, "--results", "cut", "--json").stdout)
    whole = json.loads(vib(*command, "--json").stdout)
    assert numbers(resumed[0]) == numbers(whole[0])
    # the epochs before the interruption were not trained again
    assert resumed[0]["epochs"][: len(cut["epochs"])] == cut["epochs"]
    assert resumed[0]["created"] == cut["created"]
    left = {file.name for file in path.parent.iterdir()}
    assert left == {file.name for file in (Path("results") / whole[0]["id"]).iterdir()}


@pytest.mark.slow
def test_two_that_start_the_same_run_train_it_once(start: Start) -> None:
    command = ("train", *WINE[:2], "--epochs", "30", "--widths", "64", "--batch-size", "4")
    both = [start(*command, "--json") for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    one, other = (json.loads(out) for out, _ in ended)
    assert one == other
    (path,) = records()
    assert json.loads(path.read_text()) == one[0]
    assert one[0]["status"] == "complete"
