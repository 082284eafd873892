from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import RunConfig
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.learner import Batch
from vibcli.models.penalties import Adaptive, Threshold, Weighted
from vibcli.registry import ENCODERS, TASKS
from vibcli.tasks.find import task_of, tasks
from vibcli.tasks.resolve import resolve

VARIANTS = {(task.name, name): v for task in tasks() for name, v in task.variants.items()}
SHAPES = {"text": (40,), "image": (1, 8, 8), "tabular": (6,)}
CASES = [
    (task, variant, encoder, kind)
    for (task, variant), (encoder, entry) in product(VARIANTS, ENCODERS.items())
    for kind in entry.kinds
]
READ = [(encoder, kind) for encoder, entry in ENCODERS.items() for kind in entry.kinds]
SMALL = {"vocabulary": 30, "tokens": 40, "widths": (16,), "channels": (4,), "latent": 5}
ESSAY = {"vocabulary": 5000, "embedding": 50, "filters": 250, "kernel": 3, "latent": 128}


def built(config: RunConfig, seed: int = 0, classes: int = 3) -> BottleneckLearner:
    return build(config, SHAPES[config.kind], classes, seed)


def build(
    config: RunConfig, shape: tuple[int, ...], classes: int, seed: int = 0
) -> BottleneckLearner:
    return task_of(config).work.build(config, shape, classes, seed, torch.device("cpu"))


def of_task(task: str, variant: str, kind: Any, **settings: object) -> RunConfig:
    return resolve(variant, kind, settings, TASKS.load(task))


def inputs(kind: str) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    shape = (4, *SHAPES[kind])
    if kind == "tabular":
        return torch.randn(shape, generator=rng)
    top = 30 if kind == "text" else 256
    values = torch.randint(0, top, shape, generator=rng)
    return values if kind == "text" else values.to(torch.uint8)


def count(model: BottleneckLearner) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("task", "variant", "encoder", "kind"), CASES)
def test_every_variant_trains_with_every_encoder(
    task: str, variant: str, encoder: str, kind: str
) -> None:
    model = built(of_task(task, variant, kind, **SMALL, encoder=encoder))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    x, y = inputs(kind), torch.tensor([0, 1, 2, 0])
    if task == "regression":
        y = torch.tensor([0.5, -1.0, 1.5, 0.0])
    terms = model.step(Batch(x, y), torch.Generator().manual_seed(0))
    distortion = terms["distortion_nats"]
    if task == "autoencoding":
        assert before.keys() > {"head.layers.0.weight"}
        assert 0 < distortion < 1000
    elif task == "regression":
        assert "target.s" in before
        assert distortion == pytest.approx(1.4, abs=2)  # near log sqrt(2 pi e) at the start
    else:
        assert distortion == pytest.approx(1.1, abs=1)  # near log 3 at the start
    rated = VARIANTS[task, variant].settings["bottleneck"] == "gaussian"
    assert ("rate_nats" in terms) == rated
    moved = [name for name, p in model.named_parameters() if not p.equal(before[name])]
    assert moved == list(before)


def test_parameters_of_the_essays_network_counted_by_hand() -> None:
    encoder = 5000 * 50 + (50 * 3 * 250 + 250)
    linear = 250 * 128 + 128
    head = 128 * 2 + 2
    expected = {
        "baseline": encoder + 250 * 2 + 2,
        "control": encoder + linear + head,
        "vib": encoder + 2 * linear + head,
    }
    assert expected == {"baseline": 288_252, "control": 320_136, "vib": 352_264}
    found = {v: count(built(resolve(v, "text", ESSAY), classes=2)) for v in expected}
    assert found == expected


def test_parameters_of_a_regression_counted_by_hand() -> None:
    # 6-16, a code of 5 with its spread, a linear head, and one deviation or one for each row
    body = (6 * 16 + 16) + 2 * (16 * 5 + 5)
    expected = {"shared": body + (5 + 1) + 1, "own": body + 2 * (5 + 1)}
    assert expected == {"shared": 289, "own": 294}
    for deviation, parameters in expected.items():
        config = of_task("regression", "vib", "tabular", **SMALL, deviation=deviation)
        assert count(built(config)) == parameters
        assert built(config).head.out_features == (2 if deviation == "own" else 1)


def test_parameters_of_predictability_minimization_counted_by_hand() -> None:
    # 6-16, five units, a decoder 5-16-6 with one deviation, and five predictors 5-32-1 of which
    # each is given every unit (its own weights on itself are not used) and has a bias inside
    expected = (6 * 16 + 16) + (16 * 5 + 5) + (5 * 16 + 16) + (16 * 6 + 6) + 1
    expected += 5 * (5 * 32 + 32 + 32)
    assert count(built(resolve("pm", "tabular", SMALL))) == expected
    assert built(resolve("ae", "tabular", SMALL)).predictors is None


def test_text_defaults_are_the_essays() -> None:
    config = resolve("vib", "text", {})
    assert {name: getattr(config, name) for name in ESSAY} == ESSAY
    assert (config.encoder, config.tokens, config.lam) == ("text-cnn", 400, 0.1)


