"""The errors a user can meet: one clear message and an exit code each."""

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 10


class VibError(Exception):
    """Wrong usage or bad input; the message says what was expected and what came."""

    exit_code = 2


class DataError(VibError):
    """The data cannot be found, read or used."""


class RunError(VibError):
    """A saved run cannot be found, read or used."""


class TrainingFailed(VibError):
    """A run ended without a usable model."""

    exit_code = 1


def shortened(names: Iterable[str]) -> str:
    """Some names one after the other, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


def suggestion(name: str, choices: Iterable[str]) -> str:
    """Say which choice ``name`` was probably meant to be, or list them all."""
    choices = sorted(choices)
    close = get_close_matches(name, choices, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    if not choices:
        return "There is none."
    return f"Choose one of: {shortened(choices)}."


def unknown(what: str, name: str, choices: Iterable[str]) -> str:
    """Build the message for a name that is in no table."""
    return f"Unknown {what} '{name}'. {suggestion(name, choices)}".rstrip()
