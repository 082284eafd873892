import dataclasses
import json

import latent_spaces
import numpy as np
import pytest
from made_walks import ALL
from samples import config

from vibcli.analysis.walks import endpoints
from vibcli.analysis.walks import modes as walks
from vibcli.analysis.walks.endpoints import Endpoint, FromPrior
from vibcli.analysis.walks.modes import Walks
from vibcli.analysis.walks.views import LatentSpace
from vibcli.data.dataset import Dataset, Description, Split
from vibcli.data.image import ImagePreprocessor, Images
from vibcli.data.tabular import Features, TabularPreprocessor, decode
from vibcli.data.text import TextPreprocessor
from vibcli.models import gaussian


def dataset(inputs: object) -> Dataset:
    about = Description(
        "d", "embedded", None, "image", ("x",), "y", latent_spaces.CLASSES, "f00d", ()
    )
    return Dataset(about, {"train": Split(inputs, np.zeros(len(inputs), np.int64))})


def end(space: LatentSpace, row: int) -> Endpoint:
    origin = endpoints.FromTestPart(row, "test", row, "red", None)
    return Endpoint(space.codes[row], origin, space.train.x[row : row + 1])


def taken(space: LatentSpace, ends: tuple[Endpoint, Endpoint], blended: bool) -> Walks:
    of_pictures = Images(space.train.x)
    preprocessor = ImagePreprocessor((1, latent_spaces.SIDE, latent_spaces.SIDE))
    modes = tuple(gaussian.PATHS)
    return walks.take(space, dataset(of_pictures), preprocessor, ends, modes, 3, blended)


@pytest.mark.parametrize("blended", [True, False])
@pytest.mark.parametrize("variant", ["vib", "vae"])
def test_every_mode_is_walked_and_the_blend_comes_last(variant: str, blended: bool) -> None:
    space = latent_spaces.pictures(variant)
    found = taken(space, (end(space, 2), end(space, 6)), blended)
    assert tuple(leg.walk.mode for leg in found.legs) == (ALL if blended else ALL[:3])
    for leg in found.legs:
        assert [step.position for step in leg.walk.steps] == [0, 0.5, 1]
        assert leg.readings == [None] * 3
        for step, (text, pixels) in zip(leg.walk.steps, leg.nearest, strict=True):
            assert text is None
            assert step.nearest is not None
            assert np.array_equal(pixels, space.train.x[step.nearest.row])
    content = found.content()
    json.dumps(content, allow_nan=False)
    assert list(content["walks"]) == [leg.walk.mode for leg in found.legs]
    if variant == "vib":
        assert found.inputs is None
    else:
        assert found.inputs == pytest.approx(space.train.x[[2, 6]].reshape(2, -1) / 255)


def test_equal_ends_are_said_to_break_the_assumption() -> None:
    space = latent_spaces.pictures()
    first = end(space, 2)
    said = taken(space, (first, first), True).departures
    assert any("their cosine is 1.00" in sentence for sentence in said)


def test_between_draws_there_are_no_inputs_but_a_blend_of_what_they_decode_to() -> None:
    space = latent_spaces.pictures()
    ends = tuple(Endpoint(latent_spaces.latent(s), FromPrior(s), None) for s in (1, 2))
    found = taken(space, ends, True)
    assert found.inputs is None
    assert [leg.walk.mode for leg in found.legs] == list(ALL)
    assert [leg.walk.mode for leg in taken(latent_spaces.pictures("vib"), ends, True).legs] == [
        *ALL[:3]
    ]


def test_numbers_are_read_in_the_units_of_the_table() -> None:
    import pyarrow as pa

    rng = np.random.default_rng(0)
    table = pa.table({"height": rng.normal(170, 10, 40), "colour": rng.choice(["red", "blue"], 40)})
    inputs: Features = decode({"train": table}, table.column_names, None)["train"]
    preprocessor = TabularPreprocessor.fit(inputs, np.arange(40), config("tabular"))
    read = walks.reader(latent_spaces.numbers("vae"), preprocessor)
    found = read(preprocessor.transform(inputs, np.arange(3)).astype(np.float64))
    for row, values in enumerate(found):
        assert values["height"] == pytest.approx(table["height"][row].as_py(), rel=1e-5)
        assert values["colour"] == table["colour"][row].as_py()


def test_texts_are_read_as_the_words_they_stand_out_by() -> None:
    words = ("[PAD]", "[UNK]", *"abcdefgh")  # fewer than the decoder has outputs
    space = latent_spaces.texts()
    known = space.train._replace(x=space.train.x % len(words))
    space = dataclasses.replace(space, train=known)
    read = walks.reader(space, TextPreprocessor(words, latent_spaces.TOKENS))
    values = np.full((2, latent_spaces.WORDS), 0.01)
    values[0, 3], values[1, 5] = 0.9, 0.9
    values[1, latent_spaces.WORDS - 1] = 0.9  # of which there is no word
    assert [found[0] for found in read(values)] == ["b", "d"]
