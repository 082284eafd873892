"""Bad input at the command line: one clear message, the exit code, nothing lost."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from vibcli.cli.app import app

QUICK = ["--epochs", "1", "--widths", "8"]


def vib(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def table(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def numbers(count: int = 40) -> list[str]:
    return [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(count)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "--dataset", "imbd"], "Did you mean 'imdb'?"),
        (["train", "--dataset", "nowhere.csv"], "There is no file or folder 'nowhere.csv'"),
        (["train", "--dataset", "a/../b[0]"], "There is no file or folder"),
        (["train", "--variant", "vbi"], "Did you mean 'vib'?"),
        (["train", "--encoder", "cov"], "Did you mean 'conv'?"),
        (["train", "--dataset", "wine", "--encoder", "conv"], "does not read tabular data"),
        (["train", "--lambda", "-1"], "--lambda is -1.0"),
        (["train", "--beta", "-1"], "--beta is -1.0"),
        (["train", "--latent", "0"], "--latent is 0"),
        (["train", "--epochs", "0"], "--epochs is 0"),
        (["train", "--name", "../up"], "cannot name an experiment"),
        (["train", "--name", "a/b"], "cannot name an experiment"),
        (["train", "--name", "[red]"], "'[red]' cannot name an experiment"),
        (["train", "--name", "baseline"], "is the name of a variant"),
        (["train", "--dataset", "wine", "--variant", "baseline", "--lambda", "1"], "has no effect"),
        (["train", "--dataset", "wine", "--device", "abacus"], "--device abacus"),
        (["compare", "baseline"], "at least two"),
        (["compare", "baseline", "mine", "--dataset", "wine"], "variant or experiment 'mine'"),
        (["eval", "latest"], "There are no runs"),
        (["eval", "nosuch"], "Unknown run 'nosuch'"),
        (["eval", "--split", "tset"], "Did you mean 'test'?"),
        (["interpolate"], "Make one: vib train --variant vib"),
        (["interpolate", "--mode", "sperical"], "Did you mean 'spherical'?"),
        (["predict", "latest", "x.csv", "-o", "x.xls"], "Unknown format"),
    ],
)
def test_wrong_words(words: list[str], message: str) -> None:
    result = vib(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("header", "rows", "words", "message"),
    [
        ("a,b,label", numbers(), ["--label", "lable"], "Did you mean 'label'?"),
        ("a,b,label", numbers(), ["--input", "c"], "Unknown column 'c'"),
        ("a,b,label", [], [], "header but no rows"),
        ("a,b,label", [f"{i},1,a" for i in range(40)], [], "one class only (a)"),
        ("a,b,label", [*numbers(), "nan,1,a"], [], "row 41"),
        ("a,b,label", [*numbers(), "inf,1,a"], [], "row 41"),
        ("a,b,label", [*numbers(), "1,1,rare"], [], "'rare' has 1"),
        ("a,b,label", [*numbers(), "1,1,"], [], "no label"),
        (
            *("a,b,label", [f"1,2,{i / 7}" for i in range(40)], ["--task", "classification"]),
            "a number to predict, not a class",
        ),
        ("a,b,label", numbers(), ["--task", "regression"], "no number to predict"),
        ("a,b,label", [f"{i},1,3" for i in range(40)], ["--task", "regression"], "number only (3)"),
        ("a,b,label", [*(f"{i},1,{i / 7}" for i in range(40)), "1,2,"], [], "1 of 41 rows"),
        ("a,b,label", [*numbers(), "1,2,3,4"], [], "cannot be read"),
        ("text,label", [f"good text {i},{'ab'[i % 2]}" for i in range(40)] + [",a"], [], "empty"),
    ],
)
def test_bad_tables(header: str, rows: list[str], words: list[str], message: str) -> None:
    path = table(Path("rows.csv"), header, rows)
    result = vib("train", "--dataset", path, *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(Path().rglob("run.json"))


def test_empty_file() -> None:
    Path("rows.csv").touch()
    result = vib("train", "--dataset", "rows.csv")
    assert (result.exit_code, "rows.csv is empty" in result.stderr) == (2, True)


def test_bytes_that_are_not_utf8() -> None:
    Path("rows.csv").write_bytes(b"text,label\ngood day,a\nna\xefve day,b\n")
    result = vib("train", "--dataset", "rows.csv")
    assert result.exit_code == 2
    assert "not UTF-8 (line 3, byte 0xef)" in result.stderr


def test_labels_seen_only_in_test(tmp_path: Path) -> None:
    import pandas as pd

    folder = tmp_path / "own"
    folder.mkdir()
    rows = pd.DataFrame({"a": range(40), "b": range(40), "label": ["x", "y"] * 20})
    rows.to_parquet(folder / "train.parquet")
    rows.assign(label="z").to_parquet(folder / "test.parquet")
    result = vib("train", "--dataset", str(folder))
    assert result.exit_code == 2
    assert "labels that training never shows: z" in result.stderr


def test_results_that_cannot_be_written() -> None:
    Path("file").touch()
    result = vib("train", "--dataset", "wine", *QUICK, "--results", "file/results")
    assert result.exit_code == 2
    assert "Cannot write" in result.stderr


def test_divergence_stops_keeps_and_says_so() -> None:
    words = ["train", "--dataset", "wine", "--lr", "1e30", "--epochs", "3"]
    first, second = vib(*words), vib(*words)
    assert first.exit_code == second.exit_code == 1
    assert "diverged" in first.stderr
    (record,) = Path("results").glob("wine/*/seed-0/run.json")
    assert json.loads(record.read_text())["status"] == "diverged"


@pytest.fixture
def two_runs() -> tuple[Path, Path]:
    """Records of a broken-to-be and of a healthy run."""
    for variant in ("vib", "baseline"):
        assert vib("train", "--dataset", "wine", *QUICK, "--variant", variant).exit_code == 0
    (broken,) = Path("results/wine").glob("vib-*/seed-0/run.json")
    (healthy,) = Path("results/wine").glob("baseline-*/seed-0/run.json")
    return broken, healthy


def test_truncated_record_leaves_the_others_alone(two_runs: tuple[Path, Path]) -> None:
    broken, healthy = two_runs
    broken.write_text(broken.read_text()[:200])
    result = vib("runs")
    assert result.exit_code == 0
    assert "damaged" in result.stderr
    assert healthy.parent.parent.name in result.stdout.replace("\n", "")
    assert vib("eval", str(healthy)).exit_code == 0
    assert vib("eval", str(broken)).exit_code == 2


def test_record_of_a_newer_schema(two_runs: tuple[Path, Path]) -> None:
    broken, _ = two_runs
    content = json.loads(broken.read_text()) | {"schema_version": 99, "unheard_of": True}
    broken.write_text(json.dumps(content))
    result = vib("eval", str(broken))
    assert result.exit_code == 2
    assert "newer vibcli (schema 99" in result.stderr


@pytest.mark.parametrize("name", ["model.safetensors", "preprocessing.json"])
def test_truncated_model(two_runs: tuple[Path, Path], name: str) -> None:
    broken, _ = two_runs
    file = broken.parent / name
    file.write_bytes(file.read_bytes()[:20])
    result = vib("eval", str(broken))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    assert "--fresh" in result.stderr
    assert vib("runs").exit_code == 0
