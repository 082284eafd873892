import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import tiny
from pydantic import ValidationError
from vibcli.config.variants import AUTOENCODER_DEFAULTS, VARIANTS

from vibcli.config.data import DataSpec
from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import RunConfig, declared, flag_of, needs, validate
from vibcli.errors import VibError
from vibcli.recipes import load
from vibcli.registry import ENCODERS, LIKELIHOODS
from vibcli.tasks.resolve import check_name, defaults, resolve, without_effect

STORED = Path(__file__).resolve().parents[2] / "results" / "imdb"
SETTINGS = [name for name in RunConfig.model_fields if name not in ("kind", "variant")]


@pytest.mark.parametrize(("variant", "kind"), list(product(VARIANTS, KIND_DEFAULTS)))
def test_every_variant_resolves_for_every_kind(variant: str, kind: str) -> None:
    config = resolve(variant, kind, {})
    assert (config.variant, config.kind) == (variant, kind)
    expected = {**KIND_DEFAULTS[kind], **VARIANTS[variant].settings}
    if variant in tiny.AUTOENCODERS:
        expected = {
            **KIND_DEFAULTS[kind],
            **AUTOENCODER_DEFAULTS[kind],
            **VARIANTS[variant].settings,
        }
        expected["decoder_widths"] = expected["widths"][::-1]
    assert expected.items() >= defaults(variant, kind).items()
    assert {name: getattr(config, name) for name in expected} == expected
    others = set(SETTINGS) - set(expected)
    assert all(getattr(config, n) == RunConfig.model_fields[n].default for n in others)


@pytest.mark.parametrize(("encoder", "kind"), list(product(ENCODERS, KIND_DEFAULTS)))
def test_an_encoder_reads_the_kinds_it_says(encoder: str, kind: str) -> None:
    if kind in ENCODERS[encoder]:
        assert resolve("vib", kind, {"encoder": encoder}).encoder == encoder
    else:
        with pytest.raises(VibError, match=f"Encoder '{encoder}' does not read {kind} data"):
            resolve("vib", kind, {"encoder": encoder})


def test_layers_lie_over_each_other() -> None:
    # field 0.1 < kind 0.001 < variant 0 < user
    assert RunConfig.model_fields["lam"].default == 0.1
    assert resolve("vib", "text", {}).lam == 0.1
    assert resolve("vib", "image", {}).lam == 1e-3
    assert resolve("vib-adaptive", "image", {}).lam == 0
    assert resolve("vib-adaptive", "image", {"lam": 0.5}).lam == 0.5


def test_a_value_of_the_user_counts_also_where_it_equals_a_default() -> None:
    assert resolve("vib", "image", {"lam": 0.1}).lam == 0.1


def test_tables_name_settings_that_exist() -> None:
    tables = (*KIND_DEFAULTS.values(), *AUTOENCODER_DEFAULTS.values())
    named = [*tables, *(v.settings for v in VARIANTS.values())]
    assert {name for settings in named for name in settings} <= set(SETTINGS)
    for name in SETTINGS:
        for other, values in needs(name).items():
            assert other in RunConfig.model_fields
            for value in values:  # each is one that can be had
                options = {other: value} if other != "kind" else {}
                kinds = {**ENCODERS, **LIKELIHOODS}.get(value or "", ("text",))
                kind = value if other == "kind" else kinds[0]
                of_input = other == "likelihood" or value in ("input", "elbo")
                config = resolve("vae" if of_input else "vib", kind, options)
                assert getattr(config, other) == value


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_a_config_survives_json(kind: str) -> None:
    config = resolve("vib", kind, {"inputs": ["a", "b"], "ema": 0.999})
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_a_config_cannot_be_changed_or_extended() -> None:
    config = resolve("vib", "text", {})
    with pytest.raises(ValidationError, match="frozen"):
        config.lam = 1.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra"):
        RunConfig.model_validate({"kind": "text", "colour": 1})


