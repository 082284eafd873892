"""How a setting is declared: its default, its bounds, its flag, and when it has an effect."""

from collections.abc import Callable, Collection, Container, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from vibcli.registry import BOTTLENECKS

Needs = Mapping[str, Container[str | None]]
Choices = Collection[str] | Callable[[], Collection[str]]

MOST = 2**31 - 1  # of anything that is counted: what comes after that ends in C++


class Group(BaseModel):
    """Base of all groups of settings: immutable, and strict about names.

    The validator is built when it is first used: a command's help needs the fields alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @field_validator("*")
    @classmethod
    def _countable(cls, value: Any) -> Any:
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, int) and number > MOST:
                raise PydanticCustomError("most", f"Input should be at most {MOST}")
        return value


def setting(
    default: Any,
    help: str,
    panel: str,
    flag: str | None = None,
    needs: Needs | None = None,
    choices: Choices = (),
    **bounds: Any,
) -> Any:
    """Declare a setting of a `Group`.

    Args:
        default: where neither data, variant nor user say anything.
        help: what the command line says of it.
        panel: under which heading it does.
        flag: its flag, where that is not made of its name.
        needs: other settings, and the values that they must have for this one to have an effect.
        choices: names that it may have, or what returns them, where they are not in its type.
        bounds: what pydantic is to check.
    """
    extra: dict[str, Any] = {
        "panel": panel,
        "flag": flag,
        "needs": dict(needs or {}),
        "choices": choices,
    }
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Unless(tuple[str | None, ...]):
    """Every value but these, as what a setting needs of another one.

    >>> "last" in Unless(["last"]), "accuracy" in Unless(["last"])
    (False, True)
    """

    def __contains__(self, value: object) -> bool:
        return not super().__contains__(value)


def _numbers(value: Any) -> Any:
    return value.replace(" ", "").split(",") if isinstance(value, str) else value


def _names(value: Any) -> Any:
    return tuple(value) or None if isinstance(value, (list, tuple)) else value


def _off(value: Any) -> Any:
    return None if value == 0 else value


def _fixed(value: Any) -> Any:
    return None if value == "fixed" else value


Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_numbers)]
ColumnNames = Annotated[tuple[str, ...] | None, BeforeValidator(_names)]
Strength = Annotated[float | None, BeforeValidator(_off)]
Whole = Annotated[int | None, BeforeValidator(_off)]
# None is how older runs, all fixed, are recorded
TestSplit = Annotated[Literal["by-seed", "fixed"] | None, BeforeValidator(_fixed)]

TEXT, TEXT_CNN, IMAGE = {"kind": ("text",)}, {"encoder": ("text-cnn",)}, {"kind": ("image",)}
MLP, CONV = {"encoder": ("mlp", "bag-of-words")}, {"encoder": ("conv",)}
LATENT = {"bottleneck": tuple(name for name, b in BOTTLENECKS.items() if b.latent)}
DRAWN = {"bottleneck": tuple(name for name, b in BOTTLENECKS.items() if b.sigma)}
RATED = {"bottleneck": tuple(name for name, b in BOTTLENECKS.items() if b.sigma == "learnt")}
