"""One epoch of the essay's network on the IMDB: ours, stock PyTorch, Keras."""

import math
from functools import partial

from . import data, imdb_keras, imdb_torch, ours
from .harness import Contestant, Options, Report, race, ratios

BATCH = 32
OURS = {"ours bf16": {"precision": "bf16"}, "ours fp32": {"precision": "fp32"}}
LAYERS, KERAS = "PyTorch layers", "Keras, TensorFlow"
TARGETS = {
    ("ours bf16", KERAS): 8.0,
    ("ours bf16", LAYERS): 8.0,
    ("ours fp32", KERAS): None,
    ("ours fp32", LAYERS): 4.0,
}


def measure(options: Options) -> Report:
    """Race the three; every contestant trains on the same rows."""
    whole = data.imdb()
    epoch_steps = math.ceil(len(whole.y) / BATCH)
    steps = max(1, round(epoch_steps * options.fraction))
    rows = whole.first(steps * BATCH)
    threads = options.threads
    found = race(
        [
            *(
                Contestant(name, partial(ours.epoch, ours.text(**settings), rows, threads))
                for name, settings in OURS.items()
            ),
            Contestant(LAYERS, partial(imdb_torch.epoch, rows, threads)),
            Contestant(
                KERAS,
                partial(imdb_keras.epoch, rows, threads),
                requires=("tensorflow", "keras"),
            ),
        ],
        options.repetitions,
    )
    return Report(
        name="imdb-epoch",
        title="seconds an epoch of the essay's network",
        unit="s/epoch",
        factor=epoch_steps / steps,
        steps=steps,
        ratios=ratios(found.measured, TARGETS),
        notes=[
            f"{whole.note}; {steps} of {epoch_steps} steps of {BATCH} rows measured",
            f"{threads} threads each, no validation; two-way softmax, the essay has one sigmoid",
        ],
        **found._asdict(),
    )
