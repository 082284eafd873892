"""Every option of every command, from the command line, the environment and the settings file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from vibcli.cli.app import COMMANDS, app
from vibcli.cli.options.sources import TYPED_ALONE, from_file, variable
from vibcli.errors import VibError

NEEDED = {"compare": ["a", "b"], "predict": ["run", "file"], "rm": ["run"], "reproduce": ["recipe"]}
DIGITS = "9" * 5000
VALUES = (
    *("0", "1", "-1", " 3 ", "1_0", "2.5", "1e3", "nan", "inf", "1e400", "²", "0x10"),
    *("x", "true", "a,b", "1,2", "--json", "\x1b[31m", "😀", "9" * 25, DIGITS, f"{DIGITS}.5"),
)
Outcome = tuple[str, Any]  # the value, or what is said of it


def loaded(name: str) -> Any:
    return typer.main.get_command(app).commands[name].loaded  # type: ignore[attr-defined]


def options(name: str) -> Iterator[tuple[str, Any]]:
    """The long flag, without its dashes, and the option."""
    for option in loaded(name).params:
        alone = ("help", *TYPED_ALONE.get(name, ()))
        if option.param_type_name == "option" and option.name not in alone:
            yield option.opts[0].removeprefix("--"), option


def parsed(command: Any, option: Any, typed: list[str], file: Mapping[str, Any]) -> Outcome:
    """What becomes of an option; any other exception fails the test."""
    arguments = [*NEEDED.get(command.name, ()), *typed]
    try:
        with command.make_context(command.name, arguments, default_map=file) as context:
            return "is", repr(context.params[option.name])
    except VibError as error:
        return "refused", str(error)
    except Exception as error:
        if not hasattr(error, "format_message"):  # Typer's own, of a usage that is wrong
            raise
        return "refused", error.format_message()


@pytest.mark.parametrize("name", COMMANDS)
def test_flag_variable_and_file_are_checked_alike(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    command = loaded(name)
    compared = 0
    for value in VALUES:
        text = json.dumps(value, ensure_ascii=False)
        Path("vib.toml").write_text("".join(f"{flag} = {text}\n" for flag, _ in options(name)))
        file = from_file(lambda: {name: command})[name]
        for flag, option in options(name):
            found = {"file": parsed(command, option, [], {option.name: file[option.name]})}
            with monkeypatch.context() as changed:
                changed.setenv(variable(flag), value)
                found["variable"] = parsed(command, option, [], {})
            if not option.is_flag:
                found["flag"] = parsed(command, option, [f"--{flag}={value}"], {})
            assert len({repr(outcome) for outcome in found.values()}) == 1, (flag, value, found)
            compared += 1
    assert compared >= len(VALUES)  # --debug, or --json, is there at least


def test_no_number_is_counted_without_an_end() -> None:
    """What is declared with a type alone would take 25 digits, and C++ would not."""
    from vibcli.config.record import RunConfig, flag_of

    checked_later = {flag_of(field)[2:] for field in RunConfig.model_fields}
    numbers = 0
    for name in COMMANDS:
        command = loaded(name)
        for flag, option in options(name):
            if option.is_flag or flag in checked_later:
                continue
            small, huge = (parsed(command, option, [f"--{flag}={v}"], {}) for v in ("2", "9" * 25))
            if small == ("is", "2"):
                assert huge[0] == "refused", (name, flag, huge)
                numbers += 1
    assert numbers > 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("widths = [[8], [4]]", "vib.toml: widths must be a text, a number"),
        ("widths = {a = 1}", "vib.toml: widths must be"),
        ("dataset = 2024-01-01", "vib.toml: dataset must be"),
        ("dataset = 07:32:00", "vib.toml: dataset must be"),
        ("input = [[['a']]]", "vib.toml: input must be"),
        (f"seed = {DIGITS}", "vib.toml is not valid TOML: Exceeds the limit"),
        (f"widths = {'[' * 3000}", "vib.toml is nested too deeply"),
        (f"widths = {'[' * 300}{']' * 300}", "vib.toml: widths must be"),
        ("epochs = \0", "vib.toml is not valid TOML"),
    ],
)
def test_values_that_no_option_has(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vib.toml").write_text(content)
    with pytest.raises(VibError, match=said.replace("[", r"\[")):
        from_file(lambda: {"train": loaded("train")})


def test_native_values_of_the_file_are_those_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vib.toml").write_text(
        "jobs = 2\nthreads = 3\nseeds = 2\nlambda = 0.1\nfresh = true\nwidths = [8, 4]\n"
        'input = ["a b", "c"]\n'
    )
    command = loaded("train")
    file = from_file(lambda: {"train": command})["train"]
    typed = "--jobs=2 --threads=3 --seeds=2 --lambda=0.1 --fresh --widths=8,4".split()  # noqa: SIM905
    with command.make_context("train", [], default_map=file) as context:
        read = context.params
    with command.make_context("train", [*typed, "--input", "a b", "--input", "c"]) as context:
        assert read == context.params


def test_a_variable_has_one_name_of_a_column_on_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    command = loaded("train")
    monkeypatch.setenv("VIB_INPUT", "sepal length (cm)\nsepal width (cm)")
    with command.make_context("train", []) as context:
        assert context.params["inputs"] == ["sepal length (cm)", "sepal width (cm)"]


@pytest.mark.parametrize("field", ["epochs", "batch_size", "latent", "train_rows", "widths"])
def test_settings_end_where_C_ends(field: str) -> None:
    from vibcli.config.fields import MOST
    from vibcli.config.record import RunConfig

    def value(number: int) -> Any:
        return (number,) if field == "widths" else number

    assert getattr(RunConfig(kind="text", **{field: value(MOST)}), field) == value(MOST)
    with pytest.raises(ValueError, match=f"Input should be at most {MOST}"):
        RunConfig(kind="text", **{field: value(MOST + 1)})
