"""What every task must keep to, so that everything outside its folder can serve it."""

import math
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from vibcli.comparison.convergence import learning_quantities
from vibcli.config.fields import Group
from vibcli.config.record import RunConfig
from vibcli.config.training import LAST
from vibcli.data.prepare import Part
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Batch
from vibcli.registry import TASKS
from vibcli.reporting.tables.comparison import CELLS
from vibcli.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibcli.store.records import Epoch
from vibcli.store.rundir import RunDir
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve
from vibcli.tasks.task import ComparisonTable, Shown, Task

DECLARED: dict[str, Task] = {name: TASKS.load(name) for name in TASKS}
VARIANTS = [(name, variant) for name, task in DECLARED.items() for variant in task.variants]
NAMES = ("[red]", "p(a)", "")  # of three classes
SMALL = {"rate_target": 0.1, "dual_step": 0.1}

every_task = pytest.mark.parametrize("task", DECLARED.values(), ids=DECLARED)
every_variant = pytest.mark.parametrize(("name", "variant"), VARIANTS)


def part_of(task: Task, n: int = 90, seed: int = 0) -> Part:
    """Rows with labels of the kind that the task reads."""
    return tiny.numbers(n, seed) if task.label == "number" else tiny.rows(n, seed)


def classes_of(task: Task) -> tuple[str, ...]:
    return () if task.label == "number" else NAMES


def built(name: str, variant: str, seed: int = 0, **settings: Any) -> BottleneckLearner:
    return tiny.model(variant, seed, task=name, **settings)


def trained(name: str, variant: str, epochs: int = 3, **settings: Any) -> BottleneckLearner:
    learner = built(name, variant, **settings)
    part = part_of(DECLARED[name])
    list(tiny.training(learner, part, part, task=name, epochs=epochs))
    return learner


# the declaration


