"""Small data and settings for runs through the command line that take well below a second."""

import random
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Vib = Callable[..., Result]

SMALL = ("--epochs", "2", "--widths", "8", "--latent", "4")
WINE = ("--dataset", "wine", *SMALL)
BASE = WINE[:-2]  # for variants without a latent
TEXT = ("--input", "review", "--epochs", "2", "--embedding", "4", "--filters", "4", "--latent", "4")
PRICES = ("--label", "price", *SMALL)
WORDS = ("--input", "review", *SMALL)  # for autoencoders


def write_prices(path: Path, rows: int = 80) -> Path:
    """Houses: two numbers, a category of which one holds square brackets, and what they cost."""
    rng = random.Random(0)
    lines = ["size,rooms,town,price"]
    for _ in range(rows):
        size, rooms, town = round(rng.uniform(30, 150), 1), rng.randint(1, 6), rng.choice("ab[")
        price = 1000 * size + 20_000 * rooms + 50_000 * (town == "b") + rng.gauss(0, 5000)
        lines.append(f"{size},{rooms},[{town}],{price:.2f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_reviews(path: Path, rows: int = 80) -> Path:
    """Reviews that say what they think in one word; classes and texts hold square brackets."""
    words = random.Random(0)
    lines = ["review,label,stars"]
    for row in range(rows):
        good = row % 2
        said = words.choice(("lovely", "superb") if good else ("awful", "dull"))
        rest = " ".join(words.choices(("film", "plot", "scene", "actor", "story"), k=6))
        lines.append(f"the [bold]{rest} was {said},{'[good]' if good else '[/bad]'},{row}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
