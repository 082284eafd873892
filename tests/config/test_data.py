import pytest

from vibcli.config.data import Facts, notes_with


@pytest.mark.parametrize(
    ("note", "tested"),
    [
        ("no test split: one is held out", False),
        ("no test split: one is held out, stratified", False),
        # as records of version 0.5.0 and older have it
        ("no test split: one is held out, stratified, the same for every seed", False),
        ("the test split has no labels and is not used", True),
        ("label column guessed: label", True),
    ],
)
def test_facts_tell_by_the_notes_whether_there_is_a_test_split(note: str, tested: bool) -> None:
    for notes in ([note], ["input guessed: text in text", note]):
        assert Facts.of("a.csv", notes) == ("a.csv", tested)


def test_data_of_which_nothing_is_noted_have_a_test_split() -> None:
    assert Facts.of("imdb", []) == ("imdb", True)


@pytest.mark.parametrize(
    ("test_split", "how"),
    [("by-seed", "another for each seed"), (None, "the same for every seed")],
)
def test_the_note_of_a_test_split_says_how_it_is_held_out(test_split: str | None, how: str) -> None:
    notes = ("label column guessed: y", "no test split: one is held out, stratified")
    told = notes_with(notes, test_split)
    assert told == (notes[0], f"{notes[1]}, {how}")
    assert Facts.of("a.csv", told) == Facts.of("a.csv", notes)
    assert notes_with(notes[:1], test_split) == notes[:1]
