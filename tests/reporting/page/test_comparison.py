from dataclasses import replace

import pytest
from html_pages import check_page, elements, headings, words
from many_arms import scene

from vibcli.comparison.compare import Asked, compare
from vibcli.comparison.member import Member
from vibcli.comparison.verdict import answers
from vibcli.config.data import WATCHED
from vibcli.reporting.page.comparison import comparison_page
from vibcli.reporting.page.render import render
from vibcli.reporting.scene import Scene
from vibcli.reporting.tables.comparison import tables_of

BAD = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def pair() -> Scene:
    return scene(("baseline", "vib"), 8, epochs=10)


def test_the_answer_comes_first_and_everything_is_there(pair: Scene) -> None:
    text = render(comparison_page(pair, ["vib compare baseline vib --dataset wine"]))
    check_page(text)
    assert headings(text) == [
        (1, "vib against baseline on wine"),
        (2, "Differences within seeds"),
        (2, "Numbers"),
        (2, "Epoch by epoch"),
        (2, "Pictures"),
        (2, "Settings"),
        (2, "Data"),
        (2, "How it was made"),
        (2, "Run it again"),
    ]
    said = words(text)
    assert pair.comparison is not None
    (answer,) = answers(pair.comparison)
    order = [answer.main, *answer.asides, *answer.warnings, "Differences within seeds"]
    places = [said.index(sentence) for sentence in order]
    assert places == sorted(places)
    assert "vib compare baseline vib --dataset wine" in said
    assert "f00d" in said


def test_the_tables_are_those_of_the_terminal(pair: Scene) -> None:
    assert pair.comparison is not None
    shown = elements(render(comparison_page(pair, [])))
    cells = ["".join(e.text) for e in shown if e.tag in ("th", "td")]
    for table in tables_of(pair.comparison):
        for column in table.columns:
            for cell in column.cells:
                assert str(cell) in cells
    assert sum(cell.startswith(("baseline, seed ", "vib, seed ")) for cell in cells) == 16


def test_every_seed_of_every_difference_can_be_pointed_at(pair: Scene) -> None:
    shown = elements(render(comparison_page(pair, [])))
    titles = ["".join(e.text) for e in shown if e.tag == "title"]
    assert sum(title.startswith("vib, seed 3: ") for title in titles) == 4
    assert sum(title.startswith("epoch 10\nbaseline: ") for title in titles) >= 1


def test_names_from_the_data_are_text(pair: Scene) -> None:
    def renamed(member: Member) -> Member:
        runs = {
            seed: run.updated(
                name=f"{member.name}{BAD}",
                data=run.data.model_copy(
                    update={"name": f'{BAD} "q"', "classes": (BAD, "b"), "notes": (BAD,)}
                ),
            )
            for seed, run in member.runs.items()
        }
        return Member(f"{member.name}{BAD}", runs, 0)

    members = [renamed(member) for member in pair.members]
    result = compare(members, Asked(fixed=True))
    predictions = {f"{name}{BAD}": tables for name, tables in pair.predictions.items()}
    bad = Scene(f'{BAD} "q"', BAD, members, result, predictions)
    text = render(comparison_page(bad, [f"vib compare {BAD}"]))
    check_page(text)
    assert BAD not in text
    assert words(text).count(BAD) > 20


@pytest.mark.slow
def test_six_experiments_of_twenty_seeds_are_small() -> None:
    many = scene(("baseline", "vib", "control", "dropout", "vib-adaptive", "noise"), 20)
    text = render(comparison_page(many, ["vib compare"]))
    check_page(text)  # below 500 kB
    assert "Left out" not in words(text)
    said = words(text)
    assert said.index("What else can be said") > said.index("Differences within seeds")


def test_one_seed_is_too_few_and_has_a_page() -> None:
    text = render(comparison_page(scene(("a", "b"), 1, epochs=2), []))
    check_page(text)
    assert "Too early to tell" in words(text)


def test_without_predictions_there_are_no_pictures_of_them(pair: Scene) -> None:
    text = render(comparison_page(replace(pair, predictions={}), []))
    check_page(text)
    assert "Pictures" not in [title for _, title in headings(text)]


def test_a_watched_test_part_is_told(pair: Scene) -> None:
    members = [
        member._replace(
            runs={
                seed: run.updated(config=run.config.model_copy(update={"watch": "test"}))
                for seed, run in member.runs.items()
            }
        )
        for member in pair.members
    ]
    text = render(comparison_page(replace(pair, members=members), []))
    assert WATCHED in words(text)
