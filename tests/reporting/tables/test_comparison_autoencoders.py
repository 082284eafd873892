import re

from compared import AE, GAUSSIAN, VAE, apart, member
from printing import NASTY, printed, squeezed, squeezed_lines

from vibcli.comparison.compare import Asked, compare
from vibcli.reporting.tables.cells import interval, plus_minus
from vibcli.reporting.tables.comparison import full_tables

FIXED = Asked(fixed=True)


def test_every_estimate_is_shown() -> None:
    result = compare([AE, VAE], FIXED)
    text = printed(full_tables(result))
    for row in result.rows:
        for key, digits in (("distortion_at_mean_nats", 2), ("sample_energy", 4)):
            assert plus_minus(row.findings[key].value, 1, digits) in text
            assert interval(row.findings[key].difference, 1, digits) in text
    second = result.rows[1].findings
    for key in ("elbo_nats", "iwae_nats", "rate_nats"):
        assert plus_minus(second[key].value, 1, 2) in text
    assert "64 draws of z" in squeezed_lines(text)


def test_a_table_of_differences_is_left_out_where_there_are_none() -> None:
    text = printed(full_tables(compare([AE, VAE])))
    assert text.count("difference [95%]") == 2  # reconstruction and samples
    assert "perplexity" not in text


def test_each_p_is_that_of_its_own_quantity() -> None:
    tested = {
        "distortion_at_mean_nats": [80.0] * 8,
        "elbo_nats": [-100.0] * 8,
        "sample_energy": [0.2] * 8,
    }
    moved = {
        key: [x + d for x, d in zip(v, apart(0, 1, 8), strict=True)] for key, v in tested.items()
    }
    moved["elbo_nats"] = [-100.0 + d for d in apart(5, 1, 8)]
    a, b = member("a", tested, **GAUSSIAN), member("b", moved, **GAUSSIAN)
    c = member("c", {k: v for k, v in moved.items() if k != "elbo_nats"}, **GAUSSIAN)
    both = printed(full_tables(compare([a, b])))
    row = r"{} ± \S+ +\S+ \[\S+ \S+\] +{}\b"  # mean, difference, p
    assert re.search(row.format(r"-95\.00", r"0\.0078"), both)  # the primary one
    # where one has no ELBO the reconstruction decides, and the ELBO is secondary
    three = compare([a, b, c])
    text = printed(full_tables(three))
    decision, second = three.rows[1].decision, three.rows[1].findings["elbo_nats"]
    assert decision is not None
    assert second.p_adjusted is not None
    assert decision.p != second.p_adjusted
    assert re.search(row.format(r"-95\.00", f"{second.p_adjusted:.2g}"), text)
    assert re.search(row.format(r"80\.00", f"{decision.p:.2g}"), text)


def test_names_are_shown_as_they_are() -> None:
    strange = member(NASTY, {"elbo_nats": (-1.0, -2.0)})
    assert squeezed(NASTY) in squeezed(printed(full_tables(compare([strange, VAE])), width=120))
