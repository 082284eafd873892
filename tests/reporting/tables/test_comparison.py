import re
from collections.abc import Sequence
from typing import Any

import recorded
from printing import printed, squeezed, squeezed_lines

from vibcli.comparison.compare import compare
from vibcli.comparison.member import Member
from vibcli.comparison.row_scores import RowFindings
from vibcli.comparison.verdict import verdict
from vibcli.reporting.tables.cells import interval, plus_minus
from vibcli.reporting.tables.comparison import comparison_table
from vibcli.statistics import Bootstrap, Interval
from vibcli.tasks.find import all_variants


def member(name: str, tests: Sequence[float], broken: int = 0, **settings: Any) -> Member:
    runs = {
        seed: recorded.run(name, seed, (0.1, 0.9), {"accuracy": test, "rate_nats": 7.5}, **settings)
        for seed, test in enumerate(tests)
    }
    return Member(name, runs, broken)


def test_a_comparison_shows_every_estimate() -> None:
    result = compare(
        [member("baseline", (0.8, 0.82, 0.85)), member("vib", (0.81, 0.8, 0.84), broken=2, lam=0.5)]
    )
    text = printed(comparison_table(result))
    first, second = result.rows
    for row in (first, second):
        assert plus_minus(row.findings["accuracy"].value, 100, 2) in text
        assert f"{100 * row.findings['accuracy'].value.sd:.2f}" in text
        assert f"{row.findings['nll_nats'].value.mean:.3f}" in text
        assert plus_minus(row.findings["epochs_to_target"].value, 1, 1) in text
        assert plus_minus(row.findings["seconds_to_target"].value, 1, 1) in text
        assert plus_minus(row.findings["best_epoch"].value, 1, 1) in text
        assert plus_minus(row.findings["area"].value, 100, 2) in text
        assert f"{row.reached} of 3" in text
    assert interval(second.findings["accuracy"].difference, 100, 2) in text
    assert interval(second.findings["nll_nats"].difference, 1, 3) in text
    assert interval(second.findings["epochs_to_target"].difference, 1, 1) in text
    assert interval(second.findings["best_epoch"].difference, 1, 1) in text
    assert interval(second.findings["area"].difference, 100, 2) in text
    assert f"{second.findings['accuracy'].p_holm:.2g}" in text
    assert "--json has them" in text
    assert "3 of 5" in text
    assert "7.5" in text
    assert "Note: no test split" in text
    for line in verdict(result):
        assert squeezed(line) in squeezed(text)


def test_where_predictions_are_kept_the_sources_of_chance_are_named() -> None:
    result = compare([member("baseline", (0.8, 0.9)), member("vib", (0.9, 0.8))])
    assert "other test rows" not in printed(comparison_table(result))
    chance = Bootstrap(0.01, Interval(-0.011, 0.012), None, Interval(-0.021, 0.022))
    first, second = result.rows
    result = result._replace(rows=(first, second._replace(test_rows=RowFindings(chance))))
    line = next(x for x in printed(comparison_table(result)).splitlines() if "1.10" in x)
    assert line.split("  ")[0] == "vib"
    assert re.search(r"\[-1\.10, \+1\.20\] +\[-2\.10, \+2\.20\] +50%", line)


def test_differing_settings_are_shown_and_constant_ones_are_listed_once() -> None:
    result = compare(
        [
            member("a", (0.8,), lam=0.125),
            member("b", (0.8,), lam=0.25, bottleneck="deterministic", batch_size=17),
        ]
    )
    head, _, tail = printed(comparison_table(result)).partition("Same for all:")
    assert re.search(r"^a +batch-size 32, bottleneck gaussian, lambda 0\.125", head, re.MULTILINE)
    assert re.search(r"^b +batch-size 17, bottleneck deterministic$", head, re.MULTILINE)
    assert "lambda" not in tail
    assert "lr 0.001" in squeezed_lines(tail)
    assert "lr 0.001" not in head


def test_without_a_difference_there_is_no_table_of_differences() -> None:
    result = compare([member("a", (0.8,)), member("b", (0.8,))])
    assert "settings that differ" not in printed(comparison_table(result))


def test_eight_experiments_with_long_names_fit_and_lose_nothing() -> None:
    names = [*all_variants(), *(letter * 50 + "-experiment" for letter in "xyz")]
    result = compare(
        [
            member(name, (0.1 * i, 0.11 * i, 0.5), lam=0.1 + i, batch_size=100 + i, broken=i)
            for i, name in enumerate(names)
        ]
    )
    text = printed(comparison_table(result))
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
        assert f"batch-size {100 + i}" in text
        assert f"lambda{0.1 + i:g}" in together
        if i:
            assert squeezed(verdict(result)[i - 1]) in together
            assert name in together
