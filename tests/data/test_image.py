import io
import json
import random

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from samples import config, image_folder, picture

from vibcli.data.files import read_images
from vibcli.data.image import ImagePreprocessor, Images, decode
from vibcli.errors import DataError


def stored(image, format="PNG", **settings):
    file = io.BytesIO()
    image.save(file, format, **settings)
    return {"bytes": file.getvalue(), "path": None}


def make(*images, size=None, split="train"):
    records = [image if isinstance(image, dict) else stored(image) for image in images]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(records, kind)})
    return decode({split: table}, ["image"], size)[split].pixels


def test_grey_pixels_as_they_are():
    images = [picture(i) for i in range(3)]
    pixels = make(*images)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, 1, 6, 8)
    np.testing.assert_array_equal(pixels[:, 0], [np.asarray(image) for image in images])


def test_colours_come_first():
    images = [picture(i, mode="RGB") for i in range(3)]
    pixels = make(*images)
    assert pixels.shape == (3, 3, 6, 8)
    np.testing.assert_array_equal(pixels.transpose(0, 2, 3, 1), [np.asarray(i) for i in images])


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF"])
def test_formats_without_loss(format):
    image = picture(mode="L")
    pixels = make(stored(image, format))
    np.testing.assert_array_equal(pixels[0, 0], np.asarray(image))


def test_one_coloured_image_makes_all_coloured():
    grey, colour = picture(0), picture(1, mode="RGB")
    pixels = make(grey, colour)
    assert pixels.shape == (2, 3, 6, 8)
    for channel in pixels[0]:
        np.testing.assert_array_equal(channel, np.asarray(grey))


@pytest.mark.parametrize("mode", ["1", "LA"])
def test_other_grey_images(mode):
    image = picture().convert(mode)
    expected = np.asarray(image.convert("L"))
    np.testing.assert_array_equal(make(image)[0], [expected])


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK"])
def test_other_coloured_images(mode):
    image = picture(mode="RGB").convert(mode)
    record = stored(image, "TIFF")
    expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(make(record)[0], expected)


def test_sixteen_bits_keep_their_upper_half():
    values = np.arange(0, 65536, 4369, dtype=np.uint16).reshape(4, 4)
    pixels = make(Image.fromarray(values))
    np.testing.assert_array_equal(pixels[0, 0], values // 256)


def test_the_most_frequent_size_wins():
    a, b, c = picture(0, (5, 4)), picture(1, (7, 9)), picture(2, (7, 9))
    pixels = make(a, b, c)
    assert pixels.shape == (3, 1, 9, 7)
    np.testing.assert_array_equal(pixels[1, 0], np.asarray(b))
    np.testing.assert_array_equal(pixels[0, 0], np.asarray(a.resize((7, 9))))


def test_the_size_asked_for():
    image = picture(mode="RGB")
    pixels = make(image, size=(16, 12))
    assert pixels.shape == (1, 3, 12, 16)
    np.testing.assert_array_equal(pixels[0].transpose(1, 2, 0), np.asarray(image.resize((16, 12))))


def test_size_and_colours_are_the_same_in_all_splits():
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    tables = {
        "train": pa.table({"x": pa.array([stored(picture(size=(4, 4)))] * 3, kind)}),
        "test": pa.table({"x": pa.array([stored(picture(size=(9, 9), mode="RGB"))] * 2, kind)}),
    }
    shapes = {name: inputs.pixels.shape for name, inputs in decode(tables, ["x"], None).items()}
    assert shapes == {"train": (3, 3, 4, 4), "test": (2, 3, 4, 4)}


def test_files_are_read_from_their_path(tmp_path):
    table = read_images(image_folder(tmp_path / "pets", {"cat": 2, "dog": 1}))
    pixels = decode({"train": table}, ["image"], None)["train"].pixels
    expected = [np.asarray(picture(seed)) for seed in (0, 1, 1000)]
    np.testing.assert_array_equal(pixels[:, 0], expected)


# damage


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_images_are_named(tmp_path, content):
    folder = image_folder(tmp_path / "pets", {"cat": 3})
    (folder / "cat" / "001.png").write_bytes(content)
    with pytest.raises(DataError, match=r"cat/001\.png cannot be read: not an image"):
        decode({"train": read_images(folder)}, ["image"], None)


def test_truncated_images_are_named(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 3}, size=(64, 64))
    path = folder / "cat" / "001.png"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"cat/001\.png cannot be read: damaged"):
        decode({"train": read_images(folder)}, ["image"], None)


def test_images_without_a_path_are_named_by_row():
    with pytest.raises(DataError, match="image in row 2 cannot be read"):
        make(picture(), {"bytes": b"nothing", "path": None})
    table = pa.table({"image": pa.array([stored(picture())] * 2 + [None])})
    with pytest.raises(DataError, match="Row 3 has no image"):
        decode({"train": table}, ["image"], None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_however_a_file_is_damaged_it_is_read_or_refused(format):
    dice = random.Random(0)
    whole = stored(picture(size=(20, 20), mode="RGB"), format)["bytes"]
    outcomes = set()
    for _ in range(200):
        damaged = bytearray(whole[: dice.choice([len(whole), dice.randrange(len(whole))])])
        for _ in range(min(len(damaged), dice.randrange(1, 6))):
            damaged[dice.randrange(min(len(damaged), 200))] = dice.randrange(256)
        try:
            make({"bytes": bytes(damaged) or b"?", "path": None}, size=(4, 4))
            outcomes.add("read")
        except DataError as error:
            assert "in row 1 cannot be read" in str(error)  # noqa: PT017
            outcomes.add("refused")
    assert "refused" in outcomes


# preprocessing


def test_takes_the_shape_and_hands_out_rows():
    data = Images(make(*(picture(i, mode="RGB") for i in range(4))))
    preprocessor = ImagePreprocessor.fit(data, np.arange(4), config("image"))
    assert preprocessor.shape == (3, 6, 8)
    rows = np.array([2, 0])
    np.testing.assert_array_equal(preprocessor.transform(data, rows), data.pixels[rows])


def test_new_images_are_brought_to_the_models_shape():
    colour, grey = picture(0, mode="RGB"), picture(1)
    to_grey = ImagePreprocessor((1, 5, 4)).transform(Images(make(colour)), np.arange(1))
    np.testing.assert_array_equal(to_grey[0, 0], np.asarray(colour.convert("L").resize((4, 5))))
    to_colour = ImagePreprocessor((3, 6, 8)).transform(Images(make(grey)), np.arange(1))
    np.testing.assert_array_equal(to_colour[0], [np.asarray(grey)] * 3)


def test_saved_and_loaded_without_reading_it_all(tmp_path):
    data = Images(make(picture(0), picture(1)))
    data.save(tmp_path, "train")
    again = Images.load(tmp_path, "train")
    assert isinstance(again.pixels, np.memmap)
    np.testing.assert_array_equal(again.pixels, data.pixels)
    assert list(again.content()) == list(data.content())


def test_state_round_trip():
    data = Images(make(picture(0), picture(1)))
    preprocessor = ImagePreprocessor.fit(data, np.arange(2), config("image"))
    again = ImagePreprocessor.from_state(json.loads(json.dumps(preprocessor.state())))
    assert again == preprocessor
    rows = np.array([1, 1, 0])
    np.testing.assert_array_equal(again.transform(data, rows), preprocessor.transform(data, rows))
