import json
from pathlib import Path
from typing import Any

import pytest
from old_defaults import old_defaults
from pydantic import ValidationError

from vibcli.config.data import DataSpec
from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import (
    RunConfig,
    checked,
    choices,
    declared,
    flag_of,
    needs,
    validate,
)
from vibcli.errors import VibError
from vibcli.recipes.recipe import load_recipe
from vibcli.registry import BOTTLENECKS, ENCODERS, LIKELIHOODS, PENALTIES, TASKS
from vibcli.tasks.find import task_predicting, tasks
from vibcli.tasks.resolve import resolve, without_effect

STORED = Path(__file__).resolve().parents[2] / "results" / "imdb"
SETTINGS = [name for name in RunConfig.model_fields if name not in ("kind", "variant")]
VARIANTS = [(task.name, name) for task in tasks() for name in task.variants]


def config(task: str, variant: str, kind: Any, **settings: Any) -> RunConfig:
    return resolve(variant, kind, settings, TASKS.load(task))


def digest(
    variant: str = "vib",
    kind: Any = "text",
    data: str = "f00d",
    task: str | None = None,
    **settings: Any,
) -> str:
    own = None if task is None else TASKS.load(task)
    return resolve(variant, kind, settings, own).digest(data)


def test_needs_name_settings_and_values_that_can_be_had() -> None:
    found = 0
    for name in SETTINGS:
        for other, values in needs(name).items():
            assert other in RunConfig.model_fields
            for value in values:  # type: ignore[attr-defined]
                options = {other: value} if other not in ("kind", "predicts") else {}
                entry = {**ENCODERS, **LIKELIHOODS}.get(value or "")
                kind = value if other == "kind" else entry.kinds[0] if entry else "text"
                task = TASKS.load("autoencoding" if other == "likelihood" else "classification")
                if other == "predicts":
                    task = task_predicting(value)
                resolved = resolve(next(iter(task.variants)), kind, options, task)
                assert getattr(resolved, other) == value
                found += 1
    assert found > 30


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
@pytest.mark.parametrize("task", TASKS)
def test_a_config_survives_json(task: str, kind: str) -> None:
    found = config(task, next(iter(TASKS.load(task).variants)), kind, inputs=["a", "b"], ema=0.999)
    assert RunConfig.model_validate_json(found.model_dump_json()) == found
    assert RunConfig.model_validate(json.loads(found.model_dump_json())) == found


def test_a_config_cannot_be_changed_or_extended() -> None:
    found = resolve("vib", "text", {})
    with pytest.raises(ValidationError, match="frozen"):
        found.lam = 1.0
    with pytest.raises(ValidationError, match="extra"):
        RunConfig.model_validate({"kind": "text", "colour": 1})


@pytest.mark.parametrize("task", TASKS)
def test_a_config_has_the_settings_of_every_task(task: str) -> None:
    group = TASKS.load(task).settings.load()
    assert set(group.model_fields) <= set(RunConfig.model_fields)
    found = resolve("vib", "text", {})
    assert found.group(group) is found
    others = [other for other in TASKS if other != task]
    for other in others:  # a setting belongs to one task
        assert not set(group.model_fields) & set(TASKS.load(other).settings.load().model_fields)


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
    ("deviation", "each"),
    ("deviation", None),
    ("shift", -1),
    ("shift", 33),
    ("train_samples", 0),
    ("validation", 0),
    ("validation", 1),
    ("watch", "train"),
    ("test", 1),
    ("train_rows", 1),
    ("widths", "12,0"),
    ("widths", "12,x"),
    ("widths", ()),
    ("channels", "-3"),
    ("vocabulary", 2),
    ("tokens", 0),
    ("image_size", 2),
    ("select", 3),
    ("predicts", 3),
    ("likelihood", 3),
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


NAMES: dict[str, set[str]] = {
    "encoder": set(ENCODERS),
    "bottleneck": set(BOTTLENECKS),
    "penalty": set(PENALTIES),
    "likelihood": set(LIKELIHOODS),
    "select": {"accuracy", "nll", "rmse", "elbo", "last"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_names_of_a_table_are_known_by_it(name: str) -> None:
    assert set(choices(name)) == NAMES.get(name, set())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("select", "best"),
        ("select", "Accuracy"),
        ("likelihood", "poisson"),
        ("encoder", "rnn"),
        ("encoder", ""),
        ("bottleneck", "vib"),
        ("penalty", "free"),
    ],
)
def test_a_name_that_is_in_no_table_is_refused_with_those_that_are(name: str, value: str) -> None:
    for check in (validate, lambda overrides: resolve("vib-adaptive", "text", overrides)):
        with pytest.raises(VibError, match=f"^Unknown {name} '{value}'. ") as error:
            check({name: value})
        assert any(known in str(error.value) for known in NAMES[name])
        assert error.value.exit_code == 2


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_table_is_taken(name: str) -> None:
    for value in NAMES[name]:
        validate({name: value})
        assert getattr(checked(RunConfig, {"kind": "text", name: value}), name) == value


