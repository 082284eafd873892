import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from scipy import stats
from sklearn.datasets import load_wine
from small import BASE, WINE, Vib, write_reviews

from vibcli.data.load import load
from vibcli.models.gaussian import PATHS
from vibcli.runs.saved_model import load_model
from vibcli.store.rundir import RunDir

LATENT = 4  # of the finished runs


def one(results: Path, beginning: str) -> str:
    ids = (p.parent.relative_to(results).as_posix() for p in results.glob("*/*/*/run.json"))
    return min(id for id in ids if id.startswith(beginning))


def walked(vib: Vib, *arguments: object) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(vib("interpolate", *arguments, "--json").stdout)
    return content


def draw_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of a command's time."""
    for name in ("walk", "decoded", "pairs"):
        monkeypatch.setattr(f"vibcli.reporting.plots.{name}.save", lambda drawn, path: None)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture, where numbers alone are looked at."""
    draw_no_more(monkeypatch)


def check(content: dict[str, Any], steps: int, mode: str = "spherical") -> None:
    """What every walk of a classifier must say of itself."""
    path = content["walks"][mode]
    assert [s["position"] for s in path] == np.linspace(0, 1, steps).tolist()
    for step in path:
        p = np.array(step["probabilities"])
        assert len(p) == len(content["classes"])
        assert p.sum() == pytest.approx(1)
        assert step["entropy_nats"] == pytest.approx(stats.entropy(p), abs=1e-9)
        # the density of N(0, I) depends on the norm alone
        at = [step["norm"]] + [0.0] * (LATENT - 1)
        density = stats.multivariate_normal(np.zeros(LATENT)).logpdf(at)
        assert step["log_prior_nats"] == pytest.approx(density)
        assert step["nearest"]["label"] in content["classes"]
        assert step["nearest"]["distance"] >= 0


@pytest.mark.parametrize(
    ("run", "endpoints", "mode"),
    [
        ("digits", "test", "linear"),
        ("digits", "prior", "spherical"),
        ("reviews", "test", "slerp"),
        ("reviews", "prior", "linear"),
        ("wine/vib", "test", "spherical"),
        ("wine/vib", "prior", "slerp"),
    ],
)
def test_a_walk_is_consistent_and_drawn(
    vib: Vib, results: Path, run: str, endpoints: str, mode: str
) -> None:
    id = one(results, run)
    content = walked(vib, id, "--mode", mode, "--endpoints", endpoints, "--steps", 5)
    check(content, 5, mode)
    assert (content["run"], content["mode"]) == (id, mode)
    assert content["from"]["kind"] == content["to"]["kind"] == endpoints
    (picture,) = (results / id).glob(f"interpolation-{mode}-*-5.png")
    with Image.open(picture) as image:
        assert image.width == 1050
        assert 600 < image.height < 1200
    assert json.loads(picture.with_suffix(".json").read_text(encoding="utf-8")) == content
    texts = [step["nearest"]["text"] for step in content["walks"][mode]]
    assert all("film" in t or "was" in t for t in texts) if run == "reviews" else not any(texts)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("mode", PATHS)
def test_the_ends_are_the_codes_of_the_examples(vib: Vib, results: Path, mode: str) -> None:
    id = one(results, "wine/vib")
    content = walked(vib, id, "--from", 3, "--to", 7, "--steps", 3, "--mode", mode)
    saved = load_model(RunDir(results, id), torch.device("cpu"))
    inputs = load(saved.run.config).splits[content["from"]["split"]]
    for end, step in (("from", content["walks"][mode][0]), ("to", content["walks"][mode][-1])):
        row = content[end]["row"]
        x = saved.preprocessor.transform(inputs.inputs, np.array([row]))
        with torch.inference_mode():
            mean = saved.model.encode(torch.from_numpy(x)).mean
            p = saved.model.head(mean).softmax(-1)[0]
        assert step["norm"] == pytest.approx(float(mean.norm()), rel=1e-5)
        assert step["probabilities"] == pytest.approx(p.tolist(), rel=1e-4)
        assert content[end]["label"] == saved.run.data.classes[inputs.labels[row]]
    assert (content["from"]["index"], content["to"]["index"]) == (3, 7)


@pytest.mark.usefixtures("undrawn")
def test_the_same_example_twice_stays_where_it_is(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--from", 2, "--to", 2, "--mode", "slerp", "--steps", 3)
    assert len({round(step["norm"], 6) for step in content["walks"]["slerp"]}) == 1


@pytest.mark.usefixtures("undrawn")
def test_random_ends_follow_the_seed(vib: Vib, results: Path) -> None:
    for endpoints in ("test", "prior"):
        here = ("digits", "--endpoints", endpoints, "--steps", 2)
        first, again, other = (walked(vib, *here, "--seed", seed) for seed in (0, 0, 1))
        assert first == again
        assert first["walks"] != other["walks"]


@pytest.mark.usefixtures("undrawn")
def test_one_given_end_leaves_the_other_to_chance_of_another_class(vib: Vib, results: Path) -> None:
    for given, free in (("from", "to"), ("to", "from")):
        content = walked(vib, "digits", f"--{given}", 5, "--steps", 2)
        assert content[given]["index"] == 5
        assert content[free]["label"] != content[given]["label"]


@pytest.mark.usefixtures("undrawn")
def test_the_table_shows_what_the_json_says(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--steps", 4)
    result = vib("interpolate", "digits", "--steps", 4)
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for step in content["walks"]["spherical"]:
        (line,) = (one for one in lines if one.lstrip().startswith(f"{step['position']:.3f}"))
        assert f"{step['norm']:.2f}" in line
        assert f"{step['log_prior_nats']:.1f}" in line
        assert f"{step['entropy_nats']:.3f}" in line
        assert f"{max(step['probabilities']):.2f}" in line
        assert f"{step['nearest']['label']} #{step['nearest']['row']}" in line
    assert "Picture: results/digits/" in result.stderr


@pytest.mark.usefixtures("undrawn")
def test_a_text_run_shows_numbers_and_texts_with_their_brackets(vib: Vib, results: Path) -> None:
    content = walked(vib, "reviews", "--steps", 3)
    shown = vib("interpolate", "reviews", "--steps", 3).stdout
    together = re.sub(r"\s", "", shown)
    for step in content["walks"]["spherical"]:
        for number in (f"{step['position']:.3f}", f"{step['norm']:.2f}"):
            assert number in shown
        near = step["nearest"]
        said = f"{near['label']} #{near['row']}: {near['text']}"
        assert re.sub(r"\s", "", said) in together
    assert "[bold]" in shown
    assert "[/bad]" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("digits --from 360", "There is no test example 360: they are numbered 0 to 359."),
        ("digits --to -1", "There is no test example -1"),
        ("digits --steps 1", "--steps is 1"),
        ("digits --endpoints prior --from 1", "--from names an end that is not a draw"),
        ("digits --endpoints prior --to-class 1", "--to-class names an end that is not a draw"),
        ("digits --from-class ten", "Unknown class 'ten'. Choose one of: 0, 1, 2, 3"),
        ("digits --from 1 --from-class 1", "--from and --from-class name the same end"),
        ("digits --to-class 1 --to-file a.png", "--to-class and --to-file name the same end"),
        ("digits --from-file no.png", "There is no file no.png."),
        ("digits --from-file reviews.csv", "cannot be read: not an image."),
        ("digits --pairs 0", "--pairs"),
        ("digits --pairs 181", "--pairs 181 takes 362 different test examples"),
        ("digits --pairs 2 --mode all", "--mode is about a single walk: leave it out with --pairs"),
        ("digits --pairs 2 --from 3", "--from is about a single walk"),
        ("digits --pairs 2 --endpoints prior", "--endpoints is about a single walk"),
        ("digits --pairs 2 --from-class ten", "Unknown class 'ten'"),
        ("digits --mode sphere", "Unknown mode 'sphere'. Did you mean 'spherical'?"),
        ("digits --endpoints tests", "Unknown endpoints 'tests'. Did you mean 'test'?"),
        ("digits --seed -1", "--seed"),
        ("nothing", "Unknown run 'nothing'."),
        ("wine/vib", "fits 2 runs"),
    ],
)
def test_bad_requests_are_said_and_nothing_is_written(
    vib: Vib, results: Path, arguments: str, message: str
) -> None:
    write_reviews(Path("reviews.csv"))
    assert message in " ".join(vib("interpolate", *arguments.split(), code=2).stderr.split())
    assert not list(results.glob("**/interpolation*"))


def test_a_run_without_a_latent_names_the_command_that_makes_one(vib: Vib, results: Path) -> None:
    id = one(results, "wine/baseline")
    message = vib("interpolate", id, code=2).stderr
    assert f"{id} has no latent to walk in." in message
    assert "vib train --variant vib --dataset wine" in message


@pytest.mark.parametrize("baseline", [False, True])
def test_without_a_run_that_has_a_latent_the_way_to_one_is_said(vib: Vib, baseline: bool) -> None:
    if baseline:
        vib("train", "--variant", "baseline", *BASE)
    message = vib("interpolate", code=2).stderr
    assert "No run in results has a latent to walk in. Make one: vib train --variant vib" in message


@pytest.mark.usefixtures("undrawn")
def test_by_default_the_newest_complete_run_with_a_latent_is_used(vib: Vib, results: Path) -> None:
    vib("train", "--variant", "baseline", *BASE, "--seed", 7)
    vib("train", *WINE, "--lr", "1e30", code=1)
    records = [json.loads(path.read_text()) for path in results.glob("*/*/*/run.json")]
    newest = max(
        (r for r in records if r["status"] == "complete" and r["name"] == "vib"),
        key=lambda r: str(r["created"]),
    )
    assert walked(vib, "--steps", 2)["run"] == newest["id"]


@pytest.mark.usefixtures("undrawn")
def test_a_model_without_noise_can_be_walked_too(vib: Vib, results: Path) -> None:
    check(walked(vib, one(results, "wine/control"), "--steps", 3), 3)


def test_a_truncated_model_is_said(vib: Vib, results: Path) -> None:
    id = one(results, "digits")
    (results / id / "model.safetensors").write_bytes(b"half")
    assert f"The model of {id} cannot be read" in vib("interpolate", id, code=2).stderr


AUTO = ("--latent", "4", "--widths", "8", "--epochs", "1")


@pytest.fixture(scope="module")
def decoders(vib: Vib, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Autoencoders of each kind of data, and a file with one row of each; not to be changed."""
    folder = tmp_path_factory.mktemp("decoders")
    reviews = write_reviews(folder / "reviews.csv")
    results = ("--results", folder / "results")
    for dataset, more in (("digits", ()), ("wine", ()), (reviews, ("--input", "review"))):
        vib("train", "--variant", "vae", "--dataset", dataset, *AUTO, *more, *results)
    vib("train", "--variant", "pm", "--dataset", "digits", *AUTO, *results)
    Image.fromarray(np.full((20, 20), 90, np.uint8)).save(folder / "grey.png")
    (folder / "one.txt").write_text("the story was superb", encoding="utf-8")
    (folder / "blank.txt").write_text(" ", encoding="utf-8")
    names = [str(name) for name in load_wine().feature_names]
    lines = [",".join(names), ",".join(map(str, load_wine().data[5]))]
    (folder / "one.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def decoded(decoders: Path, tmp_path: Path) -> Path:
    """A copy of `decoders`, the working folder of the test."""
    shutil.copytree(decoders, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "endpoints", "mode"),
    [
        ("digits/vae", "test", "all"),
        ("digits/vae", "prior", "all"),
        ("reviews", "test", "all"),
        ("reviews", "prior", "slerp"),
        ("wine", "test", "all"),
        ("wine", "prior", "slerp"),
    ],
)
def test_an_autoencoder_decodes_the_walk(
    vib: Vib,
    decoded: Path,
    run: str,
    endpoints: str,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id = one(decoded / "results", run)
    content = walked(vib, id, "--mode", mode, "--endpoints", endpoints, "--steps", 3)
    modes = [*PATHS, "blend"] if mode == "all" else [mode]
    assert list(content["walks"]) == modes
    for walk, steps in content["walks"].items():
        for step in steps:
            assert step["probabilities"] is None
            assert (step["entropy_nats"] is None) == (run == "wine")
            assert (step["distance_to_data"] is None) == (run == "reviews")
            assert (step["norm"] is None) == (run == "reviews" and walk == "blend")
            if run == "wine":
                assert list(step["decoded"]) == load_wine().feature_names
            else:
                assert isinstance(step["decoded"], list) == (run == "reviews")
    (picture,) = (decoded / "results" / id).glob(f"interpolation-{mode}-*-3.png")
    with Image.open(picture) as image:
        assert image.width == 1050
    draw_no_more(monkeypatch)
    shown = vib("interpolate", id, "--mode", mode, "--endpoints", endpoints, "--steps", 3).stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "probabilities" not in shown
    assert len(list(picture.parent.glob("interpolation-*.png"))) == 1


@pytest.mark.usefixtures("undrawn")
def test_the_decoded_ends_of_a_table_are_its_reconstructions(vib: Vib, decoded: Path) -> None:
    content = walked(vib, "wine", "--from", 3, "--to", 7, "--steps", 2, "--mode", "linear")
    saved = load_model(RunDir(decoded / "results", content["run"]), torch.device("cpu"))
    inputs = load(saved.run.config).splits["train"].inputs
    for which, step in zip(("from", "to"), content["walks"]["linear"], strict=True):
        x = saved.preprocessor.transform(inputs, np.array([content[which]["row"]]))
        with torch.inference_mode():
            output = saved.model.head(saved.model.encode(torch.from_numpy(x)).mean)[0].numpy()
        for i, (name, (mean, deviation)) in enumerate(saved.preprocessor.numbers.items()):
            assert step["decoded"][name] == pytest.approx(mean + deviation * output[i], rel=1e-4)
            told = content[which]["input"][name]
            read = inputs.table[name][content[which]["row"]].as_py()
            assert told == pytest.approx(read, rel=1e-4)


@pytest.mark.parametrize(
    ("run", "file"), [("digits/vae", "grey.png"), ("reviews", "one.txt"), ("wine", "one.csv")]
)
def test_a_file_can_be_an_end(
    vib: Vib, decoded: Path, run: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = one(decoded / "results", run)
    content = walked(vib, id, "--from-file", file, "--to", 5, "--steps", 2, "--mode", "all")
    assert content["from"]["kind"] == "file"
    assert content["from"]["path"] == file
    assert content["to"]["index"] == 5
    draw_no_more(monkeypatch)
    again = walked(vib, id, "--from-file", file, "--to", 5, "--steps", 2, "--mode", "all")
    assert again == content
    name = f"interpolation-all-{Path(file).stem}-{content['from']['digest']}-5-2"
    assert {p.stem for p in (decoded / "results" / id).glob("interpolation*")} == {name}
    if run == "reviews":
        assert content["from"]["text"] == "the story was superb"
    if run == "wine":
        told = content["from"]["input"]
        assert told["proline"] == pytest.approx(load_wine().data[5][-1], rel=1e-5)


@pytest.mark.parametrize(
    ("run", "file", "message"),
    [
        ("reviews", "reviews.csv", "reviews.csv has 80 rows: a walk ends at one."),
        ("reviews", "blank.txt", "blank.txt is empty."),
        ("reviews", "grey.png", "Cannot read grey.png: its name must end in"),
        ("wine", "reviews.csv", "there are no columns 'alcohol', 'malic_acid'"),
        ("digits/vae", "one.txt", "The image one.txt cannot be read: not an image."),
        ("digits/vae", "results", "There are no images in results."),
    ],
)
def test_files_that_are_no_end_are_said(
    vib: Vib, decoded: Path, run: str, file: str, message: str
) -> None:
    id = one(decoded / "results", run)
    said = vib("interpolate", id, "--to-file", file, code=2).stderr
    assert message in " ".join(said.split())


@pytest.mark.usefixtures("undrawn")
def test_ends_of_classes_are_of_them(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--from-class", 3, "--to-class", 8, "--steps", 2)
    assert (content["from"]["label"], content["to"]["label"]) == ("3", "8")
    other = walked(vib, "digits", "--from-class", 3, "--to-class", 8, "--steps", 2, "--seed", 1)
    assert content["from"]["index"] != other["from"]["index"]
    # and the model takes them for it
    said = said_of_test_rows(results, "digits")[0]
    for end in (content["from"], content["to"], other["from"], other["to"]):
        assert said[end["index"]] == end["label"]
        assert end["predicted"] == end["label"]


def said_of_test_rows(results: Path, beginning: str) -> tuple[list[str], list[str]]:
    """Most probable class and label of each test row, from what the run kept."""
    table = parquet.read_table(results / one(results, beginning) / "predictions.parquet")
    names = [name for name in table.column_names if name.startswith("p(")]
    likeliest = np.stack([table[name].to_numpy() for name in names], axis=1).argmax(1)
    return [names[i][2:-1] for i in likeliest], table["label"].to_pylist()


def test_an_end_that_no_example_is_right_for_is_said(vib: Vib, results: Path) -> None:
    said, labels = said_of_test_rows(results, "digits")
    right = {label for label, name in zip(labels, said, strict=True) if label == name}
    wrong = sorted(set(labels) - right)
    assert wrong, "the small model knows every digit; make it smaller"
    shown = vib("interpolate", "digits", "--from-class", wrong[0], "--steps", 2).stdout
    assert f"No test example of class '{wrong[0]}' is classified rightly" in shown


@pytest.mark.usefixtures("undrawn")
def test_all_modes_of_a_classifier_have_the_blend_in_one_table(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--mode", "all", "--steps", 3)
    assert list(content["walks"]) == [*PATHS, "blend"]
    for mode in content["walks"]:
        check(content, 3, mode)
    shown = vib("interpolate", "digits", "--mode", "all", "--steps", 3).stdout
    assert [line.strip() for line in shown.splitlines() if line.strip() in content["walks"]] == [
        *PATHS,
        "blend",
    ]
    assert max(map(len, shown.splitlines())) <= 80
    assert list(walked(vib, "reviews", "--mode", "all", "--steps", 3)["walks"]) == [*PATHS]


@pytest.mark.usefixtures("undrawn")
def test_equal_ends_are_said_where_the_spherical_walk_is_shown(vib: Vib, results: Path) -> None:
    same = ("digits", "--from", 2, "--to", 2, "--steps", 2)
    for mode, said in (("spherical", True), ("all", True), ("linear", False)):
        shown = " ".join(vib("interpolate", *same, "--mode", mode).stdout.split())
        assert ("the walk's middle is 1.41 times as long as its ends" in shown) == said
    assert walked(vib, *same)["departures"]


@pytest.mark.slow
@pytest.mark.parametrize("run", ["digits/pm", "reviews"])
def test_many_walks_of_an_autoencoder(
    vib: Vib, decoded: Path, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(vib, decoded / "results", run, 8, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("run", ["digits", "reviews"])
def test_many_walks_of_a_classifier(
    vib: Vib, results: Path, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(vib, results, run, 8, monkeypatch)


def many(vib: Vib, results: Path, run: str, pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    id = one(results, run)
    content = walked(vib, id, "--pairs", pairs)
    assert content["pairs"] == pairs
    for kind, variance in (("prior", 1), ("uniform", 1 / 3)):
        linear = content["ends"][kind]["walks"]["linear"]
        assert linear["expected"][8] == pytest.approx(variance / 2)
        assert len(linear["variance"]) == len(content["positions"]) == 17
        for estimate in linear["variance"]:
            assert estimate["low"] < estimate["mean"] < estimate["high"]
            assert estimate["n"] == pairs
    assert content["ends"]["encoder"]["moments"]["variance"] >= 0
    assert set(content["model"]) == {"prior", "encoder"}
    draw_no_more(monkeypatch)
    shown = vib("interpolate", id, "--pairs", pairs).stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert {p.name for p in (results / id).glob("interpolation*")} == {
        f"interpolation-pairs-{pairs}-seed0{ending}" for ending in (".json", ".png")
    }


@pytest.mark.slow
def test_pairs_of_classes_have_names_of_their_own(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--pairs", 3, "--from-class", 1, "--to-class", 7, "--seed", 2)
    assert content["classes"] == ["1", "7"]
    assert len([*results.glob("digits/*/*/interpolation-pairs-3-from-1-to-7-seed2.png")]) == 1
    title = vib("interpolate", "digits", "--pairs", 1, "--from-class", 1).stdout.splitlines()[0]
    assert title.endswith(": 1 pair, from 1")


def test_a_text_can_be_predicted_from_a_plain_file(vib: Vib, results: Path) -> None:
    Path("mine.txt").write_text("the film was superb\n", encoding="utf-8")
    header, line = vib("predict", one(results, "reviews"), "mine.txt").stdout.strip().split("\n", 1)
    assert header.startswith("text,prediction,")
    assert "the film was superb" in line
