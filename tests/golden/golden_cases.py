"""What is asked in the golden tests, and what is kept of each answer."""

import csv
import hashlib
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from golden_house import commands, hashes
from old_defaults import old_defaults
from small import BASE, SMALL, TEXT, WINE, WORDS, Vib, write_reviews

DATA = Path(__file__).parent / "data"
RESULTS = Path(__file__).parents[2] / "results"

PLAIN = ("baseline", "dropout", "weight-decay", "label-smoothing", "confidence-penalty")
LABELS = (*PLAIN, "control", "noise", "vib", "vib-threshold", "vib-adaptive")
INPUTS = ("ae", "pm", "vae", "vae-threshold", "vae-adaptive")
VARIANTS = (*LABELS, *INPUTS)
KINDS = ("text", "image", "tabular")

PENALTY_SETTINGS = {"threshold": ("lam", "beta"), "adaptive": ("dual_step", "select")}
FLAGS = {"lam": "--lambda", "beta": "--beta", "dual_step": "--dual-step", "select": "--select"}

Json = Any

# values of each setting, some of them refused; the rest of the settings stays as it is
SETTINGS: dict[str, tuple[Any, ...]] = {
    "dataset": ("imdb",),
    "data_config": ("plain",),
    "revision": ("main",),
    "inputs": (["a", "b"],),
    "label": ("y",),
    "image_size": (32, 2),
    "validation": (0.2, 0.1, 1),
    "watch": ("test", "train"),
    "test": (0.3,),
    "train_rows": (100, 1),
    "vocabulary": (500,),
    "tokens": (50, 2),
    "encoder": ("mlp", "conv", "text-cnn", "bag-of-words", "other"),
    "embedding": (8,),
    "filters": (16,),
    "kernel": (5, 500),
    "convolution": ("lookup", "stock"),
    "widths": ("64,32", [64, 32], "64, 32", "8", "0", "wide"),
    "channels": ("8,16", [32, 64]),
    "predicts": ("input",),
    "decoder_widths": ("16,8", [4]),
    "likelihood": ("bernoulli", "gaussian", "multinomial"),
    "binarise": ("dynamic",),
    "bottleneck": ("none", "deterministic", "units", "noisy", "gaussian"),
    "penalty": ("weighted", "threshold", "adaptive"),
    "latent": (2, 128, 0),
    "lam": (0.0, 0.01, 0.1, 1, -1),
    "warm_up": (0, 3),
    "beta": (0, 0.5),
    "rate_target": (8.0, 0),
    "dual_step": (1e-3,),
    "sigma": ("log_var", "softplus"),
    "sigma_init": (0.1, 0),
    "train_samples": (12,),
    "noise": (0.5,),
    "predictability": (0, 0.1),
    "predictor_width": (8,),
    "dropout": (0, 0.2, 1),
    "weight_decay": (0, 0.3),
    "label_smoothing": (0, 0.2),
    "confidence_penalty": (0, 0.2),
    "shift": (0, 2, 64),
    "epochs": (3, 0),
    "batch_size": (16, 100),
    "lr": (1e-2, 0),
    "beta1": (0.5,),
    "lr_decay": (0.97,),
    "lr_decay_every": (2,),
    "ema": (0.999, 1),
    "patience": (3, None),
    "select": ("accuracy", "nll", "elbo", "last"),
    "precision": ("bf16",),
    "unheard_of": (1,),
}
TOGETHER: tuple[dict[str, Any], ...] = (
    {},
    {"encoder": "conv", "channels": "8,16", "shift": 2},
    {"encoder": "bag-of-words", "widths": "16", "dropout": 0.2},
    {"likelihood": "bernoulli", "binarise": "dynamic"},
    {"likelihood": "gaussian", "binarise": "dynamic"},
    {"select": "nll", "patience": 2},
    {"select": "elbo", "patience": 2},
    {"select": "last", "patience": 2},
    {"watch": "test", "validation": 0.2},
    {"ema": 0.999, "weight_decay": 0.1, "dropout": 0.5},
    {"widths": "32,16", "decoder_widths": "16"},
    {"lr_decay": 0.95, "lr_decay_every": 2, "beta1": 0.5},
    {"sigma": "softplus", "sigma_init": 0.0067, "train_samples": 12, "warm_up": 5},
    {"lam": 0.5, "beta": 1.5, "rate_target": 3, "dual_step": 0.01},
)
OVERRIDES = (*TOGETHER, *({name: v} for name, values in SETTINGS.items() for v in values))

