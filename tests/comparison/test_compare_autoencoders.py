import numpy as np
import pytest
from compared import AE, VAE, member
from scipy import stats

from vibcli.comparison.compare import compare, measure_run, quantities_of
from vibcli.comparison.member import Member
from vibcli.errors import VibError
from vibcli.registry import TASKS


def test_differences_are_paired_by_seed() -> None:
    _, row = compare([AE, VAE]).rows
    found = row.findings["distortion_at_mean_nats"]
    expected = stats.ttest_rel([92.0, 93.5, 92.5], [80.0, 82.0, 81.0]).confidence_interval(0.95)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(np.mean([12.0, 11.5, 11.5]))
    assert (found.difference.low, found.difference.high) == pytest.approx(expected)
    assert found.p == 0.25  # the least of three pairs: 2 / 2^3
    assert found.p_holm == 0.5  # the first of two tests
    assert found.improvement is not None
    assert found.improvement.probability == 0  # a higher distortion is worse


def test_what_one_of_them_lacks_has_a_value_and_no_difference() -> None:
    result = compare([AE, VAE])
    first, second = result.rows
    assert "elbo_nats" not in first.findings
    assert second.findings["elbo_nats"].value.mean == pytest.approx(-118.466667)
    assert second.findings["elbo_nats"].difference is None
    assert second.findings["rate_nats"].p is None
    assert (result.tests, result.iw_samples, result.smallest_p) == (2, 64, 0.25)


def test_quantities_of_a_run_are_those_of_its_selected_epoch() -> None:
    found = measure_run(VAE.runs[1], None)
    assert set(found) == set(quantities_of(TASKS.load("autoencoding")))
    assert set(found) >= {"elbo_nats", "iwae_nats", "squared_error", "active_units"}
    assert found["elbo_nats"] == -119.0
    assert found["perplexity"] is None
    assert found["best_epoch"] == 1
    assert found["train_seconds"] == 4.0


def test_nats_of_different_likelihoods_are_not_compared() -> None:
    run = VAE.runs[0]
    other = run.updated(config=run.config.model_copy(update={"likelihood": "bernoulli"}))
    with pytest.raises(VibError, match=r"different likelihoods.*: bernoulli, gaussian"):
        compare([VAE, Member("b", {0: other}, 0)])


def test_pixels_that_are_drawn_are_not_compared_with_those_that_are_not() -> None:
    run = VAE.runs[0]
    pixels = [
        run.updated(config=run.config.model_copy(update={"likelihood": "bernoulli", "binarise": b}))
        for b in ("dynamic", None)
    ]
    members = [Member(name, {0: run}, 0) for name, run in zip("ab", pixels, strict=True)]
    with pytest.raises(VibError, match=r"likelihoods.*compared: bernoulli, bernoulli dynamic\."):
        compare(members)
    assert compare([members[0], Member("c", {1: pixels[0]}, 0)]).rows[1].name == "c"


def test_what_has_to_be_the_same_may_be_unknown_of_some() -> None:
    assert "iw_samples" not in AE.runs[0].test.selected
    assert compare([AE, VAE]).iw_samples == 64
    assert compare([AE]).iw_samples is None


def test_texts_of_different_length_are_not_compared() -> None:
    runs = [
        VAE.runs[0].updated(
            config=VAE.runs[0].config.model_copy(update={"kind": "text", "tokens": n})
        )
        for n in (100, 200)
    ]
    with pytest.raises(VibError, match="hold different words"):
        compare([Member(name, {0: run}, 0) for name, run in zip("ab", runs, strict=True)])


def test_bounds_of_different_draws_are_not_compared() -> None:
    other = member("b", {"iwae_nats": (-1.0, -2.0), "iw_samples": (8.0, 8.0)})
    with pytest.raises(VibError, match=r"of 8, 64 draws cannot be compared.*--iw-samples 64"):
        compare([VAE, other])


def test_an_autoencoder_without_a_complete_run_is_named() -> None:
    with pytest.raises(VibError, match=r"'vae' has no complete run to compare \(2 diverged"):
        compare([AE, Member("vae", {}, 2)])
