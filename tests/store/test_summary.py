import json
from pathlib import Path
from typing import Any

import pytest
import recorded

from vibcli.errors import RunError
from vibcli.store.rundir import RunDir
from vibcli.store.summary import Summary


def content(**settings: Any) -> dict[str, Any]:
    """A record as plain values."""
    found: dict[str, Any] = json.loads(recorded.run(**settings).model_dump_json())
    return found


@pytest.mark.parametrize("status", ["complete", "running", "failed", "diverged"])
def test_a_summary_says_what_the_record_says(status: str) -> None:
    settings: dict[str, Any] = {"status": status, "curve": (0.5, 0.75, 0.6)}
    run, summary = recorded.run(**settings), Summary.of(content(**settings))
    assert (summary.id, summary.created, summary.status) == (run.id, run.created, status)
    assert (summary.dataset, summary.address) == (run.data.name, run.config.dataset)
    assert (summary.epochs, summary.epochs_planned) == (3, run.config.epochs)
    assert summary.predicts is None
    assert summary.tested == ({} if run.test is None else run.test.selected)
    assert summary.record == content(**settings)


def test_an_address_is_not_the_name() -> None:
    record = content()
    record["config"]["dataset"] = "data/wine.csv"
    assert (Summary.of(record).dataset, Summary.of(record).address) == ("wine", "data/wine.csv")


@pytest.mark.parametrize("predicts", ["number", "input", "something of the future"])
def test_what_a_run_predicts_is_handed_on(predicts: str) -> None:
    record = content()
    record["config"]["predicts"] = predicts
    assert Summary.of(record).predicts == predicts


def test_metrics_are_numbers_or_unknown() -> None:
    record = content(tested={"rows": 7, "rate_nats": None})
    found = Summary.of(record).tested
    assert found["rows"] == 7
    assert isinstance(found["rows"], float)
    assert found["rate_nats"] is None


@pytest.mark.parametrize(
    "path",
    [
        *(("id",), ("status",), ("test",), ("epochs",), ("data", "name"), ("config", "dataset")),
        *(("config", "epochs"), ("selected",), ("name",), ("config", "kind"), ("test", "selected")),
    ],
)
def test_what_lacks_a_field_is_no_record(tmp_path: Path, path: tuple[str, ...]) -> None:
    record = content()
    *above, last = path
    inner = record
    for name in above:
        inner = inner[name]
    del inner[last]
    with pytest.raises(KeyError):
        Summary.of(record)
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    folder.path.mkdir(parents=True)
    folder.record.write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"is damaged \(not a run record\)"):
        folder.summary()


@pytest.mark.parametrize(
    ("path", "value"),
    [(("epochs",), 3), (("config", "epochs"), "many"), (("test",), [1]), (("data",), None)],
)
def test_what_has_a_field_of_another_form_is_no_record(
    tmp_path: Path, path: tuple[str, ...], value: Any
) -> None:
    record = content()
    *above, last = path
    inner = record
    for name in above:
        inner = inner[name]
    inner[last] = value
    folder = RunDir(tmp_path, "wine/vib-0/seed-0")
    folder.path.mkdir(parents=True)
    folder.record.write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"is damaged \(not a run record\)"):
        folder.summary()


def test_records_that_came_before_other_tasks_are_of_classifiers() -> None:
    record = content()
    del record["config"]["predicts"]
    assert Summary.of(record).predicts is None
