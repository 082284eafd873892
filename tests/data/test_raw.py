import datasets
import pyarrow as pa
import pytest
from samples import picture

from vibcli.data.raw import is_image


def test_knows_the_images_of_datasets():
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    data = datasets.Dataset.from_dict({"image": [picture()], "label": [0]}, features=features)
    table = data.data.table
    assert is_image(table["image"].type)
    assert not is_image(table["label"].type)


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.binary(), pa.struct([("bytes", pa.binary())]), pa.list_(pa.uint8())],
)
def test_nothing_else_is_an_image(kind):
    assert not is_image(kind)
