import numpy as np
import pytest
from compared import AE, GAUSSIAN, VAE, later, member
from scipy import stats

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import verdict
from vibcli.errors import VibError

FIXED = Asked(fixed=True)
KEY = "distortion_at_mean_nats"


def codes(name: str, at: float, elbo: float | None = None, seed: int = 0) -> Member:
    """Eight seeds whose distortion is about so much, with an ELBO where it is given."""
    rng = np.random.default_rng(seed)
    tested = {KEY: at + rng.normal(0, 0.5, 8), "sample_energy": rng.normal(0.2, 0.01, 8)}
    if elbo is not None:
        tested |= {"elbo_nats": elbo + rng.normal(0, 0.5, 8), "rate_nats": [19.0] * 8}
    return member(name, tested, **GAUSSIAN)


def test_differences_are_paired_by_seed() -> None:
    _, row = compare([AE, VAE], FIXED).rows
    found = row.findings[KEY]
    expected = stats.ttest_rel([92.0, 93.5, 92.5], [80.0, 82.0, 81.0]).confidence_interval(0.95)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(np.mean([12.0, 11.5, 11.5]))
    assert found.difference[1:3] == pytest.approx(tuple(expected))
    assert found.p == 0.25  # the least of three pairs: 2 / 2^3
    assert found.improvement is not None
    assert found.improvement.probability == 0  # a higher distortion is worse


def test_what_one_of_them_lacks_has_a_value_and_no_difference() -> None:
    result = compare([AE, VAE])
    first, second = result.rows
    assert "elbo_nats" not in first.findings
    assert second.findings["elbo_nats"].value.mean == pytest.approx(-118.466667)
    assert second.findings["elbo_nats"].difference is None
    assert second.findings["rate_nats"].p is None
    assert (result.tests, result.iw_samples) == (1, 64)  # the distance of samples


def test_the_elbo_decides_where_all_have_one() -> None:
    plain, a, b = codes("ae", 80), codes("vae", 90, -118), codes("strong", 90, -110, 1)
    both = compare([a, b])
    assert (both.primary, both.margin, both.margin_reason) == ("elbo_nats", None, "")
    decision = both.rows[1].decision
    assert decision is not None
    assert decision.outcome == "higher"
    for members in ([plain, a], [a, plain], [plain, a, b], [a, b, plain]):
        result = compare(members)
        assert result.primary == KEY
        assert all(row.decision is not None for row in result.rows[1:])
    # one that shares no seed does not choose it, where it has an ELBO itself
    assert compare([a, later(b, 20)]).primary == "elbo_nats"


def test_only_some_seeds_have_a_bound() -> None:
    a, b = codes("vae", 90, -118), codes("strong", 90, -110, 1)
    run = b.runs[3]
    assert run.test is not None
    lacking = run.test.model_copy(update={"selected": {**run.test.selected, "elbo_nats": None}})
    result = compare([a, b._replace(runs={**b.runs, 3: run.updated(test=lacking)})])
    assert sorted(result.rows[1].differences) == [0, 1, 2, 4, 5, 6, 7]


def test_none_is_equal_for_there_is_no_margin() -> None:
    (line, *_) = verdict(compare([codes("a", 80), codes("b", 80, seed=1)]))
    assert line.startswith("Not decided by 8 seeds: b is somewhere from ")
    assert line.endswith(" worse than a in reconstruction.")


def test_an_autoencoder_without_a_complete_run_is_named() -> None:
    with pytest.raises(VibError, match=r"'vae' has no complete run to compare \(2 diverged"):
        compare([AE, Member("vae", {}, 2)])


def test_what_autoencoders_do_not_have_is_refused() -> None:
    with pytest.raises(VibError, match="--target does not apply: autoencoding has no metric"):
        compare([AE], Asked(target=0.5))
    with pytest.raises(VibError, match="--margin does not apply: autoencoding has no margin"):
        compare([AE], Asked(margin=0.5))
    other = member("b", {"iwae_nats": (-1.0, -2.0), "iw_samples": (8.0, 8.0)})
    with pytest.raises(VibError, match=r"of 8, 64 draws cannot be compared.*--iw-samples 64"):
        compare([VAE, other])
