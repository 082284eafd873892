import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from small import BASE, WINE, Vib

from vibcli.data import load
from vibcli.gaussian import PATHS
from vibcli.runs import RunDir
from vibcli.saved import load_model

LATENT = 4  # of the finished runs


def one(results: Path, beginning: str) -> str:
    ids = (p.parent.relative_to(results).as_posix() for p in results.glob("*/*/*/run.json"))
    return min(id for id in ids if id.startswith(beginning))


def walked(vib: Vib, *arguments: object) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(vib("interpolate", *arguments, "--json").stdout)
    return content


def check(content: dict[str, Any], steps: int) -> None:
    """What every walk must say of itself."""
    assert [s["position"] for s in content["steps"]] == np.linspace(0, 1, steps).tolist()
    for step in content["steps"]:
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


@pytest.mark.parametrize("mode", PATHS)
@pytest.mark.parametrize("endpoints", ["test", "prior"])
@pytest.mark.parametrize("run", ["digits", "reviews", "wine/vib"])
def test_a_walk_is_consistent_and_drawn(
    vib: Vib, results: Path, run: str, endpoints: str, mode: str
) -> None:
    id = one(results, run)
    content = walked(vib, id, "--mode", mode, "--endpoints", endpoints, "--steps", 5)
    check(content, 5)
    assert (content["run"], content["mode"]) == (id, mode)
    assert content["from"]["kind"] == content["to"]["kind"] == endpoints
    (picture,) = (results / id).glob(f"interpolation-{mode}-*-5.png")
    with Image.open(picture) as image:
        assert image.width == 1050
        assert 600 < image.height < 1200
    assert json.loads(picture.with_suffix(".json").read_text(encoding="utf-8")) == content
    texts = [step["nearest"]["text"] for step in content["steps"]]
    assert all("film" in t or "was" in t for t in texts) if run == "reviews" else not any(texts)


@pytest.mark.parametrize("mode", PATHS)
def test_the_ends_are_the_codes_of_the_examples(vib: Vib, results: Path, mode: str) -> None:
    id = one(results, "wine/vib")
    content = walked(vib, id, "--from", 3, "--to", 7, "--steps", 3, "--mode", mode)
    saved = load_model(RunDir(results, id), torch.device("cpu"))
    inputs = load(saved.run.config).splits[content["from"]["split"]]
    for end, step in (("from", content["steps"][0]), ("to", content["steps"][-1])):
        row = content[end]["row"]
        x = saved.preprocessor.transform(inputs.inputs, np.array([row]))
        with torch.inference_mode():
            mean = saved.model.encode(torch.from_numpy(x)).mean
            p = saved.model.head(mean).softmax(-1)[0]
        assert step["norm"] == pytest.approx(float(mean.norm()), rel=1e-5)
        assert step["probabilities"] == pytest.approx(p.tolist(), rel=1e-4)
        assert content[end]["label"] == saved.run.data.classes[inputs.labels[row]]
    assert (content["from"]["index"], content["to"]["index"]) == (3, 7)


def test_the_same_example_twice_stays_where_it_is(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--from", 2, "--to", 2, "--mode", "slerp", "--steps", 3)
    assert len({round(step["norm"], 6) for step in content["steps"]}) == 1


def test_random_ends_follow_the_seed(vib: Vib, results: Path) -> None:
    for endpoints in ("test", "prior"):
        here = ("digits", "--endpoints", endpoints, "--steps", 2)
        first, again, other = (walked(vib, *here, "--seed", seed) for seed in (0, 0, 1))
        assert first == again
        assert first["steps"] != other["steps"]


def test_one_given_end_leaves_the_other_to_chance_of_another_class(vib: Vib, results: Path) -> None:
    for given, free in (("from", "to"), ("to", "from")):
        content = walked(vib, "digits", f"--{given}", 5, "--steps", 2)
        assert content[given]["index"] == 5
        assert content[free]["label"] != content[given]["label"]


def test_the_table_shows_what_the_json_says(vib: Vib, results: Path) -> None:
    content = walked(vib, "digits", "--steps", 4)
    result = vib("interpolate", "digits", "--steps", 4)
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for step in content["steps"]:
        (line,) = (one for one in lines if one.lstrip().startswith(f"{step['position']:.3f}"))
        assert f"{step['norm']:.2f}" in line
        assert f"{step['log_prior_nats']:.1f}" in line
        assert f"{step['entropy_nats']:.3f}" in line
        assert f"{max(step['probabilities']):.2f}" in line
        assert f"{step['nearest']['label']} #{step['nearest']['row']}" in line
    assert "Picture: results/digits/" in result.stderr


def test_a_text_run_shows_numbers_and_texts_with_their_brackets(vib: Vib, results: Path) -> None:
    content = walked(vib, "reviews", "--steps", 3)
    shown = vib("interpolate", "reviews", "--steps", 3).stdout
    together = re.sub(r"\s", "", shown)
    for step in content["steps"]:
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
        ("digits --endpoints prior --from 1", "--from and --to name test examples"),
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


def test_by_default_the_newest_complete_run_with_a_latent_is_used(vib: Vib, results: Path) -> None:
    vib("train", "--variant", "baseline", *BASE, "--seed", 7)
    vib("train", *WINE, "--lr", "1e30", code=1)
    records = [json.loads(path.read_text()) for path in results.glob("*/*/*/run.json")]
    newest = max(
        (r for r in records if r["status"] == "complete" and r["name"] == "vib"),
        key=lambda r: str(r["created"]),
    )
    assert walked(vib, "--steps", 2)["run"] == newest["id"]


def test_a_model_without_noise_can_be_walked_too(vib: Vib, results: Path) -> None:
    check(walked(vib, one(results, "wine/control"), "--steps", 3), 3)


def test_a_truncated_model_is_said(vib: Vib, results: Path) -> None:
    id = one(results, "digits")
    (results / id / "model.safetensors").write_bytes(b"half")
    assert f"The model of {id} cannot be read" in vib("interpolate", id, code=2).stderr
