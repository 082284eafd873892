import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from vibcli import registry
from vibcli.errors import VibError
from vibcli.registry import (
    BOTTLENECKS,
    ENCODERS,
    LIKELIHOODS,
    PENALTIES,
    TASKS,
    Entry,
    ForKinds,
    Registry,
)

REGISTRIES = {name: value for name, value in vars(registry).items() if isinstance(value, Registry)}
ENTRIES = [(table, name) for table, found in REGISTRIES.items() for name in found]
KINDS = {"text", "image", "tabular"}


def imported(code: str) -> list[str]:
    """What a process of its own prints that runs ``code``."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_these_are_the_registries() -> None:
    assert {name: found.what for name, found in REGISTRIES.items()} == {
        "TASKS": "task",
        "ENCODERS": "encoder",
        "BOTTLENECKS": "bottleneck",
        "PENALTIES": "penalty",
        "LIKELIHOODS": "likelihood",
    }


@pytest.mark.parametrize(("table", "name"), ENTRIES)
def test_every_entry_loads_what_it_names(table: str, name: str) -> None:
    entry = REGISTRIES[table][name]
    module, _, attribute = entry.target.partition(":")
    found = entry.load()
    assert found is REGISTRIES[table].load(name) is vars(sys.modules[module])[attribute]
    if table == "TASKS":
        assert (found.name, found.predicts) == (name, entry.predicts)
        assert found.implementation.load() is found.work
    else:
        assert callable(found.from_config)


@pytest.mark.parametrize("table", REGISTRIES)
def test_no_two_names_are_of_one_thing(table: str) -> None:
    targets = [entry.target for entry in REGISTRIES[table].values()]
    assert len(set(targets)) == len(targets)


def test_tasks_are_told_apart_by_what_they_predict() -> None:
    # records on disk have these; they are never to be changed
    assert {name: entry.predicts for name, entry in TASKS.items()} == {
        "classification": None,
        "regression": "number",
        "autoencoding": "input",
    }


@pytest.mark.parametrize("found", [ENCODERS, LIKELIHOODS], ids=["encoders", "likelihoods"])
def test_each_kind_of_data_has_an_encoder_and_a_likelihood(found: Mapping[str, ForKinds]) -> None:
    assert {kind for entry in found.values() for kind in entry.kinds} == KINDS


@pytest.mark.parametrize("name", BOTTLENECKS)
def test_bottlenecks_are_what_their_entry_says(name: str) -> None:
    """Against the code that comes out of them."""
    import torch

    from vibcli.tasks.resolve import resolve

    entry = BOTTLENECKS[name]
    config = resolve("vib", "tabular", {"bottleneck": name, "latent": 5})
    layer = BOTTLENECKS.load(name).from_config(8, config)
    code = layer.encode(torch.ones(2, 8))
    assert layer.latent == (5 if entry.latent else 8)
    assert (code.sigma is not None) == (entry.sigma is not None)
    assert (code.rates() is not None) == (entry.sigma == "learnt")


@pytest.mark.parametrize(
    ("found", "name", "message"),
    [
        (TASKS, "clasification", "Unknown task 'clasification'. Did you mean 'classification'?"),
        (ENCODERS, "text_cnn", "Unknown encoder 'text_cnn'. Did you mean 'text-cnn'?"),
        (BOTTLENECKS, "gausian", "Unknown bottleneck 'gausian'. Did you mean 'gaussian'?"),
        (PENALTIES, "weighed", "Unknown penalty 'weighed'. Did you mean 'weighted'?"),
        (LIKELIHOODS, "bernouli", "Unknown likelihood 'bernouli'. Did you mean 'bernoulli'?"),
        (
            *(TASKS, "zzz"),
            "Unknown task 'zzz'. Choose one of: autoencoding, classification, regression.",
        ),
        (
            *(TASKS, ""),
            "Unknown task ''. Choose one of: autoencoding, classification, regression.",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest_or_all(
    found: Registry[Any], name: str, message: str
) -> None:
    for use in (found.load, found.check):
        with pytest.raises(VibError) as error:
            use(name)
        assert str(error.value) == message
        assert error.value.exit_code == 2
    assert name not in found
    assert found.get(name) is None
    with pytest.raises(KeyError):
        found[name]


@pytest.mark.parametrize(("table", "name"), ENTRIES)
def test_a_known_name_is_given_back(table: str, name: str) -> None:
    assert REGISTRIES[table].check(name) == name
    assert name in REGISTRIES[table]


def test_a_registry_keeps_the_order_and_its_own_entries() -> None:
    entries = {"b": Entry("json:dumps"), "a": Entry("json:loads")}
    found = Registry("thing", entries)
    entries["c"] = Entry("json:load")
    assert list(found) == ["b", "a"]
    assert len(found) == 2
    assert found.load("a")("[1]") == [1]


def test_an_entry_that_is_not_there_is_found_out_when_it_is_used() -> None:
    found = Registry("thing", {"a": Entry("vibcli.nowhere:A"), "b": Entry("json:nothing")})
    assert list(found) == ["a", "b"]
    with pytest.raises(ModuleNotFoundError, match=r"vibcli\.nowhere"):
        found.load("a")
    with pytest.raises(AttributeError, match="nothing"):
        found.load("b")


HEAVY = "{'torch', 'numpy', 'pandas', 'sklearn', 'scipy', 'pyarrow', 'matplotlib', 'pydantic'}"


def test_listing_what_there_is_imports_nothing() -> None:
    code = (
        "import sys; from vibcli import registry as r; "
        "[list(t.items()) for t in (r.TASKS, r.ENCODERS, r.BOTTLENECKS, r.PENALTIES)]; "
        "'mlp' in r.ENCODERS; r.ENCODERS.check('mlp'); "
        f"print({HEAVY} & set(sys.modules)); "
        "print([m for m in sys.modules if m.startswith('vibcli.')])"
    )
    assert imported(code) == ["set()", "['vibcli.errors',", "'vibcli.registry']"]


@pytest.mark.slow
def test_tasks_are_declared_without_the_part_that_computes() -> None:
    code = (
        "import sys; from vibcli.tasks.find import tasks; "
        "[(t.name, t.variants, t.pair, t.primary, t.settings.load()) for t in tasks()]; "
        "print({'torch', 'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)); "
        "next(iter(tasks())).work; print('torch' in sys.modules)"
    )
    assert imported(code) == ["set()", "True"]


@pytest.mark.slow
def test_a_likelihood_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys; from vibcli.registry import LIKELIHOODS; entry = LIKELIHOODS['gaussian']; "
        "print('torch' in sys.modules); entry.load(); print('torch' in sys.modules)"
    )
    assert imported(code) == ["False", "True"]
