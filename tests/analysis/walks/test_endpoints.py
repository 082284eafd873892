import math
from dataclasses import asdict
from pathlib import Path

import latent_spaces
import numpy as np
import pyarrow as pa
import pytest
import tiny
import torch
from latent_spaces import CLASSES
from scipy import stats

from vibcli.analysis.walks import endpoints
from vibcli.analysis.walks.endpoints import WantedEnd
from vibcli.data import text
from vibcli.data.dataset import Dataset, Description, Inputs, Split
from vibcli.data.image import Images
from vibcli.data.prepare import Part
from vibcli.data.tabular import Features
from vibcli.errors import VibError

ROWS = tiny.rows(30, seed=1)
TEST = Part(ROWS.x, ROWS.y, "test", np.arange(30) + 500)
ANY = WantedEnd()


def choose(
    seed: int, start: WantedEnd = ANY, end: WantedEnd = ANY, test: Part = TEST
) -> tuple[int | None, int | None]:
    return endpoints.choose_ends(test, CLASSES, seed, start, end)


def test_prior_ends_are_standard_normal_and_independent() -> None:
    wide = tiny.model("vib", latent=20_000)
    start, end = endpoints.prior_ends(wide, 3)
    again, _ = endpoints.prior_ends(wide, 3)
    assert np.array_equal(start.z, again.z)
    assert abs(np.corrcoef(start.z, end.z)[0, 1]) < 0.03
    for found in (start, end):
        assert stats.kstest(found.z.numpy(), "norm").pvalue > 0.01
        assert (asdict(found.origin), found.x) == ({"kind": "prior", "seed": 3}, None)
    assert not np.array_equal(start.z, endpoints.prior_ends(wide, 4)[0].z)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_pair_is_of_two_classes(seed: int) -> None:
    pair = choose(seed)
    assert pair == choose(seed)
    assert TEST.y[pair[0]] != TEST.y[pair[1]]
    first, last = choose(seed, WantedEnd(4))
    assert first == 4
    assert TEST.y[last] != TEST.y[4]
    first, last = choose(seed, end=WantedEnd(4))
    assert last == 4
    assert TEST.y[first] != TEST.y[4]


def test_random_pairs_vary_with_the_seed_and_what_is_given_stays() -> None:
    assert len({choose(seed) for seed in range(20)}) > 10
    assert choose(0, WantedEnd(3), WantedEnd(6)) == (3, 6)  # of one class, as asked for
    assert choose(0, WantedEnd(0), WantedEnd(29)) == (0, 29)


@pytest.mark.parametrize("seed", range(20))
def test_ends_of_a_class_are_classified_rightly_if_any_is(seed: int) -> None:
    blue, red = WantedEnd(class_name="blue"), WantedEnd(class_name="red")
    said = np.full(30, endpoints.UNASKED)
    of = {name: np.flatnonzero(TEST.y == CLASSES.index(name)) for name in ("blue", "red")}
    said[of["blue"]] = CLASSES.index("red")  # every one wrong
    said[of["red"]] = CLASSES.index("blue")
    said[of["red"][2:4]] = CLASSES.index("red")  # all but two
    first, last = endpoints.choose_ends(TEST, CLASSES, seed, blue, red, said)
    assert first in of["blue"]
    assert last in of["red"][2:4]
    both = endpoints.choose_ends(TEST, CLASSES, seed, red, red, said)
    assert set(both) == set(of["red"][2:4])
    # a number that is asked for is taken as it is
    assert endpoints.choose_ends(TEST, CLASSES, seed, WantedEnd(4), red, said)[0] == 4


def test_what_a_classifier_says_of_the_classes_that_are_asked_for() -> None:
    model = tiny.model("vib")
    said = endpoints.said_of(model, TEST, CLASSES, ["red"], tiny.CPU)
    red = TEST.y == CLASSES.index("red")
    with torch.inference_mode():
        outputs = model.head(model.encode(torch.from_numpy(TEST.x)).mean)
    assert said[red].tolist() == outputs.argmax(-1).numpy()[red].tolist()
    assert set(said[~red]) == {endpoints.UNASKED}
    assert set(endpoints.said_of(model, TEST, CLASSES, [], tiny.CPU)) == {endpoints.UNASKED}
    # labels only colour what an autoencoder shows
    decoder = endpoints.said_of(tiny.model("vae"), TEST, CLASSES, ["red"], tiny.CPU)
    assert set(decoder) == {endpoints.UNASKED}


