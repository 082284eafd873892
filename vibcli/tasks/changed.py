"""What was asked for to get a config: the settings that its variant does not have by itself."""

from typing import Any

from vibcli.config.data import DataSpec, Facts
from vibcli.config.record import RunConfig
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import resolve


def changed(config: RunConfig, facts: Facts | None = None) -> dict[str, Any]:
    """The fewest settings that make the variant's defaults on these data this config.

    None is a setting that is off though it is on by default. The data are not among them. A
    variant that this version does not have has no defaults: all settings are changed. ``facts`` of
    the data are those of `vibcli.tasks.resolve.resolve`.
    """
    task = task_of(config)
    if config.variant not in task.variants:
        return config.settings
    usual = resolve(config.variant, config.kind, {}, task, facts)
    found = {
        name: value
        for name, value in config.model_dump(mode="json").items()
        if name not in DataSpec.model_fields
        and config.has_effect(name)
        and getattr(config, name) != getattr(usual, name)
    }
    for name in list(found):  # what follows from others was not asked for
        rest = {k: v for k, v in found.items() if k != name}
        if resolve(config.variant, config.kind, rest, task, facts).settings == config.settings:
            found = rest
    return found
