"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from vibcli.cli.options import completing
from vibcli.cli.options.choices import MOST_PROCESSES
from vibcli.config.data import Missing
from vibcli.registry import TASKS

MACHINE, OUTPUT = "Where", "Output"

Results = Annotated[
    Path,
    typer.Option(
        "--results",
        help="Folder of all runs.",
        rich_help_panel=MACHINE,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder with a folder per data set in Hub layout, looked at before the network "
        "(VIB_DATA_DIR).",
        rich_help_panel=MACHINE,
        show_default=False,
    ),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Neither read nor write the cache of decoded data.",
        rich_help_panel=MACHINE,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        help="cpu, cuda, cuda:1, mps; auto takes a GPU if there is one.",
        autocompletion=completing.among("auto", "cpu", "cuda", "mps"),
        rich_help_panel=MACHINE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        max=MOST_PROCESSES,
        help="Threads of a process; by default the cores are shared out.",
        rich_help_panel=MACHINE,
        show_default=False,
    ),
]


def _jobs(text: str) -> int | None:
    if text == "auto":
        return None
    if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= MOST_PROCESSES:
        return int(text)
    raise typer.BadParameter(f"'{text}' is neither 'auto' nor a number from 1 to {MOST_PROCESSES}.")


Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        parser=_jobs,
        metavar="N|auto",
        help="Runs at once; auto trains one a core, with one thread each, or one on a GPU.",
        rich_help_panel=MACHINE,
        show_default=False,
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Train again what was trained before.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=OUTPUT)
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="PAGE.html",
        help="Write it all as one page of HTML too, which needs neither network nor scripts.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        help="A run: path, id, unique prefix of an id, or 'latest'.",
        metavar="RUN",
        autocompletion=completing.runs,
    ),
]
RunData = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="Where the data of the run lie now, if they are not found where they were; they must "
        "be the same. Taken from the command line alone.",
        metavar="PATH",
        show_default=False,
    ),
]


def _missing(text: str) -> str:
    if text not in (known := get_args(Missing)):
        raise typer.BadParameter(f"'{text}' is none of {', '.join(known)}.")
    return text


MissingValues = Annotated[
    Any,
    typer.Option(
        "--missing",
        parser=_missing,
        help="What is done about missing values of the file, if not what training did: drop leaves "
        "out rows that lack one, mean takes the mean of the training rows.",
        metavar="|".join(get_args(Missing)),
        show_default=False,
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="|".join(TASKS),
        autocompletion=completing.among(*TASKS),
        help="What is learnt; by default what the variant and the label column are for: a label of "
        "many numbers is regression.",
        show_default=False,
    ),
]
