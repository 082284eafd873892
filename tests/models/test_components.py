from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from vibcli.config.variants import VARIANTS

from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import RunConfig
from vibcli.models import components as build
from vibcli.models.bottleneck_learner import BottleneckLearner
from vibcli.models.penalties import Adaptive, Threshold, Weighted
from vibcli.registry import ENCODERS
from vibcli.tasks.resolve import resolve

SHAPES = {"text": (40,), "image": (1, 8, 8), "tabular": (6,)}
CASES = [
    (variant, encoder, kind)
    for variant, (encoder, kinds) in product(VARIANTS, ENCODERS.items())
    for kind in kinds
]
SMALL = {"vocabulary": 30, "tokens": 40, "widths": (16,), "channels": (4,), "latent": 5}
ESSAY = {"vocabulary": 5000, "embedding": 50, "filters": 250, "kernel": 3, "latent": 128}


def built(config: RunConfig, seed: int = 0, classes: int = 3) -> BottleneckLearner:
    shape = SHAPES[config.kind]
    return build.model(config, shape, classes, seed, torch.device("cpu"))


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


@pytest.mark.parametrize(("variant", "encoder", "kind"), CASES)
def test_every_variant_trains_with_every_encoder(variant: str, encoder: str, kind: str) -> None:
    model = built(resolve(variant, kind, {**SMALL, "encoder": encoder}))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    x, y = inputs(kind), torch.tensor([0, 1, 2, 0])
    terms = model.step(x, y, torch.Generator().manual_seed(0))
    if VARIANTS[variant].predicts_input:
        assert before.keys() > {"head.layers.0.weight"}
        assert 0 < terms.distortion < 1000
    else:
        assert terms.distortion == pytest.approx(1.1, abs=1)  # near log 3 at the start
    assert (terms.rate is not None) == (VARIANTS[variant].settings["bottleneck"] == "gaussian")
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


def test_text_defaults_are_the_essays() -> None:
    config = resolve("vib", "text", {})
    assert {name: getattr(config, name) for name in ESSAY} == ESSAY
    assert (config.encoder, config.tokens, config.lam) == ("text-cnn", 400, 0.1)


def test_parameters_of_alemis_mlp_counted_by_hand() -> None:
    # 784-1024-1024-2K with K = 256, and a linear head for ten classes
    expected = (784 * 1024 + 1024) + (1024 * 1024 + 1024) + (1024 * 512 + 512) + (256 * 10 + 10)
    assert expected == 2_380_810
    config = resolve("vib", "image", {})
    model = build.model(config, (1, 28, 28), 10, 0, torch.device("cpu"))
    assert count(model) == expected
    assert [p.shape[0] for p in model.encoder.parameters()] == [1024] * 4


@pytest.mark.parametrize(("encoder", "kind"), [(e, k) for e, ks in ENCODERS.items() for k in ks])
@pytest.mark.parametrize("seed", [0, 7])
def test_variants_start_equal_where_names_and_shapes_agree(
    encoder: str, kind: str, seed: int
) -> None:
    models = {
        variant: dict(
            built(resolve(variant, kind, {**SMALL, "encoder": encoder}), seed).named_parameters()
        )
        for variant in VARIANTS
    }
    shared = 0
    for a, b in product(models.values(), repeat=2):
        for name in a.keys() & b.keys():
            if a[name].shape == b[name].shape:
                assert a[name].equal(b[name])
                shared += name.startswith("encoder.")
    assert shared >= 2 * len(VARIANTS) ** 2
    assert models["control"]["head.weight"].equal(models["vib"]["head.weight"])
    for name in ("control", "noise"):
        assert models[name]["bottleneck.mean.weight"].equal(models["vib"]["bottleneck.mean.weight"])
    for name, variant in VARIANTS.items():
        if variant.settings["bottleneck"] == "none":
            assert models[name].keys() == models["baseline"].keys()
            assert all(models[name][n].equal(w) for n, w in models["baseline"].items())


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


@pytest.mark.parametrize(("encoder", "kind"), [(e, k) for e, ks in ENCODERS.items() for k in ks])
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


def test_settings_of_another_encoder_change_nothing() -> None:
    a, b = (
        dict(built(resolve("vib", "tabular", {**SMALL, "filters": n})).named_parameters())
        for n in (3, 9)
    )
    assert all(a[name].equal(b[name]) for name in a)
