"""Predict the input itself: distortion = E[-log p(x|z)], the negative ELBO where lambda is 1."""

from vibcli.registry import Entry
from vibcli.tasks.metrics import DISTORTION, RATES
from vibcli.tasks.pictures import DIFFERENCES, TERMS
from vibcli.tasks.task import (
    Column,
    ComparisonTable,
    Criterion,
    Picture,
    Quantity,
    Shown,
    Task,
    Variant,
)

ELBO = Criterion("highest validation ELBO", (("elbo_nats", 1),))
LEAST_DISTORTION = Criterion("lowest validation distortion", (("distortion_nats", -1),))

EXPLAINED = """\
p: of the first quantity that all have (ELBO, weighted bound, reconstruction, samples) the exact
sign-flip test over seeds; of the {tests} others among themselves by step-down max-T. ±: 95%
interval. All per example of the test part. {draws}Reconstruction: -log p(x|z) at the mean of z,
lower is better. Samples from data: energy coefficient of decoded draws from N(0, I) and test rows,
0 where they are draws of one distribution, 1 at most. An ELBO needs a rate: without one there is
none. --json has more: squared error, best epoch, seconds, every interval."""


def _differences(title: str, key: str, digits: int, tested: bool = True) -> ComparisonTable:
    columns = (
        Column(title, key, "estimate", 1, digits),
        Column("difference", key, "difference", 1, digits),
        *([Column("p", key, "p")] if tested else []),
    )
    return ComparisonTable("", columns, needs=(key,))


TASK = Task(
    name="autoencoding",
    predicts="input",
    label=None,
    variants={
        "vae": Variant(
            "predicts the input itself: distortion + lambda * rate",
            {"bottleneck": "gaussian", "penalty": "weighted"},
        ),
        "vae-threshold": Variant(
            "vae, distortion + lambda * mean max(KL - beta, 0)",
            {"bottleneck": "gaussian", "penalty": "threshold", "lam": 10.0},
        ),
        "vae-adaptive": Variant(
            "vae, lambda adapts until the rate meets --rate-target",
            {"bottleneck": "gaussian", "penalty": "adaptive", "lam": 0.0, "select": "last"},
        ),
        "ae": Variant(
            "predicts the input itself: no noise, no rate",
            {"bottleneck": "deterministic"},
        ),
        "pm": Variant(
            "ae whose units hide from predictors (predictability minimization)",
            {"bottleneck": "units"},
        ),
    },
    pair=("ae", "vae"),
    defaults={
        "text": {
            "encoder": "bag-of-words",
            "widths": (512,),
            "latent": 50,
            "lam": 1.0,
            "batch_size": 100,
            "epochs": 20,
            "select": "elbo",
            "likelihood": "multinomial",
        },
        "image": {
            "widths": (512, 256),
            "latent": 20,
            "lam": 1.0,
            "epochs": 30,
            # said here too, for what suits classifiers of a data set does not suit these
            "test": 0.2,
            "batch_size": 100,
            "lr": 1e-3,
            "lr_decay": 1.0,
            "select": "elbo",
            "likelihood": "bernoulli",
        },
        "tabular": {"latent": 8, "lam": 1.0, "select": "elbo", "likelihood": "gaussian"},
    },
    settings=Entry("vibcli.tasks.autoencoding.settings:AutoencodingSettings"),
    criteria={"elbo": (ELBO, LEAST_DISTORTION)},
    headlines={
        "elbo_nats": Shown("ELBO", "{:.2f} nats"),
        "distortion_nats": Shown("distortion", "{:.2f} nats"),
    },
    metrics={
        "elbo_nats": Shown("ELBO", "{:.3f} nats"),
        "iwae_nats": Shown("importance-weighted bound", "{:.3f} nats"),
        "iw_samples": Shown("... with draws of z", "{:.0f}"),
        **DISTORTION,
        "distortion_at_mean_nats": Shown("distortion at the mean of z", "{:.4f} nats"),
        "squared_error": Shown("mean squared error there", "{:.5f}"),
        "perplexity": Shown("perplexity at most, per word", "{:.1f}"),
        **RATES,
        "active_units": Shown("active units", "{:.0f}"),
        "sample_energy": Shown("prior samples from data (0 to 1)", "{:.4f}"),
    },
    quantities={
        "elbo_nats": Quantity(1, True, "ELBO", "lower", "higher", "{:+.2f} nats"),
        "iwae_nats": Quantity(
            1,
            True,
            "weighted bound",
            "lower",
            "higher",
            "{:+.2f} nats",
            "Its bound on log p(x) is",
        ),
        "distortion_at_mean_nats": Quantity(
            -1, True, "reconstruction", "better", "worse", "{:+.2f} nats", "Its reconstruction is"
        ),
        "sample_energy": Quantity(
            -1,
            True,
            "distance to the data",
            "nearer",
            "farther",
            "{:+.4f}",
            "Its samples are",
        ),
        "squared_error": Quantity(-1),
        "perplexity": Quantity(-1),
        "rate_nats": Quantity(0),
        "active_units": Quantity(0),
    },
    asides=("distortion_at_mean_nats", "sample_energy", "iwae_nats"),
    margin=None,
    convergence=None,
    same={
        ("likelihood", "binarise"): "Nats of different likelihoods cannot be compared: {values}.",
        ("iw_samples",): "Importance-weighted bounds of {values} draws cannot be compared. "
        "Evaluate all runs alike: --iw-samples {greatest}",
        ("tokens", "vocabulary"): "Texts of different --tokens or --vocabulary hold different "
        "words.",
    },
    screen=(
        Column("ELBO (nats)", "elbo_nats"),
        Column("reconstruction", "distortion_at_mean_nats"),
        Column("samples off", "sample_energy", digits=3),
        Column("rate (nats)", "rate_nats", digits=1),
    ),
    tables=(
        ComparisonTable(
            "",
            (
                Column("seeds", what="seeds"),
                Column("ELBO (nats)", "elbo_nats"),
                Column("weighted bound", "iwae_nats"),
                Column("rate (nats)", "rate_nats"),
                Column("active units", "active_units", "estimate", 1, 1),
            ),
        ),
        _differences("reconstruction (nats)", "distortion_at_mean_nats", 2),
        _differences("samples from data", "sample_energy", 4),
        _differences("ELBO (nats)", "elbo_nats", 2),
        _differences("weighted bound (nats)", "iwae_nats", 2),
        _differences("perplexity", "perplexity", 1, tested=False),
    ),
    explained=EXPLAINED,
    pictures=(
        DIFFERENCES,
        TERMS,
        Picture(
            "plane",
            "plane of the latent",
            Entry("vibcli.reporting.plots.gallery:draw_planes"),
            "models",
        ),
        Picture(
            "reconstructions",
            "reconstructions",
            Entry("vibcli.reporting.plots.gallery:draw_reconstructions"),
            "models",
        ),
        Picture(
            "samples",
            "samples",
            Entry("vibcli.reporting.plots.gallery:draw_samples"),
            "models",
        ),
    ),
    row_scores=None,
    options=frozenset({"iw_samples", "pictures"}),
    implementation=Entry("vibcli.tasks.autoencoding.work:WORK"),
    completion=Entry("vibcli.tasks.autoencoding.settings:complete"),
)
