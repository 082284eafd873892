import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pyarrow import csv, parquet
from small import WINE, Vib

EXACT = ("accuracy", "nll_nats", "ece", "ece_adaptive", "brier", "macro_f1", "distortion_nats")


def ids(results: Path) -> list[str]:
    return sorted(p.parent.relative_to(results).as_posix() for p in results.glob("*/*/*/run.json"))


def one(results: Path, beginning: str) -> str:
    """The id of the first run that begins so."""
    return next(id for id in ids(results) if id.startswith(beginning))


def record(results: Path, id: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((results / id / "run.json").read_text())
    return content


def measured(vib: Vib, *arguments: object) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(vib("eval", *arguments, "--json").stdout)
    return content


def known(metrics: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None}


@pytest.mark.parametrize(
    "beginning", ["wine/vib", "wine/baseline", "wine/control", "digits", "breast-cancer", "reviews"]
)
def test_a_saved_run_measures_again_what_it_measured(
    vib: Vib, finished_runs: Path, beginning: str
) -> None:
    id = one(finished_runs, beginning)
    again = measured(vib, id, "--results", finished_runs)
    assert again["metrics"] == record(finished_runs, id)["test"]["selected"]
    assert (again["run"], again["on"], again["samples"]) == (id, "test", 0)


def test_the_threads_of_the_run_decide_its_last_digits(vib: Vib) -> None:
    wide = ("--dataset", "wine", "--epochs", "1", "--widths", "512")
    vib("train", *wide, "--threads", 2)
    (id,) = ids(Path("results"))
    tested = record(Path("results"), id)["test"]["selected"]
    assert measured(vib)["metrics"] == tested
    other = measured(vib, "--threads", 1)["metrics"]
    assert known(other) == pytest.approx(known(tested), rel=1e-5)


def test_every_metric_is_shown_and_auroc_where_there_are_two_classes(
    vib: Vib, finished_runs: Path
) -> None:
    here = ("--results", finished_runs)
    shown = vib("eval", "breast-cancer", *here).stdout
    metrics = measured(vib, "breast-cancer", *here)["metrics"]
    for name, form in (
        ("accuracy", "{:.2%}"),
        ("nll_nats", "{:.4f} nats"),
        ("ece", "{:.4f}"),
        ("ece_adaptive", "{:.4f}"),
        ("brier", "{:.4f}"),
        ("macro_f1", "{:.4f}"),
        ("auroc", "{:.4f}"),
        ("distortion_nats", "{:.4f} nats"),
        ("rate_nats", "{:.3f} nats"),
        ("rate_bits", "{:.3f} bits"),
    ):
        assert form.format(metrics[name]) in shown
    # an estimate below 0 is kept as it is, and says that it is at least 0
    assert metrics["izy_lower_bound_nats"] < 0
    assert re.search(r"I\(Z;Y\) at least +0\.0000 nats", shown)
    assert "AUROC" not in vib("eval", one(finished_runs, "wine/vib"), *here).stdout


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_split_can_be_measured(vib: Vib, finished_runs: Path, split: str) -> None:
    id = one(finished_runs, "wine/vib")
    run = record(finished_runs, id)
    metrics = measured(vib, id, "--split", split, "--results", finished_runs)["metrics"]
    assert metrics["rows"] == run["data"]["sizes"][split]
    if split == "validation":
        (chosen,) = (e for e in run["epochs"] if e["epoch"] == run["selected"]["epoch"])
        for name, value in chosen["validation"].items():
            assert metrics[name] == pytest.approx(value, rel=1e-6)


def test_draws_follow_the_seed(vib: Vib, finished_runs: Path) -> None:
    here = (one(finished_runs, "wine/vib"), "--results", finished_runs, "--samples", 3)
    first, again, other = (measured(vib, *here, "--seed", seed) for seed in (1, 1, 2))
    assert first == again
    assert first["samples"] == 3
    assert first["metrics"]["nll_nats"] != other["metrics"]["nll_nats"]
    assert first["metrics"]["rate_nats"] == other["metrics"]["rate_nats"]
    assert "averaged over 3 draws" in vib("eval", *here).stderr


def test_many_draws_of_a_model_without_noise_change_nothing(vib: Vib, finished_runs: Path) -> None:
    here = (one(finished_runs, "wine/control"), "--results", finished_runs)
    mean, draws = (measured(vib, *here, "--samples", n)["metrics"] for n in (0, 5))
    assert known(draws) == pytest.approx(known(mean), rel=1e-6)


def test_a_run_from_before_the_adaptive_ece_is_shown_without_it(vib: Vib, results: Path) -> None:
    path = results / one(results, "wine/vib") / "run.json"
    content = json.loads(path.read_text())
    for tested in content["test"].values():
        del tested["ece_adaptive"]
    path.write_text(json.dumps(content))
    shown = vib("train", "--variant", "vib", *WINE).stdout
    assert "ECE (15 bins)" in shown
    assert "adaptive" not in shown
    assert "adaptive ECE (15 bins)" in vib("eval", path).stdout


@pytest.mark.parametrize("where", [("--split", "train"), ("--samples", 2), ("--json",)])
def test_reliability_is_drawn_where_it_is_wanted(
    vib: Vib, finished_runs: Path, tmp_path: Path, where: tuple[object, ...]
) -> None:
    path = tmp_path / "new" / "a [bold].PNG"
    here = ("--results", finished_runs, *where)
    plain = vib("eval", "breast-cancer", *here)
    assert not path.parent.exists()
    drawn = vib("eval", "breast-cancer", *here, "--reliability", path)
    assert drawn.stdout == plain.stdout
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width == 630
    assert (f"Reliability: {path}" in drawn.stderr) == ("--json" not in where)


def test_reliability_of_a_file_of_rows_can_be_drawn(
    vib: Vib, finished_runs: Path, tmp_path: Path
) -> None:
    id = one(finished_runs, "reviews")
    rows = predicted_file(finished_runs, id, tmp_path / "new.csv")
    vib("eval", id, "--results", finished_runs, "--file", rows, "--reliability", "a.png")
    assert Path("a.png").is_file()


def test_pictures_of_a_classifier(vib: Vib, results: Path) -> None:
    id = one(results, "digits")
    result = vib("eval", id, "--pictures")
    drawn = {path.name for path in (results / id).glob("test-*.png")}
    assert drawn == {"test-terms.png", "test-reliability.png", "test-confusion.png"}
    assert all(name in result.stderr for name in drawn)


@pytest.mark.parametrize("name", ["a.pdf", "a"])
def test_reliability_is_drawn_as_png_only(vib: Vib, results: Path, name: str) -> None:
    message = vib("eval", "digits", "--reliability", name, code=2).stderr
    assert "Unknown format" in message
    assert ".png" in message
    assert not Path(name).exists()


def test_ways_to_name_a_run(vib: Vib, results: Path) -> None:
    id = one(results, "digits")
    wanted = measured(vib, id)
    for name in (
        *("digits", id.split("/", 1)[1], id[:-3]),
        *(f"results/{id}", f"results/{id}/run.json", (results / id).resolve()),
    ):
        assert measured(vib, name) == wanted
    assert measured(vib)["run"] == measured(vib, "latest")["run"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wine", "'wine' fits 6 runs; say which, for example "),
        ("nothing", "Unknown run 'nothing'."),
        ("results/nothing/run.json", "Unknown run 'results/nothing/run.json'."),
        ("..", "Unknown run '..'."),
        ("[red]", "Unknown run '[red]'."),
    ],
)
def test_a_run_that_is_not_one(vib: Vib, results: Path, name: str, message: str) -> None:
    assert message in vib("eval", name, code=2).stderr


