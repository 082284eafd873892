"""What a list says of a run, read without checking the rest of its record."""

from typing import Any, NamedTuple


class Summary(NamedTuple):
    """What a list of runs says of one, and the whole record, of which no more was checked."""

    id: str
    name: str
    created: str
    status: str
    dataset: str
    kind: str
    address: str  # of the data set, as it was given
    epochs: int
    epochs_planned: int
    predicts: Any  # what its task is known by
    tested: dict[str, float | None]  # metrics of the test part; none where it was not tested
    watched: dict[str, dict[str, float | None]]  # train and validation in the epoch that is kept
    record: dict[str, Any]

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Summary":
        """Pick it from a record as plain values.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not the record of a run.
        """
        tested = {} if record["test"] is None else record["test"]["selected"]
        kept = None if record["selected"] is None else record["selected"]["epoch"]
        epoch: dict[str, Any] = next((e for e in record["epochs"] if e["epoch"] == kept), {})
        return cls(
            id=str(record["id"]),
            name=str(record["name"]),
            created=str(record["created"]),
            status=str(record["status"]),
            dataset=str(record["data"]["name"]),
            kind=str(record["config"]["kind"]),
            address=str(record["config"]["dataset"]),
            epochs=len(record["epochs"]),
            epochs_planned=int(record["config"]["epochs"]),
            predicts=record["config"].get("predicts"),  # older records do not say
            tested=_numbers(tested),
            watched={part: _numbers(epoch.get(part, {})) for part in ("train", "validation")},
            record=record,
        )


def _numbers(metrics: dict[str, Any]) -> dict[str, float | None]:
    return {key: None if value is None else float(value) for key, value in metrics.items()}
