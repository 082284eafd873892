"""What a few paired seeds and a test set support. Pure functions: no files, no printing."""

from vibcli.statistics.censored import restricted_times
from vibcli.statistics.examples import Bootstrap, Discordance, bootstrap_difference, mcnemar
from vibcli.statistics.intervals import LEVEL, Interval, Judgement, judge, sign
from vibcli.statistics.seeds import (
    Estimate,
    Improvement,
    estimate,
    paired,
    probability_of_improvement,
)
from vibcli.statistics.significance import SignFlip, holm, pairs_needed, sign_flip, smallest_p

__all__ = [
    "LEVEL",
    "Bootstrap",
    "Discordance",
    "Estimate",
    "Improvement",
    "Interval",
    "Judgement",
    "SignFlip",
    "bootstrap_difference",
    "estimate",
    "holm",
    "judge",
    "mcnemar",
    "paired",
    "pairs_needed",
    "probability_of_improvement",
    "restricted_times",
    "sign",
    "sign_flip",
    "smallest_p",
]
