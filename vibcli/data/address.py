"""How the record of a run names its data: nothing in it is of a machine or of a user."""

import os
from pathlib import Path

from vibcli.data.catalog import CATALOG
from vibcli.files import portable

ELSEWHERE = ("Hub ", "package ")  # how the addresses begin that are no paths


def recorded(typed: str) -> str:
    """What was typed to get the data, as a record keeps it: names and Hub ids as they are.

    >>> recorded("imdb"), recorded("/home/someone/reviews.csv")
    ('imdb', 'reviews.csv')
    """
    path = Path(os.path.expanduser(typed))
    if typed in CATALOG or not (path.is_absolute() or ".." in path.parts or path.exists()):
        return typed
    kept = portable(path)
    return f"./{kept}" if kept in CATALOG else kept  # or it would be taken for the named data set


def recorded_source(address: str) -> str:
    """The address of a `vibcli.data.dataset.Description`, as a record keeps it."""
    return address if address.startswith(ELSEWHERE) else portable(Path(address))


def is_place(source: str) -> bool:
    """Whether a recorded source is a file or a folder."""
    return not source.startswith(ELSEWHERE)
