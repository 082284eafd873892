"""What a task declares: data alone, which import neither PyTorch nor NumPy.

Everything outside this folder serves all tasks by what they declare here. The part that computes,
`vibcli.tasks.work.Work`, is named and loaded when it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from vibcli.registry import Entry

if TYPE_CHECKING:
    from vibcli.tasks.work import Work

Label = Literal["class", "number"]


ROWS = Entry("vibcli.tasks.experience:row_experience")


class Variant(NamedTuple):
    """A named way to train: what it is, and the settings that make it so."""

    description: str
    settings: dict[str, Any]


class Shown(NamedTuple):
    """How a number is shown to people: what it is called, and its form."""

    title: str
    form: str


class Criterion(NamedTuple):
    """By what an epoch is chosen: a metric of validation, the better one first.

    ``keys`` pairs metrics with 1 where more is better and with -1 where less is: between equals of
    the first the next one decides, because small validation parts often tie. ``rows`` are those
    that a validation part must have for the criterion to count.
    """

    words: str
    keys: tuple[tuple[str, int], ...]
    rows: int = 0


class Quantity(NamedTuple):
    """A metric of the test part that is compared.

    ``better``: whether more of it is better (1), less (-1), or neither (0). ``tested``: whether it
    has a p value. ``title``, ``lower``, ``higher`` and ``form`` are for the sentence on it: what it
    is called, what an experiment is whose value is lower or higher, and how a difference is
    written, with a sign; ``subject`` begins that sentence where the quantity is not the primary.
    """

    better: int
    tested: bool = False
    title: str = ""
    lower: str = ""
    higher: str = ""
    form: str = "{:+.2f}"
    subject: str = ""


class Margin(NamedTuple):
    """The difference of the primary quantity that would matter, where the user names none.

    ``share`` of how far the first experiment's mean is from the ``best`` value, which ``words`` say
    of it; users type it in a ``unit`` that is ``scale`` times the stored one.
    """

    share: float
    best: float
    words: str
    scale: float = 1.0
    unit: str = ""


class Convergence(NamedTuple):
    """The metric of validation whose way to a target is compared.

    ``better`` is 1 where it rises in training and -1 where it falls; ``scale``, ``digits`` and
    ``unit`` say how its area is shown, ``form`` how the target is; ``most`` is the highest target.
    """

    key: str
    better: int
    title: str
    form: str
    scale: float = 1.0
    digits: int = 2
    unit: str = ""
    most: float = float("inf")


class Column(NamedTuple):
    """A column of a comparison's table: of which quantity, and what of it.

    ``digits`` are those after the point; None: four significant ones, for any unit.
    ``what``: ``mean``, ``estimate`` (mean and half the interval), ``sd``, ``difference``, ``p``,
    ``improvement``; of the runs ``seeds``, ``paired seeds``, ``reached``; of what other test rows
    would change, ``rows``, and other seeds too, ``rows and seeds``.
    """

    title: str
    key: str = ""
    what: str = "estimate"
    scale: float = 1.0
    digits: int | None = 2


class ComparisonTable(NamedTuple):
    """One table of a comparison.

    It is left out where no row has one of ``needs`` (quantities, or ``rows``: what test rows say).
    ``others``: without the first experiment, which the others are compared to.
    """

    title: str
    columns: tuple[Column, ...]
    needs: tuple[str, ...] = ()
    others: bool = False


class Picture(NamedTuple):
    """A picture of experiments: what its file is called, and what draws it.

    ``draw`` takes a `vibcli.reporting.scene.Scene` and a path; ``of`` says what of the runs it
    shows: their ``records`` as they were compared, their ``epochs``, of a single run too, their
    saved ``predictions`` or their ``models``, which takes the data.
    """

    name: str
    title: str
    draw: Entry
    of: Literal["records", "epochs", "predictions", "models"]


@dataclass(frozen=True)
class Task:
    """What is learnt, declared.

    Attributes:
        name: as ``--task`` has it.
        predicts: what the records of its runs call it; never to be changed.
        label: how the label column has to be read; None: it may be either, for it only colours.
        variants: the ways to train.
        pair: the two variants that a new user should compare.
        defaults: by kind of data, over those that all tasks share.
        settings: loads its group of settings.
        criteria: what an epoch may be chosen by; each the criteria of which the first counts whose
            metric is known and whose validation part is large enough.
        headlines: the metrics that a run is known by, of which the first counts that is known.
        metrics: of a part of the data, as tables list them.
        least: the lowest that some of them can be. An estimate may fall below; records keep it,
            tables do not show it.
        quantities: what is compared of the test part; the first is the primary one.
        asides: the quantities that a verdict speaks of beside the one that decides.
        margin: of the primary quantity; None where equivalence is not judged.
        convergence: the metric whose way to a target is compared, if any.
        same: settings, and metrics of the test part, that must be equal for two runs to be
            compared, with what is to be said where they are not.
        screen: the columns of a comparison's first screen.
        tables: of a comparison in full.
        explained: what is said below them; see `vibcli.reporting.tables.comparison`.
        pictures: of a comparison, and of a single run.
        row_scores: loads what reads, from the saved predictions, whether a run is right on each
            row (`vibcli.tasks.row_scores`); None where the primary quantity is no share of rows.
        options: the options of `vib eval` that apply.
        implementation: loads the part that computes, `work`.
        experience: loads what makes, of a learner, the training part, a config, a seed and a
            device, the `vibcli.models.learner.Experience` of a training; by default rows.
        completion: loads what fills in settings that follow from others, and refuses those that do
            not fit each other.
    """

    name: str
    predicts: str | None
    label: Label | None
    variants: Mapping[str, Variant]
    pair: tuple[str, str]
    defaults: Mapping[str, Mapping[str, Any]]
    settings: Entry
    criteria: Mapping[str, tuple[Criterion, ...]]
    headlines: Mapping[str, Shown]
    metrics: Mapping[str, Shown]
    quantities: Mapping[str, Quantity]
    asides: tuple[str, ...]
    margin: Margin | None
    convergence: Convergence | None
    same: Mapping[tuple[str, ...], str]
    screen: tuple[Column, ...]
    tables: tuple[ComparisonTable, ...]
    explained: str
    pictures: tuple[Picture, ...]
    row_scores: Entry | None
    options: frozenset[str]
    implementation: Entry
    completion: Entry | None = None
    experience: Entry = ROWS
    least: Mapping[str, float] = field(default_factory=dict)

    @property
    def primary(self) -> str:
        """The quantity that decides a comparison."""
        return next(iter(self.quantities))

    @property
    def work(self) -> "Work[Any]":
        """The part that computes; it imports PyTorch."""
        work: Work[Any] = self.implementation.load()
        return work
