import pytest

from vibcli import errors
from vibcli.errors import MAX_LISTED, suggestion, unknown

CHOICES = ["vib-threshold", "baseline", "control"]


@pytest.mark.parametrize("name", ["basline", "baselin", "Baseline", "baselines"])
def test_a_slip_gets_the_nearest_name(name: str) -> None:
    assert suggestion(name, CHOICES) == "Did you mean 'baseline'?"


@pytest.mark.parametrize("name", ["", "zzz", "[bold]"])
def test_anything_else_gets_the_sorted_list(name: str) -> None:
    assert suggestion(name, CHOICES) == "Choose one of: baseline, control, vib-threshold."


def test_a_long_list_is_cut() -> None:
    found = suggestion("zzz", (f"run-{i:02}" for i in range(MAX_LISTED + 3)))
    assert found.endswith("run-09 and 3 more.")
    assert "more" not in suggestion("zzz", (f"run-{i:02}" for i in range(MAX_LISTED)))


def test_without_choices_it_says_so() -> None:
    assert unknown("run", "x", []) == "Unknown run 'x'. There is none."


def test_unknown_names_what_and_which() -> None:
    assert unknown("variant", "vibb", ["vib"]) == "Unknown variant 'vibb'. Did you mean 'vib'?"


def test_every_error_has_the_documented_exit_code() -> None:
    codes = {
        error: error.exit_code for error in (errors.VibError, *errors.VibError.__subclasses__())
    }
    assert codes.pop(errors.TrainingFailed) == 1
    assert set(codes.values()) == {2}
    assert {errors.DataError, errors.RunError} <= codes.keys()
