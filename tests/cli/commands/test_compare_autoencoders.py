import csv
import io
import json
from pathlib import Path

import pytest
from small import Vib

DIGITS = ("--dataset", "digits", "--epochs", "1", "--widths", "8", "--latent", "2", "--seeds", "2")


@pytest.fixture(scope="module")
def compared(vib: Vib, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder in which ae and vae were compared; not to be changed."""
    results = tmp_path_factory.mktemp("compared")
    result = vib("compare", "ae", "vae", *DIGITS, "--results", results, "--jobs", 1)
    assert "Pictures: " in result.stderr
    return results


def test_the_table_the_verdict_and_the_pictures(vib: Vib, compared: Path) -> None:
    text = vib("compare", "ae", "vae", *DIGITS, "--results", compared, "--full").stdout
    for shown in (
        *("ELBO (nats)", "reconstruction (nats)", "samples from data"),
        "Too early to tell whether vae or ae is better in reconstruction",
    ):
        assert shown in text
    names = {path.name.split("-", 3)[-1] for path in compared.glob("digits/comparisons/*.png")}
    assert names == {
        *("differences.png", "terms.png", "ae-plane.png", "vae-plane.png"),
        *("reconstructions.png", "samples.png"),
    }


def test_the_json_holds_the_runs_and_what_was_found(vib: Vib, compared: Path) -> None:
    shown = json.loads(
        vib("compare", "ae", "vae", *DIGITS, "--results", compared, "--json", "--no-train").stdout
    )
    kept = json.loads(next(compared.glob("digits/comparisons/*.json")).read_text())
    assert shown == kept
    assert len(shown["runs"]) == 4
    records = [json.loads((compared / id / "run.json").read_text()) for id in shown["runs"]]
    bounds = [r["test"]["selected"]["iwae_nats"] for r in records if r["name"] == "vae"]
    found = shown["rows"][1]["findings"]["iwae_nats"]["value"]["mean"]
    assert found == pytest.approx(sum(bounds) / 2)
    assert shown["iw_samples"] == 64


@pytest.mark.slow
def test_more_draws_raise_the_bound_and_leave_the_runs_alone(vib: Vib, compared: Path) -> None:
    before = {path: path.read_bytes() for path in compared.rglob("run.json")}
    command = ("compare", "ae", "vae", *DIGITS, "--results", compared, "--json")
    few, many = (json.loads(vib(*command, "--iw-samples", n).stdout) for n in (1, 500))
    low, high = (c["rows"][1]["findings"]["iwae_nats"]["value"]["mean"] for c in (few, many))
    assert low < high
    # one draw is the ELBO, up to the chance of the draws
    elbo = many["rows"][1]["findings"]["elbo_nats"]["value"]["mean"]
    assert low == pytest.approx(elbo, abs=0.3)
    assert {path: path.read_bytes() for path in before} == before


def test_csv_has_a_line_for_each_run(vib: Vib, compared: Path) -> None:
    text = vib("compare", "ae", "vae", *DIGITS, "--results", compared, "--csv").stdout
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["name"], line["seed"]) for line in lines] == [
        *(("ae", "0"), ("ae", "1"), ("vae", "0"), ("vae", "1"))
    ]
    assert lines[0]["test_elbo_nats"] == ""
    assert float(lines[2]["test_elbo_nats"]) < 0


def test_labels_and_inputs_are_not_compared(vib: Vib, compared: Path, tmp_path: Path) -> None:
    command = ("compare", "baseline", "vae", *DIGITS, "--results", tmp_path, "--jobs", 1)
    assert "different tasks" in vib(*command, code=2).stderr
    assert not list(tmp_path.glob("digits"))


@pytest.mark.parametrize(
    ("names", "option", "message"),
    [
        (
            ("ae", "vae"),
            ("--target", "0.5"),
            "--target does not apply: autoencoding has no",
        ),
        (("ae", "vae"), ("--no-train", "--iw-samples", "5"), "--iw-samples needs the data"),
    ],
)
def test_options_that_do_not_apply(
    vib: Vib, compared: Path, names: tuple[str, ...], option: tuple[str, ...], message: str
) -> None:
    command = ("compare", *names, *DIGITS, "--results", compared, *option)
    assert message in vib(*command, code=2).stderr


def test_a_run_is_measured_and_drawn_again(vib: Vib, compared: Path) -> None:
    run = next(iter(sorted(compared.glob("digits/vae-*"))))
    result = vib("eval", run / "seed-1", "--results", compared, "--pictures", "--json")
    found = json.loads(result.stdout)
    record = json.loads((run / "seed-1" / "run.json").read_text())
    assert found["metrics"] == pytest.approx(record["test"]["selected"])
    drawn = {path.name for path in (run / "seed-1").glob("*.png")}
    assert drawn == {
        *("test-terms.png", "test-vae-plane.png"),
        *("test-reconstructions.png", "test-samples.png"),
    }
    for option in (("--samples", 3), ("--reliability", "a.png")):
        message = vib("eval", run / "seed-1", *option, "--results", compared, code=2).stderr
        assert f"{option[0]} does not apply" in message
        assert "is of autoencoding" in message


def test_new_rows_get_their_bounds(vib: Vib, tmp_path: Path) -> None:
    lines = ["a,b,label", *(f"{i % 7},{i % 5},{'xy'[i % 2]}" for i in range(60))]
    table, strange = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("\n".join(lines))
    strange.write_text("a,b\n3,2\n500,-900\n")
    vib("train", "--variant", "vae", "--dataset", table, "--widths", 8, "--latent", 2)
    text = vib("predict", "latest", strange).stdout
    usual, odd = csv.DictReader(io.StringIO(text))
    assert list(usual) == ["a", "b", "distortion_nats", "rate_nats", "elbo_nats", "iwae_nats"]
    assert float(odd["iwae_nats"]) < float(usual["iwae_nats"]) - 1000
    elbo = -float(usual["distortion_nats"]) - float(usual["rate_nats"])
    assert float(usual["elbo_nats"]) == pytest.approx(elbo)
    assert text == vib("predict", "latest", strange).stdout
