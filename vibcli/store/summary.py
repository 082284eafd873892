"""What a list says of a run, read without checking the rest of its record."""

from typing import Any, NamedTuple


class Summary(NamedTuple):
    """What a list of runs says of one, and the whole record, of which no more was checked."""

    id: str
    created: str
    status: str
    dataset: str
    address: str  # of the data set, as it was given
    epochs: int
    epochs_planned: int
    predicts: Any  # what its task is known by
    tested: dict[str, float | None]  # metrics of the test part; none where it was not tested
    record: dict[str, Any]

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Summary":
        """Pick it from a record as plain values.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not the record of a run.
        """
        tested = {} if record["test"] is None else record["test"]["selected"]
        numbers = {k: None if v is None else float(v) for k, v in tested.items()}
        return cls(
            id=str(record["id"]),
            created=str(record["created"]),
            status=str(record["status"]),
            dataset=str(record["data"]["name"]),
            address=str(record["config"]["dataset"]),
            epochs=len(record["epochs"]),
            epochs_planned=int(record["config"]["epochs"]),
            predicts=record["config"]["predicts"],
            tested=numbers,
            record=record,
        )
