"""An option given twice is an error that shows both values."""

import json

import pytest
from small import WINE, Vib
from typer.testing import CliRunner, Result

from vibcli.cli.app import app


def typed_as_is(*arguments: str, code: int, **environment: str) -> Result:
    """The fixture `vib` leaves out what is given again."""
    result = CliRunner().invoke(app, list(arguments), "", environment)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--lambda", "0.1", "--lambda", "0.2"), "--lambda 0.1 and --lambda 0.2"),
        (("--lambda=0.1", "--lambda", "0.1"), "--lambda 0.1 and --lambda 0.1"),
        (("--jobs", "2", "-j3"), "--jobs 2 and --jobs 3"),  # two names of one option
        (("--name", "a", "--seed", "1", "--name", "b", "--name", "c"), "--name b and --name c"),
    ],
)
def test_twice_is_refused(typed: tuple[str, ...], said: str) -> None:
    result = typed_as_is("train", *WINE, *typed, code=2)
    assert said in result.stderr
    assert f"give {typed[0].split('=')[0]} once" in result.stderr


def test_what_may_be_repeated_may() -> None:
    result = typed_as_is("train", "--dataset", "wine", "--input", "a", "--input", "b", code=2)
    assert "takes no --input" in result.stderr  # and nothing about giving it once


def test_flags_and_other_sources_are_as_before() -> None:
    arguments = ("train", *WINE[:-2], "--latent", "3", "--json", "--json")
    typed = typed_as_is(*arguments, code=0, VIB_LATENT="4")
    assert json.loads(typed.stdout)[0]["config"]["latent"] == 3


def test_the_next_call_is_not_changed_by_the_first_reading(vib: Vib) -> None:
    typed_as_is("train", *WINE, "--epochs", "3", code=2)
    (run,) = json.loads(vib("train", *WINE, "--json").stdout)
    assert run["config"]["epochs"] == 2
