from itertools import product
from typing import Any

import pytest

from vibcli.config.data import Facts
from vibcli.config.kinds import KIND_DEFAULTS
from vibcli.config.record import RunConfig
from vibcli.data.catalog import CATALOG
from vibcli.errors import VibError
from vibcli.registry import ENCODERS, LIKELIHOODS, TASKS
from vibcli.tasks.find import all_variants, tasks
from vibcli.tasks.resolve import check_name, defaults, meant_for, resolve, without_effect

SETTINGS = [name for name in RunConfig.model_fields if name not in ("kind", "variant")]
VARIANTS = [(task.name, name) for task in tasks() for name in task.variants]


def resolved(task: str, variant: str, kind: Any, **settings: Any) -> RunConfig:
    return resolve(variant, kind, settings, TASKS.load(task))


@pytest.mark.parametrize(
    ("task", "variant", "kind"), [(*both, kind) for both, kind in product(VARIANTS, KIND_DEFAULTS)]
)
def test_every_variant_resolves_for_every_kind(task: str, variant: str, kind: Any) -> None:
    config = resolved(task, variant, kind)
    assert (config.variant, config.kind) == (variant, kind)
    declared = TASKS.load(task)
    expected = {
        **KIND_DEFAULTS[kind],
        **declared.defaults.get(kind, {}),
        **declared.variants[variant].settings,
        "predicts": TASKS[task].predicts,
    }
    assert expected == defaults(declared, variant, kind)
    if task == "autoencoding":
        assert kind in declared.defaults
        expected["decoder_widths"] = expected.get("widths", (1024, 1024))[::-1]
    assert {name: getattr(config, name) for name in expected} == expected
    others = set(SETTINGS) - set(expected)
    assert all(getattr(config, n) == RunConfig.model_fields[n].default for n in others)


def test_without_a_task_it_is_the_first_that_has_the_variant() -> None:
    found = {name: resolve(name, "tabular", {}).predicts for name in all_variants()}
    autoencoders = {"vae", "vae-threshold", "vae-adaptive", "ae", "pm"}
    assert {name for name, predicts in found.items() if predicts == "input"} == autoencoders
    assert {predicts for name, predicts in found.items() if name not in autoencoders} == {None}


