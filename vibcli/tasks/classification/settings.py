"""The settings that classification alone has."""

from vibcli.config.fields import Group, Strength, setting

LABELS = {"predicts": (None,)}


class ClassificationSettings(Group):
    """Rivals of the bottleneck that act on the prediction of a class."""

    label_smoothing: Strength = setting(
        None,
        "Share of a label that is spread evenly over the classes; off by default.",
        "Regularisers",
        needs=LABELS,
        ge=0,
        lt=1,
    )
    confidence_penalty: Strength = setting(
        None,
        "Weight of the prediction's entropy, which is subtracted from the loss; off by default.",
        "Regularisers",
        needs=LABELS,
        ge=0,
        allow_inf_nan=False,
    )
