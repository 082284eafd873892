import pytest
from compared import AE, VAE, member

from vibcli.comparison.compare import compare
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict


def test_each_quantity_is_told_with_its_interval_and_p() -> None:
    sentence, limits = verdict(compare([AE, VAE]))
    assert sentence == (
        "vae against ae: reconstruction: seemingly worse (+11.67 nats, 95% interval +10.95 nats to "
        "+12.38 nats, p = 0.25, 0.5 after Holm); samples of the prior: seemingly closer to the "
        "data (-0.2050, 95% interval -0.2591 to -0.1509, p = 0.25, 0.5 after Holm)."
    )
    assert limits.startswith("No sign-flip test of so few pairs can go below p = 0.25")


def test_what_is_open_is_said_to_be_open() -> None:
    a = member("a", {"elbo_nats": (-1.0, -2.0, -3.0)})
    b = member("b", {"elbo_nats": (-1.5, -1.5, -3.25)})
    assert "ELBO: open which is better (-0.08 nats" in verdict(compare([a, b]))[0]


@pytest.mark.parametrize(("shift", "word"), [(1.0, "higher"), (-1.0, "lower")])
def test_an_elbo_is_higher_or_lower(shift: float, word: str) -> None:
    values = (-100.0, -101.0, -102.0) * 2
    moved = [value + (1, 1.1, 0.9)[seed % 3] * shift for seed, value in enumerate(values)]
    a, b = member("a", {"elbo_nats": values}), member("b", {"elbo_nats": moved})
    assert f"ELBO: {word} ({shift:+.2f} nats" in verdict(compare([a, b]))[0]


def test_one_seed_gives_no_interval() -> None:
    a, b = member("a", {"elbo_nats": (-2.0,)}), member("b", {"elbo_nats": (-1.0,)})
    assert verdict(compare([a, b])) == ("b against a: ELBO +1.00 nats, from one seed.",)


def test_without_a_shared_seed_nothing_is_said() -> None:
    a, b = member("a", {"elbo_nats": (-2.0,)}), member("b", {"elbo_nats": (-1.0, -1.5)})
    other = Member("b", {1: b.runs[1]}, 0)
    assert "share no seed" in verdict(compare([a, other]))[0]
