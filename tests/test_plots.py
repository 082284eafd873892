import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded
from numpy.typing import NDArray
from PIL import Image

from vibcli import plots
from vibcli.compare import Member, compare
from vibcli.interpolation import Neighbour, Step
from vibcli.metrics import Reliability, reliability
from vibcli.records import Run

Example = tuple[str | None, NDArray[np.uint8] | None]

# mathematics, a hidden legend entry, markup, letters that the font lacks, something long
NAMES = ("$x_1$ costs $5", "_hidden", "[red]a[/red]", "漢字 🦆", "long " * 30, r"\frac{$", "")


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """The picture, which must decode, be of a sane size and show something."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    height, width, _ = pixels.shape
    assert width in (630, 1050)
    assert 500 <= height <= 1400
    assert len(np.unique(colour_codes(pixels))) > 10
    return pixels


def colour_codes(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A colour as one number: 0xRRGGBB."""
    codes: NDArray[np.int64] = pixels.astype(np.int64) @ (65536, 256, 1)
    return codes


def colours_in(path: Path) -> set[str]:
    """Which colours of the palette the picture has, without those that letters blend into."""
    found = np.unique(colour_codes(pixels_of(path)))
    bright = [c for c in plots.COLOURS if c not in ("#999999", "#000000")]
    return {c for c in bright if int(c[1:], 16) in found}


def member(name: str, *curves: Sequence[float]) -> Member:
    return Member(name, {s: recorded.run(name, s, curve) for s, curve in enumerate(curves)}, 0)


def draw_curves(path: Path, *members: Member) -> None:
    plots.validation_curves(members, compare(members), path)


@pytest.mark.parametrize("count", [2, 9])
def test_each_experiment_has_a_curve_of_its_colour(tmp_path: Path, count: int) -> None:
    members = [
        member(f"{'n' * 50}{i}", (0.1 * i, 0.1 * i + 0.05), (0.1 * i, 0.1 * i + 0.02))
        for i in range(count)
    ]
    draw_curves(tmp_path / "a.png", *members)
    assert colours_in(tmp_path / "a.png") == set(plots.COLOURS[: min(count, 6)])


def test_a_single_seed_and_a_single_epoch_are_a_picture_too(tmp_path: Path) -> None:
    draw_curves(tmp_path / "a.png", member("a", (0.5,)), member("b", (0.75,)))
    assert len(colours_in(tmp_path / "a.png")) == 2


def test_the_curve_is_the_mean_of_the_runs_that_lasted_so_long() -> None:
    runs: list[Run] = [recorded.run(curve=c) for c in ((0.2, 0.4), (0.4, 0.8, 0.9))]
    epochs, mean, spread = plots._curve(runs)
    assert epochs.tolist() == [1, 2, 3]
    assert mean == pytest.approx([0.3, 0.6, 0.9])
    assert spread == pytest.approx([0.1, 0.2, 0.0])