def test_no_name_is_no_wrong_name() -> None:
    validate({"likelihood": None})
    assert checked(RunConfig, {"kind": "text", "likelihood": None}).likelihood is None  # type: ignore[attr-defined]


def test_every_bad_value_is_named_at_once() -> None:
    with pytest.raises(VibError) as error:
        validate({"lam": -1, "epochs": 0})
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["--lambda", "--epochs"]


def test_a_setting_that_is_unknown_is_refused_with_the_nearest() -> None:
    for check in (validate, lambda overrides: resolve("vib", "text", overrides)):
        with pytest.raises(VibError) as error:
            check({"epohcs": 3, "epochs": 3, "bata": 1})
        assert str(error.value).splitlines() == [
            "Unknown setting 'epohcs'. Did you mean 'epochs'?",
            "Unknown setting 'bata'. Did you mean 'beta'?",
        ]


def test_an_unknown_encoder_gets_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown encoder 'text-cn'\. Did you mean 'text-cnn'"):
        validate({"encoder": "text-cn"})


def test_what_the_user_typed_about_data_becomes_what_is_meant() -> None:
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
    "ae": ("latent",),
    "pm": ("latent", "predictability", "predictor_width"),
}
for of_label, of_input in (
    ("vib", "vae"),
    ("vib-threshold", "vae-threshold"),
    ("vib-adaptive", "vae-adaptive"),
):
    EFFECTS[of_label] += ("warm_up",)
    EFFECTS[of_input] = EFFECTS[of_label]
OF_TASK = {
    "classification": ("label_smoothing", "confidence_penalty"),
    "regression": ("deviation",),
    "autoencoding": ("decoder_widths", "likelihood"),
}


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_settings_of_the_bottleneck_that_have_an_effect(task: str, variant: str) -> None:
    found = config(task, variant, "text")
    every = {name for effects in (EFFECTS | OF_TASK).values() for name in effects}
    expected = {*EFFECTS[variant], *OF_TASK[task]}
    assert {name for name in every if found.has_effect(name)} == expected


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
    found = config("classification", "vib", kind, encoder=encoder)
    every = {"embedding", "filters", "kernel", "vocabulary", "tokens", "widths", "channels"}
    assert {name for name in every if found.has_effect(name)} == expected


def test_no_effect_by_way_of_a_setting_without_effect() -> None:
    found = resolve("baseline", "text", {"penalty": "threshold", "beta": 3.0})
    assert not found.has_effect("penalty")
    assert not found.has_effect("beta")


def test_patience_has_no_effect_where_the_last_epoch_is_kept() -> None:
    assert resolve("vib", "text", {"select": "nll"}).has_effect("patience")
    assert not resolve("vib", "text", {"select": "last"}).has_effect("patience")