# --- runs: the arguments of `vib train`; REVIEWS and TABLE stand for files that `data_files` writes
REVIEWS, TABLE = "reviews.csv", "table.csv"
DIGITS = ("--dataset", "digits", "--train-rows", "200", *SMALL)
CONV = ("--dataset", "digits", "--train-rows", "200", "--epochs", "2", "--latent", "4")
CONV = (*CONV, "--encoder", "conv", "--channels", "4,8")
SAID = ("--dataset", REVIEWS, *TEXT)
COUNTED = ("--dataset", REVIEWS, *WORDS)
MIXED = ("--dataset", TABLE, "--label", "grade", *SMALL)
SCHEDULE = ("--lr-decay", "0.5", "--lr-decay-every", "1", "--beta1", "0.5", "--lr", "0.01")

RUNS: dict[str, tuple[str, ...]] = {
    **{f"wine {name}": ("--variant", name, *BASE) for name in PLAIN},
    **{f"wine {name}": ("--variant", name, *WINE) for name in VARIANTS if name not in PLAIN},
    "wine seed 1": (*WINE, "--seed", "1"),
    "wine named": (*WINE, "--name", "mine.own", "--lambda", "0.1"),
    "wine softplus": (*WINE, "--sigma", "softplus", "--sigma-init", "0.1", "--train-samples", "3"),
    "wine warm-up": (*WINE, "--warm-up", "2", "--lambda", "1"),
    "wine averaged": (*WINE, "--ema", "0.9"),
    "wine patience": (*WINE, "--epochs", "6", "--lr", "0.1", "--patience", "1", "--select", "nll"),
    "wine schedule": ("--variant", "baseline", *BASE, *SCHEDULE),
    "wine splits": (*WINE, "--validation", "0.2", "--test", "0.3", "--train-rows", "90"),
    "wine watched": (*WINE, "--watch", "test", "--select", "last"),
    "wine batches": (*WINE, "--batch-size", "10", "--dropout", "0.2", "--weight-decay", "0.1"),
    "wine deep vae": ("--variant", "vae", *WINE, "--decoder-widths", "6,5", "--warm-up", "2"),
    "wine strong pm": ("--variant", "pm", *WINE, "--predictability", "2", "--predictor-width", "4"),
    "digits vib": DIGITS,
    "digits shifted": (*DIGITS, "--shift", "1"),
    "digits conv baseline": ("--variant", "baseline", *CONV[:6], *CONV[8:]),
    "digits conv control": ("--variant", "control", *CONV),
    "digits conv vib": CONV,
    "digits conv noise": ("--variant", "noise", *CONV, "--dropout", "0.2", "--shift", "1"),
    "digits conv vae": ("--variant", "vae", *CONV, "--decoder-widths", "8"),
    "digits vae": ("--variant", "vae", *DIGITS),
    "digits binarised vae": ("--variant", "vae", *DIGITS, "--binarise", "dynamic"),
    "digits gaussian vae": ("--variant", "vae", *DIGITS, "--likelihood", "gaussian"),
    "digits pm": ("--variant", "pm", *DIGITS),
    "reviews vib": SAID,
    "reviews stock": (*SAID, "--convolution", "stock", "--tokens", "12"),
    "reviews baseline": ("--variant", "baseline", *SAID[:-2]),
    "reviews control": ("--variant", "control", *SAID),
    "reviews dropout": ("--variant", "dropout", *SAID[:-2]),
    "reviews vib-adaptive": ("--variant", "vib-adaptive", *SAID),
    "reviews bag-of-words": (*COUNTED, "--encoder", "bag-of-words", "--vocabulary", "12"),
    "reviews vae": ("--variant", "vae", *COUNTED),
    "reviews ae": ("--variant", "ae", *COUNTED, "--vocabulary", "12"),
    "table vib": MIXED,
    "table vae": ("--variant", "vae", *MIXED),
}
PREPROCESSED = ("wine vib", "digits vib", "reviews vib", "reviews vae", "table vib")
UNTRAINED = ("--epochs", "1", "--lr", "1e-30")  # no step changes a number of 32 bits

