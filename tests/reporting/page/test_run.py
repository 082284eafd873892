from pathlib import Path
from typing import Any

import numpy as np
import pytest
from html_pages import check_page, elements, headings, words
from PIL import Image
from recorded import run

from vibcli.config.data import WATCHED
from vibcli.reporting.page.render import render
from vibcli.reporting.page.run import Told, run_page, runs_page
from vibcli.store.records import Run

BAD = "<script>alert(1)</script>"


def beside(made: Run, *rest: Any) -> Told:
    return Told(made, f"vib train --seed {made.seed} --name {made.name}", *rest)


def told(**changes: object) -> Told:
    return beside(run(curve=(0.5, 0.75, 0.7)).updated(**changes))


def picture(path: Path, size: tuple[int, int] = (60, 60)) -> Path:
    Image.effect_noise(size, 90).convert("RGB").save(path)
    return path


def test_the_answer_comes_first_and_everything_is_there() -> None:
    single = told()
    text = render(run_page(single))
    check_page(text)
    assert headings(text) == [
        (1, "vib on wine"),
        (2, "Test part"),
        (2, "Epoch by epoch"),
        (2, "Settings"),
        (2, "Data"),
        (2, "How it was made"),
        (2, "Run it again"),
    ]
    said = words(text)
    assert said.index("Test accuracy 50.00%, at epoch 1 of 3") < said.index("Settings")
    for part in ("f00d", "package sklearn", "2: no, yes", "no test split", "lambda", "8 train"):
        assert part in said
    assert single.again in said


def test_the_test_part_has_both_epochs_where_they_differ() -> None:
    head = [
        "".join(e.text)
        for e in elements(render(run_page(told())))
        if e.tag == "th" and e.attributes["scope"] == "col"
    ]
    assert head[:2] == ["epoch 1 (selected)", "epoch 3 (last)"]


@pytest.mark.parametrize("status", ["running", "failed", "diverged"])
def test_a_run_that_is_not_complete_says_so(status: str) -> None:
    made = run(curve=(0.5,), status=status, epochs=9).updated(
        selected=None, message=f"loss is {BAD}"
    )
    text = render(run_page(beside(made)))
    check_page(text)
    assert f"This run is not complete: {status} after 1 of 9 epochs. loss is {BAD}" in words(text)
    assert "Test part" not in text


def test_a_run_without_any_epoch_has_a_page() -> None:
    made = run(status="failed").updated(epochs=(), selected=None)
    check_page(render(run_page(beside(made))))


def test_a_run_that_no_command_makes_has_none() -> None:
    text = render(run_page(Told(run(), "")))
    check_page(text)
    assert "Run it again" not in words(text)


def test_a_watched_test_part_is_told() -> None:
    assert WATCHED in words(render(run_page(beside(run(watch="test")))))
    assert WATCHED not in words(render(run_page(told())))


def test_names_from_the_data_are_text(tmp_path: Path) -> None:
    plain: Run = run()
    data = plain.data.model_copy(
        update={
            "name": f'{BAD} "quoted"',
            "classes": (BAD, "'q'"),
            "label": BAD,
            "inputs": (BAD,),
            "notes": (BAD,),
            "source": "javascript:alert(1)",
        }
    )
    named = beside(
        plain.updated(data=data, name=BAD),
        None,
        (picture(tmp_path / f"{BAD.replace('/', '_')}.png"),),
    )
    text = render(run_page(named))
    check_page(text)
    assert BAD not in text
    assert words(text).count(BAD) > 5


def test_pictures_beside_a_run_are_in_the_page(tmp_path: Path) -> None:
    files = (picture(tmp_path / "test-samples.png"), picture(tmp_path / "walk-2.png"))
    text = render(run_page(told()._replace(pictures=files)))
    check_page(text)
    alts = [e.attributes["alt"] for e in elements(text) if e.tag == "img"]
    id = told().run.id
    assert alts == [f"test samples of {id}", f"walk 2 of {id}"]


def test_of_many_epochs_the_last_are_in_the_table() -> None:
    rng = np.random.default_rng(0)
    long = run(curve=rng.random(300).tolist())
    text = render(run_page(beside(long)))
    check_page(text)
    assert "Epochs, the last 200 of 300; epoch 1 was selected" in words(text)


def test_a_page_of_many_runs_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tuple(picture(tmp_path / f"{i}.png", (200, 200)) for i in range(2))
    several = [beside(run(seed=seed, curve=(0.5,)), None, files) for seed in range(4)]
    page = runs_page(several, "")
    whole = render(page)
    check_page(whole)
    assert whole.count("<img ") == 8
    limit = len(whole.encode()) - 30_000
    monkeypatch.setattr("vibcli.reporting.page.render.MOST", limit)
    text = render(page)
    check_page(text)
    assert len(text.encode()) < limit + 500  # what is said of those that were left out
    assert 0 < text.count("<img ") < 8
    assert "Left out, for want of room: 1." in words(text)


def test_several_runs_have_a_section_each() -> None:
    several = [beside(run(seed=seed, curve=(0.5, 0.6))) for seed in (0, 1)]
    several.append(beside(run(name="other", status="failed").updated(selected=None)))
    text = render(runs_page(several, "why"))
    check_page(text)
    ids = [one.run.id for one in several]
    assert [title for level, title in headings(text) if level == 2] == ["Overview", *ids]
    assert words(text).index("why") < words(text).index("Overview")
    for one in several:
        assert one.again in words(text)
