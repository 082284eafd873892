from pathlib import Path
from typing import Any

import pytest
import recorded

from vibcli.errors import RunError
from vibcli.store.listing import find_run, find_runs, listing, named, run_ids, summaries
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir


def stored(results: Path, **settings: Any) -> RunDir:
    """A run's folder with its record."""
    run = recorded.run(**settings)
    folder = RunDir(results, run.id)
    folder.write(run)
    return folder


def test_the_listing_is_oldest_first_and_reports_what_it_cannot_read(tmp_path: Path) -> None:
    for seed, created in enumerate(("2026-01-03", "2026-01-01", "2026-01-02")):
        stored(tmp_path, seed=seed, created=created)
    stored(tmp_path, dataset="digits", created="2026-01-04")
    stored(tmp_path, seed=9).record.write_text("{")
    found = listing(tmp_path)
    assert [(run.data.name, run.seed) for run in found.runs] == [
        *(("wine", 1), ("wine", 2), ("wine", 0)),
        ("digits", 0),
    ]
    (problem,) = found.problems
    assert "seed-9/run.json is damaged" in problem
    assert [run.data.name for run in listing(tmp_path, "digits").runs] == ["digits"]


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert listing(tmp_path / "none") == ([], [])


@pytest.fixture
def several(tmp_path: Path) -> dict[str, Run]:
    """Runs whose names begin alike; the last was written last."""
    runs = [
        recorded.run("vib", 1),
        recorded.run("vib", 10),
        recorded.run("vib-adaptive", 0),
        recorded.run("mine", 0, dataset="digits"),
    ]
    for run in runs:
        RunDir(tmp_path / "results", run.id).write(run)
    return {f"{run.name} {run.seed}": run for run in runs}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("{vib 1}", "vib 1"),  # a whole id wins over the longer ids it begins
        ("{vib 10}", "vib 10"),
        ("{vib 1:experiment}", "vib 1"),
        ("vib-adaptive", "vib-adaptive 0"),
        ("wine/vib-a", "vib-adaptive 0"),
        ("digits", "mine 0"),
        ("mi", "mine 0"),
        ("latest", "mine 0"),
        ("results/{vib 10}", "vib 10"),
        ("results/{vib 10}/run.json", "vib 10"),
        ("{folder}/results/{vib 10}/", "vib 10"),
    ],
)
def test_ways_to_name_a_run(
    tmp_path: Path, several: dict[str, Run], reference: str, expected: str
) -> None:
    for name, run in several.items():
        reference = reference.replace(f"{{{name}}}", run.id)
        reference = reference.replace(f"{{{name}:experiment}}", run.id.split("/", 1)[1])
    reference = reference.replace("{folder}", str(tmp_path))
    assert find_run(Path("results"), reference).read() == several[expected]


def test_a_run_outside_the_results_is_found_by_its_path(tmp_path: Path) -> None:
    folder = stored(tmp_path / "elsewhere")
    found = find_run(Path("results"), str(folder.path))
    assert (found.path, found.id) == (folder.path, folder.id)


def test_an_ambiguous_name_lists_what_fits(several: dict[str, Run]) -> None:
    with pytest.raises(RunError, match="'vib-' fits 3 runs; say which") as caught:
        find_run(Path("results"), "vib-")
    for name in ("vib 1", "vib 10", "vib-adaptive 0"):
        assert several[name].id in str(caught.value)


def test_a_long_list_of_fitting_runs_is_cut(tmp_path: Path) -> None:
    for seed in range(12):
        stored(tmp_path, seed=seed)
    with pytest.raises(RunError, match=r"fits 12 runs(.|\n)*and 4 more"):
        find_run(tmp_path, "wine")


def test_where_several_fit_one_is_suggested_and_seeds_are_in_order(tmp_path: Path) -> None:
    ids = [stored(tmp_path, seed=seed).id for seed in (10, 9, 2)]
    with pytest.raises(RunError) as caught:
        find_run(tmp_path, "wine/vib")
    first, *listed = str(caught.value).splitlines()
    assert first == f"'wine/vib' fits 3 runs; say which, for example {ids[2]}:"
    assert [line.strip() for line in listed] == ids[::-1]


