import re
from typing import Any

import pytest
import typer.main
from small import Vib

from vibcli.cli.app import app
from vibcli.cli.options.common import COMMON

GROUP: Any = typer.main.get_command(app)
FLAG = re.compile(r"^│ (--[a-z][a-z0-9-]*)", re.MULTILINE)


def shown(text: str) -> list[str]:
    return FLAG.findall(text)


@pytest.mark.parametrize("name", COMMON)
def test_help_shows_the_common_options_and_where_the_others_are(vib: Vib, name: str) -> None:
    command = GROUP.commands[name].loaded
    text = vib(name, "--help").stdout
    assert shown(text) == [*COMMON[name], "--help", "--help-all"]
    assert max(map(len, text.splitlines())) <= 80
    others = len([p for p in command.params if p.param_type_name == "option"]) - len(COMMON[name])
    assert others > 0
    assert text.split("│")[-1].split("╯")[-1].split() == (
        f"vib {name} --help-all has the other {others} options.".split()
    )


@pytest.mark.parametrize("name", COMMON)
def test_all_help_shows_every_option(vib: Vib, name: str) -> None:
    command = GROUP.commands[name].loaded
    every = {p.opts[0] for p in command.params if p.param_type_name == "option"}
    text = vib(name, "--help-all").stdout
    assert {flag for flag in shown(text) if not flag.startswith("--help")} == every
    assert "has the other" not in text


@pytest.mark.parametrize("name", COMMON)
def test_fewer_options_are_common_than_not_or_few(name: str) -> None:
    assert len(COMMON[name]) == len(set(COMMON[name])) <= 16


def test_choices_that_are_too_wide_for_their_column_are_told(vib: Vib) -> None:
    text = " ".join(re.sub("[│╭╮╰╯]", " ", vib("eval", "--help").stdout).split())
    assert "One of test, validation, train." in text


def test_a_hidden_option_works(vib: Vib) -> None:
    assert "--beta1" not in vib("train", "--help").stdout
    assert "--beta1" in vib("train", "--dataset", "wine", "--beta1", 2, code=2).stderr


def test_neither_a_file_nor_the_environment_asks_for_help(vib: Vib) -> None:
    assert "Usage" not in vib("eval", code=2, VIB_HELP_ALL="1").stdout
