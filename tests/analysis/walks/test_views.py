import latent_spaces
import numpy as np
import pytest
import tiny
import torch
from scipy import special, stats
from sklearn.neighbors import NearestNeighbors

from vibcli.analysis.walks import views
from vibcli.analysis.walks.views import LatentSpace
from vibcli.models import likelihoods
from vibcli.tasks.autoencoding import samples as generate

Z = torch.stack([latent_spaces.latent(seed) for seed in range(5)])
AUTOENCODERS = {
    "numbers": latent_spaces.numbers("vae"),
    "pictures": latent_spaces.pictures(),
    "grey pictures": latent_spaces.pictures(likelihood="gaussian"),
    "texts": latent_spaces.texts(),
}


def test_latents_are_means_of_all_rows() -> None:
    many = tiny.rows(300)
    model = tiny.model("vib")
    found = views.latents(model, many.x, tiny.CPU)
    with torch.no_grad():
        expected = model.encode(torch.from_numpy(many.x)).mean
    assert torch.allclose(found.float(), expected, atol=1e-6)
    assert found.dtype == torch.float64


def test_a_classifier_is_seen_as_scipy_has_it() -> None:
    space = latent_spaces.numbers()
    view = views.look(space, Z)
    weight, bias = (p.detach().double().numpy() for p in space.model.head.parameters())
    expected = special.softmax(Z.numpy() @ weight.T + bias, axis=1)
    assert view.probabilities == pytest.approx(expected, abs=1e-6)
    assert view.entropy == pytest.approx(stats.entropy(expected, axis=1), abs=1e-5)
    assert view.values is None
    assert view.distance is None


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_an_autoencoder_is_seen_by_what_it_decodes(name: str) -> None:
    space = AUTOENCODERS[name]
    view = views.look(space, Z)
    values = generate.decode_latents(space.model, Z.float()).numpy()
    assert view.values == pytest.approx(values, abs=1e-6)
    assert view.probabilities is None
    entropies = {
        "pictures": stats.bernoulli(values).entropy().sum(1) if name == "pictures" else None,
        "texts": stats.entropy(values, axis=1),
    }
    expected = entropies.get(name)
    assert view.entropy == (None if expected is None else pytest.approx(expected, rel=1e-4))


@pytest.mark.parametrize("name", ["numbers", "pictures", "grey pictures"])
def test_distance_to_data_agrees_with_scikit_learn(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "BATCH", 7)
    space = AUTOENCODERS[name]
    rows = space.train.x.reshape(len(space.train.x), -1).astype(np.float64)
    rows = rows / 255 if "pictures" in name else rows
    view = views.look(space, Z)
    near, _ = NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(view.values)
    assert view.distance == pytest.approx(near[:, 0] / np.sqrt(rows.shape[1]), rel=1e-4)
    assert views.look(space, Z, distances=False).distance is None


def test_texts_have_no_distance() -> None:
    assert views.look(AUTOENCODERS["texts"], Z).distance is None


@pytest.mark.parametrize("space", [latent_spaces.numbers("vae"), latent_spaces.pictures()])
def test_inputs_are_given_back_from_their_values(space: LatentSpace) -> None:
    x = space.train.x[:9]
    again = views.as_inputs(space, views.observed(space, torch.from_numpy(x)))
    assert again is not None
    assert again.dtype == x.dtype
    assert np.array_equal(again, x)


def test_nothing_is_between_texts() -> None:
    space = AUTOENCODERS["texts"]
    shares = views.observed(space, torch.from_numpy(space.train.x[:2]))
    assert views.as_inputs(space, shares) is None


def test_a_classifier_sees_values_as_inputs() -> None:
    space = latent_spaces.numbers()
    view = views.look_at(space, torch.from_numpy(space.train.x[:5]))
    expected = views.look(space, space.codes[:5])
    assert view.probabilities == pytest.approx(expected.probabilities, abs=1e-5)
    assert view.values == pytest.approx(space.train.x[:5])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_is_certain_has_no_entropy(p: float) -> None:
    mean = torch.tensor([[p, 1 - p]])
    assert likelihoods.Bernoulli().entropy(mean).tolist() == [0]
    assert likelihoods.Multinomial(2).entropy(mean).tolist() == [0]
