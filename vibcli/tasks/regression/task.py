"""Predict a number: distortion = E[-log N(y; mean(z), deviation^2)], in the label's own unit."""

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
)
from vibcli.tasks.variants import SHARED_VARIANTS

RMSE = Criterion("lowest validation RMSE", (("rmse", -1), ("nll_nats", -1)))
NLL = Criterion("lowest validation NLL", (("nll_nats", -1),))

EXPLAINED = """\
p: of the RMSE the exact sign-flip test over seeds (of several experiments: with the largest t of
all of them); of the {tests} secondary quantities (MAE, NLL, CRPS, epochs, area) among themselves by
step-down max-T. ±: 95% interval. RMSE, MAE and CRPS are in the label's own unit, NLL and rate in
nats; coverage: share of labels inside the central 90% interval. Epochs: until the smoothed
validation RMSE is within a hundredth of the run's own best, and of what both reach (common target);
a run that is never there counts as one more than the {epochs} looked at. Best epoch: of validation
RMSE; area: its mean over {epochs} epochs. --json has all intervals."""

TASK = Task(
    name="regression",
    predicts="number",
    label="number",
    variants=SHARED_VARIANTS,
    pair=("baseline", "vib"),
    defaults={kind: {"select": "rmse"} for kind in ("text", "image", "tabular")},
    settings=Entry("vibcli.tasks.regression.settings:RegressionSettings"),
    criteria={"rmse": (RMSE,), "nll": (NLL,)},
    headlines={"rmse": Shown("RMSE", "{:.4g}")},
    metrics={
        "rmse": Shown("RMSE", "{:.4g}"),
        "mae": Shown("MAE", "{:.4g}"),
        "r2": Shown("R²", "{:.4f}"),
        "nll_nats": Shown("NLL", "{:.4f} nats"),
        "crps": Shown("CRPS", "{:.4g}"),
        "coverage_90": Shown("inside the 90% interval", "{:.1%}"),
        **DISTORTION,
        **RATES,
    },
    quantities={
        "rmse": Quantity(-1, True, "test RMSE", "more accurate", "less accurate", "{:+.4g}"),
        "mae": Quantity(-1, tested=True),
        "r2": Quantity(1),
        "nll_nats": Quantity(
            -1, True, "NLL", "better", "worse", "{:+.3f} nats", "Its predictive distribution is"
        ),
        "crps": Quantity(-1, tested=True),
        "coverage_90": Quantity(0),
        "rate_nats": Quantity(0),
    },
    asides=("nll_nats",),
    margin=Margin(0.02, 0, "a fiftieth of {first}'s RMSE"),
    convergence=Convergence("rmse", -1, "RMSE", "{:.4g}", 1, 4),
    same={},
    screen=(
        Column("test RMSE", "rmse", digits=None),
        Column("NLL (nats)", "nll_nats", digits=3),
        Column("rate (nats)", "rate_nats", digits=1),
        EPOCHS,
    ),
    tables=(
        ComparisonTable(
            "",
            (
                Column("seeds", what="seeds"),
                Column("test RMSE", "rmse", "estimate", 1, None),
                Column("sd", "rmse", "sd", 1, None),
                Column("difference", "rmse", "difference", 1, None),
                Column("p", "rmse", "p"),
            ),
        ),
        ComparisonTable(
            "",
            (
                Column("MAE", "mae", "mean", 1, None),
                Column("R²", "r2", "mean", 1, 3),
                Column("NLL", "nll_nats", "mean", 1, 3),
                Column("CRPS", "crps", "mean", 1, None),
                Column("in 90%", "coverage_90", "mean", 100, 1),
                Column("rate", "rate_nats", "mean", 1, 2),
            ),
        ),
        ComparisonTable(
            "difference",
            (
                Column("MAE", "mae", "difference", 1, None),
                Column("NLL", "nll_nats", "difference", 1, 3),
            ),
            others=True,
        ),
        *learning_tables("area", 1, None),
    ),
    explained=EXPLAINED,
    pictures=(
        Picture("", "curves", Entry("vibcli.reporting.plots.curves:draw_curves"), "records"),
        DIFFERENCES,
        TERMS,
        Picture(
            "predicted",
            "predicted against true",
            Entry("vibcli.reporting.plots.regression:draw_predicted"),
            "predictions",
        ),
        Picture(
            "calibration",
            "calibration of intervals",
            Entry("vibcli.reporting.plots.regression:draw_calibration"),
            "predictions",
        ),
    ),
    row_scores=None,
    options=frozenset({"samples", "pictures"}),
    implementation=Entry("vibcli.tasks.regression.work:WORK"),
)