@pytest.mark.parametrize("name", TASKS)
def test_a_declaration_needs_neither_pytorch_nor_numpy(name: str) -> None:
    module = TASKS[name].target.split(":")[0]
    code = f"""
import sys, {module} as m
m.TASK.settings.load()
print([n for n in ("torch", "numpy", "scipy", "pandas", "pyarrow", "sklearn") if n in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", TASKS)
def test_registry_and_declaration_agree(name: str) -> None:
    task = DECLARED[name]
    assert task.name == name
    assert task.predicts == TASKS[name].predicts
    assert task.label in ("class", "number", None)
    assert issubclass(task.settings.load(), Group)
    assert set(task.pair) <= set(task.variants)
    assert len(set(task.pair)) == 2
    for variant in task.variants.values():
        assert variant.description
        assert set(variant.settings) <= set(RunConfig.model_fields)
    for settings in task.defaults.values():
        assert set(settings) <= set(RunConfig.model_fields)


def test_no_two_tasks_have_a_name_or_a_record_in_common() -> None:
    assert len({task.predicts for task in DECLARED.values()}) == len(DECLARED)
    groups = [set(task.settings.load().model_fields) for task in DECLARED.values()]
    assert sum(map(len, groups)) == len(set().union(*groups))


@every_task
def test_a_setting_that_only_one_task_has_needs_that_task(task: Task) -> None:
    """Or it would enter what identifies the runs of other tasks."""
    other = next(t for t in DECLARED.values() if t is not task)
    config = resolve(next(iter(other.variants)), "tabular", {}, other)
    for name in task.settings.load().model_fields:
        assert not config.has_effect(name)


@every_variant
@pytest.mark.parametrize("kind", ["text", "image", "tabular"])
def test_every_variant_has_defaults_for_every_kind(name: str, variant: str, kind: Any) -> None:
    task = DECLARED[name]
    config = resolve(variant, kind, {}, task)
    assert task_of(config) is task
    assert config.variant == variant
    assert config.select in (*task.criteria, LAST)
    for other in task.criteria:
        assert resolve(variant, kind, {"select": other}, task).select == other
    assert resolve(variant, kind, {"select": LAST}, task).select == LAST


@every_task
def test_what_a_verdict_speaks_of_has_words(task: Task) -> None:
    assert task.primary == next(iter(task.quantities))
    assert task.primary not in task.asides
    assert set(task.asides) <= set(task.quantities)
    for key in (task.primary, *task.asides):
        quantity = task.quantities[key]
        assert bool(quantity.subject) == (key in task.asides)
        assert quantity.better in (1, -1)
        assert quantity.tested
        assert quantity.title
        assert quantity.lower
        assert quantity.higher
        assert quantity.form.format(0.25)[0] == "+"
        assert quantity.form.format(-0.25)[0] == "-"
    assert all(q.better in (1, -1) or not q.tested for q in task.quantities.values())


@every_task
def test_tables_show_what_is_known(task: Task) -> None:
    known = {*task.quantities, *learning_quantities(task.convergence)}
    assert task.tables
    for table in task.tables:
        assert table.columns
        assert set(table.needs) <= {*task.quantities, "rows"}
        for column in table.columns:
            assert column.title
            assert column.what in CELLS
            of_the_runs = column.what in (
                *("seeds", "paired seeds", "reached"),
                *("rows", "rows and seeds"),
            )
            assert of_the_runs == (not column.key)
            assert of_the_runs or column.key in known
            if column.what == "reached":
                assert task.convergence is not None
            if column.what in ("rows", "rows and seeds", "paired seeds"):
                assert task.row_scores is not None
                assert "rows" in table.needs


@every_task
def test_the_primary_quantity_is_in_a_table(task: Task) -> None:
    def keys(table: ComparisonTable) -> set[str]:
        return {column.key for column in table.columns}

    assert any(task.primary in keys(table) for table in task.tables)


@every_task
def test_what_is_explained_has_known_blanks(task: Task) -> None:
    blanks = {name for _, name, _, _ in string.Formatter().parse(task.explained) if name}
    assert blanks <= {"tests", "sources", "draws", "epochs"}
    assert max(map(len, task.explained.splitlines())) <= 100


@every_task
def test_pictures_can_be_loaded_and_have_names_of_their_own(task: Task) -> None:
    names = [picture.name for picture in task.pictures]
    assert len(set(names)) == len(names)
    for picture in task.pictures:
        assert picture.title
        assert picture.of in ("records", "epochs", "predictions", "models")
        assert callable(picture.draw.load())
    if task.row_scores is not None:
        assert callable(task.row_scores.load())


@every_task
def test_options_are_those_of_the_command(task: Task) -> None:
    assert task.options <= {"samples", "iw_samples", "reliability", "pictures"}


@every_task
def test_what_must_be_equal_is_a_setting_or_a_metric(task: Task) -> None:
    learner = built(task.name, next(iter(task.variants)))
    measured = task.work.evaluate(learner, part_of(task), tiny.CPU).metrics
    for names, said in task.same.items():
        assert set(names) <= {*RunConfig.model_fields, *measured}
        said.format(values="a", greatest=1)


# the part that computes


def inputs(kind: str) -> tuple[np.ndarray, tuple[int, ...], dict[str, Any]]:
    rng = np.random.default_rng(0)
    if kind == "text":
        small = {"vocabulary": 12, "tokens": 8, "embedding": 4, "filters": 4}
        return rng.integers(0, 12, (10, 8)).astype(np.int32), (8,), small
    if kind == "image":
        return rng.integers(0, 256, (10, 1, 4, 4), dtype=np.uint8), (1, 4, 4), {}
    return rng.normal(size=(10, 5)).astype(np.float32), (5,), {}


@every_variant
@pytest.mark.parametrize("kind", ["text", "image", "tabular"])
def test_every_variant_is_built_and_takes_a_step(name: str, variant: str, kind: Any) -> None:
    task = DECLARED[name]
    x, shape, small = inputs(kind)
    y = np.linspace(-3, 50, 10) if task.label == "number" else np.arange(10) % 3
    config = resolve(variant, kind, {"widths": (8,), "latent": 3, **small}, task)
    learner = task.work.build(config, shape, len(classes_of(task)), 0, tiny.CPU)
    part = tiny.part(x, y)
    learner.begin(part)
    before = learner.weights()
    experience = task.experience.load()(learner, part, config, 0, tiny.CPU)
    assert experience.steps == 1
    (batch,) = experience.epoch(1)
    learner.start_epoch(1)
    terms = learner.step(batch, torch.Generator().manual_seed(0))
    assert list(terms)[:2] == ["loss_nats", "distortion_nats"]
    assert all(type(value) is float and math.isfinite(value) for value in terms.values())
    after = learner.weights()
    assert before.keys() == after.keys()
    assert any(not after[key].equal(value) for key, value in before.items())


@every_variant
def test_weights_are_copies_that_can_be_put_back(name: str, variant: str) -> None:
    learner = built(name, variant)
    part = part_of(DECLARED[name])
    learner.begin(part)
    kept = learner.weights()
    first = DECLARED[name].work.validate(learner, part, tiny.CPU)
    learner.start_epoch(1)
    for _ in range(3):
        tiny.step(learner, part, torch.Generator().manual_seed(0))
    assert DECLARED[name].work.validate(learner, part, tiny.CPU) != first
    learner.load_weights(kept)
    assert DECLARED[name].work.validate(learner, part, tiny.CPU) == first
    other = built(name, variant, seed=3)
    other.load_weights(kept)
    assert DECLARED[name].work.validate(other, part, tiny.CPU) == first


def measured(epochs: tuple[Epoch, ...]) -> list[dict[str, Any]]:
    """Everything but the time, exactly."""
    return [epoch.model_dump(exclude={"seconds"}) for epoch in epochs]


@pytest.mark.parametrize("settings", [{}, {"ema": 0.9, "dropout": 0.2, "lr_decay": 0.5}])
@every_variant
def test_two_epochs_and_one_after_a_pause_are_three(
    tmp_path: Path, name: str, variant: str, settings: dict[str, float]
) -> None:
    """Through a file, as when the process ended in between."""
    settings = {**SMALL, **settings}
    part, validation = part_of(DECLARED[name]), part_of(DECLARED[name], 60, seed=1)
    whole = built(name, variant, **settings)
    expected = measured(tuple(tiny.training(whole, part, validation, task=name)))

    first = built(name, variant, **settings)
    history = tuple(tiny.training(first, part, validation, task=name, epochs=2))
    folder = RunDir(tmp_path, "data/vib-0/seed-0")
    save_checkpoint(folder, Checkpoint(history, first.training_state(), first.weights()))

    saved = load_checkpoint(folder)
    assert saved is not None
    second = built(name, variant, seed=9, **settings)
    second.load_training_state(saved.state)
    rest = tuple(tiny.training(second, part, validation, task=name, history=saved.epochs))
    assert measured((*saved.epochs, *rest)) == expected
    found, wanted = second.training_state(), whole.training_state()
    assert found.keys() == wanted.keys()
    assert all(value.equal(found[key]) for key, value in wanted.items())
    assert all(value.dtype == found[key].dtype for key, value in wanted.items())


@every_variant
def test_the_state_itself_is_not_touched_by_what_is_trained_from_it(
    name: str, variant: str
) -> None:
    """A checkpoint in memory is a state of its own only once it was copied or written."""
    part = part_of(DECLARED[name])
    learner = trained(name, variant, epochs=1)
    state = {key: value.clone() for key, value in learner.training_state().items()}
    again = built(name, variant, seed=5)
    again.load_training_state({key: value.clone() for key, value in state.items()})
    found = again.training_state()
    assert all(value.equal(found[key]) for key, value in state.items())
    terms = tiny.step(learner, part, torch.Generator().manual_seed(1))
    assert tiny.step(again, part, torch.Generator().manual_seed(1)) == terms


@every_variant
def test_validation_measures_what_epochs_are_chosen_and_known_by(name: str, variant: str) -> None:
    task = DECLARED[name]
    found = task.work.validate(trained(name, variant), part_of(task), tiny.CPU)
    for alternatives in task.criteria.values():
        assert alternatives
        for criterion in alternatives:
            assert criterion.words
            assert criterion.keys
            for key, better in criterion.keys:
                assert key in found
                assert better in (1, -1)
        assert any(found[c.keys[0][0]] is not None for c in alternatives)
    assert any(found.get(key) is not None for key in task.headlines)
    assert set(task.headlines) <= set(found)
    if task.convergence is not None:
        assert found[task.convergence.key] is not None
        assert task.convergence.better in (1, -1)
    assert all(value is None or math.isfinite(value) for value in found.values())


@every_variant
@pytest.mark.parametrize("samples", [None, 3])
def test_evaluation_measures_everything_declared(
    name: str, variant: str, samples: int | None
) -> None:
    task = DECLARED[name]
    learner = trained(name, variant)
    part = part_of(task, 50, seed=2)
    found, outcome = task.work.evaluate(learner, part, tiny.CPU, samples, seed=3)
    declared = {*task.metrics, *task.quantities, *task.headlines}
    assert declared <= set(found)
    assert set(found) - set(task.metrics) == {"rows"}
    assert found["rows"] == 50
    assert found[task.primary] is not None or name == "autoencoding"
    assert any(found[key] is not None for key in task.headlines)
    assert all(value is None or math.isfinite(value) for value in found.values())
    watched = set(task.work.validate(learner, part, tiny.CPU))
    assert watched <= set(found)
    for key, shown in (task.metrics | task.headlines).items():
        assert isinstance(shown, Shown)
        if (value := found[key]) is not None:
            assert shown.form.format(value)
    noisy = resolve(variant, "tabular", {}, task).bottleneck == "gaussian"
    assert (found["rate_nats"] is not None) == noisy
    again, _ = task.work.evaluate(learner, part, tiny.CPU, samples, seed=3)
    assert again == found
    check_columns(outcome.columns(classes_of(task)), 50)


def check_columns(columns: dict[str, Any], rows: int) -> None:
    assert columns
    assert not {"split", "row", "label"} & set(columns)
    assert all(np.shape(values) == (rows,) for values in columns.values())
    for values in columns.values():
        assert values.dtype == object or (values.dtype == np.float64 and np.isfinite(values).all())


@every_variant
@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("samples", [0, 3])
def test_new_rows_are_predicted_without_labels(
    name: str, variant: str, samples: int, rows: int
) -> None:
    task = DECLARED[name]
    learner = trained(name, variant, epochs=1)
    part = part_of(task, 50, seed=2)
    x = part.x[:rows]
    names = classes_of(task)
    found = task.work.predict(learner, x, tiny.CPU, samples, 3, classes=names)
    check_columns(found, rows)
    again = task.work.predict(learner, x, tiny.CPU, samples, 3, classes=names)
    assert list(found) == list(again)
    assert all(np.array_equal(values, again[key]) for key, values in found.items())
    stored = task.work.evaluate(learner, part, tiny.CPU).outcome.columns(names)
    assert set(found) - set(stored) <= {"prediction"}  # what is new can be derived
    assert ("rate_nats" in found) == (learner.penalty is not None)


@every_task
def test_validation_and_evaluation_do_not_move_the_global_stream(task: Task) -> None:
    learner = trained(task.name, next(iter(task.variants)), epochs=1)
    part = part_of(task)
    before = torch.manual_seed(4).get_state()
    task.work.validate(learner, part, tiny.CPU)
    task.work.evaluate(learner, part, tiny.CPU, 2)
    task.work.predict(learner, part.x, tiny.CPU, 2, classes=classes_of(task))
    assert torch.get_rng_state().equal(before)


@every_task
def test_a_step_with_an_infinite_input_says_so_and_changes_nothing(task: Task) -> None:
    for variant in task.variants:
        learner = trained(task.name, variant, epochs=1)
        part = part_of(task, 20)
        batch = tiny.batch(part, learner)
        broken = batch.x.clone()
        broken[3, 2] = math.inf
        before = {key: value.clone() for key, value in learner.training_state().items()}
        terms = learner.step(Batch(broken, batch.y), torch.Generator().manual_seed(0))
        assert not all(map(math.isfinite, terms.values()))
        after = learner.training_state()
        assert all(value.equal(after[key]) for key, value in before.items())
