"""How often the procedures are wrong and how often they find what is there.

Run as a script it prints all that the tests measure as a table in Markdown.
"""

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from vibcli.statistics import (
    DESIGN,
    Design,
    common_passages,
    decide,
    e_value,
    estimate,
    holm,
    looked,
    max_t,
    own_passages,
    seeds_needed,
    sign_flip,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HIGHER, LOWER, EQUIVALENT = 1, -1, 2
DRAWS = 4000
POWERS = [(effect, sd) for sd in (0.33, 0.7) for effect in (0.3, 0.5, 1.0)]
PLANS = [(0.5, 0.7), (0.3, 0.33)]
NOISES = [(0.003, 0.003), (0.009, 0.003), (0.01, 0.01), (0.03, 0.01)]


def one_bad(rng: np.random.Generator, draws: int, sides: tuple[int, ...]) -> Floats:
    """Twenty normal differences, one of which, at any place, is 8 standard deviations off."""
    d = rng.normal(0, 1, (draws, 20))
    d[np.arange(draws), rng.integers(0, 20, draws)] += 8 * rng.choice(sides, draws)
    return d


# differences [draws, 20] without an effect, and whether they are symmetric about 0
DISTRIBUTIONS: dict[str, tuple[Callable[[np.random.Generator, int], Floats], bool]] = {
    "normal": (lambda rng, n: rng.normal(0, 1, (n, 20)), True),
    "rounded to few values": (lambda rng, n: rng.normal(0, 1, (n, 20)).round(), True),
    "one bad seed of either experiment": (lambda rng, n: one_bad(rng, n, (1, -1)), True),
    "one bad seed, always of the same experiment": (lambda rng, n: one_bad(rng, n, (-1,)), False),
    "exponential minus its mean": (lambda rng, n: rng.exponential(1, (n, 20)) - 1, False),
    "1 in 20 seeds bad in one experiment, mean 0": (
        lambda rng, n: rng.normal(0.4, 1, (n, 20)) - 8 * (rng.random((n, 20)) < 0.05),
        False,
    ),
}


def p_values(d: Floats) -> Floats:
    """Exact sign-flip p of each row, from sums over the flips of each half, met in the middle."""
    n = d.shape[1]
    unit = d / np.abs(d).max(1, keepdims=True).clip(1e-300)
    parts = [part @ flips(part.shape[1]).T for part in (unit[:, : n // 2], unit[:, n // 2 :])]
    limits = np.abs(unit.sum(1)) - 1e-9 * n
    right = np.sort(parts[1], axis=1)
    above = [
        len(b) * len(a) - np.searchsorted(b, limit - a).sum()
        for a, b, limit in zip(parts[0], right, limits, strict=True)
    ]
    p: Floats = np.minimum(2.0 * np.array(above) / 2**n, 1)  # both tails are alike
    return p


@functools.cache
def flips(n: int) -> Floats:
    return np.where(np.arange(2**n)[:, None] >> np.arange(n) & 1, -1.0, 1.0)


def fixed(n: int, level: float = 0.05) -> Design:
    """One look at ``n`` seeds."""
    return Design((n,), (level,))


def intervals(d: Floats, level: float) -> tuple[Floats, Floats]:
    n = d.shape[1]
    half = stats.t.ppf(1 - level / 2, n - 1) * d.std(1, ddof=1) / math.sqrt(n)
    return d.mean(1) - half, d.mean(1) + half


def outcomes(d: Floats, design: Design, margin: float) -> Integers:
    """What `decide` says at each look, ``[draws, looks]``: 1, -1, 2 for equivalent or 0."""
    found = np.zeros((len(d), len(design.looks)), np.int64)
    for k, (n, level) in enumerate(zip(design.looks, design.levels, strict=True)):
        low, high = intervals(d[:, :n], level)
        found[(low > -margin) & (high < margin), k] = EQUIVALENT
        apart = np.flatnonzero((low > 0) | (high < 0))
        apart = apart[p_values(d[apart, :n]) <= level]
        found[apart, k] = np.sign(low[apart] + high[apart])
    return found


def first(found: Integers) -> Integers:
    """The first decision of each row."""
    decided: Integers = found[np.arange(len(found)), (found != 0).argmax(1)]
    return decided


def limit(nominal: float, draws: int = DRAWS) -> float:
    """What the share measured exceeds 2 in 100 times if the true one is nominal."""
    return nominal + 2 * math.sqrt(nominal * (1 - nominal) / draws)


@functools.cache
def null_errors(name: str) -> dict[str, list[float]]:
    """Of p alone and of claims: wrong by each look, and after all; and e-values above 20."""
    draw, _ = DISTRIBUTIONS[name]
    d = draw(np.random.default_rng(1), DRAWS)
    claims = outcomes(d, DESIGN, 0)
    p = np.stack([p_values(d[:, :n]) for n in DESIGN.looks], 1) <= DESIGN.levels
    e = [e_value(row).max() >= 20 for row in d]
    return {
        "p": [float(p[:, : k + 1].any(1).mean()) for k in range(4)],
        "claims": [float((claims[:, : k + 1] != 0).any(1).mean()) for k in range(4)],
        "ten": [float((outcomes(d[:, :10], fixed(10), 0) != 0).mean())],
        "e": [float(np.mean(e))],
    }


@functools.cache
def coverage(name: str) -> list[float]:
    """Of the intervals of all looks up to each one at once; the mean is 0 in all of them."""
    draw, _ = DISTRIBUTIONS[name]
    d = draw(np.random.default_rng(2), 20_000)
    held = []
    for n, level in zip(DESIGN.looks, DESIGN.levels, strict=True):
        low, high = intervals(d[:, :n], level)
        held.append((low <= 0) & (high >= 0))
    return [float(np.all(held[: k + 1], axis=0).mean()) for k in range(4)]


@functools.cache
def equivalence_errors(sd: float) -> dict[str, float]:
    """Called equivalent at any look although the mean is the margin, 0.5; and where it is 0."""
    d = np.random.default_rng(3).normal(0, sd, (DRAWS, 20))
    return {
        "wrong": float((outcomes(d + 0.5, DESIGN, 0.5) == EQUIVALENT).any(1).mean()),
        "right": float((first(outcomes(d, DESIGN, 0.5)) == EQUIVALENT).mean()),
        "right by 8": float((outcomes(d, DESIGN, 0.5)[:, 0] == EQUIVALENT).mean()),
    }


@functools.cache
def power(effect: float, sd: float) -> dict[str, float]:
    """How often each way finds a true effect, and with how many seeds the design does."""
    d = np.random.default_rng(4).normal(effect, sd, (DRAWS, 20))
    found = outcomes(d, DESIGN, 0)
    stopped = (found != 0).any(1)
    seeds = np.where(stopped, np.array(DESIGN.looks)[(found != 0).argmax(1)], 20)
    at_ten = p_values(d[:, :10])
    e = np.array([e_value(row) for row in d[:1500]]) >= 20
    e_seeds = np.where(e.any(1), e.argmax(1) + 1, 20)
    return {
        "by 8": float((found[:, 0] == HIGHER).mean()),
        "by 20": float((first(found) == HIGHER).mean()),
        "seeds": float(seeds.mean()),
        "fixed 20": float((outcomes(d, fixed(20), 0) == HIGHER).mean()),
        "fixed 10": float((outcomes(d[:, :10], fixed(10), 0) == HIGHER).mean()),
        "holm": float((at_ten <= 0.05 / 6).mean()),
        "e by 20": float(e.any(1).mean()),
        "e seeds": float(e_seeds.mean()),
    }


@functools.cache
def families(true: int) -> dict[str, float]:
    """Six quantities of ten seeds that share much, of which so many have an effect of 1.2 sd."""
    rng = np.random.default_rng(5)
    draws, effect = 1500, np.where(np.arange(6) < true, 1.2, 0)[:, None]
    shared = rng.normal(0, math.sqrt(0.6), (draws, 1, 10))
    d = shared + rng.normal(0, math.sqrt(0.4), (draws, 6, 10)) + effect
    by_max_t = np.array([max_t(family, rng) for family in d]) <= 0.05
    p = p_values(d.reshape(-1, 10)).reshape(draws, 6)
    by_holm = np.array([holm(family) for family in p]) <= 0.05
    return {
        "max-T wrong": float(by_max_t[:, true:].any(1).mean()),
        "Holm wrong": float(by_holm[:, true:].any(1).mean()),
        "neither wrong": float((p[:, true:] <= 0.05).any(1).mean()),
        "max-T found": float(by_max_t[:, :true].mean()) if true else 0.0,
        "Holm found": float(by_holm[:, :true].mean()) if true else 0.0,
    }


@functools.cache
def chosen_looks() -> dict[str, float]:
    """Wrong claims of users who choose the next look after what they see, without an effect."""
    d = np.random.default_rng(6).normal(0, 1, (DRAWS, 20))

    def claims(at: list[int]) -> NDArray[np.bool_]:
        claimed: NDArray[np.bool_] = outcomes(d, looked(at), 0)[:, : len(at)] != 0
        return claimed

    nearly = p_values(d[:, :8]) < 0.2
    eager = np.where(nearly, claims([8, 12, 16, 20]).any(1), claims([8, 20]).any(1))
    patient = np.where(nearly, claims([8, 20]).any(1), claims([8, 12, 16, 20]).any(1))
    ns = range(8, 21)
    peeks = [outcomes(d[:, :n], fixed(n, 0.05), 0)[:, 0] != 0 for n in ns]
    hidden = [outcomes(d[:, :n], Design((n,), looked([n]).levels[:1]), 0)[:, 0] != 0 for n in ns]
    return {
        "design": float(claims([8, 12, 16, 20]).any(1).mean()),
        "goes on at once if p at 8 is below 0.2, else to 20": float(eager.mean()),
        "goes to 20 if p at 8 is below 0.2, else step by step": float(patient.mean()),
        "5% after every seed from 8": float(np.any(peeks, axis=0).mean()),
        "hides all looks but the best one": float(np.any(hidden, axis=0).mean()),
    }


@functools.cache
def planned(effect: float, sd: float, level: float) -> tuple[int, float]:
    """Seeds needed for one look at a level, and how often so many then find the effect."""
    n = seeds_needed(sd, effect, level)
    d = np.random.default_rng(7).normal(effect, sd, (DRAWS, n))
    return n, float((outcomes(d, fixed(n, level), 0) == HIGHER).mean())


def curves(noise: float, later: float, rng: np.random.Generator, draws: int) -> Floats:
    """Curves ``[draws, 10 seeds, 10 epochs]`` that rise from 0.5 to 0.9, some epochs late."""
    time = np.maximum(np.arange(1, 11) - later, 0)
    rise: Floats = 0.9 - 0.4 * np.exp(-time / 1.5)
    return rise + rng.normal(0, noise, (draws, 10, 10))


@functools.cache
def arms(effects: tuple[float, ...]) -> dict[str, float]:
    """Experiments against one reference, whose differences so share a half of their variance."""
    rng = np.random.default_rng(9)
    draws, sizes = 600, np.array(effects)
    shared = rng.normal(0, 1, (draws, 1, 20))
    d = (shared + rng.normal(0, 1, (draws, len(sizes), 20))) / math.sqrt(2) + sizes[:, None]
    claimed = np.zeros((draws, len(sizes)), bool)
    for n, level in zip(DESIGN.looks, DESIGN.levels, strict=True):
        for family, wrong in zip(d[:, :, :n], claimed, strict=True):
            found = decide(family, level)
            wrong |= [one.outcome in ("higher", "lower") for one in found]
    none, some = sizes == 0, sizes != 0
    return {
        "any wrong": float(claimed[:, none].any(1).mean()) if none.any() else 0.0,
        "found": float(claimed[:, some].mean()) if some.any() else 0.0,
    }


@functools.cache
def passages(noise_a: float, noise_b: float, later: float) -> dict[str, float]:
    """How often one is called sooner: without smoothing, by either target, and by both."""
    rng = np.random.default_rng(8)
    draws = 600
    seed = rng.normal(0, 0.004, (draws, 10, 1))  # what the two runs of a seed share
    a = curves(noise_a, 0, rng, draws) + seed
    b = curves(noise_b, later, rng, draws) + seed
    raw = np.array([_common(*pair, width=1) for pair in zip(a, b, strict=True)])
    own = np.array(
        [estimate(own_passages(x) - own_passages(y)).sign for x, y in zip(a, b, strict=True)]
    )
    common = np.array([_common(*pair) for pair in zip(a, b, strict=True)])
    return {
        "raw, common target: a sooner": float((raw < 0).mean()),
        "own target": float((own != 0).mean()),
        "common target": float((common != 0).mean()),
        "a sooner": float(((own < 0) & (common < 0)).mean()),
        "b sooner": float(((own > 0) & (common > 0)).mean()),
    }


def _common(a: Floats, b: Floats, width: int | None = None) -> int:
    found = common_passages(a, b, width=width)
    return estimate(found.a - found.b).sign


def test_the_fast_p_values_are_those_of_the_sign_flip_test() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 7, 8, 10):
        d = np.concatenate([rng.normal(0.4, 1, (15, n)), rng.integers(-3, 4, (15, n))])
        expected = [sign_flip(row, rng).p for row in d]
        assert p_values(d) == pytest.approx(np.array(expected), abs=1e-12)


def test_the_fast_outcomes_are_those_of_decide() -> None:
    names = {"higher": HIGHER, "lower": LOWER, "equivalent": EQUIVALENT, "undecided": 0}
    design, rng = Design((6, 9), (0.034, 0.016)), np.random.default_rng(1)
    d = rng.normal(rng.choice([-1.2, 0, 0.3, 1.2], (40, 1)), rng.choice([0.2, 1], (40, 1)), (40, 9))
    found = outcomes(d, design, 0.5)
    for row, codes in zip(d, found, strict=True):
        expected = [
            names[decide(row[:n], level, 0.5)[0].outcome]
            for n, level in zip(design.looks, design.levels, strict=True)
        ]
        assert expected == list(codes)
    assert set(found.ravel()) == set(names.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, (_, even) in DISTRIBUTIONS.items() if even])
def test_symmetric_differences_are_claimed_no_more_often_than_planned(name: str) -> None:
    found = null_errors(name)
    for k, spent in enumerate(np.cumsum(DESIGN.levels)):
        assert found["p"][k] <= limit(spent)
        assert found["claims"][k] <= min(found["p"][k], limit(spent))
    assert found["claims"][-1] <= 0.05
    assert found["e"][0] <= 0.05


@pytest.mark.slow
def test_skewed_differences_exceed_it_by_as_much_as_documented() -> None:
    assert 0.05 < null_errors("exponential minus its mean")["claims"][-1] < 0.1
    assert null_errors("1 in 20 seeds bad in one experiment, mean 0")["claims"][-1] > 0.1
    # one in each experiment: nothing else differs, and it hides more than it claims
    assert null_errors("one bad seed, always of the same experiment")["claims"][-1] <= 0.05


@pytest.mark.slow
def test_repeated_intervals_hold_the_mean_at_all_looks_at_once() -> None:
    for k, spent in enumerate(np.cumsum(DESIGN.levels)):
        assert coverage("normal")[k] >= 1 - limit(spent, 20_000)
        assert coverage("rounded to few values")[k] >= 1 - limit(spent, 20_000)
    assert 0.85 < coverage("exponential minus its mean")[-1] < 0.95


@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.33, 0.7])
def test_a_mean_at_the_margin_is_seldom_called_equivalent(sd: float) -> None:
    found = equivalence_errors(sd)
    assert found["wrong"] <= 0.025
    assert found["right"] > 0.4


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "sd"), POWERS)
def test_the_design_finds_more_than_holms_correction_at_ten_seeds(effect: float, sd: float) -> None:
    found = power(effect, sd)
    assert found["by 20"] >= found["holm"] - 0.01
    assert found["fixed 20"] >= found["by 20"] - 0.01
    assert found["by 20"] >= found["e by 20"] - 0.03
    assert found["seeds"] < 20


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.05, DESIGN.levels[-1]])
@pytest.mark.parametrize(("effect", "sd"), PLANS)
def test_so_many_seeds_as_needed_find_the_effect(effect: float, sd: float, level: float) -> None:
    n, found = planned(effect, sd, level)
    assert 0.78 < found < 0.88
    assert planned(effect, sd, 0.05)[0] <= n <= 24


