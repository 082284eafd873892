"""Which data a run is on, and what of them it uses."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from vibcli.config.fields import TEXT, ColumnNames, Group, TestSplit, setting
from vibcli.config.kinds import DEFAULT_DATASET, Kind

# what has to be said of runs with the setting `watch`
WATCHED = (
    "the test split was watched after each epoch: no validation part was held out, and the "
    "numbers are optimistic"
)
# how the note of data without a test split begins, in descriptions and in records
NO_TEST_SPLIT = "no test split: one is held out"
BY_SEED = "by-seed"


class Facts(NamedTuple):
    """What defaults depend on, beside the kind of data.

    ``dataset`` is what was typed to get the data, ``tested`` whether they have a test split.
    """

    dataset: str
    tested: bool

    @classmethod
    def of(cls, dataset: str, notes: Iterable[str]) -> "Facts":
        """From what is noted of data, when they are read or in the record of a run."""
        return cls(dataset, not any(note.startswith(NO_TEST_SPLIT) for note in notes))


def notes_with(notes: Iterable[str], test_split: str | None) -> tuple[str, ...]:
    """Notes on data, with how their test split is held out.

    >>> notes_with(("no test split: one is held out",), "by-seed")
    ('no test split: one is held out, another for each seed',)
    """
    how = "another for each seed" if test_split == BY_SEED else "the same for every seed"
    return tuple(f"{note}, {how}" if note.startswith(NO_TEST_SPLIT) else note for note in notes)


Missing = Literal["drop", "mean", "category"]


class DataAddress(Group):
    """Which data, and how its columns are to be read; a run's id has their fingerprint instead."""

    dataset: str = setting(
        DEFAULT_DATASET,
        "Named data set, file, folder of images, or Hub id org/name.",
        "Data",
    )
    data_config: str | None = setting(
        None, "Configuration of a Hub data set.", "Data", "--config", min_length=1
    )
    revision: str | None = setting(
        None, "Branch, tag or commit of a Hub data set.", "Data", min_length=1
    )
    inputs: ColumnNames = setting(
        None, "Input column; repeat for several. Guessed where unambiguous.", "Data", "--input"
    )
    label: str | None = setting(None, "Label column. Guessed where unambiguous.", "Data", "--label")
    kind: Kind | None = setting(None, "Read the input columns as this kind of data.", "Data")
    image_size: int | None = setting(
        None, "Resize images to this many pixels a side.", "Data", ge=4, le=1024
    )


class DataSpec(DataAddress):
    """All that has to be known to read data."""

    missing: Missing | None = setting(
        None,
        "What is done about missing values. drop leaves out rows that lack one; of tables, mean "
        "takes the mean of the training rows in place of a number, category marks the number in a "
        "column of its own too. Each leaves out rows without a label. By default missing numbers "
        "and labels are an error; a missing category is always one of its own.",
        "Data",
    )


class DataSettings(DataSpec):
    """Which rows train, validate and test, and what is read of a text."""

    kind: Kind = setting(..., "Kind of data.", "Data")
    validation: float = setting(
        0.1,
        "Fraction of the training part held out for validation.",
        "Data",
        needs={"watch": (None,)},
        gt=0,
        lt=1,
    )
    watch: Literal["test"] | None = setting(
        None,
        "test watches the test split after each epoch, as some publications did: no validation "
        "part is held out and the numbers are optimistic.",
        "Data",
    )
    test: float = setting(
        0.2, "Fraction held out for testing where the data have no test split.", "Data", gt=0, lt=1
    )
    test_split: TestSplit = setting(
        None,
        "Where the data have no test split: by-seed, the default there, holds out other rows for "
        "each seed, fixed the same for all.",
        "Data",
    )
    train_rows: int | None = setting(
        None, "Train on this many rows only (a stratified draw).", "Data", ge=2
    )
    vocabulary: int = setting(
        5000, "Most frequent words kept, padding and unknown included.", "Data", needs=TEXT, ge=3
    )
    tokens: int = setting(400, "Last tokens of a text kept.", "Data", needs=TEXT, ge=1)
