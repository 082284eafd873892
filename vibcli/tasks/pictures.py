"""The picture that every task has whose learner has terms in nats."""

from vibcli.registry import Entry
from vibcli.tasks.task import Picture

TERMS = Picture(
    "terms", "loss and rate", Entry("vibcli.reporting.plots.terms:draw_terms"), "epochs"
)
