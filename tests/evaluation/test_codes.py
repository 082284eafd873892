import pytest
import tiny
import torch

from vibcli import randomness
from vibcli.evaluation.codes import AT_A_TIME, BATCH, codes, draws, means

X = tiny.batch(tiny.rows(2 * BATCH + 37)).x


@pytest.mark.parametrize("variant", ["vib", "noise", "control", "vae"])
def test_codes_come_batch_by_batch_without_gradient(variant: str) -> None:
    model = tiny.model(variant)
    found = list(codes(model, X, tiny.CPU))
    assert [len(code.mean) for code in found] == [BATCH, BATCH, 37]
    assert not any(code.mean.requires_grad for code in found)


@pytest.mark.parametrize("variant", ["vib", "baseline"])
def test_means_are_those_of_the_rows_in_their_order(variant: str) -> None:
    model = tiny.model(variant, dropout=0.5)
    model.train()
    found = means(model, X, tiny.CPU)
    assert not model.training
    assert not found.requires_grad
    with torch.no_grad():
        expected = torch.cat([model.encode(row[None]).mean for row in X])
    assert torch.allclose(found, expected, atol=1e-5)  # nothing is dropped
    assert found.equal(means(model, X, tiny.CPU))


def test_binarised_pixels_are_the_same_each_time() -> None:
    x = tiny.batch(tiny.pixels(1)).x.expand(BATCH + 5, -1, -1, -1)  # one picture
    model = tiny.picture_model("vae", binarise="dynamic")
    assert means(model, x, tiny.CPU).equal(means(model, x, tiny.CPU))
    seen: list[torch.Tensor] = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    list(codes(model, x, tiny.CPU))
    drawn = torch.cat(seen)
    assert drawn.unique().tolist() == [0, 255]
    assert not drawn[0].equal(drawn[1])
    assert not drawn[0].equal(drawn[BATCH])


@pytest.mark.parametrize("samples", [0, 1, AT_A_TIME, AT_A_TIME + 1, 3 * AT_A_TIME + 5])
@pytest.mark.parametrize("variant", ["vib", "baseline"])
def test_draws_come_some_at_a_time(variant: str, samples: int) -> None:
    (code,) = codes(tiny.model(variant), X[:7], tiny.CPU)
    found = list(draws(code, samples, randomness.generator(tiny.CPU, 0, "test")))
    assert all(z.shape[1:] == code.mean.shape and len(z) <= AT_A_TIME for z in found)
    drawn = torch.cat(found)
    assert len(drawn) == (max(samples, 1) if variant == "vib" else 1)
    if variant == "baseline" or samples == 0:
        assert drawn[0].equal(code.mean)
    else:
        assert len(drawn[:, 0, 0].unique()) == samples  # each its own
