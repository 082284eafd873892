import re

import numpy as np
import pytest
from compared import apart, classes, later
from printing import printed, squeezed, squeezed_lines
from rich.console import Group
from rich.text import Text

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.comparison.row_scores import RowFindings
from vibcli.comparison.verdict import verdict
from vibcli.reporting.tables.cells import interval, plus_minus
from vibcli.reporting.tables.comparison import full_tables
from vibcli.statistics import Bootstrap, Interval
from vibcli.tasks.find import all_variants

FIXED = Asked(fixed=True)


def pair(seeds: int = 8, broken: int = 0) -> list[Member]:
    """Two classifiers whose learning and test metrics differ a little."""
    rng = np.random.default_rng(0)
    made = []
    for i, name in enumerate(("baseline", "vib")):
        curves = [tuple(np.sort(rng.uniform(0.3, 0.9, 6))) for _ in range(seeds)]
        accuracies = apart(0.8 + 0.01 * i, 0.004 + 0.003 * i, seeds)
        nll = rng.normal(0.4, 0.01, seeds)
        more = {"lam": 0.5} if i else {}
        made.append(classes(name, accuracies, curves, broken * i, nll, **more))
    return made


def test_every_estimate_is_shown() -> None:
    result = compare(pair(broken=2), FIXED)
    text = printed(full_tables(result))
    first, second = result.rows
    for row in (first, second):
        found = row.findings
        assert plus_minus(found["accuracy"].value, 100, 2) in text
        assert f"{100 * found['accuracy'].value.sd:.2f}" in text
        assert f"{found['nll_nats'].value.mean:.3f}" in text
        for key in ("epochs_to_own_target", "seconds_to_own_target", "best_epoch"):
            assert plus_minus(found[key].value, 1, 1) in text, key
        assert plus_minus(found["area"].value, 100, 2) in text
    found = second.findings
    assert interval(found["accuracy"].difference, 100, 2) in text
    assert interval(found["nll_nats"].difference, 1, 3) in text
    assert interval(found["epochs_to_own_target"].difference, 1, 1) in text
    assert interval(found["epochs_to_common_target"].difference, 1, 1) in text
    assert squeezed(interval(found["area"].difference, 100, 2)) in squeezed(text)
    assert second.decision is not None
    assert second.common is not None
    assert f" {second.decision.p:.2g}" in text
    assert f"{second.common.reached} of 8" in text
    assert "8 of 10" in text
    assert "McNemar's test for each seed" in squeezed_lines(text)
    assert "Note: no test split" in text


def test_each_seed_has_its_difference() -> None:
    members = pair()
    few = members[1]._replace(name="few", runs={s: members[1].runs[s] for s in range(6)})
    result = compare([*members, later(few, 1)], FIXED)
    lines = printed(full_tables(result)).splitlines()
    (head,) = (i for i, line in enumerate(lines) if re.match(r"seed +vib +few$", line))
    table = [line.split() for line in lines[head + 2 : head + 9]]
    vib, moved = (row.differences for row in result.rows[1:])
    for seed in range(7):
        shown = [f"{100 * d[seed]:+.2f}" if seed in d else "-" for d in (vib, moved)]
        assert table[seed] == [str(seed), *shown]


@pytest.mark.parametrize(
    ("asked", "level"), [(Asked(), "99.2%"), (FIXED, "95%"), (Asked(always_valid=True), "95%")]
)
def test_intervals_say_their_level(asked: Asked, level: str) -> None:
    text = printed(full_tables(compare(pair(), asked)))
    assert f"difference % [{level}]" in text
    assert "±: 95% interval" in squeezed_lines(text)


def test_before_the_first_look_there_is_no_p_of_the_primary_quantity() -> None:
    result = compare(pair(seeds=5))
    text = printed(full_tables(result))
    assert "difference % [95%]" in text
    shown = interval(result.rows[1].findings["accuracy"].difference, 100, 2)
    (line,) = (x for x in text.splitlines() if shown in x)
    assert line.endswith(" -")


