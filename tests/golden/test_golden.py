"""What users have stays: ids, weights, numbers, records, verdicts and options of version 0.4.0.

The golden files are in ``data``; `golden_record` writes them. Modules may move: what the tests
need of the package beside its commands is in `golden_house`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import golden_cases as cases
import pytest
from golden_house import reread
from small import Vib

GIVEN = ("--no-train", "--json", "--results")
COMPARISONS = sorted(cases.RESULTS.glob("*/comparisons/*.json"))
RECORDS = sorted(cases.RESULTS.glob("*/*/seed-*/run.json"))


def agree(stored: Any, found: Any, **tolerances: float) -> None:
    """All that was stored is found again."""
    wrong = list(cases.differences(stored, found, **tolerances))
    assert not wrong, "\n".join([f"{len(wrong)} differences", *wrong[:20]])


# --- settings and ids


@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("variant", cases.VARIANTS)
def test_settings_resolve_to_the_same_ids(variant: str, kind: str) -> None:
    agree(cases.load("settings")[f"{variant} {kind}"], cases.settings_of(variant, kind))
    stored, found = cases.load("hashes")[f"{variant} {kind}"], cases.hashes_of(variant, kind)
    assert list(stored) == list(found)
    agree(stored, found)


# --- runs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working folder, with the files that runs are about."""
    cases.data_files(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", cases.RUNS)
def test_a_run_ends_with_the_same_numbers(vib: Vib, folder: Path, name: str) -> None:
    stored = cases.load("runs")[name]
    run = cases.train(vib, cases.RUNS[name])
    files = cases.kept_of_files(Path("results", run["id"]), "preprocessing" in stored)
    assert files["weights"] == stored["weights"]
    assert files["types"] == stored["types"]
    agree(stored, cases.kept_of_run(run) | files)


@pytest.mark.parametrize("name", cases.RUNS)
def test_weights_are_drawn_the_same(vib: Vib, folder: Path, name: str) -> None:
    stored = cases.load("weights")[name]
    run = cases.train(vib, (*cases.RUNS[name], *cases.UNTRAINED))
    found = cases.kept_of_weights(Path("results", run["id"]))
    assert list(found) == list(stored)
    agree(stored, found, relative=1e-5, absolute=1e-5)


# --- commands and options


# what takes more than it did: the option's path and why
WIDENED = {
    ("train", "--select", "shown"): "criteria of other tasks",
    ("compare", "--select", "shown"): "criteria of other tasks",
    ("compare", "--target", "bounds"): "an RMSE may be above 1",
    ("compare", "--margin", "default"): "half a point of accuracy, or a share of the RMSE",
    ("vib", "--version", "flags"): "a short form",
}


def test_commands_and_options_stay() -> None:
    stored, found = cases.load("options"), cases.options()[0]
    for (command, option, key), _ in WIDENED.items():
        was, now = (options[command][option].pop(key) for options in (stored, found))
        if key == "shown":
            assert set(was.split("|")) < set(now.split("|"))
        if key == "flags":
            assert set(was) < set(now)
    agree(stored, found)


def test_words_about_options_stay() -> None:
    """Better words are welcome: ``python tests/golden/golden_record.py help`` takes them over."""
    agree(cases.load("help"), cases.options()[1])


# --- what is kept in the folder of results


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A copy of the records of recipes and of what was compared."""
    skip = shutil.ignore_patterns("benchmarks", "README.md")
    return Path(shutil.copytree(cases.RESULTS, tmp_path / "recorded", ignore=skip))


def test_there_are_records() -> None:
    assert len(RECORDS) >= 100
    assert len(COMPARISONS) >= 5


def test_records_are_read_and_say_what_they_are_called() -> None:
    for path in RECORDS:
        id = path.parent.relative_to(cases.RESULTS).as_posix()
        found, same, digests = reread(cases.RESULTS, id)
        assert same, id
        assert found["id"] == id
        assert digests == {id.split("/")[1].rpartition("-")[2]}, id
        stored = json.loads(path.read_text(encoding="utf-8"))
        agree(stored, found, relative=0, absolute=0)


@pytest.mark.parametrize("path", COMPARISONS, ids=lambda path: path.stem)
def test_a_comparison_comes_to_the_same_verdict(vib: Vib, recorded: Path, path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    kept = {p.name for p in (recorded / stored["dataset"] / "comparisons").iterdir()}
    names = list(dict.fromkeys(id.split("/")[1].rpartition("-")[0] for id in stored["runs"]))
    typed = ("--margin", 100 * stored["margin"]) if stored["margin_reason"] == "--margin" else ()
    asked = (*typed, "--dataset", stored["dataset"])
    found = json.loads(vib("compare", *names, *asked, *GIVEN, recorded).stdout)
    assert found["verdict"] == stored["verdict"]
    # what the examples say needs the predictions, which are not kept here
    examples = ("chance", "discordance")
    agree(cases.without(stored, *examples), cases.without(found, *examples), relative=1e-6)
    # the same comparison has the same name
    assert {p.name for p in (recorded / stored["dataset"] / "comparisons").iterdir()} == kept


def test_recipes_have_the_same_outcomes(vib: Vib, recorded: Path) -> None:
    stored = cases.load("recipes")
    listed = vib("reproduce", "--list", "--json", "--results", recorded)
    agree(stored.pop(""), json.loads(listed.stdout))
    assert len(stored) >= 5
    for name, content in stored.items():
        recipe, protocol = name.split(" ")
        found = vib("reproduce", recipe, "--protocol", protocol, *GIVEN, recorded)
        agree(content, json.loads(found.stdout), relative=1e-6)


def test_the_report_is_the_one_that_is_kept(vib: Vib, recorded: Path) -> None:
    vib("report", "--results", recorded)
    assert (recorded / "README.md").read_text() == (cases.RESULTS / "README.md").read_text()


# --- runs that version 0.4.0 left behind


@pytest.fixture
def old(folder: Path) -> Path:
    """A copy of complete and of interrupted runs of version 0.4.0."""
    return Path(shutil.copytree(cases.DATA / "old", folder / "old"))


def contents(folder: Path) -> dict[str, bytes]:
    """Each file's bytes; a lock has none."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


@pytest.mark.parametrize("name", cases.OLD)
def test_a_complete_run_is_found_again(vib: Vib, old: Path, name: str) -> None:
    results = old / "complete"
    before = contents(results)
    typed = (*cases.OLD_SETTINGS, *cases.typed_defaults(name, "tabular"))
    arguments = ("train", "--variant", name, *typed, "--json", "--results", results)
    (run,) = json.loads(vib(*arguments).stdout)
    assert run["id"] == cases.load("old")["ids"][name]
    assert contents(results) == before
    agree(json.loads(before[f"{run['id']}/run.json"]), run, relative=0, absolute=0)


@pytest.mark.parametrize("name", cases.OLD)
def test_an_interrupted_run_goes_on(vib: Vib, old: Path, name: str) -> None:
    id = cases.load("old")["ids"][name]
    results = old / "interrupted"
    before = json.loads((results / id / "run.json").read_text())
    complete = json.loads((old / "complete" / id / "run.json").read_text())
    assert before["status"] == "running"
    typed = (*cases.OLD_SETTINGS, *cases.typed_defaults(name, "tabular"))
    arguments = ("train", "--variant", name, *typed, "--json", "--results", results)
    (run,) = json.loads(vib(*arguments).stdout)
    assert run["created"] == before["created"]
    # the epochs before the interruption were not trained again
    agree(before["epochs"], run["epochs"][: len(before["epochs"])], relative=0, absolute=0)
    agree(cases.kept_of_run(complete), cases.kept_of_run(run))
    agree(
        cases.kept_of_files(old / "complete" / id, True),
        cases.kept_of_files(results / id, True),
    )


@pytest.mark.parametrize("what", cases.ASKED)
@pytest.mark.parametrize("name", cases.OLD)
def test_an_old_run_is_used_with_the_same_answers(
    vib: Vib, old: Path, name: str, what: str
) -> None:
    stored = cases.load("old")
    id = stored["ids"][name]
    names = {"id": id, "experiment": id.split("/")[1]}
    found = cases.answer(vib, cases.ASKED[what], old / "complete", **names)
    agree(cases.without(stored["answers"][name][what], "departures"), found)


@pytest.mark.slow
@pytest.mark.parametrize("what", cases.ASKED_OF_ALL)
def test_old_runs_are_listed_and_compared(vib: Vib, old: Path, what: str) -> None:
    found = cases.answer(vib, cases.ASKED_OF_ALL[what], old / "complete")
    agree(cases.load("old")["of all"][what], found)
