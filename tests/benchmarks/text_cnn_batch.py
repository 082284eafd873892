"""The essay's network from word ids to features and back, one batch of 32."""

import time
from collections.abc import Callable
from functools import partial

import torch

from vibcli.config.record import RunConfig

from . import data, ours
from .harness import Contestant, Options, Report, race, ratios

BATCH, BATCHES = 32, 20
REFERENCE = "stock fp32"
KERNELS = {
    "lookup bf16": {**ours.LOOKUP, "precision": "bf16"},
    "lookup fp32": {**ours.LOOKUP, "precision": "fp32"},
    REFERENCE: {**ours.STOCK, "precision": "fp32"},
}


def measure(options: Options) -> Report:
    """Race the ways to compute the same features, with one thread and with all."""
    rows = data.imdb().first(BATCH * BATCHES)
    names = {
        (kernel, threads): f"{kernel}, {threads} thread{'s' if threads > 1 else ''}"
        for threads in sorted({1, options.threads})
        for kernel in KERNELS
    }
    found = race(
        [
            Contestant(name, partial(_batches, ours.text(**KERNELS[kernel]), rows, threads))
            for (kernel, threads), name in names.items()
        ],
        options.repetitions,
    )
    pairs = {
        (name, names[REFERENCE, threads]): None
        for (kernel, threads), name in names.items()
        if kernel != REFERENCE
    }
    return Report(
        name="text-cnn-batch",
        title="embedding to maximum, forward and backward, one batch",
        unit="ms",
        factor=1000 / BATCHES,
        ratios=ratios(found.measured, pairs),
        notes=[f"{rows.note.split(',')[0]}; a repetition is {BATCHES} batches of {BATCH} rows"],
        **found._asdict(),
    )


def _batches(config: RunConfig, rows: data.Rows, threads: int) -> Callable[[], float]:
    encoder = ours.model(config, rows, threads).encoder
    parameters = list(encoder.parameters())
    batches = torch.split(torch.from_numpy(rows.x), BATCH)
    towards = torch.randn(BATCH, 250, generator=torch.Generator().manual_seed(0))

    def run() -> float:
        started = time.perf_counter()
        for ids in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
                features = encoder(ids)
            torch.autograd.grad(features, parameters, towards.to(features.dtype))
        return time.perf_counter() - started

    return run
