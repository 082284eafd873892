import json
from pathlib import Path
from typing import Any

import pytest

from vibcli.config.data import Facts
from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.errors import VibError
from vibcli.store.records import Run
from vibcli.tasks.changed import changed
from vibcli.tasks.find import task_of, tasks
from vibcli.tasks.resolve import resolve

RESULTS = Path(__file__).resolve().parents[2] / "results"
RECORDS = {path.parents[1]: path for path in sorted(RESULTS.glob("*/*/seed-*/run.json"))}


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
@pytest.mark.parametrize("task", list(tasks()), ids=lambda task: task.name)
def test_a_variant_by_itself_is_unchanged(task: Any, kind: Any) -> None:
    tried = 0
    for name in task.variants:
        try:
            config = resolve(name, kind, {}, task)
        except VibError:
            continue  # not for this kind of data
        assert changed(config) == {}
        tried += 1
    assert tried


@pytest.mark.parametrize(
    ("variant", "asked"),
    [
        ("vib", {"lam": 0.3}),
        ("vib", {"widths": [8], "latent": 4, "epochs": 3}),
        ("baseline", {"encoder": "conv", "channels": [4], "lr": 1e-5}),
        ("dropout", {"dropout": None}),  # off, though the variant has it on
        ("vib-adaptive", {"rate_target": 2.0, "lam": 0.1}),
        ("vae", {"widths": [8, 4]}),  # the widths of the decoder follow
        ("vae", {"binarise": "dynamic"}),
    ],
)
def test_what_was_asked_for_is_found_and_nothing_that_follows(
    variant: str, asked: dict[str, Any]
) -> None:
    assert changed(resolve(variant, "image", asked)) == asked


def test_defaults_that_are_asked_for_are_none() -> None:
    assert changed(resolve("vib", "image", {"lam": 1e-3, "epochs": 10})) == {}


@pytest.mark.parametrize("path", RECORDS.values(), ids=[folder.name for folder in RECORDS])
def test_what_was_recorded_is_made_again(path: Path) -> None:
    """The settings of published runs, whose digests are in their names."""
    run = Run.model_validate(json.loads(path.read_text(encoding="utf-8")))
    config = run.config
    facts = Facts.of(config.dataset, run.data.notes)
    made = resolve(config.variant, config.kind, changed(config, facts), task_of(config), facts)
    assert f"{run.name}-{made.digest(run.data.fingerprint)}" == run.experiment


def test_defaults_of_the_data_are_not_changed() -> None:
    facts = Facts("wine", tested=False)
    usual = resolve("vib", "tabular", {}, facts=facts)
    assert usual.test_split == "by-seed"
    assert changed(usual, facts) == {}
    assert changed(resolve("vib", "tabular", {}), facts) == {"test_split": None}


def test_a_variant_of_another_version_has_no_defaults() -> None:
    config = resolve("vib", "image", {}).model_copy(update={"variant": "of-the-future"})
    assert changed(config) == config.settings