def test_without_a_shared_seed_there_are_values_and_no_differences() -> None:
    a, b = pair()
    text = printed(full_tables(compare([a, later(b, 20)])))
    assert plus_minus(compare([b]).rows[0].findings["accuracy"].value, 100, 2) in text
    assert not re.search(r"^seed ", text, re.MULTILINE)


def test_where_predictions_are_kept_the_sources_of_chance_are_named() -> None:
    result = compare(pair(), FIXED)
    assert "other test rows" not in printed(full_tables(result))
    chance = Bootstrap(0.01, Interval(-0.011, 0.012), None, Interval(-0.021, 0.022))
    first, second = result.rows
    result = result._replace(rows=(first, second._replace(test_rows=RowFindings(chance))))
    text = printed(full_tables(result))
    line = next(x for x in text.splitlines() if "1.10" in x)
    assert line.split("  ")[0] == "vib"
    better = result.rows[1].findings["accuracy"].improvement
    assert better is not None
    assert re.search(rf"\[-1\.10, \+1\.20\] +\[-2\.10, \+2\.20\] +{better.probability:.0%}", line)
    assert "Bootstrap: 95% intervals of the same difference" in squeezed_lines(text)


def test_differing_settings_are_shown_and_constant_ones_are_listed_once() -> None:
    result = compare(
        [
            classes("a", [0.8], lam=0.125),
            classes("b", [0.8], lam=0.25, bottleneck="deterministic", batch_size=17),
        ]
    )
    head, _, tail = printed(full_tables(result)).partition("Same for all:")
    assert re.search(r"^a +batch-size 32, bottleneck gaussian, lambda 0\.125", head, re.MULTILINE)
    assert re.search(r"^b +batch-size 17, bottleneck deterministic$", head, re.MULTILINE)
    assert "lambda" not in tail
    assert "lr 0.001" in squeezed_lines(tail)
    assert "lr 0.001" not in head


def test_without_a_difference_there_is_no_table_of_settings() -> None:
    result = compare([classes("a", [0.8]), classes("b", [0.8])])
    assert "settings that differ" not in printed(full_tables(result))


def columns(text: str) -> list[int]:
    """The lines at which tables begin, by the rule below their heads."""
    return [i for i, line in enumerate(text.splitlines()) if "───" in line]


def test_wide_terminals_have_tables_beside_each_other() -> None:
    result = compare(pair(), FIXED)
    narrow, wide = (printed(full_tables(result), width) for width in (80, 200))
    assert len(columns(wide)) < len(columns(narrow))
    assert len(wide.splitlines()) < len(narrow.splitlines())
    words = [set(text.replace("─", " ").split()) for text in (narrow, wide)]
    assert words[0] == words[1]


def test_eight_experiments_with_long_names_fit_and_lose_nothing() -> None:
    names = [*all_variants(), *(letter * 50 + "-experiment" for letter in "xyz")]
    base = np.array([0.5, 0.51, 0.52, 0.5, 0.53, 0.5, 0.5, 0.55])
    result = compare(
        [
            classes(name, base + 0.01 * i * np.cos(np.arange(8)), lam=0.1 + i, batch_size=100 + i)
            for i, name in enumerate(names)
        ]
    )
    text = printed(Group(*(Text(line) for line in verdict(result)), full_tables(result)))
    assert "…" not in text
    for row in result.rows:
        for shown in (
            *plus_minus(row.findings["accuracy"].value, 100, 2).split(),
            *plus_minus(row.findings["area"].value, 100, 2).split(),
            *interval(row.findings["accuracy"].difference, 100, 2).split(),
        ):
            assert shown in text
    together = squeezed(text)
    for i, name in enumerate(names):
        assert f"batch-size {100 + i}" in squeezed_lines(text)
        assert f"lambda{0.1 + i:g}" in together
        assert name in together  # in the sentences, for cells are folded
