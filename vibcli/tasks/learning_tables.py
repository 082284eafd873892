"""The tables of a comparison that say how experiments learnt."""

from vibcli.tasks.task import Column, ComparisonTable

# of the first screen
EPOCHS = Column("epochs to best", "epochs_to_own_target", digits=1)


def learning_tables(
    area: str, scale: float = 1.0, digits: int | None = 2
) -> tuple[ComparisonTable, ComparisonTable]:
    """Epochs and seconds to the targets, best epoch and area, then the differences.

    Args:
        area: title of the area's column.
        scale: of the area.
        digits: of the area; None for four significant ones.
    """
    return (
        ComparisonTable(
            "",
            (
                Column("epochs", "epochs_to_own_target", "estimate", 1, 1),
                Column("seconds", "seconds_to_own_target", "estimate", 1, 1),
                Column("best epoch", "best_epoch", "estimate", 1, 1),
                Column(area, "area", "estimate", scale, digits),
            ),
        ),
        ComparisonTable(
            "difference",
            (
                Column("epochs", "epochs_to_own_target", "difference", 1, 1),
                Column("to common target", "epochs_to_common_target", "difference", 1, 1),
                Column("reached", what="reached"),
                Column(area, "area", "difference", scale, digits),
            ),
            others=True,
        ),
    )