def test_parameters_of_alemis_mlp_counted_by_hand() -> None:
    # 784-1024-1024-2K with K = 256, and a linear head for ten classes
    expected = (784 * 1024 + 1024) + (1024 * 1024 + 1024) + (1024 * 512 + 512) + (256 * 10 + 10)
    assert expected == 2_380_810
    model = build(resolve("vib", "image", {}), (1, 28, 28), 10)
    assert count(model) == expected
    assert [p.shape[0] for p in model.encoder.parameters()] == [1024] * 4


@pytest.mark.parametrize(("encoder", "kind"), READ)
@pytest.mark.parametrize("seed", [0, 7])
def test_variants_start_equal_where_names_and_shapes_agree(
    encoder: str, kind: str, seed: int
) -> None:
    settings = {**SMALL, "encoder": encoder}
    models = {
        (task, variant): dict(
            built(of_task(task, variant, kind, **settings), seed).named_parameters()
        )
        for task, variant in VARIANTS
    }
    shared = 0
    for a, b in product(models.values(), repeat=2):
        for name in a.keys() & b.keys():
            if a[name].shape == b[name].shape:
                assert a[name].equal(b[name])
                shared += name.startswith("encoder.")
    assert shared >= 2 * len(VARIANTS) ** 2
    for task in ("classification", "regression"):
        own = {name: models[task, name] for of, name in VARIANTS if of == task}
        assert own["control"]["head.weight"].equal(own["vib"]["head.weight"])
        for name in ("control", "noise"):
            mean = "bottleneck.mean.weight"
            assert own[name][mean].equal(own["vib"][mean])
        for name in own:
            if VARIANTS[task, name].settings["bottleneck"] == "none":
                assert own[name].keys() == own["baseline"].keys()
                assert all(own[name][n].equal(w) for n, w in own["baseline"].items())


def test_another_seed_starts_elsewhere() -> None:
    config = resolve("vib", "tabular", SMALL)
    first, other = (dict(built(config, seed).named_parameters()) for seed in (0, 1))
    for name in first:
        assert first[name].equal(other[name]) == (first[name].ndim == 1)  # biases are 0


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_penalty_gets_the_settings(kind: str) -> None:
    adaptive = built(resolve("vib-adaptive", kind, {**SMALL, "rate_target": 3, "dual_step": 0.5}))
    assert isinstance(adaptive.penalty, Adaptive)
    assert (adaptive.penalty.lam, adaptive.penalty.rate_target, adaptive.penalty.dual_step) == (
        0,
        3,
        0.5,
    )
    threshold = built(resolve("vib-threshold", kind, {**SMALL, "lam": 0.7, "beta": 1.5}))
    assert isinstance(threshold.penalty, Threshold)
    assert (threshold.penalty.lam, threshold.penalty.beta) == (0.7, 1.5)
    weighted = built(resolve("vib", kind, {**SMALL, "lam": 0.7}))
    assert type(weighted.penalty) is Weighted
    assert weighted.penalty.lam == 0.7
    assert built(resolve("baseline", kind, SMALL)).penalty is None


def test_the_rest_of_the_settings_arrive() -> None:
    settings = {"sigma": "softplus", "sigma_init": 0.25, "train_samples": 3, "precision": "bf16"}
    optimiser = {"lr": 0.02, "beta1": 0.5, "lr_decay": 0.97, "lr_decay_every": 2, "ema": 0.9}
    model = built(resolve("vib", "tabular", {**SMALL, **settings, **optimiser}))
    assert F.softplus(torch.tensor(model.bottleneck.offset)).item() == pytest.approx(0.25)
    assert (model.samples, model.autocast) == (3, True)
    assert {name: getattr(model.optimizer, name) for name in optimiser} == optimiser


@pytest.mark.parametrize(("encoder", "kind"), READ)
def test_the_strength_of_a_rival_arrives(encoder: str, kind: str) -> None:
    settings = {**SMALL, "encoder": encoder}

    def dropout(variant: str, **more: float) -> float:
        network = built(resolve(variant, kind, {**settings, **more})).encoder
        found: float = getattr(network, "mlp", network).dropout
        return found

    assert dropout("dropout") == 0.5
    assert dropout("vib", dropout=0.2) == dropout("vae", dropout=0.2) == 0.2
    assert dropout("vib") == dropout("vae") == 0
    assert built(resolve("label-smoothing", kind, settings)).target.label_smoothing == 0.1
    assert built(resolve("confidence-penalty", kind, settings)).target.confidence_penalty == 0.1
    assert built(resolve("noise", kind, {**settings, "noise": 0.3})).bottleneck.noise == 0.3
    assert built(resolve("weight-decay", kind, settings)).optimizer.weight_decay == 0.01


def test_the_shift_of_pictures_arrives() -> None:
    assert built(resolve("vib", "image", {**SMALL, "shift": 2})).shift == 2
    assert built(resolve("vib", "image", SMALL)).shift == 0


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_what_is_built_is_where_it_was_asked_for(kind: str) -> None:
    meta = torch.device("meta")
    for task in TASKS:
        config = of_task(task, next(iter(TASKS.load(task).variants)), kind, **SMALL)
        model = task_of(config).work.build(config, SHAPES[kind], 3, 0, meta)
        assert {p.device.type for p in model.parameters()} == {"meta"}


def test_settings_of_another_encoder_change_nothing() -> None:
    a, b = (
        dict(built(resolve("vib", "tabular", {**SMALL, "filters": n})).named_parameters())
        for n in (3, 9)
    )
    assert all(a[name].equal(b[name]) for name in a)
