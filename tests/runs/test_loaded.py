"""A trained model in Python, as a stranger would use it."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from small import SMALL, Vib

import vibcli
from vibcli.errors import DataError, RunError


def predicted(vib: Vib, run: str, results: Path, file: Path, *more: object) -> pd.DataFrame:
    """What `vib predict` says of a file."""
    out = vib("predict", run, file, "--results", results, *more).stdout
    rows = list(csv.DictReader(out.splitlines()))
    return pd.DataFrame(rows)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Houses with a price."""
    rng = np.random.default_rng(0)
    size, garden = rng.uniform(40, 200, 120), rng.choice(["yes", "no"], 120)
    price = 2500 * size + 30000 * (garden == "yes") + rng.normal(0, 20000, 120)
    table = pd.DataFrame({"size": size.round(1), "garden": garden, "price": price.round()})
    table.to_csv(tmp_path / "prices.csv", index=False)
    return tmp_path / "prices.csv"


def test_it_says_what_the_command_says_of_a_table(vib: Vib, prices: Path) -> None:
    vib("train", "--dataset", prices, "--label", "price", *SMALL)
    run = vibcli.load_run("latest", device="cpu")
    table = pd.read_csv(prices).head(7)
    rows = table.drop(columns="price")
    rows.to_csv("new.csv", index=False)
    told = predicted(vib, "latest", Path("results"), Path("new.csv"))
    for given in (rows, pa.Table.from_pandas(rows), rows.to_dict("list"), table):
        found = run.predict(given)
        assert list(found) == ["prediction", "deviation", "low_90", "high_90", "rate_nats"]
        for name in found:
            np.testing.assert_allclose(found[name], told[name].astype(float), rtol=1e-6)
    assert run.run.config.predicts == "number"
    assert run.encode(rows).mean.shape == (7, 4)


def test_draws_are_seeded(vib: Vib, prices: Path) -> None:
    vib("train", "--dataset", prices, "--label", "price", *SMALL)
    run = vibcli.load_run("latest", device="cpu")
    rows = pd.read_csv(prices).head(3)
    first, again, other = (run.predict(rows, samples=3, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_texts_may_be_a_list(finished_runs: Path) -> None:
    run = vibcli.load_run("reviews/vib", finished_runs, "cpu")
    found = run.predict(["a lovely film", "awful"])
    assert list(found["prediction"]) == [
        run.run.data.classes[int(i)] for i in found.filter(like="p(").to_numpy().argmax(1)
    ]
    codes = run.encode(["a lovely film"])
    assert codes.sigma is not None
    assert codes.mean.shape == codes.sigma.shape == (1, 4)


def test_images_may_be_an_array(finished_runs: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    run = vibcli.load_run("digits/vib", finished_runs, "cpu")
    found = run.predict(pixels[:50])
    x = torch.from_numpy(pixels[:50, None])
    assert isinstance(run.model, torch.nn.Module)
    with torch.inference_mode():
        code = run.model.encode(x)  # type: ignore[operator]
        logits = run.model.head(code.mean)  # type: ignore[operator]
    shares = found.filter(like="p(").to_numpy()
    np.testing.assert_allclose(shares, logits.softmax(-1).numpy(), atol=1e-5)


def test_rows_that_lack_a_number_are_refused(finished_runs: Path) -> None:
    wine = vibcli.load_run("wine/vib/seed-0", finished_runs, "cpu")
    names = wine._saved.preprocessor.needed(())
    with pytest.raises(DataError, match=r"Column 'alcohol' \(The rows\) has 1 of 2 values missing"):
        wine.predict({name: [1.0, None if name == "alcohol" else 2.0] for name in names})


def test_what_cannot_be_read_is_said(finished_runs: Path) -> None:
    digits = vibcli.load_run("digits/vib", finished_runs, "cpu")
    with pytest.raises(DataError, match=r"0\.\.255"):
        digits.predict(np.zeros((2, 8, 8)))
    with pytest.raises(DataError, match="A list stands for texts"):
        digits.predict(["a digit"])
    cancer = vibcli.load_run("breast-cancer/vib", finished_runs, "cpu")
    with pytest.raises(DataError, match="The rows: there are no columns 'mean radius'"):
        cancer.predict({"mean texture": [1.0]})
    with pytest.raises(DataError, match="An array stands for images"):
        cancer.predict(np.zeros((2, 30), np.uint8))


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There are no runs"):
        vibcli.load_run("latest", tmp_path)


def test_the_path_of_the_folder_will_do(finished_runs: Path) -> None:
    (folder,) = finished_runs.glob("digits/vib-*/seed-0")
    assert vibcli.load_run(folder, device="cpu").run.seed == 0


def test_the_public_names_are_there_and_cost_nothing_before_they_are_used() -> None:
    code = "import sys, vibcli; print('torch' in sys.modules, *vibcli.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, *names = done.stdout.split()
    assert heavy == "False"
    assert set(names) >= {"VIB", "Weighted", "Threshold", "Adaptive", "gaussian", "load_run"}
    assert all(getattr(vibcli, name) is not None for name in names)
