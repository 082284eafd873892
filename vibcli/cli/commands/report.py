"""`vib report`"""

from pathlib import Path

from vibcli.cli.options import shared as options
from vibcli.cli.output import note


def report(*, results: options.Results = Path("results")) -> None:
    """Write results/README.md from the runs of the recipes.

    The page holds, for each recipe and protocol with runs, its claims and what came of them, the
    experiments side by side, and what made the numbers. The same runs give the same page.

    [bold]vib report[/bold]
    """
    from vibcli.files import write_text
    from vibcli.recipes.report import PAGE, page

    path = results / PAGE
    write_text(path, page(results))
    note(f"Wrote {path}")
