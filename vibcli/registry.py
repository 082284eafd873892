"""What can be added to, in one place each: its name, what must be known of it, where it is.

An entry names its code as ``module:attribute``; nothing is imported before it is used, so that
listing what there is costs nothing. Data sets have their table in `vibcli.data.catalog`, commands
in `vibcli.cli.app`, and the variants of a task in the task's own folder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

from vibcli.errors import VibError, unknown


@dataclass(frozen=True)
class Entry:
    """Where something is loaded from: ``target`` is ``module:attribute``."""

    target: str

    def load(self) -> Any:
        """Import it, at the first call."""
        module, attribute = self.target.split(":")
        return getattr(import_module(module), attribute)


@dataclass(frozen=True)
class ForKinds(Entry):
    """Something that fits some kinds of data alone."""

    kinds: tuple[str, ...]


@dataclass(frozen=True)
class BottleneckEntry(Entry):
    """A bottleneck; ``sigma`` says where the deviation of its code comes from, None: no noise."""

    latent: bool = True  # has a width of its own
    sigma: str | None = None  # "fixed" or "learnt"; a learnt one has a rate


@dataclass(frozen=True)
class TaskEntry(Entry):
    """A task's declaration; ``predicts`` is what the records of its runs call it."""

    predicts: str | None


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E], Generic[E]):
    """Entries by name, in the order in which they are listed."""

    def __init__(self, what: str, entries: Mapping[str, E]) -> None:
        self.what = what
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> E:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def load(self, name: str) -> Any:
        """What the entry ``name`` stands for.

        Raises:
            VibError: there is none; the message suggests the nearest.
        """
        self.check(name)
        return self[name].load()

    def check(self, name: str) -> str:
        """Return ``name`` if there is such an entry.

        Raises:
            VibError: there is none.
        """
        if name not in self:
            raise VibError(unknown(self.what, name, self))
        return name


TASKS = Registry(
    "task",
    {
        "classification": TaskEntry("vibcli.tasks.classification.task:TASK", None),
        "regression": TaskEntry("vibcli.tasks.regression.task:TASK", "number"),
        "autoencoding": TaskEntry("vibcli.tasks.autoencoding.task:TASK", "input"),
    },
)

ENCODERS = Registry(
    "encoder",
    {
        "text-cnn": ForKinds("vibcli.models.networks.text_cnn:TextCNN", ("text",)),
        "bag-of-words": ForKinds("vibcli.models.networks.bag_of_words:BagOfWords", ("text",)),
        "mlp": ForKinds("vibcli.models.networks.mlp:MLP", ("image", "tabular")),
        "conv": ForKinds("vibcli.models.networks.conv:Conv", ("image",)),
    },
)

BOTTLENECKS = Registry(
    "bottleneck",
    {
        "none": BottleneckEntry("vibcli.models.bottlenecks:NoBottleneck", latent=False),
        "deterministic": BottleneckEntry("vibcli.models.bottlenecks:Deterministic"),
        "units": BottleneckEntry("vibcli.models.bottlenecks:Units"),
        "noisy": BottleneckEntry("vibcli.models.bottlenecks:Noisy", sigma="fixed"),
        "gaussian": BottleneckEntry("vibcli.models.bottlenecks:VIB", sigma="learnt"),
    },
)

PENALTIES = Registry(
    "penalty",
    {
        "weighted": Entry("vibcli.models.penalties:Weighted"),
        "threshold": Entry("vibcli.models.penalties:Threshold"),
        "adaptive": Entry("vibcli.models.penalties:Adaptive"),
    },
)

LIKELIHOODS = Registry(
    "likelihood",
    {
        "bernoulli": ForKinds("vibcli.models.likelihoods:Bernoulli", ("image",)),
        "gaussian": ForKinds("vibcli.models.likelihoods:Gaussian", ("image", "tabular")),
        "multinomial": ForKinds("vibcli.models.likelihoods:Multinomial", ("text",)),
    },
)
