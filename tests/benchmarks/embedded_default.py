"""Does the first command decide? ``python -m tests.benchmarks.embedded_default``

Trains many seeds of ``vib compare baseline vib`` and looks at disjoint sets of them as that command
does: at 8 seeds, and at 8, 12, 16 and 20. Writes ``results/benchmarks/embedded-default.json``.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vibcli.statistics import DESIGN, decide, estimate, seeds_needed

SHARE = 0.1  # of the first one's error: the margin
KEPT = Path("results/benchmarks/embedded-default.json")
MAIN = "from vibcli.cli import main; main()"


def main() -> None:
    """Train what is missing, decide, write and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=160)
    options.add_argument("--results", default="results", help="where the runs are")
    asked = options.parse_args()
    words = ["compare", "baseline", "vib", "--seeds", str(asked.seeds)]
    command = [sys.executable, "-c", MAIN, *words, "--results", asked.results, "--csv"]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = content(list(csv.DictReader(io.StringIO(told.stdout))), f"vib {' '.join(words)}")
    KEPT.write_text(json.dumps(found) + "\n", encoding="utf-8")
    for key, value in found.items():
        if not isinstance(value, list):
            print(f"{key}: {value}")


def content(lines: Sequence[dict[str, str]], command: str) -> dict[str, object]:
    """What is kept: each seed's numbers, and how sets of seeds decide."""
    arms = {name: [one for one in lines if one["name"] == name] for name in ("baseline", "vib")}
    errors = {
        name: [100 - 100 * float(one["test_accuracy"]) for one in own] for name, own in arms.items()
    }
    nll = {name: [float(one["test_nll_nats"]) for one in own] for name, own in arms.items()}
    gains = np.subtract(errors["baseline"], errors["vib"])
    all_seeds = estimate(gains)
    assert all_seeds.sd is not None
    return {
        "command": command,
        "baseline_error": float(np.mean(errors["baseline"])),
        "gain": all_seeds.mean,
        "gain_standard_error": all_seeds.sd / len(gains) ** 0.5,
        "gain_sd": all_seeds.sd,
        "seeds_above_0": int((gains > 0).sum()),
        "seeds_needed": seeds_needed(all_seeds.sd, all_seeds.mean),
        "nll_difference": float(np.mean(np.subtract(nll["vib"], nll["baseline"]))),
        "sets_of_8": told(errors, DESIGN.looks[:1]),
        "sets_of_20": told(errors, DESIGN.looks),
        "seeds": [int(one["seed"]) for one in arms["vib"]],
        "error_baseline": errors["baseline"],
        "error_vib": errors["vib"],
        "nll_baseline": nll["baseline"],
        "nll_vib": nll["vib"],
        "rate_vib": [float(one["test_rate_nats"]) for one in arms["vib"]],
    }


def told(errors: dict[str, list[float]], looks: Sequence[int]) -> dict[str, int]:
    """How many disjoint sets of seeds decide what, and at which of these looks.

    >>> told({"baseline": [8.0] * 8, "vib": [7.0, 7.1, 6.9, 7.0, 7.2, 6.8, 7.1, 6.9]}, (8,))
    {'higher at 8': 1}
    """
    size = looks[-1]
    found: Counter[str] = Counter()
    for start in range(0, len(errors["vib"]) - size + 1, size):
        baseline, vib = (errors[name][start : start + size] for name in ("baseline", "vib"))
        found[_first(baseline, vib, looks)] += 1
    return dict(found)


def _first(baseline: Sequence[float], vib: Sequence[float], looks: Sequence[int]) -> str:
    for look, level in zip(looks, DESIGN.levels, strict=False):
        gains = np.subtract(baseline[:look], vib[:look])
        (decision,) = decide(gains, level, SHARE * float(np.mean(baseline[:look])))
        if decision.outcome != "undecided":
            return f"{decision.outcome} at {look}"
    return "undecided"


if __name__ == "__main__":
    main()
