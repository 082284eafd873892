"""What `vib show` does."""

from dataclasses import replace

from rich.text import Text

from vibcli.cli.output import print_json
from vibcli.cli.output import results as out
from vibcli.cli.retyped import about, facts_of, training
from vibcli.reporting.tables.run import run_page
from vibcli.runs.session import Session
from vibcli.store.listing import find_run
from vibcli.store.records import Run
from vibcli.store.rundir import RunDir
from vibcli.tasks.changed import changed
from vibcli.tasks.find import task_of


def show(session: Session, reference: str, full: bool, json: bool) -> None:
    """Print all that is known of a run, and the commands that are about it."""
    folder = find_run(session.results, reference)
    if folder.results.resolve() != session.results.resolve():  # named by its path
        session = replace(session, results=folder.results)
    status = folder.status()
    if json:
        print_json(folder.summary().record | {"status": status})
        return
    run = folder.read()
    for part in run_page(run, status, folder.files(), changed(run.config, facts_of(run)), full):
        out.print(part)
    out.print()
    for what, command in _commands(run, folder, session):
        out.print(Text.assemble((f"{what}: ", "dim"), command), soft_wrap=True)  # to be copied


def _commands(run: Run, folder: RunDir, session: Session) -> list[tuple[str, str]]:
    """What can be done with a run, and how."""
    known = run.config.variant in task_of(run.config).variants
    found = [("train", training(run, session))] if known else []
    if folder.model.exists():
        found.append(("evaluate", about("eval", run, session)))
        if run.config.has_effect("latent"):
            found.append(("interpolate", about("interpolate", run, session)))
    return found
