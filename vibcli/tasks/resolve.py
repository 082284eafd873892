"""From a variant, a kind of data and what the user asked for to a whole config."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vibcli.config.data import Facts
from vibcli.config.kinds import KIND_DEFAULTS, Kind
from vibcli.config.record import RunConfig, checked, flag_of
from vibcli.config.training import LAST
from vibcli.data.catalog import suited
from vibcli.errors import VibError, suggestion
from vibcli.registry import ENCODERS
from vibcli.tasks.find import all_variants, having
from vibcli.tasks.task import Task


def defaults(task: Task, variant: str, kind: Kind, facts: Facts | None = None) -> dict[str, Any]:
    """The settings of a variant on data, where the user says nothing.

    Defaults come in layers: those of the kind of data, of these data as far as ``facts`` of them
    are known, of the task on that kind, of the variant.
    """
    own = task.variants[variant].settings
    return {
        **KIND_DEFAULTS[kind],
        **({} if facts is None else suited(facts)),
        **task.defaults.get(kind, {}),
        **own,
        "predicts": task.predicts,
    }


def resolve(
    variant: str,
    kind: Kind,
    overrides: Mapping[str, Any],
    task: Task | None = None,
    facts: Facts | None = None,
) -> RunConfig:
    """Lay the defaults, the variant's settings and the user's over each other.

    Without a ``task`` it is the first that has this variant; without ``facts`` of the data the
    defaults are those that suit any data of this kind.

    Raises:
        VibError: unknown variant, setting or encoder, an encoder that cannot read this kind of
            data, a criterion of another task, a value out of bounds, or a test split to be held
            out of data that have one.
    """
    task = task or having([variant])[0]
    values = defaults(task, variant, kind, facts) | dict(overrides)
    config = checked(RunConfig, values | {"kind": kind, "variant": variant})
    if config.predicts != task.predicts:
        raise VibError(f"'{variant}' is of {task.name}: 'predicts' is not to be set.")
    if facts is not None and facts.tested and config.test_split is not None:
        raise VibError(
            f"--test-split {config.test_split} does not apply: '{facts.dataset}' has a test split."
        )
    fitting = [name for name, encoder in ENCODERS.items() if kind in encoder.kinds]
    if config.encoder not in fitting:
        raise VibError(
            f"Encoder '{config.encoder}' does not read {kind} data. {suggestion('', fitting)}"
        )
    if task.completion is not None:
        config = task.completion.load()(config)
    if config.select not in (criteria := (*task.criteria, LAST)):
        raise VibError(
            f"--select {config.select} does not apply to '{variant}'. {suggestion('', criteria)}"
        )
    if config.has_effect("kernel") and config.kernel > config.tokens:
        raise VibError(f"--kernel is {config.kernel}, wider than the {config.tokens} --tokens.")
    return config


def meant_for(
    variant: str, variants: Iterable[str], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """The part of ``overrides`` that is meant for ``variant`` where ``variants`` are compared.

    A setting that is off unless a variant turns it on is the strength of that variant: with
    baseline and dropout compared, ``--dropout`` is for dropout, or baseline would become it.
    """
    known = all_variants()
    strengths = {
        name
        for other in variants
        for name in known[other].settings
        if RunConfig.model_fields[name].default is None
    }
    own = known[variant].settings
    return {k: v for k, v in overrides.items() if k not in strengths or k in own}


def without_effect(overrides: Iterable[str], configs: Iterable[RunConfig]) -> list[str]:
    """Flags among ``overrides`` that change nothing in any of ``configs``."""
    configs = list(configs)
    return [flag_of(k) for k in overrides if not any(c.has_effect(k) for c in configs)]


def check_name(name: str) -> str:
    """Return ``name`` if an experiment may be called so.

    Raises:
        VibError: a variant's name, or characters that do not belong in a file name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) or ".." in name:
        raise VibError(
            f"'{name}' cannot name an experiment: use letters, digits, '.', '_' and '-', "
            "at most 64 of them, starting with a letter or digit, without '..'."
        )
    if name in all_variants():
        raise VibError(f"'{name}' is the name of a variant; choose another one for --name.")
    return name
