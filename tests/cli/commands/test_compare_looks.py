"""How `vib compare` looks at more and more seeds; no run is really trained."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faked import CURVE, Training
from small import WINE, Vib

from vibcli.reporting.tables.cells import duration

Faked = Callable[..., Training]
NOISE = (0.01, -0.02, 0.03, -0.01, 0.02, -0.03, 0.015, -0.015)
LEVELS = [(8, 0.0079), (12, 0.0121), (16, 0.014), (20, 0.016)]


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> Faked:
    """Makes the training a fake in which vib is better than the others by so much."""

    def fake(by: float, spread: float = 1.0) -> Training:
        def accuracy(name: str, seed: int) -> float:
            return 0.8 + (by + spread * NOISE[seed % 8] if name == "vib" else 0.0)

        made = Training(accuracy)
        monkeypatch.setattr("vibcli.cli.running.train_missing", made)
        return made

    return fake


def command(*more: object, names: tuple[str, ...] = ("baseline", "vib")) -> tuple[object, ...]:
    return ("compare", *names, *WINE, "--jobs", 1, *more)


def shown(vib: Vib, *more: object, **options: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(vib(*command(*more, "--json", **options)).stdout)
    return content


def looks(content: dict[str, Any]) -> list[tuple[int, float]]:
    return [(look["seeds"], look["level"]) for look in content["plan"]["looks"]]


def kept() -> list[dict[str, Any]]:
    paths = Path("results/wine/comparisons").glob("*.json")
    found = [json.loads(path.read_text()) for path in paths]
    return sorted(found, key=lambda content: content["there"])


def next_command(stdout: str) -> list[str]:
    """The command that is printed, which may be longer than a line."""
    lines = stdout.splitlines()
    (first,) = (i for i, line in enumerate(lines) if line.startswith("vib compare "))
    (last,) = (i for i, line in enumerate(lines) if "All tables: --full" in line)
    said = next(i for i in range(first, last + 1) if lines[i].startswith(("All", "Does")))
    program, *arguments = shlex.split(" ".join(lines[first:said]))
    assert program == "vib"
    return arguments


def test_the_first_look_is_at_eight_seeds(vib: Vib, training: Faked) -> None:
    fake = training(0.0)
    result = vib(*command())
    assert fake.trained == [(name, s) for s in range(8) for name in ("baseline", "vib")]
    assert "; 8 seeds, 8.0 s each" in result.stdout.splitlines()[0]
    assert "Not decided by 8 seeds" in result.stdout
    assert len(result.stdout.splitlines()) <= 20
    (content,) = kept()
    assert looks(content) == LEVELS[:1]
    assert shown(vib) == content  # nothing new is trained or looked at
    assert len(fake.trained) == 16


def test_the_next_command_says_what_it_costs_and_runs(vib: Vib, training: Faked) -> None:
    fake = training(0.0, spread=2.0)
    result = vib(*command())
    # four more seeds of two experiments, one run at a time
    seconds = 4 * 2 * 2.0 * len(CURVE)
    assert f"12 seeds: about {duration(seconds)} more" in result.stdout
    arguments = next_command(result.stdout)
    assert arguments[:3] == ["compare", "baseline", "vib"]
    assert arguments[-1] == "--until-decided"
    vib(*arguments)
    assert len(fake.trained) == 2 * 20
    assert [looks(content)[-1] for content in kept()] == LEVELS


@pytest.mark.slow
def test_the_next_command_keeps_what_was_asked_for(vib: Vib, training: Faked) -> None:
    training(0.0, spread=2.0)
    asked = ("--margin", "0.25", "--target", "0.7", "--results", "my results")
    arguments = next_command(vib(*command(*asked)).stdout)
    for flag, value in zip(asked[::2], asked[1::2], strict=True):
        assert arguments[arguments.index(flag) + 1] == value
    for flag, value in zip(WINE[::2], WINE[1::2], strict=True):
        assert arguments[arguments.index(flag) + 1] == value
    again = json.loads(vib(*arguments, "--json").stdout)
    assert (again["margin"], again["target"]) == (0.0025, 0.7)
    assert again["plan"]["counted"] == 20
    assert not Path("results").exists()


@pytest.mark.parametrize(("by", "outcome"), [(0.1, "higher"), (-0.1, "lower"), (0.0, "equivalent")])
def test_until_decided_stops_when_it_is(vib: Vib, training: Faked, by: float, outcome: str) -> None:
    fake = training(by, spread=0.2)
    content = shown(vib, "--until-decided")
    assert content["rows"][1]["decision"]["outcome"] == outcome
    assert len(fake.trained) == 16
    assert looks(content) == LEVELS[:1]
    assert len(kept()) == 1
    done = vib(*command("--until-decided")).stdout
    assert "--until-decided" not in done


def test_until_decided_goes_on_to_twenty_seeds(vib: Vib, training: Faked) -> None:
    fake = training(0.0, spread=2.0)
    result = vib(*command("--until-decided"))
    assert len(fake.trained) == len(set(fake.trained)) == 40
    assert "Not decided by 20 seeds" in result.stdout
    assert "Looked at with" not in result.stdout  # the design allows for these looks
    assert [looks(content) for content in kept()] == [LEVELS[:n] for n in (1, 2, 3, 4)]
    # beyond the design is what the margin takes
    assert next_command(result.stdout)[-2] == "--seeds"


@pytest.mark.slow
def test_every_experiment_has_to_be_decided(vib: Vib, training: Faked) -> None:
    fake = training(0.1, spread=0.2)
    vib(*command("--until-decided", names=("vib", "baseline", "control")))
    assert len(fake.trained) == 3 * 8
    # baseline and control are the same here: equal to within a tenth of the error
    vib(*command("--until-decided", names=("baseline", "control", "vib")))
    assert len(fake.trained) == 3 * 8


def test_all_that_is_there_counts_at_the_first_look(vib: Vib, training: Faked) -> None:
    fake = training(0.0, spread=2.0)
    shown(vib, "--seeds", 10, "--results", "results")
    for path in Path("results/wine/comparisons").glob("*"):
        path.unlink()
    content = shown(vib)
    assert (content["there"], looks(content)) == (10, [(10, 0.0079)])
    assert len(fake.trained) == 20


def test_a_fixed_number_of_seeds_has_five_in_a_hundred(vib: Vib, training: Faked) -> None:
    fake = training(0.0, spread=2.0)
    result = vib(*command("--seeds", 10))
    (content,) = kept()
    assert (looks(content), content["level"]) == ([(10, 0.05)], 0.05)
    assert len(fake.trained) == 20
    assert "at 95%" in result.stdout
    assert "--until-decided" not in result.stdout
    assert shown(vib, "--seeds", 10) == content
    # without training as well
    assert shown(vib, "--seeds", 10, "--no-train") == content


def test_who_adds_seeds_has_looked_before(vib: Vib, training: Faked) -> None:
    training(0.0, spread=2.0)
    vib(*command("--seeds", 10))
    result = vib(*command("--seeds", 20))
    told = " ".join(result.stdout.split())
    assert "Looked at with 10, 20 seeds: all looks together are wrong up to 9.2 times" in told
    content = kept()[-1]
    assert looks(content) == [(10, 0.05), (20, pytest.approx(0.0421))]
    assert content["level"] == pytest.approx(0.0421)
    # other experiments, and the same ones the other way round, were not looked at
    other = shown(vib, "--seeds", 20, names=("vib", "baseline"))
    assert looks(other) == [(20, 0.05)]
    three = shown(vib, "--seeds", 20, names=("baseline", "control", "vib"))
    assert looks(three)[0] == (10, 0.05)


@pytest.mark.slow
def test_seeds_between_two_looks_wait_for_the_next(vib: Vib, training: Faked) -> None:
    training(0.0, spread=2.0)
    vib(*command())
    result = vib(*command("--seeds", 11))
    assert "; 8 seeds, " in result.stdout
    assert "11 seeds are there; the first 8 count until there are 12." in result.stdout
    assert "12 seeds: about" in result.stdout


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_fixed_seeds_say_how_to_go_on(vib: Vib, training: Faked, seeds: int) -> None:
    fake = training(0.2, spread=0.2)
    result = vib(*command("--seeds", seeds))
    assert "Too early to tell whether vib or baseline is more accurate" in result.stdout
    vib(*next_command(result.stdout))
    assert len(fake.trained) == 16
    assert looks(kept()[-1]) == LEVELS[:1]  # two seeds were no look


@pytest.mark.slow
def test_always_valid_holds_whatever_looks_are_taken(vib: Vib, training: Faked) -> None:
    fake = training(0.2, spread=0.2)
    assert shown(vib, "--always-valid", "--seeds", 5)["rows"][1]["decision"]["outcome"] == (
        "undecided"
    )
    result = vib(*command("--always-valid", "--seeds", 6))
    arguments = next_command(result.stdout)
    assert arguments[-3:] == ["--always-valid", "--seeds", "10"]
    content = json.loads(vib(*arguments, "--json").stdout)
    assert content["rows"][1]["decision"]["outcome"] == "higher"
    assert (content["level"], content["always_valid"]) == (0.05, True)
    assert len(fake.trained) == 20
    assert "Looked at" not in vib(*arguments).stdout
    assert vib(*command("--always-valid")).exit_code == 0


def test_full_adds_the_tables_and_leaves_the_screen(vib: Vib, training: Faked) -> None:
    training(0.0)
    short, full = (vib(*command(*more)).stdout for more in ((), ("--full",)))
    assert "All tables: --full" in short
    assert "--full" not in full
    assert full.startswith("\n".join(short.splitlines()[:-1]))
    for only in ("Same for all:", "settings that differ", "seed ", "area %"):
        assert only in full
        assert only not in short
    lines = [line for line in full.splitlines() if not line.startswith("vib compare")]
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
def test_a_control_is_suggested_once(vib: Vib, training: Faked) -> None:
    training(0.0, spread=2.0)
    question = "Does the extra layer alone do it?"
    assert vib(*command()).stdout.count(question) == 1
    for names in (("baseline", "control", "vib"), ("control", "vib"), ("baseline", "dropout")):
        known = WINE if "vib" in names or "control" in names else WINE[:-2]
        shown = vib("compare", *names, *known, "--jobs", 1).stdout
        assert question not in shown, names
    vib(*command("--until-decided"))
    assert question not in vib(*command("--until-decided")).stdout  # who goes on was told


def test_fresh_trains_each_run_once_however_many_looks(vib: Vib, training: Faked) -> None:
    fake = training(0.0, spread=2.0)
    vib(*command("--until-decided"))
    vib(*command("--until-decided", "--fresh"))
    assert len(fake.trained) == 80
    assert sorted(fake.trained[40:]) == sorted(fake.trained[:40])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--until-decided", "--seeds", 8), "--until-decided chooses the number of seeds"),
        (("--until-decided", "--no-train"), "--until-decided chooses the number of seeds"),
        (("--until-decided", "--always-valid"), "--until-decided chooses the number of seeds"),
        (("--fresh", "--no-train"), "--fresh trains and --no-train refuses to"),
        (("--seeds", 0), "--seeds"),
        (("--margin", "nan"), "--margin"),
        (("--margin", "inf"), "--margin is inf: expected a finite number"),
        (("--target", "1e999"), "--target is inf: expected a finite number"),
    ],
)
def test_options_that_exclude_each_other_or_say_nothing(
    vib: Vib, training: Faked, options: tuple[object, ...], message: str
) -> None:
    fake = training(0.0)
    assert message in " ".join(vib(*command(*options), code=2).stderr.split())
    assert not fake.trained


def test_a_damaged_comparison_is_named(vib: Vib, training: Faked) -> None:
    training(0.0)
    vib(*command())
    (path,) = Path("results/wine/comparisons").glob("*.json")
    path.write_text("{")
    message = " ".join(vib(*command(), code=2).stderr.split())
    assert f"{path} is damaged. Remove it" in message
    path.unlink()
    vib(*command())