@pytest.mark.slow
@pytest.mark.parametrize("true", [0, 3])
def test_max_t_is_wrong_about_a_family_no_more_often_than_5_in_100(true: int) -> None:
    found = families(true)
    assert found["max-T wrong"] <= limit(0.05, 1500)
    assert found["Holm wrong"] <= limit(0.05, 1500)
    assert found["neither wrong"] > 0.08
    assert found["max-T found"] >= found["Holm found"]


@pytest.mark.slow
@pytest.mark.parametrize("effects", [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)])
def test_experiments_together_are_wrong_no_more_often_than_planned(
    effects: tuple[float, ...],
) -> None:
    found = arms(effects)
    assert found["any wrong"] <= limit(0.05, 600)
    assert found["found"] > 0.8 or not any(effects)


@pytest.mark.slow
def test_choosing_looks_after_what_is_seen() -> None:
    found = chosen_looks()
    honest = [value for name, value in found.items() if name.startswith(("design", "goes"))]
    assert max(honest) <= 0.05
    assert found["5% after every seed from 8"] > 0.08


@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES)
def test_a_noisier_curve_is_not_sooner(noise: tuple[float, float]) -> None:
    found = passages(*noise, 0)
    assert found["a sooner"] + found["b sooner"] <= limit(0.05, 600)


