"""A large comparison, made up."""

import numpy as np
import pyarrow as pa
from compared import member

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.reporting.scene import Scene

CLASSES = ("no", "yes")


def classifiers(names: tuple[str, ...], seeds: int, epochs: int = 40) -> list[Member]:
    """Experiments that all learn about as well."""
    rng = np.random.default_rng(0)
    arms = []
    for name in names:
        final = rng.normal(0.9, 0.01, seeds)
        curves = final[:, None] * (1 - np.exp(-np.arange(1, epochs + 1) / 5))
        curves += rng.normal(0, 0.01, curves.shape)
        tested = {"accuracy": final, "nll_nats": 1 - final, "ece": final / 9, "brier": final / 3}
        own = {key: values.tolist() for key, values in tested.items()}
        arms.append(member(name, own, "classification", curves.tolist()))
    return arms


def predictions(members: list[Member], rows: int = 200) -> dict[str, dict[int, pa.Table]]:
    """What each seed says of the test rows, as it is kept."""
    rng = np.random.default_rng(1)
    found: dict[str, dict[int, pa.Table]] = {}
    for one in members:
        for seed in one.runs:
            yes = rng.beta(0.4, 0.4, rows).astype(np.float32)
            labels = (rng.random(rows) < yes).astype(int)
            names = pa.array([CLASSES[label] for label in labels]).dictionary_encode()
            table = pa.table(
                {
                    "row": np.arange(rows),
                    "label": names,
                    "p(no)": 1 - yes,
                    "p(yes)": yes,
                }
            )
            found.setdefault(one.name, {})[seed] = table
    return found


def scene(names: tuple[str, ...], seeds: int, epochs: int = 40) -> Scene:
    """All that a page shows of them."""
    members = classifiers(names, seeds, epochs)
    return Scene(
        title="wine",
        label="label",
        members=members,
        comparison=compare(members, Asked(fixed=True)),
        predictions=predictions(members),
    )