@pytest.fixture
def suits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set wine asks for settings of its own."""
    own = {"latent": 5, "lr": 0.5, "lam": 0.25}
    monkeypatch.setitem(CATALOG, "wine", CATALOG["wine"]._replace(settings=own))


@pytest.mark.usefixtures("suits")
def test_what_suits_data_is_laid_over_their_kind_and_under_task_variant_and_user() -> None:
    wine, other = Facts("wine", tested=False), Facts("a.csv", tested=False)
    vib = resolve("vib", "tabular", {}, facts=wine)
    assert (vib.latent, vib.lr, vib.lam) == (5, 0.5, 0.25)
    assert vib.epochs == KIND_DEFAULTS["tabular"]["epochs"]
    assert resolve("vib", "tabular", {"latent": 6}, facts=wine).latent == 6
    assert resolve("vib-adaptive", "tabular", {}, facts=wine).lam == 0  # the variant's
    assert resolve("vae", "tabular", {}, facts=wine).latent == 8  # the task's
    assert resolve("vib", "tabular", {}, facts=other).latent == 32
    assert resolve("vib", "tabular", {}).latent == 32


def test_a_test_part_is_held_out_by_seed_where_the_data_have_none() -> None:
    found = {tested: resolve("vib", "text", {}, facts=Facts("x", tested)) for tested in (0, 1)}
    assert (found[False].test_split, found[True].test_split) == ("by-seed", None)
    assert found[True].settings == resolve("vib", "text", {}).settings
    fixed = resolve("vib", "text", {"test_split": "fixed"}, facts=Facts("x", tested=False))
    assert fixed.settings == found[True].settings


def test_no_test_part_is_held_out_of_data_that_have_a_test_split() -> None:
    facts = Facts("imdb", tested=True)
    with pytest.raises(VibError, match="--test-split by-seed does not apply: 'imdb' has a test"):
        resolve("vib", "text", {"test_split": "by-seed"}, facts=facts)
    assert resolve("vib", "text", {"test_split": "fixed"}, facts=facts).test_split is None


@pytest.mark.parametrize(("encoder", "kind"), list(product(ENCODERS, KIND_DEFAULTS)))
def test_an_encoder_reads_the_kinds_it_says(encoder: str, kind: str) -> None:
    for task in TASKS:
        variant = "vae" if task == "autoencoding" else "vib"
        if kind in ENCODERS[encoder].kinds:
            assert resolved(task, variant, kind, encoder=encoder).encoder == encoder
        else:
            with pytest.raises(VibError, match=f"Encoder '{encoder}' does not read {kind} data"):
                resolved(task, variant, kind, encoder=encoder)


def test_layers_lie_over_each_other() -> None:
    # field 0.1 < kind 0.001 < variant 0 < user
    assert RunConfig.model_fields["lam"].default == 0.1
    assert resolve("vib", "text", {}).lam == 0.1
    assert resolve("vib", "image", {}).lam == 1e-3
    assert resolve("vib-adaptive", "image", {}).lam == 0
    assert resolve("vib-adaptive", "image", {"lam": 0.5}).lam == 0.5
    # kind 0.001 < task 1 < variant 0
    assert resolve("vae", "image", {}).lam == 1
    assert resolve("vae-adaptive", "image", {}).lam == 0


def test_a_value_of_the_user_counts_also_where_it_equals_a_default() -> None:
    assert resolve("vib", "image", {"lam": 0.1}).lam == 0.1


def test_tables_name_settings_that_exist() -> None:
    of_tasks = [table for task in tasks() for table in task.defaults.values()]
    of_variants = [variant.settings for variant in all_variants().values()]
    named = [*KIND_DEFAULTS.values(), *of_tasks, *of_variants]
    assert len(named) == 3 + 6 + 15
    assert {name for settings in named for name in settings} <= set(SETTINGS)


def test_unknown_variants_get_a_suggestion() -> None:
    with pytest.raises(VibError, match=r"Unknown variant 'vib-treshold'\. Did you mean 'vib-thr"):
        resolve("vib-treshold", "text", {})


def test_an_encoder_that_does_not_exist_is_refused() -> None:
    with pytest.raises(VibError, match="Unknown encoder 'cnn'"):
        resolve("vib", "image", {"encoder": "cnn"})


def test_a_kernel_wider_than_the_text_is_refused() -> None:
    assert resolve("vib", "text", {"tokens": 5, "kernel": 5}).kernel == 5
    with pytest.raises(VibError, match="--kernel is 6, wider than the 5 --tokens"):
        resolve("vib", "text", {"tokens": 5, "kernel": 6})
    resolve("vib", "image", {"tokens": 5, "kernel": 6})  # no effect there
    resolve("vae", "text", {"tokens": 2, "kernel": 6})  # nor on a bag of words


def test_what_the_user_typed_becomes_what_is_meant() -> None:
    assert resolve("vib", "image", {"widths": "300, 100"}).widths == (300, 100)


def test_flags_without_effect_on_any_config_are_found() -> None:
    baseline, vib = (resolve(variant, "text", {}) for variant in ("baseline", "vib"))
    given = ["lam", "beta", "widths", "epochs", "dataset"]
    assert without_effect(given, [baseline]) == ["--lambda", "--beta", "--widths"]
    assert without_effect(given, [baseline, vib]) == ["--beta", "--widths"]
    assert without_effect([], [vib]) == []


def test_settings_of_another_task_have_no_effect() -> None:
    given = ["deviation", "label_smoothing", "confidence_penalty", "decoder_widths", "lam"]
    flags = {
        task: without_effect(given, [resolved(task, variant, "tabular")])
        for task, variant in (
            ("classification", "vib"),
            ("regression", "vib"),
            ("autoencoding", "vae"),
        )
    }
    assert flags == {
        "classification": ["--deviation", "--decoder-widths"],
        "regression": ["--label-smoothing", "--confidence-penalty", "--decoder-widths"],
        "autoencoding": ["--deviation", "--label-smoothing", "--confidence-penalty"],
    }


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_an_autoencoder_takes_a_likelihood_that_fits(kind: str) -> None:
    for likelihood, entry in LIKELIHOODS.items():
        if kind in entry.kinds:
            found = resolved("autoencoding", "vae", kind, likelihood=likelihood)
            assert found.likelihood == likelihood  # type: ignore[attr-defined]
        else:
            with pytest.raises(VibError, match=f"'{likelihood}' does not fit {kind} data"):
                resolved("autoencoding", "vae", kind, likelihood=likelihood)


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_an_autoencoder_needs_a_likelihood(kind: str) -> None:
    with pytest.raises(VibError, match=f"'None' does not fit {kind} data"):
        resolved("autoencoding", "vae", kind, likelihood=None)


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_what_is_predicted_is_the_tasks_to_say(task: str, variant: str) -> None:
    own = TASKS[task].predicts
    assert resolved(task, variant, "tabular", predicts=own).predicts == own
    for other in {None, "number", "input", "label"} - {own}:
        with pytest.raises(VibError, match=f"'{variant}' is of {task}: 'predicts' is not to be"):
            resolved(task, variant, "tabular", predicts=other)


CRITERIA = {
    "classification": ("accuracy", "nll", "last"),
    "regression": ("rmse", "nll", "last"),
    "autoencoding": ("elbo", "last"),
}


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_an_epoch_is_selected_by_what_the_variant_measures(task: str, variant: str) -> None:
    for select in ("accuracy", "nll", "elbo", "rmse", "last"):
        if select in CRITERIA[task]:
            assert resolved(task, variant, "image", select=select).select == select
        else:
            message = f"--select {select} does not apply to '{variant}'"
            with pytest.raises(VibError, match=message):
                resolved(task, variant, "image", select=select)


def test_the_decoder_mirrors_the_encoder_unless_it_is_told_otherwise() -> None:
    def decoder(variant: str, **settings: Any) -> Any:
        return resolve(variant, "image", settings).decoder_widths  # type: ignore[attr-defined]

    def digest(**settings: Any) -> str:
        return resolve("vae", "image", settings).digest("f00d")

    assert decoder("vae", widths="9,5") == (5, 9)
    own = resolve("vae", "image", {"widths": "9,5", "decoder_widths": "7"})
    assert (own.widths, own.decoder_widths) == ((9, 5), (7,))  # type: ignore[attr-defined]
    assert decoder("vib", widths="9,5") is None
    mirrored = digest(widths=(9, 5))
    assert mirrored == digest(widths=(9, 5), decoder_widths=(5, 9))
    assert mirrored != digest(widths=(9, 5), decoder_widths=(9, 5))


@pytest.mark.parametrize("task", TASKS)
def test_a_completion_is_of_a_whole_config_and_adds_to_it_alone(task: str) -> None:
    completion = TASKS.load(task).completion
    assert (completion is None) == (task != "autoencoding")
    if completion is not None:
        config = resolved(task, next(iter(TASKS.load(task).variants)), "tabular")
        assert completion.load()(config) == config  # what is complete stays as it is


# what is meant for which of several variants


def test_the_strength_of_a_rival_is_not_meant_for_the_others() -> None:
    given = {"dropout": 0.3, "epochs": 9, "lam": 0.2}
    compared = ("baseline", "dropout", "vib")
    assert meant_for("dropout", compared, given) == given
    for other in ("baseline", "vib"):
        assert meant_for(other, compared, given) == {"epochs": 9, "lam": 0.2}


def test_a_strength_that_no_variant_turns_on_is_meant_for_all() -> None:
    given = {"dropout": 0.3, "weight_decay": 0.1}
    for variant in ("baseline", "vib"):
        assert meant_for(variant, ("baseline", "vib"), given) == given
    assert meant_for("baseline", ("baseline", "dropout"), given) == {"weight_decay": 0.1}


@pytest.mark.parametrize("name", ["mine", "a", "0.5", "My_run-2.1", "x" * 64, "vibs"])
def test_names_that_an_experiment_may_have(name: str) -> None:
    assert check_name(name) == name


OUTSIDE = ["", "..", "a..b", "../a", "a/b", "/a", "a\\b", "[red]", "a]", "a b", ".a", "-a", "_a"]


@pytest.mark.parametrize("name", [*OUTSIDE, "~", "*", "é", "a\n", "a\x00", "x" * 65])
def test_names_that_do_not_belong_in_a_path(name: str) -> None:
    with pytest.raises(VibError, match="cannot name an experiment"):
        check_name(name)


@pytest.mark.parametrize("name", all_variants())
def test_names_of_variants_are_taken(name: str) -> None:
    with pytest.raises(VibError, match="is the name of a variant"):
        check_name(name)
