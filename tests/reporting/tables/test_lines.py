from printing import printed
from rich.text import Text

from vibcli.reporting.tables.lines import Column, lines_table

NUMBERS = Column("n", ["1", "22"], number=True)


def lines(*columns: Column, width: int = 80, encoding: str = "utf-8") -> list[str]:
    table = lines_table(columns, width, encoding)
    assert isinstance(table, Text)
    return [line.rstrip() for line in table.plain.splitlines()]


def test_columns_stand_side_by_side() -> None:
    table = (Column("run", ["a", "bbbb"]), Column("status", ["ok", "failed"]), NUMBERS)
    assert lines(*table) == [
        "run   status   n",
        "────────────────",
        "a     ok       1",
        "bbbb  failed  22",
    ]
    assert lines(*table, encoding="ascii")[1] == "-" * 16


def test_what_is_too_long_for_the_first_column_stands_above() -> None:
    assert lines(Column("run", ["short", "a" * 17]), NUMBERS, width=18) == [
        "run     n",
        "─" * 17,
        "short   1",
        "a" * 17,
        "       22",
    ]


def test_items_of_the_last_column_are_put_below_each_other() -> None:
    told = Column("differs", [("x 1", "y 2", "z 3"), ()])
    assert lines(Column("run", ["a", "b"]), told, width=14) == [
        "run  differs",
        "─" * 13,
        "a    x 1, y 2",
        "     z 3",
        "b",
    ]


def test_wide_letters_take_two_columns() -> None:
    shown = printed(lines_table([Column("run", ["葡萄酒", "wine"]), NUMBERS], 80))
    assert shown.splitlines()[2:] == ["葡萄酒   1", "wine    22"]