# --- runs that version 0.4.0 left behind: of each a complete one and an interrupted one
OLD = ("vib", "vib-adaptive", "vae")
FIXED = ("--test-split", "fixed")  # as all runs of version 0.4.0 are
ADAPTIVE = ("--dual-step", "1e-4", "--select", "accuracy")  # its defaults then
OLD_SETTINGS = (*WINE, "--epochs", "4", "--threads", "1", *FIXED)
NEW_ROWS = "new.csv"
# {id} is the run's, {experiment} the part of it that names the experiment
ASKED: dict[str, tuple[str, ...]] = {
    "eval": ("eval", "{id}", "--json"),
    "eval, drawn": ("eval", "{experiment}", "--split", "validation", "--seed", "3", "--json"),
    "interpolate": ("interpolate", "{id}", "--from", "0", "--to", "20", "--steps", "4", "--json"),
    "predict": ("predict", "{id}", NEW_ROWS),
    "predict, drawn": ("predict", "{id}", NEW_ROWS, "--samples", "3", "--seed", "1"),
}
ASKED_OF_ALL: dict[str, tuple[str, ...]] = {
    "runs": ("runs", "--json"),
    "compare": ("compare", *OLD[:2], *OLD_SETTINGS, *ADAPTIVE, "--no-train", "--json"),
}


def load(name: str) -> Json:
    """A golden file."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def label_of(overrides: dict[str, Any]) -> str:
    """What overrides are called in the golden file."""
    return json.dumps(overrides)[1:-1]


def hashes_of(variant: str, kind: str) -> dict[str, str | None]:
    """For each of OVERRIDES the digest and a hash of the settings, or None: refused."""
    found: dict[str, str | None] = {}
    for overrides in OVERRIDES:
        found[label_of(overrides)] = None
        if (resolved := hashes(variant, kind, dict(overrides))) is not None:
            text = json.dumps(resolved[1], sort_keys=True)
            found[label_of(overrides)] = (
                f"{resolved[0]} {hashlib.sha256(text.encode()).hexdigest()[:8]}"
            )
    return found


def settings_of(variant: str, kind: str) -> Json:
    """The settings of a variant where nothing is overridden."""
    resolved = hashes(variant, kind, {})
    return None if resolved is None else json.loads(json.dumps(resolved[1]))


def data_files(folder: Path) -> None:
    """Write the small files that RUNS and ASKED are about."""
    write_reviews(folder / REVIEWS)
    draw = random.Random(1)
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["length", "colour", "weight", "grade"])
        for row in range(90):
            grade = row % 3
            length = f"{grade + draw.random():.3f}"
            colour = draw.choice(("red", "green", "blue", "")[: 2 + grade])
            lines.writerow([length, colour, draw.randint(1, 50), "abc"[grade]])
    from sklearn.datasets import load_wine

    wine = load_wine()
    with (folder / NEW_ROWS).open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(wine.feature_names)
        lines.writerows(wine.data[::60].tolist())


def typed_defaults(variant: str, kind: str) -> list[str]:
    """Flags for what were the defaults of version 0.4.0."""
    penalty = variant.partition("-")[2]
    return [
        str(part)
        for name, value in old_defaults(variant, kind).items()
        if name in PENALTY_SETTINGS.get(penalty, ())
        for part in (FLAGS[name], value)
    ]


def train(vib: Vib, arguments: tuple[str, ...]) -> dict[str, Any]:
    """The record of one run, with the defaults of version 0.4.0."""
    variant = arguments[1] if arguments[0] == "--variant" else "vib"
    kind = "text" if REVIEWS in arguments else "image" if "digits" in arguments else "tabular"
    typed = typed_defaults(variant, kind)
    (run,) = json.loads(vib("train", *typed, *arguments, *FIXED, "--threads", "1", "--json").stdout)
    assert isinstance(run, dict)
    return run


def kept_of_run(run: dict[str, Any]) -> dict[str, Any]:
    """What a record says, without the clock, the machine and the data's address."""
    epochs = [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in run["epochs"]]
    same = ("id", "name", "status", "seed", "selected", "test", "message", "schema_version")
    data = {k: v for k, v in run["data"].items() if k != "source"}
    return {**{k: run[k] for k in same}, "data": data, "epochs": epochs}