@pytest.mark.parametrize(
    ("predicted", "said"),
    [
        (None, None),
        ("red", None),
        ("blue", "No test example of class 'red' is classified rightly; number 7 is taken for"),
    ],
)
def test_an_end_that_is_taken_for_another_class_is_said(
    predicted: str | None, said: str | None
) -> None:
    end = endpoints.FromTestPart(7, "test", 507, "red", None, predicted=predicted)
    found = endpoints.remark(end)
    assert found is None if said is None else (found or "").startswith(said)
    assert endpoints.remark(endpoints.FromPrior(0)) is None


@pytest.mark.parametrize("seed", range(20))
def test_ends_of_a_class_are_of_it_and_differ(seed: int) -> None:
    blue, red = WantedEnd(class_name="blue"), WantedEnd(class_name="red")
    first, last = choose(seed, blue, red)
    assert (CLASSES[TEST.y[first]], CLASSES[TEST.y[last]]) == ("blue", "red")
    first, last = choose(seed, blue, blue)
    assert first != last
    assert CLASSES[TEST.y[first]] == CLASSES[TEST.y[last]] == "blue"
    first, last = choose(seed, end=blue)
    assert CLASSES[TEST.y[last]] == "blue" != CLASSES[TEST.y[first]]
    first, last = choose(seed, blue, WantedEnd(2))  # which is blue itself
    assert last == 2 != first
    assert CLASSES[TEST.y[first]] == "blue"


def test_the_only_example_of_a_class_may_be_both_ends() -> None:
    one = Part(TEST.x[:3], TEST.y[:3], "test", np.arange(3))
    assert choose(0, WantedEnd(class_name="blue"), WantedEnd(class_name="blue"), one) == (2, 2)


def test_beside_a_file_any_example_may_be_the_other_end() -> None:
    file = WantedEnd(file=Path("x.png"))
    assert choose(0, file, WantedEnd(7)) == (None, 7)
    assert choose(0, file, file) == (None, None)
    assert len({choose(seed, file)[1] for seed in range(30)}) > 15
    assert {choose(seed, file)[0] for seed in range(3)} == {None}


def test_where_there_is_one_class_the_pair_is_of_it() -> None:
    one = Part(TEST.x[:2], np.zeros(2, np.int64), "test", np.arange(2))
    assert set(choose(0, test=one)) <= {0, 1}


@pytest.mark.parametrize("index", [-1, 30, 10**9])
def test_an_example_that_does_not_exist_is_refused(index: int) -> None:
    for ends in (
        (WantedEnd(index), ANY),
        (ANY, WantedEnd(index)),
        (WantedEnd(0), WantedEnd(index)),
    ):
        with pytest.raises(VibError, match=f"no test example {index}: they are numbered 0 to 29"):
            choose(0, *ends)


def test_a_class_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown class 'gren'\. Did you mean 'green'"):
        choose(0, WantedEnd(class_name="gren"))
    few = Part(TEST.x[:1], TEST.y[:1], "test", np.arange(1))
    with pytest.raises(VibError, match="No test example is of class 'blue'"):
        choose(0, WantedEnd(class_name="blue"), test=few)


def dataset(inputs: Inputs) -> Dataset:
    about = Description("d", "embedded", None, "text", ("x",), "y", CLASSES, "f00d", ())
    return Dataset(about, {"train": Split(inputs, np.zeros(len(inputs), np.int64))})


def test_an_example_is_shown_as_it_was_read() -> None:
    column = pa.table({"x": ["one", "two", "three"]})
    texts = dataset(text.decode({"train": column}, ["x"], None)["train"])
    assert endpoints.raw(texts, "train", 1) == ("two", None)
    pixels = np.arange(3 * 4, dtype=np.uint8).reshape(3, 1, 2, 2)
    words, picture = endpoints.raw(dataset(Images(pixels)), "train", 1)
    assert words is None
    assert np.array_equal(picture, pixels[1])
    table = dataset(Features(pa.table({"x": [1.0, 2.0, math.pi]})))
    assert endpoints.raw(table, "train", 1) == (None, None)


def test_terrains_of_tests_are_what_they_say() -> None:
    assert latent_spaces.texts().of_texts
    assert not latent_spaces.pictures().of_texts
    assert latent_spaces.numbers().likelihood is None
