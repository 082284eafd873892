"""What a few paired seeds and a test set support. Pure functions: no files, no printing."""

from vibcli.statistics.decision import Decision, Outcome, decide
from vibcli.statistics.e_process import e_value
from vibcli.statistics.examples import Bootstrap, Discordance, bootstrap_difference, mcnemar
from vibcli.statistics.intervals import LEVEL, Interval, sign
from vibcli.statistics.max_t import max_t
from vibcli.statistics.passage import common_passages, own_passages
from vibcli.statistics.seeds import (
    Estimate,
    Improvement,
    estimate,
    paired,
    probability_of_improvement,
)
from vibcli.statistics.sequential import DESIGN, Design, enough_seeds, looked, seeds_needed
from vibcli.statistics.shape import Shape, shape
from vibcli.statistics.significance import SignFlip, holm, pairs_needed, sign_flip, smallest_p

__all__ = [
    "DESIGN",
    "LEVEL",
    "Bootstrap",
    "Decision",
    "Design",
    "Discordance",
    "Estimate",
    "Improvement",
    "Interval",
    "Outcome",
    "Shape",
    "SignFlip",
    "bootstrap_difference",
    "common_passages",
    "decide",
    "e_value",
    "enough_seeds",
    "estimate",
    "holm",
    "looked",
    "max_t",
    "mcnemar",
    "own_passages",
    "paired",
    "pairs_needed",
    "probability_of_improvement",
    "seeds_needed",
    "shape",
    "sign",
    "sign_flip",
    "smallest_p",
]
