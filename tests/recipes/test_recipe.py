from pathlib import Path

import pytest
from recipe_files import write_toy

from vibcli.config.record import flag_of
from vibcli.errors import VibError
from vibcli.recipes.packaged import packaged
from vibcli.recipes.recipe import SETTINGS, load_recipe
from vibcli.tasks.find import task_of
from vibcli.tasks.resolve import check_name, without_effect


@pytest.mark.parametrize("name", packaged())
def test_each_packaged_recipe_resolves_on_its_data(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.kind is not None
    names = set()
    for protocol in recipe.protocols:
        configs = {e: recipe.config(protocol, e, recipe.kind) for e in recipe.experiments}
        names |= {check_name(recipe.run_name(protocol, e)) for e in configs}
        typed = [*recipe.settings, *recipe.protocols[protocol].settings]
        assert without_effect([SETTINGS[key] for key in typed], configs.values()) == []
        assert len({config.digest("f00d") for config in configs.values()}) == len(configs)
        for experiment, config in configs.items():
            assert config.dataset == recipe.data.dataset
            own = recipe.experiments[experiment].settings
            assert without_effect([SETTINGS[key] for key in own], [config]) == []
    assert len(names) == len(recipe.protocols) * len(recipe.experiments)
    assert "honest" in recipe.protocols
    for protocol in recipe.protocols:
        assert recipe.watches_test(protocol) == (protocol == "published")


def test_the_recipes_say_what_the_publications_did() -> None:
    essay = load_recipe("su2018-imdb").config("published", "vib", "text")
    assert (essay.epochs, essay.batch_size, essay.lr, essay.lam) == (5, 32, 1e-3, 0.1)
    assert (essay.latent, essay.sigma, essay.watch) == (128, "log_var", "test")
    paper = load_recipe("alemi2017-mnist").config("published", "vib", "image")
    assert (paper.widths, paper.latent, paper.sigma) == ((1024, 1024), 256, "softplus")
    assert (paper.epochs, paper.lr, paper.lr_decay, paper.lr_decay_every) == (200, 1e-4, 0.97, 2)
    assert (paper.beta1, paper.ema, paper.batch_size, paper.lam) == (0.5, 0.999, 100, 1e-3)
    short = load_recipe("alemi2017-mnist-short").config("published", "vib", "image")
    assert (short.epochs, short.lr, short.lr_decay, short.train_samples) == (25, 2e-4, 0.95, 12)
    assert short.beta1 == 0.9
    (printed,) = (c for c in load_recipe("alemi2017-mnist-short").claims if not c.against)
    assert (printed.value, printed.samples) == (1.18, 1024)
    for name in ("alemi2017-mnist", "alemi2017-mnist-short"):  # z = mu(x), section 4
        rivals = [
            load_recipe(name).config("published", e, "image") for e in load_recipe(name).experiments
        ]
        assert [rival.bottleneck for rival in rivals] == ["deterministic"] * 4 + ["gaussian"]
    claimed = {
        c.experiment: c.value for c in load_recipe("alemi2017-mnist").claims if not c.against
    }
    assert claimed == {
        "baseline": 1.38,
        "dropout": 1.34,
        "confidence-penalty": 1.36,
        "label-smoothing": 1.40,
        "vib": 1.13,
    }


def test_settings_are_called_like_their_flags() -> None:
    assert SETTINGS["lambda"] == "lam"
    assert all(flag_of(name) == f"--{key}" for key, name in SETTINGS.items())


def test_the_experiments_settings_beat_the_protocols_and_those_the_recipes(tmp_path: Path) -> None:
    path = write_toy(tmp_path, "latent = 4", "latent = 4, widths = [7]")
    recipe = load_recipe(str(path))
    assert recipe.config("honest", "baseline", "tabular").widths == (8,)
    assert recipe.config("honest", "vib", "tabular").widths == (7,)
    assert recipe.run_name("honest", "vib") == "toy.honest.vib"


@pytest.mark.parametrize(
    ("old", "new", "task"),
    [
        ("", "", "classification"),
        ("seeds = 2", 'seeds = 2\ntask = "regression"', "regression"),
        ('variant = "baseline"', 'variant = "label-smoothing"', "classification"),
    ],
)
def test_the_task_is_the_one_named_or_the_first_that_has_the_variants(
    tmp_path: Path, old: str, new: str, task: str
) -> None:
    recipe = load_recipe(str(write_toy(tmp_path, old, new)))
    assert recipe.the_task.name == task
    configs = [recipe.config("honest", name, "tabular") for name in recipe.experiments]
    assert {task_of(config).name for config in configs} == {task}


WRONG = [
    ("seeds = 2", "seeds = 0", "seeds"),
    ("seeds = 2", "seed = 2", "seed"),
    ("year = 2020", "", "publication.year"),
    ('variant = "vib"', 'variant = "vip"', "experiments.vib.variant: Unknown variant 'vip'"),
    ("epochs = 2", "epoch = 2", "Did you mean 'epochs'?"),
    ("epochs = 2", "epochs = 0", "--epochs is 0"),
    ("latent = 4", "latent = 4, epochs = 7", "protocols.published: claims on epochs need"),
    ("epochs = 2", 'dataset = "digits"', "Unknown setting 'dataset'"),
    ("baseline = {", '"a.b" = {', "experiments.a.b"),
    ('measure = "accuracy"', 'measure = "speed"', "claims.0.measure: Unknown measure"),
    ('experiment = "vib"', 'experiment = "vob"', "claims.0.experiment: Unknown experiment"),
    ('against = "baseline"', 'against = "base"', "claims.1.against: Unknown experiment"),
    ("samples = 3", "samples = 4", "claims.1.samples"),
    ("at_least = 10", "", "claims.0: give one of"),
    ("at_least = 10", "at_least = 10\nat_most = 20", "claims.0: give one of"),
    ("at_least = 10", "value = 10", "claims.0: a value needs a resolution"),
    ("at_least = 10", "at_least = 10\nresolution = 1", "claims.0: resolution belongs"),
    ("at_least = 10", "at_least = 10\nmargin = 1", "claims.0: margin belongs"),
    ("seeds = 2", "seeds = ", "not valid TOML"),
    ("seeds = 2", 'seeds = 2\ntask = "regresion"', "task: Unknown task 'regresion'. Did you mean"),
    (
        'variant = "vib"',
        'variant = "vae"',
        "These variants are of different tasks and cannot be compared (baseline: classification",
    ),
    ("seeds = 2", 'seeds = 2\ntask = "autoencoding"', "Unknown variant of autoencoding"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_an_error_names_the_file_and_the_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write_toy(tmp_path, old, new)
    with pytest.raises(VibError) as error:
        load_recipe(str(path))
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_a_recipe_that_is_not_there() -> None:
    with pytest.raises(VibError, match="Did you mean 'su2018-imdb'"):
        load_recipe("su2018-imbd")
    with pytest.raises(VibError, match=r"Cannot read nothing\.toml"):
        load_recipe("nothing.toml")


@pytest.mark.parametrize("name", packaged())
def test_experiments_of_another_recipe_are_the_same_there(name: str) -> None:
    recipe = load_recipe(name)
    for experiment, content in recipe.experiments.items():
        if content.recipe is None:
            continue
        other = load_recipe(content.recipe)
        for protocol in recipe.protocols:
            assert recipe.run_name(protocol, experiment) == other.run_name(protocol, experiment)
            assert recipe.kind is not None
            own, theirs = (r.config(protocol, experiment, recipe.kind) for r in (recipe, other))
            assert (own.settings, own.dataset) == (theirs.settings, theirs.dataset)
