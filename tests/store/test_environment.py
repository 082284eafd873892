import importlib.metadata
import json
from datetime import datetime, timedelta

from vibcli.store.environment import environment, now


def test_the_environment_says_what_made_the_numbers() -> None:
    told = environment("cpu", 3)
    assert told["device"] == "cpu"
    assert told["threads"] == 3
    assert told["cores"] >= 1
    assert told["versions"]["torch"] == importlib.metadata.version("torch")
    assert json.loads(json.dumps(told)) == told


def test_now_is_in_utc() -> None:
    told = datetime.fromisoformat(now())
    assert told.utcoffset() == timedelta(0)
    assert abs(datetime.now(told.tzinfo) - told) < timedelta(minutes=1)
