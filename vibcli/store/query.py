"""Conditions on runs and their order, as typed: ``lambda>0.01``, ``-accuracy``.

What is typed is read, never evaluated.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from vibcli.errors import VibError

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "~": operator.contains,
}
NOTHING = "none"
_CONDITION = re.compile(r"\s*([\w.-]+)\s*(==|!=|<=|>=|=|<|>|~)\s*(.*?)\s*", re.DOTALL)

Values = Mapping[str, Any]
T = TypeVar("T")


class Condition(NamedTuple):
    """A value's name, an operator of `OPERATORS`, what was typed after it and before it."""

    name: str
    sign: str
    typed: str
    called: str

    def holds(self, values: Values) -> bool:
        """Whether a run with these values is meant.

        ``none`` stands for what is not there; nothing else is equal to that, smaller or larger.
        Numbers are compared as numbers, all else as text; ``90%`` is 0.9.

        Raises:
            VibError: a number is compared with what is none.
        """
        value = values.get(self.name)
        if value is None or self.typed.lower() == NOTHING:
            same = value is None and self.typed.lower() == NOTHING
            return same if self.sign in ("=", "==") else self.sign == "!=" and not same
        compare = OPERATORS[self.sign]
        if isinstance(value, (int, float)) and self.sign != "~":
            return compare(value, self._number())
        return compare(as_text(value), self.typed)

    def _number(self) -> float:
        text = self.typed.removesuffix("%")
        try:
            return float(text) / (1 if text == self.typed else 100)
        except ValueError:
            raise VibError(
                f"'{self.called}' is a number and cannot be compared with '{self.typed}'."
            ) from None


def condition(text: str, meant: Callable[[str], str]) -> Condition:
    """Read a condition; ``meant`` gives the name that a typed one stands for.

    Raises:
        VibError: it is none; and as ``meant``.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise VibError(
            f"'{text}' is no condition. Write a name, one of {' '.join(OPERATORS)} and a value, "
            "in quotes: --where 'lambda>0.01'"
        )
    name, sign, typed = found.groups()
    return Condition(meant(name), sign, typed, name)


def in_order(
    runs: Iterable[T], values: Callable[[T], Values], keys: Sequence[str], down: Sequence[bool]
) -> list[T]:
    """Runs by the values of these names, the first deciding; ``down`` where largest come first.

    Numbers come before text, and runs without the value last, either way. Equals stay as they were.
    """
    ordered = list(runs)
    for key, reverse in reversed(list(zip(keys, down, strict=True))):
        there = [run for run in ordered if values(run).get(key) is not None]
        without = [run for run in ordered if values(run).get(key) is None]
        there.sort(key=lambda run: _sortable(values(run)[key]), reverse=reverse)
        ordered = there + without
    return ordered


def as_text(value: Any) -> str:
    """A value as it is typed: ``[64, 32]`` as ``64,32``."""
    if isinstance(value, (list, tuple)):
        return ",".join(map(as_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sortable(value: Any) -> tuple[bool, Any]:
    number = isinstance(value, (int, float))
    return (not number, value if number else as_text(value))
