"""A publication's experiments as data: what was done, what was claimed, and where it says so.

A recipe is a TOML file. Its settings have the names of the flags of `vib train` (``batch-size``),
and its numbers the units of the publication: shares in percent, losses in nats.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vibcli.config.data import DataSpec, Facts
from vibcli.config.kinds import Kind
from vibcli.config.record import RunConfig, called, validate
from vibcli.data.catalog import CATALOG
from vibcli.errors import VibError, unknown
from vibcli.files import read_toml
from vibcli.recipes.measures import MEASURES
from vibcli.recipes.packaged import packaged, recipe_file
from vibcli.registry import TASKS
from vibcli.tasks.find import all_variants, having
from vibcli.tasks.resolve import check_name, resolve
from vibcli.tasks.task import Task

PART = r"^[a-z0-9]+(-[a-z0-9]+)*$"  # no dots: they separate the parts of an experiment's name
SETTINGS = {
    called(name): name
    for name in RunConfig.model_fields
    if name != "variant" and name not in DataSpec.model_fields
}


class RecipePart(BaseModel):
    """Base of what a recipe is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Publication(RecipePart):
    """Where the claims come from."""

    authors: str
    title: str
    year: int
    venue: str
    url: str


class Protocol(RecipePart):
    """A way to train, select and test that all experiments follow."""

    description: str
    settings: dict[str, Any] = {}


class Experiment(RecipePart):
    """A variant and what it is set to, whatever the protocol.

    ``recipe`` names another recipe that has this experiment, in all its settings: the runs are
    shared. Runs that are not the same are not found under its name, and are trained.
    """

    variant: str
    settings: dict[str, Any] = {}
    recipe: str | None = None


class Claim(RecipePart):
    """What a publication says of an experiment, or of its difference to another one.

    Either a ``value``, a bound (``at_least``, ``at_most``), or, ``against`` another experiment,
    none of these: then the claim is that the experiment is better. A difference is experiment
    minus the other one.

    ``resolution`` is the difference that a value is claimed for, ``margin`` the least gain that
    would count as better, both in the measure's unit.
    """

    experiment: str
    measure: str
    value: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    against: str | None = None
    samples: int = Field(0, ge=0)  # draws of z in evaluation; 0 predicts from the mean
    resolution: float | None = Field(None, gt=0)
    margin: float | None = Field(None, gt=0)
    late: bool = False  # the margin was set when results were known
    source: str

    @property
    def is_of_better(self) -> bool:
        """Whether the claim is that one experiment is better than another, by whatever amount."""
        return all(x is None for x in (self.value, self.at_least, self.at_most))

    @model_validator(mode="after")
    def _one_claim(self) -> Self:
        given = sum(x is not None for x in (self.value, self.at_least, self.at_most))
        if given > 1 or (not given and self.against is None):
            raise ValueError("give one of value, at_least and at_most, or against alone")
        if self.resolution is not None and self.value is None:
            raise ValueError("resolution belongs to a value")
        if self.margin is not None and given:
            raise ValueError("margin belongs to against alone")
        if self.value is not None and self.resolution is None and not (self.against and self.value):
            raise ValueError("a value needs a resolution: the difference that it is claimed for")
        return self


