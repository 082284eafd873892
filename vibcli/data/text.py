"""Texts: words, vocabulary, and the last tokens of each text as a matrix."""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vibcli.config.record import RunConfig
from vibcli.data.dataset import Array, Ints, load_table, save_table, string_content
from vibcli.errors import DataError

PAD, UNKNOWN = 0, 1
SPECIAL = ("[PAD]", "[UNK]")
ALONE = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"  # signs of scripts without spaces
BETWEEN = r"[^\p{L}\p{M}\p{N}']+"
SPACE = pa.scalar(" ", pa.large_string())
BATCH = 1000


@dataclass(frozen=True)
class Texts:
    """Texts, and the same as indices into ``words``, the alphabetical list of all words in them.

    ``ids[offsets[i]:offsets[i + 1]]`` are the words of text i. The list says nothing about which
    words a model knows; that is learnt from the training rows by `TextPreprocessor.fit`.
    """

    strings: pa.Array
    words: Sequence[str]
    ids: NDArray[np.int32]
    offsets: Ints

    def __len__(self) -> int:
        return len(self.strings)

    def content(self) -> Iterable[bytes]:
        """Bytes of the texts."""
        return string_content(self.strings)

    def save(self, folder: Path, split: str) -> None:
        """Write texts, words and indices."""
        save_table(pa.table({"text": self.strings}), folder / f"{split}.arrow")
        save_table(pa.table({"word": pa.array(self.words)}), folder / f"{split}-words.arrow")
        np.save(folder / f"{split}-ids.npy", self.ids)
        np.save(folder / f"{split}-offsets.npy", self.offsets)

    @classmethod
    def load(cls, folder: Path, split: str) -> Self:
        """Read what `save` wrote."""
        return cls(
            strings=load_table(folder / f"{split}.arrow")["text"].combine_chunks(),
            words=load_table(folder / f"{split}-words.arrow")["word"].to_pylist(),
            ids=np.load(folder / f"{split}-ids.npy", mmap_mode="r"),
            offsets=np.load(folder / f"{split}-offsets.npy"),
        )


def decode(
    tables: Mapping[str, pa.Table], columns: Sequence[str], _: tuple[int, int] | None
) -> dict[str, Texts]:
    """Read text columns (several are joined by a space) and find the words of each text.

    Raises:
        DataError: a text is empty.
    """
    return {split: texts(_joined(split, table, columns)) for split, table in tables.items()}


def texts(strings: pa.Array) -> Texts:
    """Find the words of each text: NFKC, lower case, ``<br />`` taken as a space.

    Words are runs of letters, marks, digits and apostrophes; scripts without spaces go sign by
    sign.
    """
    batches = [strings[start : start + BATCH] for start in range(0, len(strings), BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        split = list(pool.map(_words, batches))
    lengths = [np.empty(0, np.int64), *(np.diff(words.offsets.to_numpy()) for words in split)]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths), dtype=np.int64)])
    if not offsets[-1]:
        return Texts(strings, (), np.empty(0, np.int32), offsets)
    # batches know different words; unified they share one list
    flat = pa.chunked_array([words.flatten() for words in split]).unify_dictionaries()
    words = flat.chunk(0).dictionary
    order = pc.array_sort_indices(words).to_numpy()
    alphabetical = np.empty(len(words), np.int32)
    alphabetical[order] = np.arange(len(words), dtype=np.int32)
    ids = [alphabetical[chunk.indices.to_numpy()] for chunk in flat.chunks]
    return Texts(strings, words.take(pa.array(order)).to_pylist(), np.concatenate(ids), offsets)


def _words(strings: pa.Array) -> pa.ListArray:
    """The words of each text, as dictionary-encoded strings."""
    plain = pc.replace_substring(strings, "<br />", " ")
    plain = pc.utf8_lower(pc.utf8_normalize(plain, "NFKC"))
    plain = pc.replace_substring_regex(plain, ALONE, r" \1 ")
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, BETWEEN, " "))
    found = pc.utf8_split_whitespace(pc.if_else(pc.equal(plain, ""), None, plain))
    lengths = pc.fill_null(pc.list_value_length(found), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int32)])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pc.list_flatten(found).dictionary_encode()
    )


@dataclass(frozen=True)
class TextPreprocessor:
    """The words a model knows and how many tokens it reads.

    Ids: 0 is padding, 1 an unknown word, then words by falling frequency.
    """

    vocabulary: tuple[str, ...]
    tokens: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(tokens,)``."""
        return (self.tokens,)

    @classmethod
    def fit(cls, inputs: Texts, rows: Ints, config: RunConfig) -> Self:
        """Learn the most frequent words of ``rows``; equal counts go by alphabet."""
        wanted = np.zeros(len(inputs), bool)
        wanted[rows] = True
        of_rows = inputs.ids[np.repeat(wanted, np.diff(inputs.offsets))]
        counts = np.bincount(of_rows, minlength=len(inputs.words))
        order = np.argsort(-counts, kind="stable")[: config.vocabulary - len(SPECIAL)]
        words = tuple(inputs.words[i] for i in order if counts[i])
        return cls((*SPECIAL, *words), config.tokens)

    def needed(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the data, joined."""
        return inputs

    def transform(self, inputs: Texts, rows: Ints) -> Array:
        """The last ``tokens`` words of each text, padded in front: int32 ``[N, tokens]``."""
        index = {word: i for i, word in enumerate(self.vocabulary)}
        known = np.array([index.get(word, UNKNOWN) for word in inputs.words], np.int32)
        ids = known[inputs.ids] if len(inputs.ids) else known
        matrix = np.full((len(rows), self.tokens), PAD, np.int32)
        ends = inputs.offsets[rows + 1]
        lengths = np.minimum(ends - inputs.offsets[rows], self.tokens)
        for target, end, length in zip(matrix, ends, lengths, strict=True):
            target[self.tokens - length :] = ids[end - length : end]
        return matrix

    def remarks(self, inputs: Texts, rows: Ints) -> tuple[str, ...]:
        """Nothing: texts are full of words that a model does not know."""
        return ()

    def state(self) -> dict[str, Any]:
        """JSON-able content."""
        return {"vocabulary": list(self.vocabulary), "tokens": self.tokens}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Inverse of `state`."""
        return cls(tuple(state["vocabulary"]), int(state["tokens"]))


def _joined(split: str, table: pa.Table, columns: Sequence[str]) -> pa.Array:
    parts = [_strings(name, table[name]) for name in columns]
    strings = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, SPACE)
    empty = np.flatnonzero(pc.equal(pc.utf8_trim_whitespace(strings), "").to_numpy(False))
    if len(empty):
        shown = ", ".join(str(row + 1) for row in empty[:5])
        more = ", ..." if len(empty) > 5 else ""
        raise DataError(
            f"{len(empty)} of {len(strings)} texts in '{', '.join(columns)}' ({split}) are empty: "
            f"row {shown}{more}. --missing drop leaves those rows out; or choose another --input."
        )
    return strings


def _strings(name: str, column: pa.ChunkedArray) -> pa.Array:
    try:
        return column.cast(pa.large_string()).combine_chunks().fill_null("")
    except pa.ArrowException:
        raise DataError(
            f"Column '{name}' holds {column.type}, which cannot be read as text."
        ) from None
