from pathlib import Path

from vibcli.data.dataset import Description
from vibcli.runs.wanted import WantedRun
from vibcli.tasks.resolve import resolve

DATA = Description(
    name="wine",
    source="package sklearn",
    revision=None,
    kind="tabular",
    inputs=("features",),
    label="label",
    classes=("a", "b"),
    fingerprint="f00d",
    notes=(),
)


def test_a_run_lies_under_data_experiment_and_seed(tmp_path: Path) -> None:
    config = resolve("vib", "tabular", {"dataset": "wine"})
    folder = WantedRun("mine", config, 3).folder(tmp_path, DATA)
    digest = config.digest("f00d")
    assert folder.path == tmp_path / "wine" / f"mine-{digest}" / "seed-3"


def test_equal_runs_are_one_key() -> None:
    configs = [resolve("vib", "tabular", {"lam": lam}) for lam in (0.1, 0.1, 0.2)]
    assert len({WantedRun("vib", config, 0) for config in configs}) == 2
