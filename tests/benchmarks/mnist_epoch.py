"""One epoch of Alemi's network on MNIST: our loop and the one of the tutorials."""

import math
from functools import partial

from . import data, mnist_torch, ours
from .harness import Contestant, Options, Report, race, ratios

BATCH = 100
OURS = ("ours bf16", "ours fp32")
REFERENCE = "PyTorch, DataLoader"
TARGETS = {("ours bf16", REFERENCE): 4.0, ("ours fp32", REFERENCE): None}


def measure(options: Options) -> Report:
    """Race the loops on the same rows."""
    whole = data.mnist()
    epoch_steps = math.ceil(len(whole.y) / BATCH)
    steps = max(1, round(epoch_steps * options.fraction))
    rows = whole.first(steps * BATCH)
    threads = options.threads
    found = race(
        [
            *(
                Contestant(
                    name, partial(ours.epoch, ours.image(precision=name.split()[1]), rows, threads)
                )
                for name in OURS
            ),
            Contestant(REFERENCE, partial(mnist_torch.epoch, rows, threads)),
        ],
        options.repetitions,
    )
    return Report(
        name="mnist-epoch",
        title="seconds an epoch of Alemi's network",
        unit="s/epoch",
        factor=epoch_steps / steps,
        steps=steps,
        ratios=ratios(found.measured, TARGETS),
        notes=[
            f"{whole.note}; {steps} of {epoch_steps} steps of {BATCH} rows measured",
            f"{threads} threads each, no validation",
        ],
        **found._asdict(),
    )
