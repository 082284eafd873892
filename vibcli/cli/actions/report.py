"""What `vib report` does."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vibcli.cli.output import complain, note
from vibcli.cli.pages import check_page, write_page
from vibcli.errors import RunError, VibError
from vibcli.files import write_text
from vibcli.recipes.report import page as recipes_text
from vibcli.runs.session import Session
from vibcli.store.comparisons import report_page
from vibcli.store.listing import find_run
from vibcli.store.predictions import load_predictions
from vibcli.store.rundir import RunDir

if TYPE_CHECKING:
    from vibcli.reporting.page.run import Told


def report(session: Session, runs: Sequence[str], html: Path | None) -> None:
    """Write a page on runs, or on what came of the recipes."""
    if html is not None:
        check_page(html)
    if not runs:
        if html is None:
            path = report_page(session.results)
            write_text(path, recipes_text(session.results))
            note(f"Wrote {path}")
        else:
            from vibcli.reporting.page.recipes import recipes_page

            write_page(html, recipes_page(session.results, html.parent))
        return
    if html is None:
        raise VibError(f"Say where the page is to be: vib report {' '.join(runs)} --html page.html")
    from vibcli.reporting.page.run import run_page, runs_page

    told = [_told(find_run(session.results, name)) for name in runs]
    write_page(html, run_page(told[0]) if len(told) == 1 else runs_page(told, ""))


def _told(folder: RunDir) -> "Told":
    """A run, with what is kept beside its record."""
    from vibcli.reporting.page.run import Told

    predictions = None
    try:
        predictions = load_predictions(folder)
    except RunError as error:
        complain(f"{error} What its test rows say is left out.")
    return Told(folder.read(), predictions, tuple(sorted(folder.path.glob("*.png"))))
