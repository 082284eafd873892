"""What a run is made of: one frozen, validated record, flat, from groups of settings.

The groups that all tasks share are beside this file; each task adds its own, which the registry
says where to find. A setting may have no effect in a run (a baseline has no lambda); it is then
left out of what identifies the run.
"""

import hashlib
import json
import reprlib
from collections.abc import Collection, Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from vibcli.config.bottleneck import BottleneckSettings
from vibcli.config.data import DataAddress, DataSettings, DataSpec
from vibcli.config.fields import Group
from vibcli.config.model import ModelSettings
from vibcli.config.training import RegulariserSettings, TrainingSettings
from vibcli.errors import VibError, unknown
from vibcli.registry import TASKS

G = TypeVar("G", bound=Group)


class SharedConfig(
    TrainingSettings, RegulariserSettings, BottleneckSettings, ModelSettings, DataSettings
):
    """Everything that decides a run's numbers, whatever the task, but the seed."""

    def group(self, kind: type[G]) -> G:
        """The same settings, as those of a task's group.

        >>> from vibcli.tasks.classification.settings import ClassificationSettings
        >>> RunConfig(kind="text").group(ClassificationSettings).label_smoothing
        """
        assert isinstance(self, kind)
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What the user may compare: all but the data's address, without what has no effect."""
        address = set(DataAddress.model_fields)
        values = self.model_dump(mode="json", exclude=address, exclude_none=True)
        return {name: value for name, value in values.items() if self.has_effect(name)}

    def digest(self, fingerprint: str) -> str:
        """Eight hex digits that name this experiment on data of this fingerprint."""
        settings = {k: v for k, v in self.settings.items() if k != "variant"}
        text = json.dumps({"data": fingerprint, **settings}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def has_effect(self, name: str) -> bool:
        """Whether the setting ``name`` changes anything in this run."""
        return all(
            getattr(self, other) in values and self.has_effect(other)
            for other, values in needs(name).items()
        )


if TYPE_CHECKING:
    RunConfig = SharedConfig  # those of the tasks are had by `group`
else:

    class RunConfig(*(entry.load().settings.load() for entry in TASKS.values()), SharedConfig):
        """Everything that decides a run's numbers, but the seed."""


def needs(name: str) -> dict[str, Container[str | None]]:
    """Which other settings must have which values for the setting ``name`` to have an effect."""
    return declared(name)["needs"]  # type: ignore[no-any-return]


def choices(name: str) -> Collection[str]:
    """The names that the setting ``name`` may have; empty where it is no name of a table."""
    found = declared(name)["choices"]
    return found() if callable(found) else found  # type: ignore[no-any-return]


def declared(name: str) -> dict[str, Any]:
    """What `vibcli.config.fields.setting` recorded of the setting ``name``."""
    extra = RunConfig.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def flag_of(name: str) -> str:
    """Command-line flag of a setting: ``batch_size`` -> ``--batch-size``."""
    return declared(name)["flag"] or "--" + name.replace("_", "-")


def called(name: str) -> str:
    """A setting as its flag names it, without the dashes: ``lam`` -> ``lambda``."""
    return flag_of(name).removeprefix("--")


def checked(model: type[G], values: Mapping[str, Any]) -> G:
    """Settings from plain values.

    Raises:
        VibError: naming the flag, the value and what was expected, or a setting that is unknown.
    """
    if strange := [name for name in values if name not in model.model_fields]:
        raise VibError("\n".join(unknown("setting", n, model.model_fields) for n in strange))
    try:
        found = model.model_validate(dict(values))
    except ValidationError as error:
        lines = [
            f"{flag_of(str(e['loc'][0]))} is {reprlib.repr(e['input'])}: "
            f"{e['msg'][0].lower()}{e['msg'][1:]}."
            for e in error.errors()
        ]
        raise VibError("\n".join(lines)) from None
    check_names(found, values)
    return found


def check_names(group: Group, settings: Iterable[str]) -> None:
    """Refuse a name that is in none of our tables.

    Raises:
        VibError: one of these settings of ``group`` has such a name; suggests the nearest.
    """
    for name in settings:
        value = getattr(group, name)
        if value is not None and (known := choices(name)) and value not in known:
            raise VibError(unknown(called(name), value, known))


def validate(overrides: Mapping[str, Any]) -> DataSpec:
    """Check what the user asked for before any data are read; return the part about data.

    Raises:
        VibError: as `checked`.
    """
    checked(RunConfig, {"kind": "text", **overrides})
    return checked(DataSpec, {k: v for k, v in overrides.items() if k in DataSpec.model_fields})
