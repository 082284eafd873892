from rich.text import Text

from vibcli.reporting.page.from_rich import table_of
from vibcli.reporting.tables.cells import plain_table


def test_a_table_has_the_same_cells_and_alignment() -> None:
    table = plain_table("", "a [b]", "c", numbers=("c",))
    table.add_row(Text("[red]x[/red]", style="bold"), "1", Text("2"))
    table.add_row("y", "-", "3")
    found = table_of(table, "what")
    assert found.caption == "what"
    assert found.head == ("", "a [b]", "c")
    assert found.rows == (("[red]x[/red]", "1", "2"), ("y", "-", "3"))
    assert found.numbers == {2}
