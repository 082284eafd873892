"""Test metrics of a finished run at several numbers of draws of z, kept beside its record."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from vibcli.errors import RunError
from vibcli.files import write_text
from vibcli.recipes.measures import draws
from vibcli.store.records import Metrics, Run
from vibcli.store.rundir import RunDir

if TYPE_CHECKING:
    import torch

    from vibcli.data.dataset import Dataset

CONTENT = TypeAdapter(dict[int, Metrics])


def read_sampled(folder: RunDir) -> dict[int, Metrics]:
    """The metrics by the number of draws; empty where none were taken.

    Raises:
        RunError: the file is damaged.
    """
    path = folder.sampled
    try:
        return CONTENT.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError):
        raise RunError(f"{path} is damaged. Remove it, and it is made again.") from None


def lacking(run: Run, known: dict[int, Metrics], counts: Sequence[int]) -> list[int]:
    """Numbers of draws that a run has yet to be evaluated with."""
    return [n for n in counts if n not in known] if draws(run) else []


def evaluate_draws(
    folder: RunDir, dataset: "Dataset", counts: Sequence[int], device: "torch.device"
) -> None:
    """Evaluate a saved model on its test rows with each number of draws, and keep the metrics.

    Raises:
        RunError: the model is missing or damaged.
    """
    from vibcli.runs.rows import run_part  # PyTorch
    from vibcli.runs.saved_model import load_model

    saved = load_model(folder, device)
    test = run_part(saved, dataset, "test")
    known = read_sampled(folder)
    for n in counts:
        evaluated = saved.task.work.evaluate(saved.learner, test, device, n, saved.run.seed)
        known[n] = evaluated.metrics
    write_text(folder.sampled, CONTENT.dump_json(known, indent=1).decode() + "\n")
