"""Names of recipes' runs without recipe and protocol, for tables and pictures."""

from collections.abc import Sequence
from typing import NamedTuple

from vibcli.comparison.compare import Comparison
from vibcli.comparison.member import Member


class ShortNames(NamedTuple):
    """What was taken off, once each (``su2018-imdb.honest``), and what is left of each name."""

    origins: tuple[str, ...]
    short: dict[str, str]


def short_names(names: Sequence[str]) -> ShortNames:
    """Split ``su2018-imdb.honest.vib`` before the last part, if all names can be and stay apart."""
    parts = [name.split(".") for name in names]
    last = [part[-1] for part in parts]
    if any(len(part) != 3 for part in parts) or len(set(last)) < len(names):
        return ShortNames((), {name: name for name in names})
    origins = dict.fromkeys(".".join(part[:2]) for part in parts)
    return ShortNames(tuple(origins), dict(zip(names, last, strict=True)))


def shortened(
    result: Comparison, members: Sequence[Member], names: ShortNames
) -> tuple[Comparison, list[Member]]:
    """The comparison with short names, and where they are from beside the data set's name."""
    short = names.short
    first = result.rows[0].name
    told = result._replace(
        margin_reason=result.margin_reason.replace(first, short[first]),
        dataset=", ".join([result.dataset, *names.origins]),
        rows=tuple(row._replace(name=short[row.name]) for row in result.rows),
        differing={
            setting: {short[name]: value for name, value in values.items()}
            for setting, values in result.differing.items()
        },
    )
    return told, [member._replace(name=short[member.name]) for member in members]
