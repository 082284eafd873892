"""What `vib report` does."""

from vibcli.cli.output import note
from vibcli.files import write_text
from vibcli.recipes.report import page
from vibcli.runs.session import Session
from vibcli.store.comparisons import report_page


def report(session: Session) -> None:
    """Write the page on what came of the recipes."""
    path = report_page(session.results)
    write_text(path, page(session.results))
    note(f"Wrote {path}")
