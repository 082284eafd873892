"""`vib report`"""

from vibcli.cli.options.session import with_session
from vibcli.runs.session import Session


@with_session("results")
def report(*, session: Session) -> None:
    """Write results/README.md from the runs of the recipes.

    The page holds, for each recipe and protocol with runs, its claims and what came of them, the
    experiments side by side, and what made the numbers. The same runs give the same page.

    [bold]vib report[/bold]
    """
    from vibcli.cli.actions.report import report as action

    action(session)