class Recipe(RecipePart):
    """A publication, how its experiments are done again, and its claims."""

    name: str
    title: str
    publication: Publication
    data: DataSpec
    task: str | None = None  # where several tasks have the variants
    seeds: int = Field(ge=1)
    samples: tuple[int, ...] = ()  # evaluate with so many draws of z too
    settings: dict[str, Any] = {}
    protocols: dict[str, Protocol] = Field(min_length=1)
    experiments: dict[str, Experiment] = Field(min_length=1)
    claims: tuple[Claim, ...] = Field(min_length=1)

    def run_name(self, protocol: str, experiment: str) -> str:
        """What the runs of an experiment are called: ``su2018-imdb.published.vib``."""
        return f"{self.experiments[experiment].recipe or self.name}.{protocol}.{experiment}"

    def overrides(self, protocol: str, experiment: str) -> dict[str, Any]:
        """All settings of an experiment: those of its own beat the protocol's, then the recipe's.

        Raises:
            VibError: a setting is unknown.
        """
        layers = (
            self.settings,
            self.protocols[protocol].settings,
            self.experiments[experiment].settings,
        )
        typed = {key: value for layer in layers for key, value in layer.items()}
        if strange := [key for key in typed if key not in SETTINGS]:
            raise VibError("\n".join(unknown("setting", key, SETTINGS) for key in strange))
        data = self.data.model_dump(exclude_none=True, exclude={"kind"})
        return data | {SETTINGS[key]: value for key, value in typed.items()}

    def config(
        self, protocol: str, experiment: str, kind: Kind, notes: Iterable[str] | None = None
    ) -> RunConfig:
        """The experiment's settings on data of this kind, of which this is noted if it is known."""
        variant = self.experiments[experiment].variant
        facts = None if notes is None else Facts.of(self.data.dataset, notes)
        return resolve(variant, kind, self.overrides(protocol, experiment), self.the_task, facts)

    @property
    def the_task(self) -> Task:
        """What its experiments learn: the task that is named, or the first that has all variants.

        Raises:
            VibError: no task has.
        """
        variants = [experiment.variant for experiment in self.experiments.values()]
        return having(variants, self.task)[0]

    @property
    def kind(self) -> Kind | None:
        """Kind of the data, where it is known without reading them."""
        entry = CATALOG.get(self.data.dataset)
        return self.data.kind or (entry.kind if entry else None)

    def watches_test(self, protocol: str) -> bool:
        """Whether an experiment of this protocol looks at the test split while it trains."""
        return any(self.overrides(protocol, name).get("watch") for name in self.experiments)


def load_recipe(name: str) -> Recipe:
    """Read a recipe: one of the package's by name, or a file by a path that ends in .toml.

    Raises:
        VibError: there is none, or it is wrong; names the file and the key.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if name not in packaged():
            raise VibError(f"{unknown('recipe', name, packaged())} Or give a path to a .toml file.")
        path = recipe_file(name)
    content = read_toml(path)
    try:
        recipe = Recipe.model_validate({**content, "name": path.stem})
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise VibError("\n".join(lines)) from None
    for key, problem in _problems(recipe):
        raise VibError(f"{path}: {key}: {problem}")
    return recipe


def _problems(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Keys whose values do not fit the rest of the recipe, and why."""
    yield from _bad_names("protocols", recipe.protocols)
    yield from _bad_names("experiments", recipe.experiments)
    if recipe.task is not None and recipe.task not in TASKS:
        yield "task", unknown("task", recipe.task, TASKS)
    known = all_variants()
    for name, experiment in recipe.experiments.items():
        if experiment.variant not in known:
            yield f"experiments.{name}.variant", unknown("variant", experiment.variant, known)
    for index, claim in enumerate(recipe.claims):
        key = f"claims.{index}"
        for part in ("experiment", "against"):
            named = getattr(claim, part)
            if named is not None and named not in recipe.experiments:
                yield f"{key}.{part}", unknown("experiment", named, recipe.experiments)
        if claim.measure not in MEASURES:
            yield f"{key}.measure", unknown("measure", claim.measure, MEASURES)
        if claim.samples not in (0, *recipe.samples):
            yield f"{key}.samples", f"{claim.samples} is not among the recipe's samples"
    for protocol in recipe.protocols:
        for name in recipe.experiments:
            try:
                check_name(recipe.run_name(protocol, name))
                if recipe.kind is None:
                    validate(recipe.overrides(protocol, name))
                else:
                    recipe.config(protocol, name, recipe.kind)
            except VibError as error:
                yield f"protocols.{protocol} with experiments.{name}", str(error)
        lengths = {recipe.overrides(protocol, name).get("epochs") for name in recipe.experiments}
        if len(lengths) > 1 and any(claim.measure == "epochs" for claim in recipe.claims):
            yield f"protocols.{protocol}", "claims on epochs need experiments of equal length"


def _bad_names(key: str, named: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in named:
        if not re.fullmatch(PART, name):
            yield f"{key}.{name}", "use small letters, digits and single '-'"