def kept_of_files(folder: Path, preprocessing: bool) -> dict[str, Any]:
    """Names and shapes of a model's weights, and what its predictions look like."""
    from pyarrow import parquet

    table = parquet.read_table(folder / "predictions.parquet")
    kept = {
        "files": sorted(path.name for path in folder.iterdir() if path.name != ".lock"),
        "weights": {name: list(value.shape) for name, value in _weights(folder).items()},
        "types": {field.name: str(field.type) for field in table.schema},
        "rows": table.num_rows,
        "predictions": table.slice(0, 4).to_pydict(),
    }
    if preprocessing:
        kept["preprocessing"] = json.loads((folder / "preprocessing.json").read_text("utf-8"))
    return kept


def kept_of_weights(folder: Path) -> dict[str, Any]:
    """Shape, type, first numbers, sum and sum of squares of each tensor of a model."""
    kept = {}
    for name, value in _weights(folder).items():
        numbers = value.astype("float64").ravel()
        sums = [float(numbers.sum()), float((numbers**2).sum())]
        kept[name] = [list(value.shape), str(value.dtype), numbers[:3].tolist(), *sums]
    return kept


def _weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return dict(sorted(load_file(folder / "model.safetensors").items()))


def answer(vib: Vib, arguments: tuple[str, ...], results: Path, **names: str) -> Json:
    """What a command prints, JSON or CSV, as plain values."""
    typed = [argument.format(**names) for argument in arguments]
    text = vib(*typed, "--results", results).stdout
    if "--json" in typed:
        return json.loads(text)
    return [{k: _number(v) for k, v in row.items()} for row in csv.DictReader(text.splitlines())]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def options() -> tuple[dict[str, Any], dict[str, Any]]:
    """Of each command and option what decides how it is used, and the words about it."""
    used: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for name, command in commands().items():
        used[name], said[name] = {}, {"": command.help}
        for parameter in command.params:
            flags = [*parameter.opts, *parameter.secondary_opts]
            key = flags[0] if parameter.param_type_name == "option" else parameter.name
            default = parameter.default
            plain = default is None or isinstance(default, (bool, int, float, str, list))
            used[name][key] = {
                "what": parameter.param_type_name,
                "flags": flags,
                "shown": parameter.metavar,
                "type": _type(parameter.type_descriptor.annotation),
                "default": default if plain else str(default),
                "bounds": [getattr(parameter, bound, None) for bound in ("min", "max")],
                "switch": bool(getattr(parameter, "is_flag", False)),
                "several": bool(parameter.multiple) or parameter.nargs != 1,
                "required": parameter.required,
                "hidden": bool(getattr(parameter, "hidden", False)),
                "variable": parameter.envvar,
                "panel": getattr(parameter, "rich_help_panel", None),
            }
            said[name][key] = getattr(parameter, "help", None)
    return used, said


def _type(annotation: Any) -> str:
    return annotation.__name__ if type(annotation) is type else str(annotation)


def differences(
    stored: Json, found: Json, relative: float = 2e-4, absolute: float = 2e-5, where: str = ""
) -> Iterator[str]:
    """What was stored and is not found; keys that were not stored may be new."""
    if isinstance(stored, dict) and isinstance(found, dict):
        for key, value in stored.items():
            if key in found:
                yield from differences(value, found[key], relative, absolute, f"{where}/{key}")
            else:
                yield f"{where}/{key} is missing"
    elif isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        for index, (a, b) in enumerate(zip(stored, found, strict=True)):
            yield from differences(a, b, relative, absolute, f"{where}/{index}")
    elif _is_number(stored) and _is_number(found):
        exact = isinstance(stored, int) and isinstance(found, int)
        if stored != found and (
            exact or not math.isclose(stored, found, rel_tol=relative, abs_tol=absolute)
        ):
            yield f"{where}: stored {stored!r}, found {found!r}"
    elif stored != found:
        yield f"{where}: stored {stored!r}, found {found!r}"


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def without(value: Json, *keys: str) -> Json:
    """A copy without these keys, however deep."""
    if isinstance(value, dict):
        return {k: without(v, *keys) for k, v in value.items() if k not in keys}
    return [without(v, *keys) for v in value] if isinstance(value, list) else value
