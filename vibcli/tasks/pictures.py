"""The pictures that several tasks have: of their terms in nats, and of what decides."""

from vibcli.registry import Entry
from vibcli.tasks.task import Picture

TERMS = Picture(
    "terms", "loss and rate", Entry("vibcli.reporting.plots.terms:draw_terms"), "epochs"
)

DIFFERENCES = Picture(
    "differences",
    "paired differences",
    Entry("vibcli.reporting.plots.forest:draw_differences"),
    "records",
)