def test_digest_is_eight_hex_digits_of_settings_and_data() -> None:
    assert len(digest()) == 8
    assert int(digest(), 16) >= 0
    assert digest() == digest()
    assert digest(data="cafe") != digest()


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_digest_depends_on_exactly_the_settings_that_have_an_effect(
    task: str, variant: str, kind: str
) -> None:
    other: dict[str, Any] = {
        "validation": 0.3,
        "watch": "test",
        "test": 0.3,
        "test_split": "by-seed",
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
        "deviation": "own",
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
    found = config(task, variant, kind)
    if found.select == "last":
        other["select"] = next(iter(TASKS.load(task).criteria))
    for name, value in other.items():
        same = digest(variant, kind, task=task, **{name: value}) == digest(variant, kind, task=task)
        assert same == (not found.has_effect(name)), name


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_a_variant_that_tasks_share_is_another_experiment_in_each(kind: str) -> None:
    for variant in ("baseline", "vib"):
        found = {
            digest(variant, kind, task=task, select="last")
            for task in ("classification", "regression")
        }
        assert len(found) == 2


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
    # computed by version 0.4.0, before there was more than one room
    ("dropout", "text"): "16b6d745",
    ("dropout", "image"): "c6a51120",
    ("dropout", "tabular"): "6a9c1b93",
    ("weight-decay", "text"): "592d285a",
    ("weight-decay", "image"): "aaa07da1",
    ("weight-decay", "tabular"): "28d1bb00",
    ("label-smoothing", "text"): "33935f81",
    ("label-smoothing", "image"): "dc5ba66c",
    ("label-smoothing", "tabular"): "4b710473",
    ("confidence-penalty", "text"): "65e6ba34",
    ("confidence-penalty", "image"): "af0fc07a",
    ("confidence-penalty", "tabular"): "b1e1415f",
    ("noise", "text"): "ed3c876e",
    ("noise", "image"): "ca3de067",
    ("noise", "tabular"): "4a48fadb",
    ("vae", "text"): "e3c650de",
    ("vae", "image"): "7cacd58c",
    ("vae", "tabular"): "d0160067",
    ("vae-threshold", "text"): "d9f0016c",
    ("vae-threshold", "image"): "bb347891",
    ("vae-threshold", "tabular"): "154cdcf4",
    ("vae-adaptive", "text"): "9664e7e2",
    ("vae-adaptive", "image"): "0b485dad",
    ("vae-adaptive", "tabular"): "d490ee99",
    ("ae", "text"): "4e1af7f4",
    ("ae", "image"): "14f05ac8",
    ("ae", "tabular"): "9f8fe8c1",
    ("pm", "text"): "909abb72",
    ("pm", "image"): "e1c34d52",
    ("pm", "tabular"): "47da77da",
}


@pytest.mark.parametrize(("variant", "kind"), DIGESTS)
def test_digests_of_stored_runs_stay(variant: str, kind: str) -> None:
    typed = old_defaults(variant, kind)
    assert digest(variant, kind, data="f", **typed) == DIGESTS[variant, kind]
    changed = digest(variant, kind, data="f") != DIGESTS[variant, kind]
    assert changed == variant.endswith(("-threshold", "-adaptive"))


def test_the_digests_of_the_stored_replication_stay() -> None:
    """Runs in results/imdb: their digest from the recipe, and from what they recorded."""
    folders = sorted(STORED.glob("su2018-imdb.published.*/seed-0"))
    assert "su2018-imdb.published.vib-1e23e12c" in {folder.parent.name for folder in folders}
    recipe = load_recipe("su2018-imdb")
    for folder in folders:
        run = json.loads((folder / "run.json").read_text())
        protocol, experiment = run["name"].split(".")[1:]
        fingerprint = run["data"]["fingerprint"]
        resolved = recipe.config(protocol, experiment, "text")
        recorded = RunConfig.model_validate(run["config"])
        found = resolved.digest(fingerprint), recorded.digest(fingerprint)
        assert found == (run["id"].split("/")[1].rpartition("-")[2],) * 2


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


def test_a_warm_up_of_no_epochs_is_off() -> None:
    assert resolve("vae", "image", {"warm_up": 0}).warm_up is None
    assert digest("vae", "image", warm_up=0) == digest("vae", "image")


def test_a_test_split_that_is_the_same_for_every_seed_is_what_old_runs_have() -> None:
    assert resolve("vib", "text", {"test_split": "fixed"}).test_split is None
    assert digest(test_split="fixed") == digest() != digest(test_split="by-seed")
    assert "test_split" not in resolve("vib", "text", {}).settings


def test_another_way_to_hold_out_is_refused() -> None:
    with pytest.raises(VibError, match=r"--test-split is 'sometimes': .*'by-seed' or 'fixed'"):
        validate({"test_split": "sometimes"})


def test_digest_ignores_the_address_of_the_data_and_the_variants_name() -> None:
    assert digest(dataset="a.csv", label="y", inputs=["x"], revision="main") == digest()
    assert digest("vib") == digest("baseline", bottleneck="gaussian")
    assert digest("vib") != digest("baseline")


def test_settings_are_what_may_be_compared_as_plain_values() -> None:
    settings = resolve("baseline", "text", {"dataset": "a.csv"}).settings
    assert settings["variant"] == "baseline"
    assert not settings.keys() & {"dataset", "kind", "lam", "latent", "ema"}
    assert json.loads(json.dumps(settings)) == settings