BAD = [
    ("lam", -0.1),
    ("lam", float("nan")),
    ("lam", float("inf")),
    ("lam", "much"),
    ("beta", -1),
    ("latent", 0),
    ("latent", 2.5),
    ("epochs", 0),
    ("batch_size", 0),
    ("lr", 0),
    ("lr", float("nan")),
    ("beta1", 1),
    ("beta1", float("nan")),
    ("lr_decay", 0),
    ("lr_decay", 1.5),
    ("lr_decay_every", 0),
    ("ema", 1),
    ("ema", 0),
    ("patience", 0),
    ("rate_target", 0),
    ("dual_step", 0),
    ("sigma", "exp"),
    ("sigma_init", 0),
    ("noise", 0),
    ("noise", float("inf")),
    ("dropout", 1),
    ("dropout", -0.1),
    ("weight_decay", -1),
    ("weight_decay", float("inf")),
    ("label_smoothing", 1),
    ("label_smoothing", -0.1),
    ("confidence_penalty", -1),
    ("confidence_penalty", float("nan")),
    ("shift", -1),
    ("shift", 33),
    ("train_samples", 0),
    ("validation", 0),
    ("validation", 1),
    ("test", 1),
    ("train_rows", 1),
    ("widths", "12,0"),
    ("widths", "12,x"),
    ("widths", ()),
    ("channels", "-3"),
    ("vocabulary", 2),
    ("tokens", 0),
    ("image_size", 2),
    ("select", "best"),
    ("predicts", "label"),
    ("likelihood", "poisson"),
    ("binarise", "static"),
    ("decoder_widths", "12,0"),
    ("warm_up", -1),
    ("predictability", -1),
    ("predictability", float("nan")),
    ("predictor_width", 0),
    ("precision", "fp16"),
    ("data_config", ""),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_by_its_flag(name: str, value: Any) -> None:
    for check in (validate, lambda overrides: resolve("vib-adaptive", "text", overrides)):
        with pytest.raises(VibError) as error:
            check({name: value})
        first = str(error.value).splitlines()[0]
        assert first.startswith(f"{flag_of(name)} is ")
        assert "input should" in first or "should have at least" in first
        assert error.value.exit_code == 2


def test_every_bad_value_is_named_at_once() -> None:
    with pytest.raises(VibError) as error:
        validate({"lam": -1, "epochs": 0})
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["--lambda", "--epochs"]


def test_unknown_names_get_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown variant 'vib-treshold'\. Did you mean 'vib-thr"):
        resolve("vib-treshold", "text", {})
    with pytest.raises(VibError, match=r"Unknown encoder 'text-cn'\. Did you mean 'text-cnn'"):
        validate({"encoder": "text-cn"})
    with pytest.raises(VibError, match="Encoder 'cnn' does not read image data"):
        resolve("vib", "image", {"encoder": "cnn"})


def test_a_kernel_wider_than_the_text_is_refused() -> None:
    assert resolve("vib", "text", {"tokens": 5, "kernel": 5}).kernel == 5
    with pytest.raises(VibError, match="--kernel is 6, wider than the 5 --tokens"):
        resolve("vib", "text", {"tokens": 5, "kernel": 6})
    resolve("vib", "image", {"tokens": 5, "kernel": 6})  # no effect there


def test_what_the_user_typed_becomes_what_is_meant() -> None:
    assert resolve("vib", "image", {"widths": "300, 100"}).widths == (300, 100)
    assert validate({"inputs": ["a"], "label": "y"}) == DataSpec(inputs=("a",), label="y")
    assert validate({"inputs": []}).inputs is None
    assert validate({"lam": 0.3}) == DataSpec()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_flag_of_its_own_and_a_help(name: str) -> None:
    assert flag_of(name).startswith("--")
    assert [flag_of(other) for other in RunConfig.model_fields].count(flag_of(name)) == 1
    assert (RunConfig.model_fields[name].description or "").endswith(".")
    assert declared(name)["panel"] in (
        *("Data", "Model", "Bottleneck", "Regularisers", "Training"),
    )


def test_flags_are_spelt_with_dashes() -> None:
    assert flag_of("batch_size") == "--batch-size"
    assert (flag_of("lam"), flag_of("data_config"), flag_of("inputs")) == (
        "--lambda",
        "--config",
        "--input",
    )


OF_INPUT = ("decoder_widths", "likelihood")
EFFECTS: dict[str, tuple[str, ...]] = {
    "baseline": (),
    "control": ("latent",),
    "vib": ("latent", "lam", "sigma", "train_samples", "penalty"),
    "vib-threshold": ("latent", "lam", "sigma", "train_samples", "penalty", "beta"),
    "vib-adaptive": (
        "latent",
        "lam",
        "sigma",
        "train_samples",
        "penalty",
        "rate_target",
        "dual_step",
    ),
    "dropout": (),
    "weight-decay": (),
    "label-smoothing": (),
    "confidence-penalty": (),
    "noise": ("latent", "noise", "train_samples"),
    "ae": ("latent", *OF_INPUT),
    "pm": ("latent", *OF_INPUT, "predictability", "predictor_width"),
}
for of_label, of_input in (
    ("vib", "vae"),
    ("vib-threshold", "vae-threshold"),
    ("vib-adaptive", "vae-adaptive"),
):
    EFFECTS[of_label] += ("warm_up",)
    EFFECTS[of_input] = (*EFFECTS[of_label], *OF_INPUT)
for name in tiny.CLASSIFIERS:
    EFFECTS[name] += ("label_smoothing", "confidence_penalty")


@pytest.mark.parametrize("variant", VARIANTS)
def test_settings_of_the_bottleneck_that_have_an_effect(variant: str) -> None:
    config = resolve(variant, "text", {})
    every = {name for effects in EFFECTS.values() for name in effects}
    assert {name for name in every if config.has_effect(name)} == set(EFFECTS[variant])


@pytest.mark.parametrize(
    ("kind", "encoder", "expected"),
    [
        ("text", "text-cnn", {"embedding", "filters", "kernel", "vocabulary", "tokens"}),
        ("text", "bag-of-words", {"widths", "vocabulary", "tokens"}),
        ("image", "mlp", {"widths"}),
        ("image", "conv", {"channels"}),
        ("tabular", "mlp", {"widths"}),
    ],
)
def test_settings_of_the_encoder_that_have_an_effect(
    kind: str, encoder: str, expected: set[str]
) -> None:
    config = resolve("vib", kind, {"encoder": encoder})
    every = {"embedding", "filters", "kernel", "vocabulary", "tokens", "widths", "channels"}
    assert {name for name in every if config.has_effect(name)} == expected


def test_no_effect_by_way_of_a_setting_without_effect() -> None:
    config = resolve("baseline", "text", {"penalty": "threshold", "beta": 3.0})
    assert not config.has_effect("penalty")
    assert not config.has_effect("beta")


def test_patience_has_no_effect_where_the_last_epoch_is_kept() -> None:
    assert resolve("vib", "text", {"select": "nll"}).has_effect("patience")
    assert not resolve("vib", "text", {"select": "last"}).has_effect("patience")


def test_flags_without_effect_on_any_config_are_found() -> None:
    baseline, vib = (resolve(variant, "text", {}) for variant in ("baseline", "vib"))
    given = ["lam", "beta", "widths", "epochs", "dataset"]
    assert without_effect(given, [baseline]) == ["--lambda", "--beta", "--widths"]
    assert without_effect(given, [baseline, vib]) == ["--beta", "--widths"]
    assert without_effect([], [vib]) == []


def digest(variant: str = "vib", kind: str = "text", data: str = "f00d", **settings: Any) -> str:
    return resolve(variant, kind, settings).digest(data)


def test_digest_is_eight_hex_digits_of_settings_and_data() -> None:
    assert len(digest()) == 8
    assert int(digest(), 16) >= 0
    assert digest() == digest()
    assert digest(data="cafe") != digest()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_digest_depends_on_exactly_the_settings_that_have_an_effect(
    variant: str, kind: str
) -> None:
    other: dict[str, Any] = {
        "validation": 0.3,
        "watch": "test",
        "test": 0.3,
        "train_rows": 50,
        "vocabulary": 99,
        "tokens": 9,
        "embedding": 9,
        "filters": 9,
        "kernel": 2,
        "convolution": "stock",
        "widths": (9,),
        "channels": (9,),
        "decoder_widths": (9,),
        "binarise": "dynamic",
        "latent": 9,
        "lam": 0.9,
        "warm_up": 9,
        "beta": 0.9,
        "rate_target": 0.9,
        "dual_step": 0.9,
        "sigma": "softplus",
        "sigma_init": 0.9,
        "train_samples": 9,
        "noise": 0.9,
        "predictability": 0.9,
        "predictor_width": 9,
        "dropout": 0.9,
        "weight_decay": 0.9,
        "label_smoothing": 0.9,
        "confidence_penalty": 0.9,
        "shift": 9,
        "epochs": 9,
        "batch_size": 9,
        "lr": 0.9,
        "beta1": 0.8,
        "lr_decay": 0.9,
        "lr_decay_every": 9,
        "ema": 0.9,
        "patience": 9,
        "select": "last",
        "precision": "bf16",
    }
    # these change what else has an effect
    chosen = {"encoder", "predicts", "likelihood", "bottleneck", "penalty"}
    assert set(other) | chosen == set(SETTINGS) - set(DataSpec.model_fields)
    config = resolve(variant, kind, {})
    for name, value in other.items():
        same = digest(variant, kind, **{name: value}) == digest(variant, kind)
        assert same == (not config.has_effect(name)), name


def test_where_the_test_split_is_watched_no_validation_part_can_be_chosen() -> None:
    watching = resolve("vib", "text", {"watch": "test", "validation": 0.3})
    assert without_effect(["validation", "watch"], [watching]) == ["--validation"]
    assert digest(watch="test", validation=0.3) == digest(watch="test") != digest()


# as they were before settings and variants were added: runs that are on disk keep their names
DIGESTS = {
    ("baseline", "text"): "a1960bf8",
    ("baseline", "image"): "29b00cc3",
    ("baseline", "tabular"): "389f56f1",
    ("control", "text"): "94dcf403",
    ("control", "image"): "88e420e9",
    ("control", "tabular"): "16b7aeb1",
    ("vib", "text"): "6af11a48",
    ("vib", "image"): "b9282630",
    ("vib", "tabular"): "3c5ecae6",
    ("vib-threshold", "text"): "dcf9d8a7",
    ("vib-threshold", "image"): "643c2495",
    ("vib-threshold", "tabular"): "2b7246aa",
    ("vib-adaptive", "text"): "fa00110f",
    ("vib-adaptive", "image"): "dda11a95",
    ("vib-adaptive", "tabular"): "ff5f452d",
}


@pytest.mark.parametrize(("variant", "kind"), DIGESTS)
def test_digests_of_stored_runs_stay(variant: str, kind: str) -> None:
    assert digest(variant, kind, data="f") == DIGESTS[variant, kind]


def test_the_digests_of_the_stored_replication_stay() -> None:
    """Runs in results/imdb: their digest from the recipe, and from what they recorded."""
    folders = sorted(STORED.glob("su2018-imdb.published.*/seed-0"))
    assert "su2018-imdb.published.vib-1e23e12c" in {folder.parent.name for folder in folders}
    recipe = load("su2018-imdb")
    for folder in folders:
        run = json.loads((folder / "run.json").read_text())
        protocol, experiment = run["name"].split(".")[1:]
        fingerprint = run["data"]["fingerprint"]
        resolved = recipe.config(protocol, experiment, "text")
        recorded = RunConfig.model_validate(run["config"])
        found = resolved.digest(fingerprint), recorded.digest(fingerprint)
        assert found == (run["id"].split("/")[1].rpartition("-")[2],) * 2


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_an_autoencoder_takes_a_likelihood_that_fits(kind: str) -> None:
    for likelihood, kinds in LIKELIHOODS.items():
        if kind in kinds:
            assert resolve("vae", kind, {"likelihood": likelihood}).likelihood == likelihood
        else:
            with pytest.raises(VibError, match=f"'{likelihood}' does not fit {kind} data"):
                resolve("vae", kind, {"likelihood": likelihood})


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_a_label_variant_that_predicts_the_input_needs_a_likelihood(kind: str) -> None:
    with pytest.raises(VibError, match=f"'None' does not fit {kind} data"):
        resolve("vib", kind, {"predicts": "input"})


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_epoch_is_selected_by_what_the_variant_measures(variant: str) -> None:
    fitting = ("elbo", "last") if variant in tiny.AUTOENCODERS else ("accuracy", "nll", "last")
    for select in ("accuracy", "nll", "elbo", "last"):
        if select in fitting:
            assert resolve(variant, "image", {"select": select}).select == select
        else:
            message = f"--select {select} does not apply to '{variant}'"
            with pytest.raises(VibError, match=message):
                resolve(variant, "image", {"select": select})


def test_the_decoder_mirrors_the_encoder_unless_it_is_told_otherwise() -> None:
    assert resolve("vae", "image", {"widths": "9,5"}).decoder_widths == (5, 9)
    own = resolve("vae", "image", {"widths": "9,5", "decoder_widths": "7"})
    assert (own.widths, own.decoder_widths) == ((9, 5), (7,))
    assert resolve("vib", "image", {"widths": "9,5"}).decoder_widths is None
    mirrored = digest("vae", "image", widths=(9, 5))
    assert mirrored == digest("vae", "image", widths=(9, 5), decoder_widths=(5, 9))
    assert mirrored != digest("vae", "image", widths=(9, 5), decoder_widths=(9, 5))


def test_a_warm_up_of_no_epochs_is_off() -> None:
    assert resolve("vae", "image", {"warm_up": 0}).warm_up is None
    assert digest("vae", "image", warm_up=0) == digest("vae", "image")


def test_binarising_has_an_effect_on_bernoulli_pixels_alone() -> None:
    assert resolve("vae", "image", {}).has_effect("binarise")
    assert not resolve("vae", "image", {"likelihood": "gaussian"}).has_effect("binarise")
    assert not resolve("vae", "tabular", {}).has_effect("binarise")
    assert not resolve("vib", "image", {}).has_effect("binarise")


REGULARISERS = ("dropout", "weight_decay", "label_smoothing", "confidence_penalty")


@pytest.mark.parametrize("name", REGULARISERS)
@pytest.mark.parametrize("zero", [0, 0.0])
def test_a_regulariser_of_no_strength_is_off(name: str, zero: float) -> None:
    rival = name.replace("_", "-")
    assert getattr(resolve(rival, "text", {name: zero}), name) is None
    assert digest(rival, **{name: zero}) == digest("baseline")
    assert len({digest(rival), digest("baseline"), digest(rival, **{name: 0.2})}) == 3


def test_a_setting_that_is_unknown_is_refused_with_the_nearest() -> None:
    for check in (validate, lambda overrides: resolve("vib", "text", overrides)):
        with pytest.raises(VibError) as error:
            check({"epohcs": 3, "epochs": 3, "bata": 1})
        assert str(error.value).splitlines() == [
            "Unknown setting 'epohcs'. Did you mean 'epochs'?",
            "Unknown setting 'bata'. Did you mean 'beta'?",
        ]


def test_digest_ignores_the_address_of_the_data_and_the_variants_name() -> None:
    assert digest(dataset="a.csv", label="y", inputs=["x"], revision="main") == digest()
    assert digest("vib") == digest("baseline", bottleneck="gaussian")
    assert digest("vib") != digest("baseline")


def test_settings_are_what_may_be_compared_as_plain_values() -> None:
    settings = resolve("baseline", "text", {"dataset": "a.csv"}).settings
    assert settings["variant"] == "baseline"
    assert not settings.keys() & {"dataset", "kind", "lam", "latent", "ema"}
    assert json.loads(json.dumps(settings)) == settings


@pytest.mark.parametrize("name", ["mine", "a", "0.5", "My_run-2.1", "x" * 64, "vibs"])
def test_names_that_an_experiment_may_have(name: str) -> None:
    assert check_name(name) == name


OUTSIDE = ["", "..", "a..b", "../a", "a/b", "/a", "a\\b", "[red]", "a]", "a b", ".a", "-a", "_a"]


@pytest.mark.parametrize("name", [*OUTSIDE, "~", "*", "é", "a\n", "a\x00", "x" * 65])
def test_names_that_do_not_belong_in_a_path(name: str) -> None:
    with pytest.raises(VibError, match="cannot name an experiment"):
        check_name(name)


@pytest.mark.parametrize("name", VARIANTS)
def test_names_of_variants_are_taken(name: str) -> None:
    with pytest.raises(VibError, match="is the name of a variant"):
        check_name(name)
