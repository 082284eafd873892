from vibcli.config.training import LAST, criteria
from vibcli.tasks.find import tasks


def test_criteria_are_those_of_every_task_once_and_the_last_epoch() -> None:
    found = criteria()
    assert found[-1] == LAST == "last"
    assert len(set(found)) == len(found)
    assert set(found) == {"accuracy", "nll", "rmse", "elbo", "last"}
    for task in tasks():
        assert LAST not in task.criteria
