"""A data spec -> a decoded data set, from the cache if it was decoded before."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from vibcli.config.data import NO_TEST_SPLIT, DataSpec
from vibcli.config.kinds import Kind
from vibcli.data import cache, missing, sources
from vibcli.data.catalog import CATALOG, PACKAGED
from vibcli.data.columns import Choice, choose_columns, only_label_name, read_labels
from vibcli.data.dataset import Dataset, Description, LabelKind, Split, fingerprint, label_kind
from vibcli.data.prepare import MODALITIES
from vibcli.data.raw import Raw
from vibcli.errors import DataError


def load(
    spec: DataSpec,
    data_dir: Path | None = None,
    use_cache: bool = True,
    label: LabelKind | None = None,
) -> Dataset:
    """Find, read and decode a data set.

    Args:
        spec: what the user asked for.
        data_dir: holds a folder per data set in Hub layout, looked at before the network.
        use_cache: keep the decoded data set for the next time.
        label: what the label is to be read as; None guesses by its values.

    Raises:
        DataError: it cannot be found, read or used.
    """
    source = sources.find_source(spec, data_dir)
    if not use_cache:
        return _decode(source, spec, label)
    how = spec.model_dump_json(exclude={"dataset", "revision"})
    # the same rows under another name are another entry: results are filed by name
    content = f"{source.identity()} {source.name} {source.address} {how} {label}"
    key = hashlib.sha256(content.encode()).hexdigest()[:24]
    dataset = cache.fetch(key, lambda: _decode(source, spec, label))
    if isinstance(source, sources.File | sources.Folder):
        cache.remember_place(dataset.description.fingerprint, source.path)
    return dataset


def _decode(
    source: sources.InPackage | sources.File | sources.Folder | sources.Hub,
    spec: DataSpec,
    label: LabelKind | None,
) -> Dataset:
    if isinstance(source, sources.InPackage):
        _refuse_columns(source.name, spec)
        inputs, labels, classes = PACKAGED[source.name].read()
        if label not in (None, label_kind(classes)):
            raise DataError(
                f"The label of '{source.name}' is a {label_kind(classes)}, not a {label}."
            )
        splits = {"train": Split(inputs, labels)}
        kind = CATALOG[source.name].kind
        label_name = PACKAGED[source.name].label
        return _dataset(source, kind, ("features",), label_name, classes, splits, ())
    raw = _usual_splits(source.read(), spec)
    choice = choose_columns(raw, spec)
    raw = _settled(raw, choice, spec)
    classes, all_labels, label_notes = read_labels(raw, choice.label, label)
    for split, table in raw.splits.items():
        if lacking := [name for name in choice.inputs if name not in table.column_names]:
            raise DataError(f"The {split} split has no column '{lacking[0]}'.")
    size = (spec.image_size, spec.image_size) if spec.image_size else None
    decoded = MODALITIES[choice.kind].decode(raw.splits, choice.inputs, size)
    splits = {name: Split(decoded[name], all_labels[name]) for name in raw.splits}
    guesses = () if spec.dataset in CATALOG else choice.notes
    notes = (*guesses, *label_notes, *raw.notes)
    return _dataset(source, choice.kind, choice.inputs, choice.label, classes, splits, notes)


def _settled(raw: Raw, choice: Choice, spec: DataSpec) -> Raw:
    """The rows that are kept of what is missing; see `vibcli.data.missing.settle`."""
    inputs, tables = choice.inputs, raw.splits
    if choice.kind == "tabular":
        missing.refuse_empty(tables["train"], inputs)
        types = {name: tables["train"].schema.field(name).type for name in inputs}
        tables = {split: missing.typed(table, types) for split, table in tables.items()}
    unlabelled = -1 if choice.label in raw.class_names else None
    try:
        settled = missing.settle(
            tables, inputs, choice.label, choice.kind, spec.missing, unlabelled
        )
    except missing.NumbersMissing as error:
        raise DataError(f"{error} {missing.ADVICE}") from None
    return replace(
        raw, splits=settled.tables, notes=(*raw.notes, *settled.notes, *settled.of_categories)
    )


def _refuse_columns(name: str, spec: DataSpec) -> None:
    """A packaged data set is ready to use: nothing about its columns is left to choose."""
    wrong = {
        "--input": spec.inputs,
        "--label": spec.label,
        "--image-size": spec.image_size,
        "--missing": spec.missing,
        "--kind": spec.kind not in (None, CATALOG[name].kind),
    }
    if flags := [flag for flag, is_set in wrong.items() if is_set]:
        raise DataError(f"'{name}' comes ready to use and takes no {' and no '.join(flags)}.")


def _dataset(
    source: sources.Source,
    kind: Kind,
    inputs: tuple[str, ...],
    label: str,
    classes: tuple[str, ...],
    splits: Mapping[str, Split],
    notes: tuple[str, ...],
) -> Dataset:
    if "test" not in splits:
        notes = (*notes, NO_TEST_SPLIT + (", stratified" if classes else ""))
    description = Description(
        name=source.name,
        source=source.address,
        revision=source.revision,
        kind=kind,
        inputs=inputs,
        label=label,
        classes=classes,
        fingerprint=fingerprint(kind, classes, splits),
        notes=notes,
    )
    return Dataset(description, splits)


def _usual_splits(raw: Raw, spec: DataSpec) -> Raw:
    """Keep train, validation and test. A test split without labels gives way to validation."""
    splits, notes = dict(raw.splits), list(raw.notes)
    if "train" not in splits:
        if len(splits) > 1:
            raise DataError(f"'{spec.dataset}' has no train split, only {', '.join(splits)}.")
        splits = {"train": next(iter(splits.values()))}
    splits = {name: splits[name] for name in ("train", "validation", "test") if name in splits}
    if "test" in splits and _unlabelled(splits["test"], splits["train"], spec, raw):
        del splits["test"]
        notes.append("the test split has no labels and is not used")
    if "validation" in splits and "test" not in splits:
        splits["test"] = splits.pop("validation")
        notes.append("the validation split serves as test; validation is held out of train")
    return Raw(splits, raw.class_names, tuple(notes))


def _unlabelled(table: pa.Table, train: pa.Table, spec: DataSpec, raw: Raw) -> bool:
    """Whether there is no label column, or it says -1 throughout, as where labels are hidden."""
    wanted = spec.label or only_label_name(train.column_names)
    if wanted in train.column_names and wanted not in table.column_names:
        return True
    labels = [spec.label] if spec.label else [n for n in raw.class_names if n in table.column_names]
    return any(
        name in table.column_names and set(table[name].unique().to_pylist()) <= {-1, None}
        for name in labels
    )
