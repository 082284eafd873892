"""How near Alemi's network comes to the peak in matrix products, and what else takes time."""

import os
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from vibcli.config.record import RunConfig

from . import data, ours
from .harness import Contestant, Options, Report, Value, once, race, spread

BATCH, STEPS = 100, 40
SIZES = (768, 1024, 1536, 2048)
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}

# an operator belongs to the first group with a word that is in its name, or to none of them
GROUPS = {
    "matrix products": ("aten::mm", "aten::addmm", "mkldnn_linear"),
    "optimiser and average": ("adam", "lerp", "Optimizer", "zero_grad"),
    "activations": ("relu", "threshold", "softplus", "clamp_min"),
    "KL, sampling, loss": (
        *("normal", "log", "exp", "square", "pow", "sum", "mean", "softmax", "nll"),
        *("mul", "add", "sub", "div", "eq"),
    ),
    "data, casts": ("index", "copy", "_to_copy", "randperm", "cat"),
}

OTHER = "other operators"


def measure(options: Options) -> Report:
    """Peak, whole step and matrix products alone, all in GFLOP/s of the step's linear layers."""
    rows = data.mnist().first(BATCH * STEPS)
    threads = options.threads
    contestants, values = [], []
    for precision in PRECISIONS:
        config = ours.image(precision=precision)
        contestants += [
            Contestant(f"{precision} peak", partial(_peak, precision, threads)),
            Contestant(f"{precision} whole step", partial(_step, config, rows, threads)),
            Contestant(f"{precision} its products", partial(_products, config, rows, threads)),
        ]
    found = race(contestants, options.repetitions)
    for precision in PRECISIONS:
        peak = spread(found.measured[f"{precision} peak"]).median
        for part in ("whole step", "its products"):
            share = spread(found.measured[f"{precision} {part}"]).median / peak
            values.append(Value(f"{precision} {part}, of peak", 100 * share, "%"))
        config = ours.image(precision=precision)
        shares = once(Contestant(precision, partial(_shares, config, rows, threads)))
        values += [
            Value(f"{precision} time in {group}", 100 * share, "%")
            for group, share in shares.items()
        ]
    return Report(
        name="mnist-gemm",
        title="matrix products of Alemi's network",
        quantity="gigaflops",
        unit="GFLOP/s",
        values=values,
        notes=[
            f"{rows.note.split(',')[0]}, {threads} threads; peak: best square torch.mm of {SIZES}",
            "times of operators by torch.profiler, their own, without what they call",
        ],
        **found._asdict(),
    )


def flops(model: nn.Module, batch: int) -> int:
    """Of the linear layers forward and backward: 2 B in out each for the output, the gradient of
    the weights and that of the input; the first layer's input needs none.
    """
    products = [
        layer.in_features * layer.out_features
        for layer in model.modules()
        if isinstance(layer, nn.Linear)
    ]
    return 2 * batch * (3 * sum(products) - products[0])


def _peak(precision: str, threads: int) -> Callable[[], float]:
    torch.set_num_threads(threads)
    pairs = [torch.randn(2, size, size).to(PRECISIONS[precision]).unbind() for size in SIZES]

    def run() -> float:
        return max(_gigaflops(a, b) for a, b in pairs)

    return run


def _gigaflops(a: Tensor, b: Tensor, times: int = 8) -> float:
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - started)
    return 2 * len(a) ** 3 / best / 1e9


def _step(config: RunConfig, rows: data.Rows, threads: int) -> Callable[[], float]:
    epoch = ours.epoch(config, rows, threads)
    work = STEPS * flops(ours.model(config, rows, threads), BATCH)
    return lambda: work / epoch() / 1e9


def _products(config: RunConfig, rows: data.Rows, threads: int) -> Callable[[], float]:
    times = _profiled(config, rows, threads)
    work = STEPS * flops(ours.model(config, rows, threads), BATCH)
    return lambda: work / times()["matrix products"] / 1e9


def _shares(config: RunConfig, rows: data.Rows, threads: int) -> Callable[[], dict[str, float]]:
    times = _profiled(config, rows, threads)

    def run() -> dict[str, float]:
        times()  # warm-up
        found = times()
        return {group: seconds / sum(found.values()) for group, seconds in found.items()}

    return run


def _profiled(config: RunConfig, rows: data.Rows, threads: int) -> Callable[[], dict[str, float]]:
    """Seconds of an epoch: of its operators by themselves, in groups, and between them."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # or the profiler writes between the tables
    epoch = ours.epoch(config, rows, threads)

    def run() -> dict[str, float]:
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            whole = epoch()
        seconds = dict.fromkeys((*GROUPS, OTHER), 0.0)
        for operator in profiler.key_averages():
            seconds[_group(operator.key)] += operator.self_cpu_time_total / 1e6
        return seconds | {"Python": max(0.0, whole - sum(seconds.values()))}

    return run


def _group(operator: str) -> str:
    return next((g for g, words in GROUPS.items() if any(w in operator for w in words)), OTHER)
