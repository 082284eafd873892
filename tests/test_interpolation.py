import math

import numpy as np
import pyarrow as pa
import pytest
import tiny
import torch
from scipy import stats
from scipy.special import softmax

from vibcli import gaussian, interpolation
from vibcli.data import Dataset, Description, Part, text
from vibcli.data.dataset import Inputs, Split
from vibcli.data.image import Images
from vibcli.data.tabular import Features
from vibcli.errors import VibError
from vibcli.interpolation import Neighbour, Step

CLASSES = ("red", "green", "blue")
TRAIN_ROWS, TEST_ROWS = tiny.rows(60), tiny.rows(30, seed=1)
# row numbers in the data set are not positions in the part
TRAIN = Part(TRAIN_ROWS.x.numpy(), TRAIN_ROWS.y.numpy(), "train", np.arange(60) * 2 + 100)
TEST = Part(TEST_ROWS.x.numpy(), TEST_ROWS.y.numpy(), "test", np.arange(30) + 500)
MODEL = tiny.model("vib", sigma_init=0.5)
K = 4


def latent(seed: int) -> torch.Tensor:
    return torch.randn(K, generator=torch.Generator().manual_seed(seed))


def walk(mode: str = "linear", steps: int = 5, model: object = MODEL) -> list[Step]:
    return interpolation.walk(model, latent(1), latent(2), mode, steps, TRAIN, CLASSES, tiny.CPU)


@pytest.mark.parametrize("mode", gaussian.PATHS)
def test_every_step_agrees_with_numpy(mode: str) -> None:
    found = walk(mode, steps=6)
    positions = np.linspace(0, 1, 6)
    path = gaussian.PATHS[mode](
        latent(1).double(), latent(2).double(), torch.from_numpy(positions)
    ).numpy()
    weight, bias = (p.detach().double().numpy() for p in MODEL.head.parameters())
    with torch.no_grad():
        known = MODEL.encode(TRAIN_ROWS.x).mean.double().numpy()
    for z, position, step in zip(path, positions, found, strict=True):
        assert step.position == pytest.approx(position)
        assert step.norm == pytest.approx(np.linalg.norm(z))
        assert step.log_prior_nats == pytest.approx(stats.norm.logpdf(z).sum())
        probabilities = softmax(z @ weight.T + bias)
        assert step.probabilities == pytest.approx(probabilities, abs=1e-6)
        assert step.entropy_nats == pytest.approx(stats.entropy(probabilities), abs=1e-5)
        distances = np.linalg.norm(known - z, axis=1)
        j = distances.argmin()
        assert step.nearest[:3] == ("train", 100 + 2 * j, CLASSES[TRAIN.y[j]])
        assert step.nearest.distance == pytest.approx(distances[j], abs=1e-5)


def test_a_walk_between_training_examples_begins_and_ends_at_them() -> None:
    z = interpolation.latents(MODEL, TRAIN, tiny.CPU)
    first, *_, last = interpolation.walk(MODEL, z[4], z[8], "slerp", 3, TRAIN, CLASSES, tiny.CPU)
    assert (first.nearest.row, last.nearest.row) == (108, 116)
    assert first.nearest.distance == pytest.approx(0, abs=1e-5)


def test_a_certain_step_has_no_entropy() -> None:
    model = tiny.model("vib")
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([1e6, 0, 0]))
    for step in walk(model=model):
        assert step.probabilities == (1, 0, 0)
        assert step.entropy_nats == 0


def test_a_control_without_noise_can_be_walked_too() -> None:
    assert len(walk(model=tiny.model("control"))) == 5


def test_an_unknown_mode_gets_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown mode 'sperical'. Did you mean 'spherical'"):
        walk("sperical")


@pytest.mark.parametrize("steps", [1, 0, -3])
def test_a_walk_has_two_ends(steps: int) -> None:
    with pytest.raises(VibError, match=f"--steps is {steps}"):
        walk(steps=steps)
    assert [step.position for step in walk(steps=2)] == [0, 1]


