import pytest

from vibcli.errors import RunError, VibError
from vibcli.registry import TASKS
from vibcli.tasks.find import all_variants, check_variant, having, task_of, task_predicting, tasks
from vibcli.tasks.resolve import resolve


def names(variants: list[str], wanted: str | None = None) -> list[str]:
    return [task.name for task in having(variants, wanted)]


def test_tasks_come_in_the_order_of_the_registry() -> None:
    assert [task.name for task in tasks()] == list(TASKS)
    assert next(iter(TASKS)) == "classification"  # the one that is meant where nothing is said


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (["vib"], ["classification", "regression"]),
        (["baseline", "vib", "noise"], ["classification", "regression"]),
        (["vib", "label-smoothing"], ["classification"]),
        (["confidence-penalty"], ["classification"]),
        (["vae", "ae", "pm"], ["autoencoding"]),
        ([], ["classification", "regression", "autoencoding"]),
    ],
)
def test_having_gives_every_task_that_has_all_of_them(
    variants: list[str], expected: list[str]
) -> None:
    assert names(variants) == expected
    for wanted in expected:
        assert names(variants, wanted) == [wanted]


@pytest.mark.parametrize(
    ("variants", "wanted", "message"),
    [
        (["vbi"], None, "Unknown variant 'vbi'. Did you mean 'vib'?"),
        (["vib", "vbi"], "regression", "Unknown variant 'vbi'. Did you mean 'vib'?"),
        (["vib"], "regresion", "Unknown task 'regresion'. Did you mean 'regression'?"),
        (
            ["vib", "vae"],
            None,
            "These variants are of different tasks and cannot be compared (vib: classification or "
            "regression; vae: autoencoding).",
        ),
        (
            ["vae", "label-smoothing", "ae"],
            None,
            "These variants are of different tasks and cannot be compared (vae: autoencoding; "
            "label-smoothing: classification; ae: autoencoding).",
        ),
        (["vae"], "regression", "Unknown variant of regression 'vae'."),
        (["vib", "label-smoothing"], "regression", "Unknown variant of regression 'label-smo"),
        (["baseline"], "autoencoding", "Unknown variant of autoencoding 'baseline'."),
    ],
)
def test_having_says_what_is_wrong(variants: list[str], wanted: str | None, message: str) -> None:
    with pytest.raises(VibError) as caught:
        having(variants, wanted)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_found_by_what_its_records_say(name: str) -> None:
    task = TASKS.load(name)
    assert task_predicting(task.predicts) is task
    for variant in task.variants:
        assert task_of(resolve(variant, "tabular", {}, task)) is task


def test_records_say_what_they_always_said() -> None:
    said = {None: "classification", "input": "autoencoding", "number": "regression"}
    assert {task_predicting(predicts).name for predicts in said} == set(said.values())
    for predicts, name in said.items():
        assert task_predicting(predicts).name == name


@pytest.mark.parametrize("predicts", ["label", "reward", "", 3, False])
def test_what_no_task_predicts_is_refused(predicts: object) -> None:
    with pytest.raises(RunError, match=f"'{predicts}' is not what a task of this version predicts"):
        task_predicting(predicts)
    config = resolve("vib", "tabular", {}).model_copy(update={"predicts": predicts})
    with pytest.raises(RunError, match="of this version"):
        task_of(config)


def test_all_variants_are_those_of_every_task_once() -> None:
    found = all_variants()
    assert set(found) == {name for task in tasks() for name in task.variants}
    assert found["vib"] is TASKS.load("classification").variants["vib"]
    for name in found:
        assert check_variant(name) == name


@pytest.mark.parametrize("name", ["vbi", "", "VIB", "vib "])
def test_a_variant_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(VibError, match=f"Unknown variant '{name}'"):
        check_variant(name)


def test_where_several_tasks_have_a_variant_the_first_is_meant() -> None:
    assert resolve("vib", "tabular", {}).predicts is None
    assert resolve("vib", "tabular", {}, TASKS.load("regression")).predicts == "number"