def bins_of(seed: int, classes: int = 2, n: int = 60) -> Reliability:
    """The bins of a model that is right as often as it is confident."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(classes, 0.7), n)
    return reliability(np.log(p), np.array([rng.choice(classes, p=row) for row in p]))


def draw_reliability(path: Path, experiments: dict[str, list[Reliability]]) -> Any:
    """Draw it and hand out the figure, of which the file is a picture."""
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Any] = []
        write = plots.save
        patch.setattr(plots, "save", lambda drawn, to: (kept.append(drawn), write(drawn, to)))
        plots.reliability_picture(experiments, "wine on test", path)
    return kept[0]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_each_experiment_has_a_panel_and_a_histogram(tmp_path: Path, count: int) -> None:
    names = [*NAMES, "a", "b"][:count]
    experiments = {name: [bins_of(10 * i + s) for s in range(3)] for i, name in enumerate(names)}
    drawn = draw_reliability(tmp_path / "a.png", experiments)
    panels = [ax for ax in drawn.axes if ax.get_title()]
    assert [ax.get_title().split("\n")[0] for ax in panels] == [plots._literal(n) for n in names]
    assert len([ax for ax in drawn.axes if ax.patches]) == count
    assert len({ax.get_position().bounds for ax in drawn.axes}) == len(drawn.axes)
    assert {ax.get_xlim() for ax in drawn.axes} == {panels[0].get_xlim()}
    assert colours_in(tmp_path / "a.png") == set(plots.COLOURS[: min(count, 6)])


def test_a_panel_shows_the_mean_of_the_seeds_that_have_rows_in_a_bin(tmp_path: Path) -> None:
    nan = float("nan")
    one = Reliability(np.array([0, 3, 1]), np.array([nan, 0.5, 0.7]), np.array([nan, 0.0, 0.5]))
    two = Reliability(np.array([0, 0, 4]), np.array([nan, nan, 0.95]), np.array([nan, nan, 1.0]))
    panel, histogram = draw_reliability(tmp_path / "a.png", {"a": [one, two]}).axes
    (_, line), (band,) = panel.lines, panel.collections
    assert line.get_xdata() == pytest.approx([50, 82.5])
    assert line.get_ydata() == pytest.approx([0, 75])
    corners = band.get_paths()[0].vertices
    for x, low, high in ((50, 0, 0), (82.5, 50, 100)):
        at = corners[np.isclose(corners[:, 0], x), 1]
        assert (at.min(), at.max()) == pytest.approx((low, high))
    assert [bar.get_height() for bar in histogram.patches] == pytest.approx([0, 37.5, 62.5])
    # 3/4 of 0.5 and 1/4 of 0.2 for the first seed, 0.05 for the second
    assert panel.get_title() == "a\nECE 0.2375 (2 seeds)"


def test_reliability_is_drawn_of_what_is_extreme(tmp_path: Path) -> None:
    certain = reliability(np.array([[0.0, -np.inf]]), np.array([1]))  # one row, wrong
    drawn = draw_reliability(tmp_path / "a.png", {"a": [certain], "b": [bins_of(0, classes=10)]})
    assert drawn.axes[0].get_title() == "a\nECE 1.0000 (1 seed)"
    alone = draw_reliability(tmp_path / "b.png", {"a": [certain]}).axes[0]
    assert alone.get_xlim() == (47, 103)  # the diagonal stays in sight
    pixels_of(tmp_path / "b.png")


def test_reliability_is_drawn_the_same_again(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw_reliability(tmp_path / name, {"a": [bins_of(0)], "b": [bins_of(1)]})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def walk(steps: int, names: Sequence[str], near: Sequence[int] | None = None) -> list[Step]:
    """A walk on which the last class takes over from the first."""
    path = []
    for i in range(steps):
        a = i / (steps - 1)
        p = [0.0] * len(names)
        p[0], p[-1] = 1 - a, a
        row = near[i] if near else i
        found = Neighbour("train", row, names[row % len(names)], 1.0)
        path.append(Step(a, 5 + a, -30 - a, tuple(p), a * (1 - a), found))
    return path


def draw_walk(path: Path, steps: list[Step], names: Sequence[str], examples: list[Example]) -> None:
    plots.walk_picture(steps, examples, names, f"linear from {names[0]} to {names[-1]}", path)


@pytest.mark.parametrize(("channels", "steps"), [(1, 2), (1, 9), (3, 40)])
def test_a_walk_through_pictures_shows_them(tmp_path: Path, channels: int, steps: int) -> None:
    red = np.zeros((channels, 6, 6), np.uint8)
    red[0] = 255
    shape = (tmp_path / "a.png", walk(steps, ("a", "b")), ("a", "b"))
    draw_walk(*shape, [(None, red)] * steps)
    pixels = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    if channels == 3:
        assert (pixels == (255, 0, 0)).all(1).sum() > 1000 * min(steps, 12)
    assert colours_in(tmp_path / "a.png") == set(plots.COLOURS[:2])


@pytest.mark.parametrize("steps", [2, 40])
def test_a_walk_through_texts_lists_them(tmp_path: Path, steps: int) -> None:
    examples: list[Example] = [(f"{name} " * 40, None) for name in NAMES]
    draw_walk(
        tmp_path / "a.png",
        walk(steps, NAMES),
        NAMES,
        [examples[i % len(NAMES)] for i in range(steps)],
    )
    assert colours_in(tmp_path / "a.png") == set(plots.COLOURS[:2])


def test_a_walk_through_tables_has_neither(tmp_path: Path) -> None:
    draw_walk(tmp_path / "a.png", walk(9, ("a", "b")), ("a", "b"), [(None, None)] * 9)
    assert colours_in(tmp_path / "a.png") == set(plots.COLOURS[:2])


def test_stretches_with_the_same_neighbour_share_a_line() -> None:
    path = walk(5, ("a", "b"), near=(0, 0, 1, 1, 0))
    texts: list[Any] = [("the text\nof 0" if s.nearest.row == 0 else None, None) for s in path]
    assert plots._nearest(path, texts)[1:] == [
        "0.00–0.25: a #0 the text of 0",
        "0.50–0.75: b #1 ",
        "1.00: a #0 the text of 0",
    ]


def test_a_long_list_of_neighbours_says_how_many_are_left_out() -> None:
    lines = plots._nearest(walk(40, ("a", "b")), [(None, None)] * 40)
    assert len(lines) == 1 + plots.NEIGHBOURS + 1
    assert lines[-1] == f"and {40 - plots.NEIGHBOURS} more"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a_b", "a_b"), ("_a", " _a"), ("$x$", r"\$x\$"), ("n" * 30, "n" * 23 + "…"), ("", "")],
)
def test_names_are_literal_and_short(name: str, expected: str) -> None:
    assert plots._literal(name) == expected
