"""Predict the class of a row: distortion = E[-log q(y|z)], y one of C classes."""

from vibcli.registry import Entry
from vibcli.tasks.learning_tables import EPOCHS, learning_tables
from vibcli.tasks.metrics import DISTORTION, RATES
from vibcli.tasks.pictures import DIFFERENCES, TERMS
from vibcli.tasks.task import (
    Column,
    ComparisonTable,
    Convergence,
    Criterion,
    Margin,
    Picture,
    Quantity,
    Shown,
    Task,
    Variant,
)
from vibcli.tasks.variants import SHARED_VARIANTS

# Of fewer rows one is worth more than a point of accuracy, and at 90% the standard error is above 3
# points: the highest of many epochs is then the luckiest one, and mostly a tie of early ones.
ENOUGH = 100
ACCURACY = Criterion(
    "highest validation accuracy", (("accuracy", 1), ("nll_nats", -1)), rows=ENOUGH
)
NLL = Criterion("lowest validation NLL", (("nll_nats", -1),))
INSTEAD = NLL._replace(words=f"{NLL.words} (too few rows for accuracy)")

EXPLAINED = """\
p: of accuracy the exact sign-flip test over seeds (of several experiments: with the largest t of
them all); of the {tests} secondary quantities (NLL, Brier, ECE, epochs, area) among themselves by
step-down max-T. ±: 95% interval. {sources}NLL and rate in nats. Epochs: until the smoothed
validation accuracy is at 99% of the run's own best, and at 99% of what both reach (common target);
a run that is never there counts as one more than the {epochs} looked at. Best epoch: of validation
accuracy; area: its mean over {epochs} epochs. --json has more: McNemar's test for each seed, all
intervals."""

TASK = Task(
    name="classification",
    predicts=None,
    label="class",
    variants=SHARED_VARIANTS
    | {
        "label-smoothing": Variant(
            "baseline with smoothed labels",
            {"bottleneck": "none", "label_smoothing": 0.1},
        ),
        "confidence-penalty": Variant(
            "baseline, distortion - weight * entropy of the prediction",
            {"bottleneck": "none", "confidence_penalty": 0.1},
        ),
    },
    pair=("baseline", "vib"),
    defaults={},
    settings=Entry("vibcli.tasks.classification.settings:ClassificationSettings"),
    criteria={"accuracy": (ACCURACY, INSTEAD), "nll": (NLL,)},
    headlines={"accuracy": Shown("accuracy", "{:.2%}")},
    metrics={
        "accuracy": Shown("accuracy", "{:.2%}"),
        "nll_nats": Shown("NLL", "{:.4f} nats"),
        "ece": Shown("ECE (15 bins)", "{:.4f}"),
        "ece_adaptive": Shown("adaptive ECE (15 bins)", "{:.4f}"),
        "brier": Shown("Brier score", "{:.4f}"),
        "macro_f1": Shown("macro F1", "{:.4f}"),
        "auroc": Shown("AUROC", "{:.4f}"),
        **DISTORTION,
        **RATES,
        "izy_lower_bound_nats": Shown("I(Z;Y) at least", "{:.4f} nats"),
    },
    least={"izy_lower_bound_nats": 0.0},
    quantities={
        "accuracy": Quantity(
            1, True, "test accuracy", "less accurate", "more accurate", "{:+.2f} points"
        ),
        "nll_nats": Quantity(
            -1, True, "NLL", "better", "worse", "{:+.3f} nats", "Its probabilities are"
        ),
        "brier": Quantity(-1, tested=True),
        "ece": Quantity(-1, tested=True),
        "ece_adaptive": Quantity(-1),
        "rate_nats": Quantity(0),
    },
    asides=("nll_nats",),
    margin=Margin(0.1, 1, "a tenth of {first}'s error", scale=100, unit="points"),
    convergence=Convergence("accuracy", 1, "accuracy", "{:.2%}", 100, 2, "%", most=1),
    same={},
    screen=(
        Column("test accuracy %", "accuracy", scale=100, digits=2),
        Column("NLL (nats)", "nll_nats", digits=3),
        Column("rate (nats)", "rate_nats", digits=1),
        EPOCHS,
    ),
    tables=(
        ComparisonTable(
            "",
            (
                Column("seeds", what="seeds"),
                Column("test accuracy %", "accuracy", "estimate", 100, 2),
                Column("sd", "accuracy", "sd", 100, 2),
                Column("difference %", "accuracy", "difference", 100, 2),
                Column("p", "accuracy", "p"),
            ),
        ),
        ComparisonTable(
            "bootstrap",
            (
                Column("seeds", what="paired seeds"),
                Column("other test rows", what="rows", scale=100),
                Column("other test rows and seeds", what="rows and seeds", scale=100),
                Column("better in", "accuracy", "improvement"),
            ),
            needs=("rows",),
            others=True,
        ),
        ComparisonTable(
            "",
            (
                Column("NLL", "nll_nats", "mean", 1, 3),
                Column("difference", "nll_nats", "difference", 1, 3),
                Column("Brier", "brier", "mean", 1, 3),
                Column("ECE", "ece", "mean", 1, 3),
                Column("adaptive", "ece_adaptive", "mean", 1, 3),
                Column("rate", "rate_nats", "mean", 1, 1),
            ),
        ),
        *learning_tables("area %", 100, 2),
    ),
    explained=EXPLAINED,
    pictures=(
        Picture("", "curves", Entry("vibcli.reporting.plots.curves:draw_curves"), "records"),
        DIFFERENCES,
        TERMS,
        Picture(
            "reliability",
            "reliability",
            Entry("vibcli.reporting.plots.reliability:draw_reliability"),
            "predictions",
        ),
        Picture(
            "confusion",
            "confusion matrix",
            Entry("vibcli.reporting.plots.confusion:draw_confusion"),
            "predictions",
        ),
    ),
    row_scores=Entry("vibcli.tasks.classification.saved_predictions:row_scores"),
    options=frozenset({"samples", "reliability", "pictures"}),
    implementation=Entry("vibcli.tasks.classification.work:WORK"),
)