def test_without_runs_the_way_to_make_one_is_said(vib: Vib) -> None:
    assert "There are no runs in results. Make one with: vib train" in vib("eval", code=2).stderr


def predicted_file(results: Path, id: str, path: Path, number: bool = False) -> Path:
    """The test rows of the reviews as a file of their own."""
    run = record(results, id)
    rows = parquet.read_table(results / id / "predictions.parquet")["row"].to_pylist()
    table = csv.read_csv(results.parent / run["config"]["dataset"]).take(rows)
    if number:
        codes = [run["data"]["classes"].index(name) for name in table["label"].to_pylist()]
        table = table.set_column(table.column_names.index("label"), "label", [codes])
    csv.write_csv(table, path)
    return path


@pytest.mark.parametrize("number", [False, True], ids=["names", "numbers"])
def test_a_file_of_the_test_rows_measures_what_the_test_did(
    vib: Vib, finished_runs: Path, tmp_path: Path, number: bool
) -> None:
    id = one(finished_runs, "reviews")
    path = predicted_file(finished_runs, id, tmp_path / "new [bold].csv", number)
    again = measured(vib, id, "--file", path, "--results", finished_runs)
    tested = record(finished_runs, id)["test"]["selected"]
    assert {k: again["metrics"][k] for k in EXACT} == {k: tested[k] for k in EXACT}
    assert again["on"] == str(path)
    shown = vib("eval", id, "--file", path, "--results", finished_runs).stdout
    assert re.sub(r"\s", "", "new [bold].csv") in re.sub(r"\s", "", shown)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("review,label\nlovely film,[good]\nfilm,[meh]\n", "does not know: [meh]"),
        ("review,label\nlovely film,7\n", "does not know: 7"),
        ("review,stars\nlovely film,1\n", "label"),
        (
            "text,label\nlovely film,[good]\n",
            "there is no column 'review'. The model reads it",
        ),
        ("review,label\n", "no rows"),
        ("", "is empty"),
    ],
)
def test_a_file_that_does_not_fit(
    vib: Vib, finished_runs: Path, tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "new.csv"
    path.write_text(content)
    here = ("--results", finished_runs)
    result = vib("eval", "reviews", "--file", path, *here, code=2)
    assert message in result.stderr
    assert str(path) in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there(vib: Vib, finished_runs: Path) -> None:
    here = ("--results", finished_runs)
    message = vib("eval", "reviews", "--file", "none.csv", *here, code=2).stderr
    assert "There is no file none.csv. Give a table with the columns review." in message


@pytest.mark.parametrize("file", ["model.safetensors", "preprocessing.json"])
def test_a_truncated_run_is_said_and_the_others_work(vib: Vib, results: Path, file: str) -> None:
    id = one(results, "wine/vib")
    path = results / id / file
    path.write_bytes(path.read_bytes()[:40])
    message = vib("eval", id, code=2).stderr
    assert f"The model of {id} cannot be read" in message
    assert "Train it again with --fresh." in message
    measured(vib, one(results, "wine/baseline"))
    assert " complete " in vib("runs").stdout


def test_truncated_predictions_are_not_needed(vib: Vib, results: Path) -> None:
    id = one(results, "wine/vib")
    (results / id / "predictions.parquet").write_bytes(b"PAR1")
    assert measured(vib, id)["metrics"] == record(results, id)["test"]["selected"]


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is damaged"), ('{"schema_version": 2}', "newer vibcli (schema 2")],
)
def test_a_damaged_or_newer_record(vib: Vib, results: Path, content: str, message: str) -> None:
    id = one(results, "wine/vib")
    (results / id / "run.json").write_text(content)
    assert message in vib("eval", id, code=2).stderr


def test_a_run_without_a_model(vib: Vib) -> None:
    vib("train", *WINE, "--lr", "1e30", code=1)
    assert "is diverged, so it has no model to use." in vib("eval", "vib", code=2).stderr
    assert "There is no complete run in results." in vib("eval", code=2).stderr


def test_the_latest_run_is_one_that_has_a_model(vib: Vib) -> None:
    vib("train", *WINE)
    (id,) = ids(Path("results"))
    vib("train", *WINE, "--lr", "1e30", code=1)
    assert len(ids(Path("results"))) == 2
    assert measured(vib)["run"] == measured(vib, "latest")["run"] == id


def test_data_that_changed_or_went_away(vib: Vib, results: Path, tmp_path: Path) -> None:
    id = one(results, "reviews")
    path = results / id / "run.json"
    content = json.loads(path.read_text())
    copy = shutil.copy(content["config"]["dataset"], tmp_path / "copy.csv")
    content["config"]["dataset"] = "copy.csv"
    path.write_text(json.dumps(content))
    assert measured(vib, id)["metrics"] == content["test"]["selected"]
    with Path(copy).open("a") as file:
        file.write("one more,[good],1\n")
    assert "have changed since it was trained" in vib("eval", id, code=2).stderr
    Path(copy).unlink()
    assert "There is no 'copy.csv' here.\n" in (said := vib("eval", id, code=2).stderr)
    assert "--dataset PATH" in said


AUTOENCODERS = ("wine/vae", "digits/vae", "reviews/vae", "wine/ae", "digits/pm")
SHOWN = (
    ("elbo_nats", "ELBO", "{:.3f} nats"),
    ("iwae_nats", "importance-weighted bound", "{:.3f} nats"),
    ("iw_samples", "... with draws of z", "{:.0f}"),
    ("distortion_nats", "distortion", "{:.4f} nats"),
    ("distortion_at_mean_nats", "distortion at the mean of z", "{:.4f} nats"),
    ("squared_error", "mean squared error there", "{:.5f}"),
    ("perplexity", "perplexity at most, per word", "{:.1f}"),
    ("rate_nats", "rate", "{:.3f} nats"),
    ("rate_bits", "rate", "{:.3f} bits"),
    ("active_units", "active units", "{:.0f}"),
    ("sample_energy", "prior samples from data (0 to 1)", "{:.4f}"),
)


@pytest.mark.parametrize("beginning", AUTOENCODERS)
def test_an_autoencoder_measures_again_what_it_measured(
    vib: Vib, finished_autoencoders: Path, beginning: str
) -> None:
    id = one(finished_autoencoders, beginning)
    again = measured(vib, id, "--results", finished_autoencoders)
    assert again["metrics"] == record(finished_autoencoders, id)["test"]["selected"]
    # few where there are many words, none where there is no noise
    draws = {"reviews/vae": 8, "wine/vae": 64, "digits/vae": 64}.get(beginning, 0)
    assert (again["run"], again["on"], again["samples"]) == (id, "test", draws)


@pytest.mark.parametrize("beginning", AUTOENCODERS)
def test_every_metric_of_an_autoencoder_is_shown_where_it_applies(
    vib: Vib, finished_autoencoders: Path, beginning: str
) -> None:
    id = one(finished_autoencoders, beginning)
    metrics = record(finished_autoencoders, id)["test"]["selected"]
    lines = vib("eval", id, "--results", finished_autoencoders).stdout.splitlines()
    expected = [
        f"{title} {form.format(metrics[name])}"
        for name, title, form in SHOWN
        if metrics[name] is not None
    ]
    assert [" ".join(line.split()) for line in lines[3:]] == expected
    noisy = {"elbo_nats", "iwae_nats", "iw_samples", "rate_nats", "rate_bits"}
    missing = {name for name, _, _ in SHOWN if metrics[name] is None}
    unknown = {
        "wine/vae": {"perplexity"},
        "digits/vae": {"perplexity"},
        "reviews/vae": {"sample_energy"},
        "wine/ae": {"perplexity", *noisy},
        "digits/pm": {"perplexity", "sample_energy", *noisy},
    }
    assert missing == unknown[beginning]


@pytest.mark.parametrize("beginning", ["wine/vae", "digits/vae"])
def test_more_draws_tighten_the_importance_weighted_bound(
    vib: Vib, finished_autoencoders: Path, beginning: str
) -> None:
    here = (one(finished_autoencoders, beginning), "--results", finished_autoencoders)
    found = {n: measured(vib, *here, "--iw-samples", n) for n in (1, 8, 400)}
    bounds = [found[n]["metrics"]["iwae_nats"] for n in (1, 8, 400)]
    assert bounds == sorted(set(bounds))
    for n, content in found.items():
        assert content["samples"] == content["metrics"]["iw_samples"] == n
        assert content["metrics"]["rate_nats"] == found[1]["metrics"]["rate_nats"]
    assert found[400]["metrics"]["elbo_nats"] < bounds[-1]


def test_draws_of_an_autoencoder_follow_the_seed(vib: Vib, finished_autoencoders: Path) -> None:
    here = (one(finished_autoencoders, "digits/vae"), "--results", finished_autoencoders)
    first, again, other = (measured(vib, *here, "--seed", seed) for seed in (1, 1, 2))
    assert first == again
    for name in ("elbo_nats", "distortion_at_mean_nats", "sample_energy"):  # pixels are drawn too
        assert first["metrics"][name] != other["metrics"][name]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_an_autoencoder_is_measured_on_each_split(
    vib: Vib, finished_autoencoders: Path, split: str
) -> None:
    id = one(finished_autoencoders, "wine/vae")
    run = record(finished_autoencoders, id)
    here = (id, "--results", finished_autoencoders, "--split", split)
    metrics = measured(vib, *here)["metrics"]
    assert metrics["rows"] == run["data"]["sizes"][split]
    if split == "validation":  # which is watched at one draw, of seed 0
        (chosen,) = (e for e in run["epochs"] if e["epoch"] == run["selected"]["epoch"])
        metrics = measured(vib, *here, "--iw-samples", 1, "--seed", 0)["metrics"]
        for name, value in chosen["validation"].items():
            assert metrics[name] == pytest.approx(value, rel=1e-6)


def test_an_autoencoder_is_measured_on_new_rows(vib: Vib, finished_autoencoders: Path) -> None:
    id = one(finished_autoencoders, "reviews/vae")
    source = finished_autoencoders.parent / "reviews.csv"
    lines = source.read_text().splitlines()
    Path("new.csv").write_text("\n".join(lines[:21]) + "\n")
    found = measured(vib, id, "--results", finished_autoencoders, "--file", "new.csv")
    assert found["metrics"]["rows"] == 20
    assert found["metrics"]["perplexity"] > 1


@pytest.mark.parametrize(
    ("beginning", "flags", "said"),
    [
        ("wine/vae", ("--samples", 3), "--samples does not apply: wine/vae-"),
        ("wine/ae", ("--reliability", "a.png"), "--reliability does not apply: wine/ae-"),
    ],
)
def test_flags_that_are_for_classifiers_are_refused(
    vib: Vib, finished_autoencoders: Path, beginning: str, flags: tuple[object, ...], said: str
) -> None:
    here = (one(finished_autoencoders, beginning), "--results", finished_autoencoders)
    result = vib("eval", *here, *flags, code=2)
    assert said in " ".join(result.stderr.split())
    assert "is of autoencoding" in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_iw_samples_are_refused_for_a_classifier(vib: Vib, finished_runs: Path) -> None:
    here = (one(finished_runs, "wine/vib"), "--results", finished_runs)
    result = vib("eval", *here, "--iw-samples", 3, code=2)
    assert "--iw-samples does not apply" in " ".join(result.stderr.split())
    assert "is of classification" in " ".join(result.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beginning", "kind", "views"),
    [
        ("wine/vib", "gaussian", 3),
        ("wine/control", "deterministic", 2),
        ("wine/baseline", "features", 1),
        ("digits", "gaussian", 3),
        ("reviews", "gaussian", 3),
    ],
)
def test_a_latent_is_measured_drawn_and_kept(
    vib: Vib, results: Path, beginning: str, kind: str, views: int
) -> None:
    id = one(results, beginning)
    content = measured(vib, id, "--latent")
    run = record(results, id)
    assert (content["run"], content["on"], content["kind"]) == (id, "test", kind)
    assert (content["rows"], content["seed"]) == (run["data"]["sizes"]["test"], run["seed"])
    assert len(content["views"]) == views
    if kind == "gaussian":
        tested = run["test"]["selected"]["rate_nats"]
        assert content["information"]["rate_nats"] == pytest.approx(tested, rel=1e-5)
        assert len(content["units"]["rate_nats"]) == content["dimensions"] == 4
    path = results / id / "latent-test.json"
    assert json.loads(path.read_text(encoding="utf-8")) == content
    with Image.open(path.with_suffix(".png")) as picture:
        assert picture.width == 1050


@pytest.mark.slow
def test_the_table_of_a_latent_fits_and_its_notes_are_no_results(vib: Vib, results: Path) -> None:
    for beginning in ("wine/vib", "wine/control", "wine/baseline"):
        id = one(results, beginning)
        shown = vib("eval", id, "--latent")
        assert max(map(len, shown.stdout.splitlines())) <= 80
        assert shown.stdout.startswith(f"{id} on test: 36 rows")
        assert f"Picture: results/{id}/latent-test.png" in shown.stderr
        assert ("no density given x" in shown.stderr) == ("vib" not in beginning)


@pytest.mark.slow
def test_the_latent_of_another_part_and_seed(vib: Vib, results: Path, tmp_path: Path) -> None:
    id = one(results, "reviews")
    train = measured(vib, id, "--latent", "--split", "train", "--seed", 3)
    assert train["rows"] == record(results, id)["data"]["sizes"]["train"]
    assert train["seed"] == 3
    rows = predicted_file(results, id, tmp_path / "new [bold].csv")
    of_file, of_test = measured(vib, id, "--latent", "--file", rows), measured(vib, id, "--latent")
    assert of_file["information"] == of_test["information"]
    assert (results / id / "latent-new [bold].png").is_file()


def test_a_latent_of_one_row_is_refused(vib: Vib, results: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("review,label\nlovely film,[good]\n")
    message = vib("eval", "reviews", "--latent", "--file", path, code=2).stderr
    assert "has one row; --latent looks at two or more" in message
    assert not list(results.glob("**/latent-*"))


@pytest.mark.parametrize("option", [("--samples", 2), ("--reliability", "a.png")])
def test_options_that_do_not_go_with_a_latent(
    vib: Vib, results: Path, option: tuple[object, ...]
) -> None:
    message = vib("eval", "digits", "--latent", *option, code=2).stderr
    assert "have no effect with --latent" in " ".join(message.split())


def test_the_latent_of_a_run_without_a_model(vib: Vib) -> None:
    vib("train", *WINE, "--lr", "1e30", code=1)
    message = vib("eval", "vib", "--latent", code=2).stderr
    assert "is diverged, so it has no model to use." in message
