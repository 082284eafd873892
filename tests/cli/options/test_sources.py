import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from small import Vib

from vibcli.cli.app import app
from vibcli.cli.options import sources as settings
from vibcli.cli.options.settings import HIDDEN
from vibcli.config.record import RunConfig, flag_of

QUICK = ("train", "--dataset", "wine", "--json", "--variant", "vib")


def trained(vib: Vib, *arguments: str, **environment: str) -> dict[str, Any]:
    """The settings of a run that was trained with these arguments."""
    environment = {"VIB_WIDTHS": "8", "VIB_EPOCHS": "1", **environment}
    (run,) = json.loads(vib(*QUICK, *arguments, **environment).stdout)
    config: dict[str, Any] = run["config"]
    return config


def toml(content: str) -> None:
    Path("vib.toml").write_text(content, encoding="utf-8")


def test_every_setting_has_a_flag_and_a_variable() -> None:
    for name in ("train", "compare"):
        command = typer.main.get_command(app).commands[name].loaded  # type: ignore[attr-defined]
        options = {p.name: p for p in command.params}
        for field in set(RunConfig.model_fields) - set(HIDDEN):
            assert options[field].opts == [flag_of(field)]
            assert options[field].envvar == "VIB_" + flag_of(field)[2:].replace("-", "_").upper()
            assert options[field].default is None


def test_flags_beat_the_environment_which_beats_the_file_which_beats_defaults(vib: Vib) -> None:
    assert trained(vib)["lam"] == 1e-3
    toml("lambda = 0.25\nlatent = 4\n")
    assert trained(vib)["lam"] == 0.25
    assert trained(vib, VIB_LAMBDA="0.5")["lam"] == 0.5
    assert trained(vib, "--lambda", "0.75", VIB_LAMBDA="0.5")["lam"] == 0.75
    assert trained(vib, "--lambda", "0.75")["latent"] == 4


def test_a_flag_counts_also_where_it_equals_the_default(vib: Vib) -> None:
    toml("lambda = 0.25\nlatent = 4\n")
    assert trained(vib, "--lambda", "0.001", VIB_LAMBDA="0.5")["lam"] == 1e-3
    assert trained(vib, VIB_LAMBDA="0.001")["lam"] == 1e-3
    toml("lambda = 0.001\n")
    assert trained(vib, "--variant", "vib-adaptive")["lam"] == 1e-3
    Path("vib.toml").unlink()
    assert trained(vib, "--variant", "vib-adaptive")["lam"] == 0.0


def test_an_empty_variable_counts_as_none(vib: Vib) -> None:
    assert trained(vib, VIB_LAMBDA="")["lam"] == 1e-3


@pytest.mark.parametrize("widths", ["[8, 4]", '"8,4"', '[" 8", 4]'])
def test_several_widths_in_the_file(vib: Vib, widths: str) -> None:
    toml(f"widths = {widths}\n")
    assert trained(vib, VIB_WIDTHS="")["widths"] == [8, 4]


@pytest.mark.parametrize("columns", ['"review"', '["review"]'])
def test_input_columns_in_the_file(vib: Vib, reviews: Path, columns: str) -> None:
    toml(f'input = {columns}\ndataset = "{reviews.as_posix()}"\nembedding = 4\nepochs = 1\n')
    (run,) = json.loads(vib("train", "--json").stdout)
    assert run["config"]["inputs"] == ["review"]


def test_the_file_speaks_to_every_command_that_has_the_option(
    vib: Vib, finished_runs: Path
) -> None:
    toml(f'results = "{finished_runs.as_posix()}"\njson = true\nsamples = 3\nepochs = 7\n')
    assert len(json.loads(vib("runs").stdout)) == len(list(finished_runs.glob("*/*/*/run.json")))
    assert json.loads(vib("eval", "digits").stdout)["samples"] == 3


def test_the_environment_speaks_to_every_command(vib: Vib, finished_runs: Path) -> None:
    every = {"VIB_RESULTS": str(finished_runs), "VIB_JSON": "1", "VIB_DATASET": "digits"}
    (run,) = json.loads(vib("runs", **every).stdout)
    assert run["data"]["name"] == "digits"


def test_another_file_can_be_named(vib: Vib, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("lambda = 0.125\n")
    toml("lambda = 0.25\n")
    assert trained(vib, VIB_SETTINGS=str(other))["lam"] == 0.125


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epohcs = 3\n", "vib.toml: there is no option 'epohcs'. Did you mean 'epochs'?"),
        ("[train]\nepochs = 3\n", "vib.toml: there is no option 'train'."),
        ("epochs = = 3\n", "vib.toml is not valid TOML: "),
        ('epochs = "many"\n', "'--epochs'"),
        ("epochs = [1, 2]\n", "'--epochs'"),
        ('no-cache = "perhaps"\n', "'--no-cache'"),
        ("epochs = 0\n", "--epochs is 0"),
        ('widths = ["a"]\n', "--widths is 'a'"),
        ("lambda = -1\n", "--lambda is -1"),
    ],
)
def test_a_bad_file_is_refused(vib: Vib, content: str, message: str) -> None:
    toml(content)
    result = vib("train", "--dataset", "wine", code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_file_no_command_is_looked_at() -> None:
    def fail() -> dict[str, Any]:
        raise AssertionError("the commands were asked for")

    assert settings.from_file(fail) == {}
    toml("epochs = 3\n")
    with pytest.raises(AssertionError, match="asked for"):
        settings.from_file(fail)


def test_a_key_is_known_if_any_command_has_it(vib: Vib) -> None:
    toml("epochs = 3\nclear = false\nno-train = true\n")
    assert vib("runs", "--json").stdout == "[]\n"


def test_a_file_that_is_no_text_is_refused(vib: Vib) -> None:
    Path("vib.toml").write_bytes(b"\xff\xfe")
    assert "vib.toml is not valid TOML" in vib("runs", code=2).stderr


def test_a_file_that_is_missing_is_refused_where_it_was_named(vib: Vib) -> None:
    assert "Cannot read none.toml" in vib("runs", code=2, VIB_SETTINGS="none.toml").stderr


def test_a_bad_variable_is_refused(vib: Vib) -> None:
    assert "--epochs" in vib("train", code=2, VIB_EPOCHS="many").stderr


def test_defaults_are_shown_for_each_kind_of_data(vib: Vib) -> None:
    text = " ".join(vib("train", "--help-all", COLUMNS="200").stdout.split())
    assert "(default: text text-cnn, image mlp, tabular mlp)" in text
    assert "(default: text 0.1, image 0.001, tabular 0.001)" in text
    assert "(default: 0.9)" in text


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_jobs_are_a_number_or_auto(vib: Vib, jobs: str) -> None:
    error = vib("train", "--dataset", "wine", "--jobs", jobs, code=2).stderr
    assert f"'{jobs}' is neither 'auto' nor a number from 1 to 1024" in " ".join(
        error.replace("│", "").split()
    )


def test_jobs_may_be_left_to_the_machine(vib: Vib) -> None:
    vib("train", "--dataset", "wine", "--epochs", 1, "--widths", 4, "--jobs", "auto")
