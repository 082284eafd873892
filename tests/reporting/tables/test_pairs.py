import re

import latent_spaces
import pytest
from latent_spaces import CLASSES
from printing import printed, squeezed_lines

from vibcli.analysis.walks import pairs as walk_pairs
from vibcli.analysis.walks.pairs import Report
from vibcli.analysis.walks.statistics import Distance
from vibcli.reporting.tables.pairs import pairs_table


def report(count: int, variant: str = "vib") -> Report:
    space = latent_spaces.numbers(variant, rows=120)
    chosen = walk_pairs.example_pairs(space.train, CLASSES, count, 0, None, None)
    return walk_pairs.measure_pairs(space, space.train, chosen, 0)


@pytest.mark.parametrize("count", [1, 60])
def test_the_tables_say_what_the_report_does(count: int) -> None:
    found = report(count)
    text = printed(pairs_table(found))
    for kind, name in (("prior", "N(0, I)"), ("encoder", "encoder"), ("uniform", "U(-1, 1)")):
        row = next(line for line in text.splitlines() if line.startswith(name))
        measured = found.pairs[kind]
        assert f"{measured.moments.variance:.3f}" in row
        assert f"{measured.cosine.mean:.3f}" in row
        for mode, along in measured.walks.items():
            middle = along.variance[8]
            half = "" if middle.high is None else f" ± {middle.high - middle.mean:.3f}"
            theory = "-" if along.expected is None else f"{along.expected[8]:.3f}"
            shown = rf"  {mode} .* {middle.mean:.3f}{half} +{theory}\n"
            assert re.search(shown, text), shown
            shape = "-" if along.shape is None else f"{along.shape.statistic:.3f}"
            distances = rf"  {mode} .* {along.middle.statistic:.3f} +{shape} +\d\.\d{{3}}\n"
            assert re.search(distances, text), distances
    change = found.seen["encoder"]["entropy_nats"].changes["blend"]
    assert f"{change.mean:+.3f}" in text


@pytest.mark.parametrize("variant", ["vib", "vae"])
def test_wide_numbers_keep_to_80_columns(variant: str) -> None:
    found = report(60, variant)
    text = printed(pairs_table(found))  # which checks it
    assert "…" not in text
    assert ("to data" in text) == (variant == "vae")


def test_it_says_which_prior_the_spherical_walk_keeps() -> None:
    found = report(10)
    for kind, statistic in (("prior", 0.01), ("uniform", 0.2)):
        walks = found.pairs[kind].walks
        walks["spherical"] = walks["spherical"]._replace(middle=Distance(statistic, 0.1))
    text = squeezed_lines(printed(pairs_table(found)))
    spherical = "In the middle of spherical walks draws from"
    assert f"{spherical} N(0, I) are still such draws, as far as KS tells (0.0100" in text
    assert f"{spherical} U(-1, 1) are such draws no longer, as far as KS tells (0.2000" in text
