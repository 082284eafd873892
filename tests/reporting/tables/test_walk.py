import re

import numpy as np
from made_walks import ALL, classified, made_walk, step
from printing import NASTY, printed, squeezed, squeezed_lines

from vibcli.reporting.tables.walk import walk_table as table


def classes(count: int = 2) -> dict[str, object]:
    return {"probabilities": (0.25, 0.75, *[0.0] * (count - 2))}


def test_a_walk_has_a_line_a_step_with_the_two_likeliest_classes() -> None:
    text = printed(table(made_walk([step(a, **classes(3)) for a in (0.0, 1.0)]), "abc"))
    lines = text.splitlines()[2:]
    assert len(lines) == 2
    assert re.fullmatch(r" +0\.000 +12\.35 +-98\.8 +0\.562 +b: 0\.75, a: 0\.25 +yes #7", lines[0])


def test_a_walk_of_a_regression_has_the_prediction_at_each_position() -> None:
    path = [
        step(a, "174", prediction=p, entropy_nats=None)
        for a, p in ((0.0, 157.25), (0.5, 165.0), (1.0, 174.0))
    ]
    heads, _, *lines = printed(table(made_walk(path), ())).splitlines()
    assert heads.split() == ["position", "predicted", "|z|", "log", "p(z)", "nearest"]
    assert [line.split()[:2] for line in lines] == [
        *(["0.000", "157.2"], ["0.500", "165.0"], ["1.000", "174.0"]),
    ]
    assert all(line.endswith("174 #7") for line in lines)
    assert "probabilities" not in heads


def test_predictions_in_a_large_unit_are_whole_numbers() -> None:
    path = [step(a, "245000", prediction=48231.55 * (1 + 9 * a)) for a in (0.0, 1.0)]
    text = printed(table(made_walk(path, modes=ALL), ()))
    assert text.count(" 48,232 ") == text.count(" 482,316 ") == len(ALL)


def test_walks_of_all_modes_stand_one_below_the_other() -> None:
    path = classified(3, ("neg", "pos"))
    text = printed(table(made_walk(path, modes=ALL), ("neg", "pos")))
    heads = [line.strip() for line in text.splitlines() if line.strip() in ALL]
    assert heads == list(ALL)
    assert text.count("0.500  5.50") == len(ALL)


def test_a_walk_through_texts_shows_how_each_begins_once() -> None:
    texts = [f"first {NASTY}\nline " + "word " * 100, "second"]
    path = [step(0.0, NASTY, 1, **classes()), step(0.5, NASTY, 1, **classes())]
    path.append(step(1.0, "no", 2, **classes()))
    nearest = [(text, None) for text in (texts[0], *texts)]
    text = printed(table(made_walk(path, nearest), [NASTY, "no"]))
    for shown in ("0.000", "0.500", "1.000", "12.35", "-98.8", "0.562", "0.75", "0.25"):
        assert shown in text
    assert squeezed_lines(text).count(f"first {NASTY} line word") == 1
    assert "…" in text
    assert "no #2: second" in text
    several = printed(table(made_walk(path, nearest, ALL), [NASTY, "no"]))
    assert squeezed_lines(several).count("second") == 1


def test_a_walk_with_long_names_loses_no_number() -> None:
    names = ["a" * 60, "b" * 60]
    path = [step(0.125, "a" * 60, **classes())]
    text = printed(table(made_walk(path, [("text " * 99, None)]), names))
    for shown in ("0.125", "12.35", "-98.8", "0.562"):
        assert shown in text
    assert "0.75" in squeezed(text)


def test_decoded_words_stand_beside_the_steps_and_those_of_the_ends_around_them() -> None:
    blend = step(1.0, norm=None, log_prior_nats=None, nearest=None)
    found = made_walk(
        [step(0.0), blend],
        readings=[["good", NASTY], []],
        input_readings=[["fine"], ["awful"]],
        inputs=np.zeros((2, 3)),
    )
    lines = printed(table(found, ("neg", "pos"))).splitlines()[2:]
    assert re.fullmatch(r"from +fine", lines[0])
    assert f"good {NASTY}" in squeezed_lines("\n".join(lines))
    assert re.search(r"1\.000 +- +- +0\.562 +-$", "\n".join(lines), re.M)
    assert re.fullmatch(r"to +awful", lines[-1])


def test_decoded_numbers_stand_in_columns_with_two_digits_of_their_range() -> None:
    readings = [{"height": 1.7 + a / 5, "sum": 1000 + 500 * a, NASTY: "x"} for a in (0, 0.5, 1)]
    found = made_walk(
        [step(a, entropy_nats=None, distance_to_data=0.1) for a in (0.0, 0.5, 1.0)],
        readings=readings,
        inputs=np.zeros((2, 3)),
        input_readings=[
            {"height": 1.68, "sum": 990.4, NASTY: "x"},
            {"height": 1.88, "sum": 1490, NASTY: "y"},
        ],
    )
    text = printed(table(found, ("neg", "pos")))
    assert re.search(r"decoded, linear\n +input +0\.00 +0\.50 +1\.00 +input", text)
    assert re.search(r"height +1\.68 +1\.70 +1\.80 +1\.90 +1\.88", text)
    assert re.search(r"sum +990 +1000 +1250 +1500 +1490", text)
    assert re.search(re.escape(NASTY) + " +x +x +x +x +y", text)
    assert "entropy" not in text
    assert "to data" in text


def test_long_tables_say_what_they_leave_out_and_equal_numbers_are_shown() -> None:
    reading = {f"column {i}": 5.0 for i in range(33)} | {"huge": 1e30}
    text = printed(table(made_walk([step(0.0), step(1.0)], readings=[reading] * 2), ()))
    assert "and 4 more, see --json" in text
    assert re.search(r"column 29 +5 +5", text)
    few = printed(table(made_walk([step(0.0)], readings=[{"huge": 1e30, "tiny": 1e-30}]), ()))
    assert "1e+30" in few
    assert "1e-30" in few
