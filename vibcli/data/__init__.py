"""Where x and y come from."""

from vibcli.data.dataset import Dataset, Description
from vibcli.data.load import load
from vibcli.data.prepare import MODALITIES, Part, Prepared, Preprocessor, divide, part, prepare

__all__ = [
    "MODALITIES",
    "Dataset",
    "Description",
    "Part",
    "Prepared",
    "Preprocessor",
    "divide",
    "load",
    "part",
    "prepare",
]
