"""The tables of a comparison that say how experiments learnt."""

from vibcli.tasks.task import Column, ComparisonTable


def learning_tables(
    area: str, scale: float = 1.0, digits: int | None = 2
) -> tuple[ComparisonTable, ComparisonTable]:
    """Epochs and seconds to the target, best epoch and area, then the differences.

    Args:
        area: title of the area's column.
        scale: of the area.
        digits: of the area; None for four significant ones.
    """
    return (
        ComparisonTable(
            "",
            (
                Column("reached", what="reached"),
                Column("epochs", "epochs_to_target", "estimate", 1, 1),
                Column("seconds", "seconds_to_target", "estimate", 1, 1),
                Column("best epoch", "best_epoch", "estimate", 1, 1),
                Column(area, "area", "estimate", scale, digits),
            ),
        ),
        ComparisonTable(
            "difference",
            (
                Column("epochs", "epochs_to_target", "difference", 1, 1),
                Column("best epoch", "best_epoch", "difference", 1, 1),
                Column(area, "area", "difference", scale, digits),
            ),
            others=True,
        ),
    )
