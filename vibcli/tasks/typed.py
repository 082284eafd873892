"""What is to be typed for settings: the flags that differ from what a variant has by itself."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vibcli.config.data import Facts
from vibcli.config.record import RunConfig, flag_of
from vibcli.data.catalog import CATALOG
from vibcli.tasks.find import task_of, tasks
from vibcli.tasks.resolve import resolve

if TYPE_CHECKING:
    from vibcli.store.records import Run

NEVER = frozenset(
    ("variant", "predicts", "bottleneck", "penalty", "kind", "dataset")
)  # no flags of their own
OFF = {"test_split": "fixed"}


def typed(config: RunConfig, facts: Facts) -> dict[str, Any]:
    """The settings of a run that its variant does not have by itself on its data, as typed.

    One that is off where the variant has it on has its own word for that, or is 0.
    """
    usual = resolve(config.variant, config.kind, {}, task_of(config), facts)
    found = {}
    for name in RunConfig.model_fields:
        value = getattr(config, name)
        if name not in NEVER and config.has_effect(name) and value != getattr(usual, name):
            found[name] = OFF.get(name, 0) if value is None else value
    return found


def flags(settings: Mapping[str, Any]) -> Iterator[str]:
    """Settings as words of a command line."""
    for name, value in settings.items():
        separate = name == "inputs"
        values = value if separate and isinstance(value, (list, tuple)) else [value]
        for one in values:
            text = ",".join(map(str, one)) if isinstance(one, (list, tuple)) else str(one)
            yield from (flag_of(name), text)


def train_words(run: "Run") -> list[str]:
    """The command that makes a run again."""
    config = run.config
    facts = Facts.of(config.dataset, run.data.notes)
    words = ["vib", "train", "--variant", config.variant]
    if run.name != config.variant:
        words += ["--name", run.name]
    task = task_of(config)
    several = sum(config.variant in other.variants for other in tasks()) > 1
    if config.dataset not in CATALOG:  # its columns might be read otherwise
        words += ["--task", task.name] if several else []
        words += ["--kind", config.kind]
    words[2:2] = ["--dataset", config.dataset]
    return [*words, *flags(typed(config, facts)), "--seed", str(run.seed)]
