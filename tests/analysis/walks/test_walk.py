import latent_spaces
import numpy as np
import pytest
import tiny
import torch
from latent_spaces import CLASSES, latent
from scipy import stats
from scipy.special import softmax

from vibcli.analysis.walks import views
from vibcli.analysis.walks import walk as interpolation
from vibcli.analysis.walks.endpoints import Endpoint
from vibcli.analysis.walks.views import LatentSpace
from vibcli.analysis.walks.walk import WalkStep
from vibcli.errors import VibError
from vibcli.models import gaussian
from vibcli.tasks.autoencoding import samples as generate

TERRAIN = latent_spaces.numbers(sigma_init=0.5)


def walk(mode: str = "linear", steps: int = 5, space: LatentSpace = TERRAIN) -> list[WalkStep]:
    return interpolation.walk(space, latent(1), latent(2), mode, steps).steps


def end(space: LatentSpace, row: int) -> Endpoint:
    return Endpoint(space.codes[row], {}, space.train.x[row : row + 1])


@pytest.mark.parametrize("mode", gaussian.PATHS)
def test_every_step_agrees_with_numpy(mode: str) -> None:
    found = walk(mode, steps=6)
    positions = np.linspace(0, 1, 6)
    path = gaussian.PATHS[mode](latent(1), latent(2), torch.from_numpy(positions)).numpy()
    weight, bias = (p.detach().double().numpy() for p in TERRAIN.model.head.parameters())
    with torch.no_grad():
        known = TERRAIN.model.encode(torch.from_numpy(TERRAIN.train.x)).mean.double().numpy()
    for z, position, step in zip(path, positions, found, strict=True):
        assert step.position == pytest.approx(position)
        assert step.norm == pytest.approx(np.linalg.norm(z))
        assert step.log_prior_nats == pytest.approx(stats.norm.logpdf(z).sum())
        probabilities = softmax(z @ weight.T + bias)
        assert step.probabilities == pytest.approx(probabilities, abs=1e-6)
        assert step.entropy_nats == pytest.approx(stats.entropy(probabilities), abs=1e-5)
        assert step.distance_to_data is None
        distances = np.linalg.norm(known - z, axis=1)
        j = distances.argmin()
        assert step.nearest is not None
        assert step.nearest[:3] == ("train", 100 + 2 * j, CLASSES[TERRAIN.train.y[j]])
        assert step.nearest.distance == pytest.approx(distances[j], abs=1e-5)


def test_a_walk_between_training_examples_begins_and_ends_at_them() -> None:
    z = TERRAIN.codes
    first, *_, last = interpolation.walk(TERRAIN, z[4], z[8], "slerp", 3).steps
    assert first.nearest is not None
    assert last.nearest is not None
    assert (first.nearest.row, last.nearest.row) == (108, 116)
    assert first.nearest.distance == pytest.approx(0, abs=1e-5)


def test_a_certain_step_has_no_entropy() -> None:
    space = latent_spaces.numbers()
    with torch.no_grad():
        space.model.head.bias.copy_(torch.tensor([1e6, 0, 0]))
    for step in walk(space=space):
        assert step.probabilities == (1, 0, 0)
        assert step.entropy_nats == 0


@pytest.mark.parametrize("variant", ["control", "vae", "ae", "pm"])
def test_every_model_with_a_latent_can_be_walked(variant: str) -> None:
    space = latent_spaces.numbers(variant)
    found = interpolation.walk(space, latent(1), latent(2), "linear", 5)
    assert len(found.steps) == 5
    if variant == "control":
        assert found.values is None
        return
    z = gaussian.linear_path(latent(1), latent(2), torch.linspace(0, 1, 5).double())
    assert found.values == pytest.approx(generate.decode_latents(space.model, z.float()).numpy())
    assert {step.probabilities for step in found.steps} == {None}


def test_an_unknown_mode_gets_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown mode 'sperical'. Did you mean 'spherical'"):
        walk("sperical")


@pytest.mark.parametrize("steps", [1, 0, -3])
def test_a_walk_has_two_ends(steps: int) -> None:
    with pytest.raises(VibError, match=f"--steps is {steps}"):
        walk(steps=steps)
    assert [step.position for step in walk(steps=2)] == [0, 1]


def test_a_blend_of_pictures_is_halfway_in_the_middle() -> None:
    space = latent_spaces.pictures()
    found = interpolation.blend(space, end(space, 3), end(space, 5), 3)
    assert found is not None
    assert found.values is not None
    x = space.train.x.reshape(40, -1)
    assert found.values == pytest.approx(np.array([x[3], (x[3] / 2 + x[5] / 2), x[5]]) / 255)
    first, middle, last = found.steps
    mixed = np.round(x[3] / 2 + x[5] / 2).astype(np.uint8).reshape(1, 1, 3, 3)
    z = views.latents(space.model, mixed, tiny.CPU)[0]
    assert middle.norm == pytest.approx(float(z.norm()), rel=1e-5)
    assert first.norm == pytest.approx(float(space.codes[3].norm()), rel=1e-5)
    # an input that is in the training part is no way from it
    assert (first.distance_to_data, last.distance_to_data) == pytest.approx((0, 0), abs=1e-3)


def test_a_classifier_sees_the_blended_numbers() -> None:
    found = interpolation.blend(TERRAIN, end(TERRAIN, 3), end(TERRAIN, 5), 3)
    assert found is not None
    x = TERRAIN.train.x
    with torch.no_grad():
        code = TERRAIN.model.encode(torch.from_numpy((x[3] + x[5]) / 2)[None]).mean
        expected = TERRAIN.model.head(code).softmax(-1)[0]
    assert found.steps[1].probabilities == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_blend_of_texts_is_of_their_words_and_has_no_latent() -> None:
    space = latent_spaces.texts()
    found = interpolation.blend(space, end(space, 3), end(space, 5), 5)
    assert found is not None
    assert found.values is not None
    counts = [np.bincount(row[row > 1], minlength=latent_spaces.WORDS) for row in space.train.x]
    shares = [count / count.sum() for count in counts]
    assert found.values[2] == pytest.approx((shares[3] + shares[5]) / 2)
    for step in found.steps:
        assert (step.norm, step.log_prior_nats, step.nearest) == (None, None, None)
        assert step.entropy_nats is not None


def test_a_blend_between_prior_draws_is_of_what_they_decode_to() -> None:
    space = latent_spaces.pictures()
    ends = [Endpoint(latent(seed), {}, None) for seed in (1, 2)]
    found = interpolation.blend(space, *ends, 3)
    assert found is not None
    assert found.values is not None
    decoded = generate.decode_latents(space.model, torch.stack([e.z for e in ends]).float()).numpy()
    assert found.values[1] == pytest.approx(decoded.mean(0))


def test_where_there_is_nothing_to_blend_there_is_no_blend() -> None:
    classifier = latent_spaces.texts("vib")
    assert interpolation.blend(classifier, end(classifier, 3), end(classifier, 5), 3) is None
    drawn = Endpoint(latent(1), {}, None)
    assert interpolation.blend(TERRAIN, drawn, drawn, 3) is None


def test_equal_ends_of_a_spherical_walk_leave_the_sphere() -> None:
    z = latent(1)
    norms = [s.norm for s in interpolation.walk(TERRAIN, z, z, "spherical", 3).steps]
    assert norms[1] == pytest.approx(np.sqrt(2) * norms[0])
    assert norms[2] == pytest.approx(norms[0])
