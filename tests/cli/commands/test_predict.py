import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyarrow import parquet
from small import SMALL, TEXT, Vib

READERS: dict[str, Callable[..., pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    ".jsonl": lambda path: pd.read_json(path, orient="records", lines=True),
    ".parquet": pd.read_parquet,
}

NEW = """\
image,review,id,score,flag,when,note
x,a [red]lovely[/red] film,3,1.5,true,2024-01-31,
y,"awful, ""dull""
plot",,,false,2024-02-01,"a,b"
z,,1,-2.25,,,[/]
"""


def one(results: Path, beginning: str) -> str:
    ids = (p.parent.relative_to(results).as_posix() for p in results.glob("*/*/*/run.json"))
    return min(id for id in ids if id.startswith(beginning))


def record(results: Path, id: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((results / id / "run.json").read_text())
    return content


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(NEW)
    return path


@pytest.mark.parametrize("suffix", READERS)
def test_rows_keep_their_order_and_columns_in_every_format(
    vib: Vib, results: Path, new: Path, suffix: str
) -> None:
    new.write_text(NEW.replace("\nz,,1", "\nz,fine,1"))
    output = Path(f"out{suffix}")
    result = vib("predict", "reviews", new, "--output", output)
    assert result.stdout == ""
    assert result.stderr == f"3 predictions in {output}\n"
    frame = READERS[suffix](output)
    classes = record(results, one(results, "reviews"))["data"]["classes"]
    assert list(frame) == [
        *("image", "review", "id", "score", "flag", "when", "note"),
        *("prediction", *(f"p({name})" for name in classes), "rate_nats"),
    ]
    assert frame["image"].tolist() == ["x", "y", "z"]
    assert frame["review"][1] == 'awful, "dull"\nplot'
    assert frame["score"].tolist()[::2] == [1.5, -2.25]
    p = frame[[f"p({name})" for name in classes]].to_numpy(float)
    assert np.allclose(p.sum(1), 1)
    assert [classes[i] for i in p.argmax(1)] == frame["prediction"].tolist()
    assert (frame["rate_nats"] >= 0).all()


def test_whole_numbers_stay_whole_beside_missing_ones(vib: Vib, results: Path, new: Path) -> None:
    new.write_text(NEW.replace("\nz,,1", "\nz,fine,1"))
    lines = vib("predict", "reviews", new).stdout
    assert "lovely[/red] film,3,1.5,True,2024-01-31,," in lines
    assert 'plot",,,False,2024-02-01,"a,b",' in lines


def test_the_terminal_gets_csv_and_nothing_else(vib: Vib, results: Path, new: Path) -> None:
    new.write_text("review\nlovely film\ndull plot\n")
    frame = pd.read_csv(io.StringIO(vib("predict", "reviews", new).stdout))
    assert frame["review"].tolist() == ["lovely film", "dull plot"]
    vib("predict", "reviews", new, "-o", "out.csv")
    assert frame.equals(pd.read_csv("out.csv"))


def test_predictions_of_the_test_rows_are_those_of_the_run(vib: Vib, results: Path) -> None:
    id = one(results, "reviews")
    saved = parquet.read_table(results / id / "predictions.parquet").to_pandas()
    rows = pd.read_csv("reviews.csv").iloc[saved["row"]]
    rows.to_csv("test.csv", index=False)
    vib("predict", id, "test.csv", "--output", "out.parquet")
    found = pd.read_parquet("out.parquet")
    for name in saved.columns[3:]:
        assert found[name].to_numpy() == pytest.approx(saved[name].to_numpy(), rel=1e-6)
    assert found["label"].tolist() == saved["label"].tolist()


def test_predicting_predictions_replaces_them(vib: Vib, results: Path, new: Path) -> None:
    new.write_text("prediction,review\nold,lovely film\n")
    vib("predict", "reviews", new, "-o", "one.csv")
    vib("predict", "reviews", "one.csv", "-o", "two.csv")
    assert Path("one.csv").read_text() == Path("two.csv").read_text()
    assert "old" not in Path("one.csv").read_text()


@pytest.mark.parametrize("variant", ["baseline", "control"])
def test_without_noise_there_is_no_rate(vib: Vib, reviews: Path, new: Path, variant: str) -> None:
    text = TEXT if variant == "control" else TEXT[:-2]
    vib("train", "--dataset", reviews, *text, "--variant", variant)
    new.write_text("review\nlovely film\n")
    assert "rate" not in vib("predict", "latest", new).stdout


def test_draws_follow_the_seed(vib: Vib, results: Path, new: Path) -> None:
    new.write_text("review\nlovely film\n")
    here = ("predict", "reviews", new, "--samples", 2)
    first, again, other = (vib(*here, "--seed", seed).stdout for seed in (0, 0, 1))
    assert first == again != other


GAPS = "size,colour\n1.5,red\n,blue\n0.5,\n,green\n"


def test_missing_values_of_new_rows_ask_what_to_do(vib: Vib, table: Path, new: Path) -> None:
    """Of a model that was trained on whole rows, as all of older versions were."""
    new.write_text(GAPS)
    message = vib("predict", "latest", new, code=2).stderr
    assert "Column 'size' (new.csv) has 2 of 4 values missing: row 2, 4." in message
    assert "--missing mean takes the mean of its training rows" in message
    filled = vib("predict", "latest", new, "--missing", "mean", "--output", "filled.csv")
    assert "missing numbers take the mean of the training rows: 'size' lacks 2" in filled.stderr
    assert "2 of 4 rows have a 'colour' that no training row has" in filled.stderr
    assert "counts as unknown: (missing), green" in filled.stderr
    found = pd.read_csv("filled.csv", keep_default_na=False)
    assert found["size"].tolist() == ["1.5", "", "0.5", ""]
    saved = json.loads(next(Path("results").glob("things/*/seed-0/preprocessing.json")).read_text())
    assert "marked" not in saved
    new.write_text(GAPS.replace("\n,", f"\n{saved['numbers']['size'][0]},"))
    vib("predict", "latest", new, "--output", "whole.csv")
    whole = pd.read_csv("whole.csv")
    assert found["rate_nats"].astype(float).tolist() == pytest.approx(whole["rate_nats"].tolist())
    new.write_text(GAPS)
    dropped = vib("predict", "latest", new, "--missing", "drop").stdout.splitlines()
    assert [line.split(",")[:2] for line in dropped[1:]] == [["1.5", "red"]]


@pytest.mark.parametrize("wanted", ["drop", "mean", "category"])
def test_a_model_goes_on_as_it_was_trained(vib: Vib, table: Path, wanted: str) -> None:
    frame = pd.read_csv(table)
    frame.loc[::5, "size"] = np.nan
    frame.loc[1::7, "colour"] = None
    frame.loc[3, "label"] = None
    gaps = Path("gaps.csv")
    frame.to_csv(gaps, index=False)
    data = ("--dataset", gaps, "--input", "size", "--input", "colour", "--label", "label")
    refused = vib("train", *data, *SMALL, code=2).stderr
    assert "Column 'size' (train) has 12 of 60 values missing: row 1, 6, 11, 16, 21, ..." in refused
    trained = vib("train", *data, *SMALL, "--missing", wanted, "--json")
    (run,) = json.loads(trained.stdout)
    lacking = frame.isna()[["size", "colour", "label"]]
    lost = int(lacking.any(axis=1).sum() if wanted == "drop" else lacking["label"].sum())
    assert f"--missing {wanted}: {lost} of 60 rows are left out" in trained.stderr
    assert run["config"]["missing"] == wanted
    assert sum(run["data"]["sizes"].values()) == 60 - lost
    assert any(note in trained.stderr for note in run["data"]["notes"] if "missing" in note)
    tested = json.loads(vib("eval", run["id"], "--json").stdout)["metrics"]
    assert tested == run["test"]["selected"]
    # on the same rows from a file, which the model has to make the same of
    told = vib("eval", run["id"], "--file", gaps)
    assert f"{60 - lost} rows" in told.stdout
    predicted = vib("predict", run["id"], gaps, "--output", "out.csv").stderr
    kept = 60 - int(lacking[["size", "colour"]].any(axis=1).sum()) * (wanted == "drop")
    assert f"{kept} predictions in out.csv" in predicted


def test_what_is_wished_of_missing_values_is_known(vib: Vib, table: Path) -> None:
    assert (
        "drop, mean, category" in vib("predict", "latest", table, "--missing", "x", code=2).stderr
    )
    assert "--missing is for the rows of --file" in vib("eval", "--missing", "drop", code=2).stderr


@pytest.fixture
def table(tmp_path: Path, vib: Vib) -> Path:
    """A run on numbers and categories, and the table it was made from."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"size": rng.normal(size=60), "colour": ["red", "blue", "[x]"] * 20, "image": ["i"] * 60}
    )
    frame["label"] = np.where(frame["size"] > 0, "big [b]", "small")
    path = tmp_path / "things.csv"
    frame.to_csv(path, index=False)
    columns = ("--input", "size", "--input", "colour", "--label", "label")
    vib("train", "--dataset", path, *columns, *SMALL)
    return path


def test_a_table_of_numbers_and_categories(vib: Vib, table: Path) -> None:
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    vib("predict", "latest", table, "--output", "out.csv")
    before, after = pd.read_csv(table), pd.read_csv("out.csv")
    assert list(after)[:4] == ["size", "colour", "image", "label"]
    assert after[list(before)].equals(before)
    assert list(after)[4:] == ["prediction", "p(big [b])", "p(small)", "rate_nats"]


def test_a_missing_column_is_named(vib: Vib, table: Path, new: Path) -> None:
    new.write_text("size,color\n1.5,red\n")
    message = vib("predict", "latest", new, code=2).stderr
    assert message == (
        f"Error: {new}: there is no column 'colour' (nearest: 'color'). The model reads it. "
        "Columns that there are: size, color.\n"
    )
    new.write_text("Size,note\n1.5,red\n")
    message = vib("predict", "latest", new, code=2).stderr
    assert (
        "there are no columns 'size' (nearest: 'Size'), 'colour'. The model reads them" in message
    )


def digits_as_files(folder: Path) -> list[Path]:
    """A few of the digits' own pictures, by label, in folders of their own."""
    from sklearn.datasets import load_digits

    data = load_digits()
    paths = []
    for i in range(6):
        path = folder / str(data.target[i]) / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((data.images[i] * 255 / 16).astype(np.uint8)).save(path)
        paths.append(path)
    return sorted(paths)


def test_a_folder_of_pictures(vib: Vib, results: Path, tmp_path: Path) -> None:
    paths = digits_as_files(tmp_path / "pictures")
    vib("predict", "digits", tmp_path / "pictures", "--output", "out.csv")
    frame = pd.read_csv("out.csv")
    assert frame["path"].tolist() == [str(path) for path in paths]
    assert frame["label"].tolist() == [int(path.parent.name) for path in paths]
    assert list(frame) == [
        *("path", "label", "prediction"),
        *(f"p({digit})" for digit in range(10)),
        "rate_nats",
    ]
    one_alone = pd.read_csv(io.StringIO(vib("predict", "digits", paths[2]).stdout))
    assert one_alone.iloc[0, 2:].to_numpy(float) == pytest.approx(
        frame.iloc[2, 2:].to_numpy(float), rel=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("digits none.png", "none.png"),
        ("reviews none.csv", "There is no file none.csv. Give a table with the columns review."),
        ("reviews new.csv -o out.xls", "Unknown format '.xls'"),
        ("reviews new.csv -o out", "Unknown format 'out'"),
        ("reviews new.csv -o none/../file/out.csv", "Cannot write"),
        ("nothing new.csv", "Unknown run 'nothing'"),
        ("reviews new.csv --samples -1", "--samples"),
        ("reviews", "FILE"),
    ],
)
def test_bad_requests_are_said(
    vib: Vib, results: Path, new: Path, arguments: str, message: str
) -> None:
    new.write_text("review\nlovely film\n")
    Path("file").touch()
    result = vib("predict", *arguments.split(), code=2)
    assert message in result.stderr
    assert result.stdout == ""
    assert not list(Path().glob("out*"))


def test_what_was_there_stays_where_the_new_cannot_be_written(
    vib: Vib, results: Path, new: Path
) -> None:
    Path("out.csv").write_text("precious")
    new.write_text("text\nlovely film\n")
    vib("predict", "reviews", new, "-o", "out.csv", code=2)
    assert Path("out.csv").read_text() == "precious"
