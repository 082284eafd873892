"""The one metric that a run is known by."""

from collections.abc import Mapping
from typing import NamedTuple


class Headline(NamedTuple):
    """The metric that a run is known by: what it is called, and its value in words."""

    title: str
    value: str


HEADLINES = {
    "accuracy": ("accuracy", "{:.2%}"),
    "elbo_nats": ("ELBO", "{:.2f} nats"),
    "distortion_nats": ("distortion", "{:.2f} nats"),
}


def headline(metrics: Mapping[str, float | None]) -> Headline:
    """The accuracy, or of an autoencoder the ELBO, or where there is no rate the distortion."""
    for key, (title, form) in HEADLINES.items():
        if (value := metrics.get(key)) is not None:
            return Headline(title, form.format(value))
    return Headline("", "-")
