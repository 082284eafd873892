import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vibcli.models.predictability import Predictors
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve

Floats = NDArray[np.float64]
K, WIDTH, WEIGHT = 4, 5, 0.7


def predictors(weight: float = WEIGHT, seed: int = 0) -> Predictors:
    """With weights and biases that are all different from 0, in double precision."""
    module, rng = Predictors(K, WIDTH, weight), torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.8, generator=rng)
    return module.double()


def codes(rows: int = 30, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(rows, K, generator=rng, dtype=torch.float64)


def predicted(module: Predictors, z: Floats) -> Floats:
    """Unit by unit: each has a network of its own, which is given the other units alone."""
    hidden, out, bias = (
        p.detach().numpy() for p in (module.hidden, module.out, module.hidden_bias)
    )
    found = np.empty_like(z)
    for k in range(K):
        own = slice(k * WIDTH, (k + 1) * WIDTH)
        others = [j for j in range(K) if j != k]
        found[:, k] = np.tanh(z[:, others] @ hidden[others, own] + bias[own]) @ out[k]
    return found


def test_predictions_agree_with_numpy() -> None:
    module, z = predictors(), codes()
    assert np.allclose(module(z).detach().numpy(), predicted(module, z.numpy()), rtol=1e-12)


def test_a_unit_is_predicted_from_all_others_and_not_from_itself() -> None:
    module = predictors()
    jacobian = torch.autograd.functional.jacobian(lambda z: module(z[None])[0], codes(1)[0])
    assert jacobian.diagonal().eq(0).all()
    off = jacobian[~torch.eye(K, dtype=torch.bool)]
    assert (off.abs() > 1e-4).all()


def test_the_error_is_the_variance_that_is_left() -> None:
    module, z = predictors(), codes()
    left = z.numpy() - predicted(module, z.numpy())
    assert module.error(z).item() == pytest.approx(left.var(0).sum())


def test_who_says_nothing_leaves_all_variance_and_a_constant_does_not_matter() -> None:
    module, z = predictors(), codes()
    nn.init.zeros_(module.out)
    assert module.error(z).item() == pytest.approx(z.numpy().var(0).sum())
    offset = torch.tensor([3.0, -2.0, 0.0, 9.0])
    assert module.error(z + offset).item() == pytest.approx(module.error(z).item())
    assert module.error(z[:1].repeat(9, 1)).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("weight", [0.0, 0.7, 3.0])
def test_the_cost_is_minus_the_weighted_error(weight: float) -> None:
    module, z = predictors(weight), codes()
    assert module.cost(z).item() == pytest.approx(-weight * module.error(z).item(), abs=1e-12)


def slope(module: Predictors, z: Tensor, moved: Tensor, at: tuple[int, ...]) -> float:
    """Of E along one entry of ``moved``, by central differences."""
    found = []
    for step in (1e-5, -1e-5):
        with torch.no_grad():
            moved[at] += step
            found.append(module.error(z).item())
            moved[at] -= step
    return (found[0] - found[1]) / 2e-5


@pytest.mark.parametrize("weight", [0.7, 3.0])
def test_the_code_goes_up_the_error_as_steeply_as_the_weight_says(weight: float) -> None:
    module, z = predictors(weight), codes()
    leaf = z.clone().requires_grad_()
    module.cost(leaf).backward()
    assert leaf.grad is not None
    for at in ((0, 0), (3, 1), (7, 3), (29, 2)):
        # a descent on the cost is an ascent on E
        assert leaf.grad[at].item() == pytest.approx(-weight * slope(module, z, z, at), abs=1e-8)


@pytest.mark.parametrize("weight", [0.0, 0.7, 3.0])
def test_predictors_go_down_the_error_whatever_the_weight(weight: float) -> None:
    module, z = predictors(weight), codes()
    module.cost(z.clone().requires_grad_()).backward()
    for parameter, at in (
        (module.hidden, (0, 7)),
        (module.hidden, (3, 2)),
        (module.hidden_bias, (4,)),
        (module.out, (2, 3)),
    ):
        assert parameter.grad is not None
        expected = slope(module, z, parameter, at)
        assert abs(expected) > 1e-6
        assert parameter.grad[at].item() == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_no_weight_of_a_unit_on_itself_is_learnt() -> None:
    module = predictors()
    module.cost(codes()).backward()
    assert module.hidden.grad is not None
    for k in range(K):
        assert module.hidden.grad[k, k * WIDTH : (k + 1) * WIDTH].eq(0).all()


def test_a_unit_that_copies_another_is_found_out_and_independent_ones_are_not() -> None:
    module = Predictors(K, 16, 1.0)
    for name, parameter in module.named_parameters():
        rng = torch.Generator().manual_seed(len(name))
        nn.init.normal_(parameter, std=0.3, generator=rng)
    z = codes(400).float()
    z[:, 1] = z[:, 0].square()
    for _ in range(1500):
        loss = module.cost(z)
        for parameter in module.parameters():
            parameter.grad = None
        loss.backward()
        with torch.no_grad():
            for parameter in module.parameters():
                assert parameter.grad is not None
                parameter -= 0.2 * parameter.grad
    left = (z - module(z)).detach().var(0) / z.var(0)
    assert (left[:2] < 0.05).all()
    assert (left[2:] > 0.8).all()


def test_the_loss_of_pm_is_that_of_its_units_and_the_cost() -> None:
    x, y = tiny.batch(tiny.rows(40))
    with_game, without = (tiny.model("pm", predictability=weight) for weight in (0.7, 0.0))
    rng = torch.Generator().manual_seed(0)
    loss, distortion, rates, _ = with_game.loss(x, y, rng)
    plain, same, _, _ = without.loss(x, y, rng)
    assert distortion.item() == same.item() == plain.item()
    assert with_game.predictors is not None
    error = with_game.predictors.error(with_game.encode(x).mean).item()
    assert error > 0
    assert loss.item() == pytest.approx(distortion.item() - 0.7 * error, rel=1e-6)
    assert rates is None
    assert ((with_game.encode(x).mean > 0) & (with_game.encode(x).mean < 1)).all()


def test_one_step_moves_the_encoder_up_and_the_predictors_down_the_error() -> None:
    """With the decoder's part of the gradient taken away."""
    rows = tiny.rows(90)
    x = torch.from_numpy(rows.x)
    for part, sign in (("encoder", 1), ("predictors", -1)):
        model = tiny.model("pm", predictability=5.0, lr=1e-3)
        nn.init.zeros_(model.head.layers[0].weight)  # what is decoded does not depend on z
        assert model.predictors is not None
        before = model.predictors.error(model.encode(x).mean).item()
        start = tiny.weights(model)
        for _ in range(3):
            tiny.step(model, rows, torch.Generator().manual_seed(0))
            nn.init.zeros_(model.head.layers[0].weight)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                moved = name.startswith("predictors.") == (part == "predictors")
                if not moved:
                    parameter.copy_(start[name])
        after = model.predictors.error(model.encode(x).mean).item()
        assert sign * (after - before) > 1e-5


def factors(seed: int, rows: int = 4000) -> tuple[Floats, Tensor]:
    """Four independent binary factors, and eight mixtures of them with a little noise."""
    rng = np.random.default_rng(seed)
    binary = rng.integers(0, 2, (rows, 4)).astype(float)
    mixed = (2 * binary - 1) @ rng.normal(size=(4, 8)) + 0.05 * rng.normal(size=(rows, 8))
    standard = (mixed - mixed.mean(0)) / mixed.std(0)
    return binary, torch.from_numpy(standard).float()


def units_of(variant: str, seed: int) -> tuple[Floats, Floats]:
    """The factors of the last 1000 rows, and the units of an autoencoder learnt on the others."""
    binary, x = factors(seed)
    config = resolve(variant, "tabular", {"widths": (32,), "latent": 4, "lr": 5e-3})
    model = task_of(config).work.build(config, (8,), 2, seed, tiny.CPU)
    labels = np.zeros(len(x), np.int64)
    learnt, held_out = tiny.part(x[:3000], labels[:3000]), tiny.part(x[3000:], labels[3000:])
    given = {"task": "autoencoding", "epochs": 20, "batch_size": 100}
    list(tiny.training(model, learnt, held_out, seed=seed, **given))
    with torch.no_grad():
        return binary[3000:], model.encode(x[3000:]).mean.double().numpy()


def correlations(units: Floats, binary: Floats) -> Floats:
    """|r| of each unit with each factor."""
    return np.abs(np.corrcoef(units.T, binary.T)[:4, 4:])


def explained(units: Floats) -> Floats:
    """Held-out R^2 of each unit from a linear map of the others."""
    found = []
    for k in range(4):
        features = np.column_stack([np.ones(len(units)), np.delete(units, k, 1)])
        fit = np.linalg.lstsq(features[:500], units[:500, k], rcond=None)[0]
        left = units[500:, k] - features[500:] @ fit
        found.append(1 - left.var() / units[500:, k].var())
    return np.array(found)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pm_finds_the_factors_of_a_linear_mixture(seed: int) -> None:
    binary, units = units_of("pm", seed)
    r = correlations(units, binary)
    assert sorted(r.argmax(1)) == [0, 1, 2, 3]
    assert r.max(1).min() > 0.97
    assert np.sort(r, axis=1)[:, :3].max() < 0.2  # and tells nothing of the others
    assert np.abs(explained(units)).max() < 0.03
    assert (np.abs(units - 0.5) > 0.3).mean() > 0.9  # they became binary


@pytest.mark.parametrize("seed", [0, 1])
def test_an_ordinary_autoencoder_mixes_the_factors(seed: int) -> None:
    binary, units = units_of("ae", seed)
    r = correlations(units, binary)
    assert r.max() < 0.9
    assert np.sort(r, axis=1)[:, -2].min() > 0.3  # each unit tells of two factors or more
    assert explained(units).max() > 0.15
