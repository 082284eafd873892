"""Names without what they share, for tables and pictures."""

from vibcli.compare import Comparison
from vibcli.findings import Member


def common(names: list[str]) -> str:
    """Recipe and protocol where all names are of one, ``su2018-imdb.honest.``; else nothing."""
    parts = [name.split(".") for name in names]
    first = parts[0][:2]
    of_one = all(len(part) == 3 and part[:2] == first for part in parts)
    return ".".join(first) + "." if of_one else ""


def shortened(
    result: Comparison, members: list[Member], prefix: str
) -> tuple[Comparison, list[Member]]:
    """The comparison with ``prefix`` taken off every name and put beside the data set's."""
    if not prefix:
        return result, members
    first = result.rows[0].name
    told = result._replace(
        dataset=f"{result.dataset}, {prefix.rstrip('.')}",
        target_reason=result.target_reason.replace(first, first.removeprefix(prefix)),
        rows=tuple(row._replace(name=row.name.removeprefix(prefix)) for row in result.rows),
        differing={
            setting: {name.removeprefix(prefix): value for name, value in values.items()}
            for setting, values in result.differing.items()
        },
    )
    return told, [member._replace(name=member.name.removeprefix(prefix)) for member in members]
