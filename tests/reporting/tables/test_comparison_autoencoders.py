from compared import AE, VAE, member
from printing import NASTY, printed, squeezed, squeezed_lines

from vibcli.comparison.compare import compare
from vibcli.comparison.verdict import verdict
from vibcli.reporting.tables.cells import interval, plus_minus
from vibcli.reporting.tables.comparison import comparison_table


def test_every_estimate_is_shown() -> None:
    result = compare([AE, VAE])
    text = printed(comparison_table(result))
    for row in result.rows:
        for key, digits in (("distortion_at_mean_nats", 2), ("sample_energy", 4)):
            assert plus_minus(row.findings[key].value, 1, digits) in text
            assert interval(row.findings[key].difference, 1, digits) in text
    second = result.rows[1].findings
    for key in ("elbo_nats", "iwae_nats", "rate_nats"):
        assert plus_minus(second[key].value, 1, 2) in text
    assert "64 draws of z" in squeezed_lines(text)
    for line in verdict(result):
        assert squeezed(line) in squeezed(text)


def test_a_table_of_differences_is_left_out_where_there_are_none() -> None:
    text = printed(comparison_table(compare([AE, VAE])))
    assert text.count("difference") == 3  # the heading and two tables
    assert "perplexity" not in text


def test_names_are_shown_as_they_are() -> None:
    strange = member(NASTY, {"elbo_nats": (-1.0, -2.0)})
    assert NASTY in printed(comparison_table(compare([strange, VAE])))