@pytest.mark.slow
def test_without_smoothing_a_common_target_favours_the_noisier() -> None:
    assert passages(0.03, 0.01, 0)["raw, common target: a sooner"] > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES[:3])
def test_a_shift_of_two_epochs_is_found(noise: tuple[float, float]) -> None:
    found = passages(*noise, 2)
    assert found["a sooner"] > 0.9
    assert found["b sooner"] == 0


def table() -> str:
    """All of it, in Markdown."""
    lines: list[str] = []

    def begin(title: str, *columns: str) -> None:
        lines.extend(["", f"## {title}", "", f"| {' | '.join(columns)} |"])
        lines.append("|" + " --- |" * len(columns))

    def add(name: str, *values: float | str) -> None:
        told = [value if isinstance(value, str) else f"{100 * value:.1f}" for value in values]
        lines.append(f"| {' | '.join([name, *told])} |")

    looks = [f"by {n}" for n in DESIGN.looks]
    spent = [float(total) for total in np.cumsum(DESIGN.levels)]
    begin(
        "False differences, % (no effect; p and interval)", "differences", *looks,
        "by 20, p alone", "fixed 10 seeds", "e >= 20 by 20",
    )  # fmt: skip
    add("nominal", *spent, 0.05, 0.05, 0.05)
    for name, (_, symmetric) in DISTRIBUTIONS.items():
        found = null_errors(name)
        label = name if symmetric else f"{name} (not symmetric)"
        add(label, *found["claims"], found["p"][-1], *found["ten"], *found["e"])
    begin("Repeated intervals hold the mean at all looks so far, %", "differences", *looks)
    add("nominal", *(1 - total for total in spent))
    for name in ("normal", *list(DISTRIBUTIONS)[1:3], *list(DISTRIBUTIONS)[4:]):
        add(name, *coverage(name))
    begin("Equivalence, margin 0.5, %", "sd", "false, mean at margin", "true by 8", "true by 20")
    add("nominal", 0.025, "", "")
    for sd in (0.33, 0.7):
        equal = equivalence_errors(sd)
        add(f"{sd}", equal["wrong"], equal["right by 8"], equal["right"])
    begin(
        "Power, %", "effect, sd", "design by 8", "design by 20", "its mean seeds", "fixed 20",
        "fixed 10", "10 seeds, least of six by Holm", "e-process by 20", "its mean seeds",
    )  # fmt: skip
    for effect, sd in POWERS:
        p = power(effect, sd)
        add(
            f"{effect}, {sd}", p["by 8"], p["by 20"], f"{p['seeds']:.1f}", p["fixed 20"],
            p["fixed 10"], p["holm"], p["e by 20"], f"{p['e seeds']:.1f}",
        )  # fmt: skip
    begin("Seeds needed for 80%", "effect, sd, level", "seeds", "measured power, %")
    for (effect, sd), level in itertools.product(PLANS, (0.05, DESIGN.levels[-1])):
        n, share = planned(effect, sd, level)
        add(f"{effect}, {sd}, {level}", str(n), share)
    begin("Six related quantities, ten seeds, %", "true effects", *families(0))
    add("nominal", 0.05, 0.05, "", "", "")
    for true in (0, 3):
        add(f"{true} of 6", *families(true).values())
    begin(
        "Three experiments against one reference, all looks, %",
        "true effects in sd",
        *arms((0, 0, 0)),
    )
    add("nominal", 0.05, "")
    for effects in ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0)):
        add(", ".join(f"{effect:g}" for effect in effects), *arms(effects).values())
    begin("Looks chosen after what is seen, no effect, %", "user", "false differences")
    add("nominal", 0.05)
    for name, value in chosen_looks().items():
        add(name, value)
    begin(
        "Sooner, ten seeds, ten epochs, %", "sd of noise in a, b; epochs b is late",
        *passages(*NOISES[0], 0),
    )  # fmt: skip
    add("nominal without a shift", "", 0.05, 0.05, "5.0 with the next", "5.0 with the last")
    for noise, later in itertools.product(NOISES, (0, 2)):
        add(f"{noise[0]}, {noise[1]}; {later}", *passages(*noise, later).values())
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
