"""How the time of training on texts grows with their number and with their length."""

from functools import partial

import numpy as np

from . import data, ours
from .harness import Contestant, Options, Report, Value, race, spread

TIMES = (1, 2, 4, 8)
ROWS, SHORT = 500, 50  # texts, tokens each
TOKENS, FEW = 100, 640


def measure(options: Options) -> Report:
    """Measure epochs over texts that are full to the last token, and fit the exponents."""
    series = {
        "rows": {f"{n * ROWS} rows of {SHORT} tokens": (n * ROWS, SHORT) for n in TIMES},
        "tokens": {f"{FEW} rows of {n * TOKENS} tokens": (FEW, n * TOKENS) for n in TIMES},
    }
    found = race(
        [
            Contestant(name, partial(ours.epoch, ours.text(tokens=tokens), rows, options.threads))
            for sizes in series.values()
            for name, (count, tokens) in sizes.items()
            for rows in [_texts(count, tokens)]
        ],
        options.repetitions,
    )
    return Report(
        name="scaling",
        title="training on texts, by their number and by their length",
        values=[
            Value(
                f"exponent of {what}",
                exponent(TIMES, [spread(found.measured[name]).median for name in sizes]),
                "",
            )
            for what, sizes in series.items()
        ],
        notes=[
            "synthetic texts, words by Zipf's law; default settings",
            "exponent: least-squares slope of log seconds on log size",
        ],
        **found._asdict(),
    )


def exponent(sizes: tuple[int, ...], seconds: list[float]) -> float:
    """The b of the least-squares fit log seconds = a + b log size."""
    x, y = np.log(sizes), np.log(seconds)
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def _texts(count: int, tokens: int) -> data.Rows:
    x, y = data.synthetic_texts(count, np.random.default_rng(0), tokens, full=True)
    return data.Rows(x, y, "synthetic")