def test_an_unknown_name_suggests_the_nearest(several: dict[str, Run]) -> None:
    wrong = several["mine 0"].id.replace("mine", "nine")
    with pytest.raises(RunError, match=f"Did you mean '{several['mine 0'].id}'") as caught:
        find_run(Path("results"), wrong)
    assert "vib runs" in str(caught.value)


@pytest.mark.parametrize("reference", ["latest", "vib"])
def test_without_runs_nothing_is_found(tmp_path: Path, reference: str) -> None:
    with pytest.raises(RunError, match=r"no runs|Unknown run"):
        find_run(tmp_path, reference)


def test_summaries_are_listed_as_runs_are(tmp_path: Path) -> None:
    for seed, created in enumerate(("2026-01-03", "2026-01-01", "2026-01-02")):
        stored(tmp_path, seed=seed, created=created)
    stored(tmp_path, seed=9).record.write_text("{")
    whole, short = listing(tmp_path), summaries(tmp_path)
    assert [summary.id for summary in short.runs] == [run.id for run in whole.runs]
    assert short.problems == whole.problems
    assert len(short.problems) == 1


def test_runs_are_found_by_the_whole_name_of_their_experiment(tmp_path: Path) -> None:
    for name, seed, dataset in (
        *(("vib", 1, "wine"), ("vib", 0, "wine"), ("vib", 0, "digits")),
        *(("vib-adaptive", 0, "wine"), ("vi", 0, "wine")),
    ):
        stored(tmp_path, name=name, seed=seed, dataset=dataset)
    found = named(tmp_path, "vib")
    assert [(run.name, run.data.name, run.seed) for run in found] == [
        *(("vib", "digits", 0), ("vib", "wine", 0), ("vib", "wine", 1)),
    ]
    assert named(tmp_path, "vi-b") == named(tmp_path / "none", "vib") == []


def test_a_damaged_record_of_a_named_run_is_an_error(tmp_path: Path) -> None:
    stored(tmp_path).record.write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        named(tmp_path, "vib")


@pytest.mark.parametrize("reference", ["vib", "wine/vib", "{experiment}", "{path}", "{path}/"])
def test_an_experiment_stands_for_all_its_seeds(
    tmp_path: Path, several: dict[str, Run], reference: str
) -> None:
    experiment = several["vib 1"].experiment
    typed = reference.format(experiment=experiment, path=f"results/wine/{experiment}")
    found = find_runs(Path("results"), typed)
    assert [folder.id for folder in found] == [several["vib 1"].id, several["vib 10"].id]


@pytest.mark.parametrize(
    ("reference", "expected"), [("mi", "mine 0"), ("latest", "mine 0"), ("{vib 1}", "vib 1")]
)
def test_what_stands_for_one_run_is_one(
    several: dict[str, Run], reference: str, expected: str
) -> None:
    typed = reference.replace("{vib 1}", several["vib 1"].id)
    assert [folder.id for folder in find_runs(Path("results"), typed)] == [several[expected].id]


@pytest.mark.parametrize("reference", ["vib-", "wine", "vi"])
def test_the_beginning_of_a_name_stands_for_no_experiment(
    several: dict[str, Run], reference: str
) -> None:
    with pytest.raises(RunError, match="say which"):
        find_runs(Path("results"), reference)


def test_experiments_of_one_name_are_not_mixed(several: dict[str, Run]) -> None:
    stored(Path("results"), dataset="digits")
    with pytest.raises(RunError, match="'vib' fits 3 runs"):
        find_runs(Path("results"), "vib")
    assert len(find_runs(Path("results"), "wine/vib")) == 2


def test_ids_are_had_without_reading(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    folder.record.write_text("{")
    assert run_ids(tmp_path) == [folder.id]
    assert run_ids(tmp_path / "none") == []
