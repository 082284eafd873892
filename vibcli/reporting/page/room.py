"""Pages that stay small: the first pictures are kept, as many as there is room for."""

from collections.abc import Iterator, Sequence

from vibcli.reporting.page.blocks import Beside, Block, Figure, Figures, Folded, Page, Section, Text


def drawn_size(page: Page) -> int:
    """Bytes of all pictures."""
    return sum(_size(figure) for section in page.sections for figure in _all(section))


def within(page: Page, room: int) -> Page:
    """The page with as many of its pictures as ``room`` bytes hold; it says which it left out."""
    kept = _Kept(room)
    return page._replace(sections=tuple(kept.section(section) for section in page.sections))


class _Kept:
    """How much room is left."""

    def __init__(self, room: int) -> None:
        self.room = room

    def section(self, section: Section) -> Section:
        lost: list[str] = []
        blocks = self.blocks(section.blocks, lost)
        if lost:
            blocks.append(Text(f"Left out, for want of room: {', '.join(lost)}.", quiet=True))
        inner = tuple(self.section(one) for one in section.sections)
        return section._replace(blocks=tuple(blocks), sections=inner)

    def blocks(self, blocks: Sequence[Block], lost: list[str]) -> list[Block]:
        found: list[Block] = []
        for block in blocks:
            if isinstance(block, Figure):
                found += self.figures([block], lost)
            elif isinstance(block, Figures):
                found.append(block._replace(figures=tuple(self.figures(block.figures, lost))))
            elif isinstance(block, (Beside, Folded)):
                found.append(block._replace(blocks=tuple(self.blocks(block.blocks, lost))))
            else:
                found.append(block)
        return found

    def figures(self, figures: Sequence[Figure], lost: list[str]) -> list[Figure]:
        found = []
        for figure in figures:
            if _size(figure) > self.room:
                lost.append(figure.caption)
            else:
                self.room -= _size(figure)
                found.append(figure)
        return found


def _all(section: Section) -> Iterator[Figure]:
    yield from _within(section.blocks)
    for inner in section.sections:
        yield from _all(inner)


def _within(blocks: Sequence[Block]) -> Iterator[Figure]:
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Figures):
            yield from block.figures
        elif isinstance(block, (Beside, Folded)):
            yield from _within(block.blocks)


def _size(figure: Figure) -> int:
    return len(figure.drawn.encode("utf-8", "replace"))
