import shutil
from pathlib import Path

import pytest
from recorded import run
from small import Vib

from vibcli.config.data import Facts
from vibcli.config.record import RunConfig
from vibcli.store.listing import listing
from vibcli.tasks.resolve import resolve
from vibcli.tasks.typed import flags, train_words, typed

FACTS = Facts("wine", tested=False)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"epochs": 3, "widths": (8, 4), "lam": 0.25},
        {"dropout": 0.5, "label": "other", "inputs": ("a", "b")},
        {"lr": 1e-5, "select": "last", "patience": 4, "train_rows": 20},
    ],
)
def test_what_is_typed_makes_the_same_settings(settings: dict[str, object]) -> None:
    config = resolve("vib", "tabular", settings, None, FACTS)
    found = resolve("vib", "tabular", typed(config, FACTS), None, FACTS)
    assert found.digest("f00d") == config.digest("f00d")
    assert (found.label, found.inputs) == (config.label, config.inputs)
    assert typed(config, FACTS).keys() <= settings.keys()


def test_what_is_switched_off_is_typed_as_zero() -> None:
    off = {"dropout": 0, "test_split": "fixed"}
    config = resolve("dropout", "tabular", off, None, FACTS)
    assert (config.dropout, config.test_split) == (None, None)
    assert typed(config, FACTS) == off
    assert resolve("dropout", "tabular", {"test_split": "by-seed"}, None, FACTS) == resolve(
        "dropout", "tabular", {}, None, FACTS
    )


def test_settings_become_words() -> None:
    settings = {"widths": (8, 4), "inputs": ("a b", "c"), "lam": 0.1, "data_config": "x"}
    assert list(flags(settings)) == [
        *("--widths", "8,4", "--input", "a b", "--input", "c"),
        *("--lambda", "0.1", "--config", "x"),
    ]
    assert set(settings) <= set(RunConfig.model_fields)


def test_a_run_of_named_data_needs_no_more_than_what_differs() -> None:
    assert train_words(run("vib", 3, epochs=7)) == [
        *("vib", "train", "--dataset", "wine", "--variant", "vib"),
        *("--epochs", "7", "--seed", "3"),
    ]
    named = train_words(run("mine", epochs=2))
    assert named[4:8] == ["--variant", "vib", "--name", "mine"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", ["finished_runs", "finished_autoencoders", "finished_regressions"]
)
def test_the_command_of_each_run_finds_the_run(
    folder: str, request: pytest.FixtureRequest, vib: Vib, tmp_path: Path
) -> None:
    results = Path(shutil.copytree(request.getfixturevalue(folder), tmp_path / "results"))
    runs = listing(results).runs
    assert runs
    for one in runs:
        found = vib(*train_words(one)[1:], "--results", results)
        assert "1 of 1 runs were trained before" in found.stderr
        assert one.id in found.stdout
    assert {r.id for r in listing(results).runs} == {r.id for r in runs}
