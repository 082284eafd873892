"""The settings that regression alone has."""

from typing import Literal

from vibcli.config.fields import Group, setting

NUMBERS = {"predicts": ("number",)}


class RegressionSettings(Group):
    """What is said of how far a label is from its prediction."""

    deviation: Literal["shared", "own"] = setting(
        "shared",
        "Whether regressions learn one deviation for all rows (shared), or predict each row's own.",
        "Model",
        needs=NUMBERS,
    )