def test_latents_are_means_of_all_rows() -> None:
    many = tiny.rows(300)
    part = Part(many.x.numpy(), many.y.numpy(), "train", np.arange(300))
    found = interpolation.latents(MODEL, part, tiny.CPU)
    with torch.no_grad():
        assert torch.allclose(found, MODEL.encode(many.x).mean, atol=1e-6)


def test_a_test_endpoint_is_the_mean_of_that_example() -> None:
    z, origin = interpolation.test_endpoint(MODEL, TEST, 7, CLASSES, tiny.CPU)
    with torch.no_grad():
        assert torch.allclose(z, MODEL.encode(TEST_ROWS.x[7:8]).mean[0], atol=1e-6)
    assert origin == {
        "kind": "test",
        "index": 7,
        "split": "test",
        "row": 507,
        "label": CLASSES[TEST.y[7]],
    }


def test_prior_endpoints_are_standard_normal_and_independent() -> None:
    wide = tiny.model("vib", latent=20_000)
    start, end, again = (
        interpolation.prior_endpoint(wide, 3, which, tiny.CPU).z.numpy()
        for which in ("from", "to", "from")
    )
    assert np.array_equal(start, again)
    assert abs(np.corrcoef(start, end)[0, 1]) < 0.03
    for z in (start, end):
        assert stats.kstest(z, "norm").pvalue > 0.01
    other = interpolation.prior_endpoint(wide, 4, "from", tiny.CPU)
    assert not np.array_equal(start, other.z.numpy())
    assert other.origin == {"kind": "prior", "seed": 4}


@pytest.mark.parametrize("seed", range(20))
def test_a_random_pair_is_of_two_classes(seed: int) -> None:
    pair = interpolation.random_pair(TEST, seed)
    assert pair == interpolation.random_pair(TEST, seed)
    assert TEST.y[pair[0]] != TEST.y[pair[1]]
    first, last = interpolation.random_pair(TEST, seed, first=4)
    assert first == 4
    assert TEST.y[last] != TEST.y[4]
    first, last = interpolation.random_pair(TEST, seed, last=4)
    assert last == 4
    assert TEST.y[first] != TEST.y[4]


def test_random_pairs_vary_with_the_seed_and_what_is_given_stays() -> None:
    assert len({interpolation.random_pair(TEST, seed) for seed in range(20)}) > 10
    assert interpolation.random_pair(TEST, 0, 3, 6) == (3, 6)  # of one class, as asked for
    assert interpolation.random_pair(TEST, 0, 0, 29) == (0, 29)


def test_where_there_is_one_class_the_pair_is_of_it() -> None:
    one = Part(TEST.x[:2], np.zeros(2, np.int64), "test", np.arange(2))
    assert set(interpolation.random_pair(one, 0)) <= {0, 1}


@pytest.mark.parametrize("index", [-1, 30, 10**9])
def test_an_example_that_does_not_exist_is_refused(index: int) -> None:
    for ends in ((index, None), (None, index), (0, index)):
        with pytest.raises(VibError, match=f"no test example {index}: they are numbered 0 to 29"):
            interpolation.random_pair(TEST, 0, *ends)


def dataset(inputs: Inputs) -> Dataset:
    about = Description("d", "embedded", None, "text", ("x",), "y", CLASSES, "f00d", ())
    return Dataset(about, {"train": Split(inputs, np.zeros(len(inputs), np.int64))})


def test_the_example_is_shown_as_it_was_read() -> None:
    where = Neighbour("train", 1, "red", 0.0)
    column = pa.table({"x": ["one", "two", "three"]})
    texts = dataset(text.decode({"train": column}, ["x"], None)["train"])
    assert interpolation.example(texts, where) == ("two", None)
    pixels = np.arange(3 * 4, dtype=np.uint8).reshape(3, 1, 2, 2)
    words, picture = interpolation.example(dataset(Images(pixels)), where)
    assert words is None
    assert np.array_equal(picture, pixels[1])
    table = dataset(Features(pa.table({"x": [1.0, 2.0, math.pi]})))
    assert interpolation.example(table, where) == (None, None)
