import re
import unicodedata
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from samples import config

from vibcli.data.text import PAD, SPECIAL, UNKNOWN, TextPreprocessor, Texts, decode, texts
from vibcli.errors import DataError


def make(*strings):
    return texts(pa.array(strings, pa.large_string()))


def words_of(data, row):
    return [data.words[i] for i in data.ids[data.offsets[row] : data.offsets[row + 1]]]


def fitted(data, rows=None, **settings):
    rows = np.arange(len(data)) if rows is None else np.asarray(rows)
    return TextPreprocessor.fit(data, rows, config("text", **settings))


def split_into_words(text):
    """The same words by other means: Unicode categories, sign by sign."""
    words, current = [], ""
    for sign in unicodedata.normalize("NFKC", text.replace("<br />", " ")).lower() + " ":
        alone = re.match(
            "CJK UNIFIED|CJK COMPATIBILITY IDEO|HIRAGANA|KATAKANA|THAI", unicodedata.name(sign, "")
        )
        if (unicodedata.category(sign)[0] in "LMN" and not alone) or sign == "'":
            current += sign
            continue
        words += [current] * bool(current) + [sign] * bool(alone)
        current = ""
    return words


# words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A good, GOOD film!", "a good good film"),
        ("It's don't 'quoted'", "it's don't 'quoted'"),
        ("end.<br /><br />Start<br />x", "end start x"),
        ("snake_case a-b 3.14 no1", "snake case a b 3 14 no1"),
        ("tab\tnew\nline\u00a0space", "tab new line space"),
        ("Ärger über ÉCOLE", "ärger über école"),
        ("e\u0301cole", "école"),  # a letter and an accent are one letter
        ("ﬁlm Ｆｕｌｌ ①", "film full 1"),
        ("Привет, МИР", "привет мир"),
        ("αβγ ΔΕΖ", "αβγ δεζ"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("안녕하세요 세계", "안녕하세요 세계"),
        ("我爱AI电影", "我 爱 ai 电 影"),
        ("ねこカフェ", "ね こ カ フ ェ"),
        ("good😀bad", "good bad"),
        ("[PAD] [UNK]", "pad unk"),
        ("!!! ...", ""),
    ],
)
def test_words(text, words):
    assert words_of(make(text), 0) == words.split()


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(st.text(st.sampled_from("aB9é'ß ñ-_.,<br />\n漢カไДع\u0301Ⅳ½"), max_size=40)))
def test_words_as_another_implementation_finds_them(strings):
    data = make(*strings)
    assert [words_of(data, i) for i in range(len(data))] == list(map(split_into_words, strings))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_text_has_words_that_are_listed_in_alphabetical_order(strings):
    data = make(*strings)
    assert len(data) == len(strings)
    assert list(data.words) == sorted(set(data.words))
    found = [word for i in range(len(data)) for word in words_of(data, i)]
    assert set(found) == set(data.words)
    assert not any(re.search(r"[\s.,;!?\[\]<>]", word) for word in found)


def test_no_texts_at_all():
    data = make()
    assert len(data) == 0
    assert data.offsets.tolist() == [0]
    assert fitted(data).vocabulary == SPECIAL


# decoding


def test_columns_are_joined_by_a_space_in_the_order_given():
    table = pa.table({"title": ["Good", None], "body": ["film", "bad one"], "n": [1, 2]})
    data = decode({"train": table}, ["body", "title", "n"], None)["train"]
    assert data.strings.to_pylist() == ["film Good 1", "bad one  2"]
    assert words_of(data, 0) == ["film", "good", "1"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a b", "c"]),
        pa.array(["a b", "c"], pa.large_string()),
        pa.array(["a b", "c"]).dictionary_encode(),
        pa.chunked_array([["a b"], ["c"]]),
        pa.array(["", "a b", "c"]).slice(1),
    ],
)
def test_however_arrow_stores_the_strings(column):
    data = decode({"train": pa.table({"x": column})}, ["x"], None)["train"]
    assert data.strings.type == pa.large_string()
    assert [words_of(data, i) for i in range(2)] == [["a", "b"], ["c"]]
    assert list(data.content()) == list(make("a b", "c").content())


def test_empty_texts_are_counted_with_their_rows():
    table = pa.table({"x": ["a", "", None, "  \n", "b", "", ""] + ["\t"] * 3})
    with pytest.raises(
        DataError, match=r"8 of 10 texts in 'x' \(test\) .* row 2, 3, 4, 6, 7, \.\."
    ):
        decode({"test": table}, ["x"], None)


def test_one_empty_column_of_two_is_no_empty_text():
    table = pa.table({"x": ["", "a"], "y": ["b", None]})
    assert len(decode({"train": table}, ["x", "y"], None)["train"]) == 2


def test_lists_are_no_texts():
    with pytest.raises(DataError, match=r"'x' holds list<.*cannot be read as text"):
        decode({"train": pa.table({"x": [["a"], ["b"]]})}, ["x"], None)


def test_saved_and_loaded(tmp_path):
    data = make("b a", "!!!", "c b ü")
    data.save(tmp_path, "train")
    again = Texts.load(tmp_path, "train")
    assert again.strings.to_pylist() == data.strings.to_pylist()
    assert list(again.words) == list(data.words)
    np.testing.assert_array_equal(again.ids, data.ids)
    np.testing.assert_array_equal(again.offsets, data.offsets)
    assert list(again.content()) == list(data.content())


# vocabulary and matrix


def test_most_frequent_words_first_and_ties_by_alphabet():
    data = make("b a c", "c b", "c z y")
    assert fitted(data).vocabulary == ("[PAD]", "[UNK]", "c", "b", "a", "y", "z")
    assert fitted(data, vocabulary=5).vocabulary == ("[PAD]", "[UNK]", "c", "b", "a")
    assert fitted(data, vocabulary=3).vocabulary == ("[PAD]", "[UNK]", "c")


def test_only_the_rows_to_train_on_count():
    data = make("a a", "b b b", "c", "a c")
    assert fitted(data, rows=[0, 2]).vocabulary == (*SPECIAL, "a", "c")


def test_last_tokens_are_kept_and_padding_goes_in_front():
    data = make("a b c d", "a b", "!!!", "a b c")
    x = fitted(data, tokens=3).transform(data, np.array([3, 0, 1, 2]))
    a, b, c, d = 2, 3, 4, 5
    assert x.dtype == np.int32
    assert x.tolist() == [[a, b, c], [b, c, d], [PAD, a, b], [PAD, PAD, PAD]]


def test_words_of_other_texts_are_unknown():
    data = make("a b", "a b")
    preprocessor = fitted(data, tokens=4)
    other = make("a new b", "pad unk PAD [UNK]")
    assert preprocessor.transform(other, np.arange(2)).tolist() == [
        [PAD, 2, UNKNOWN, 3],
        [UNKNOWN] * 4,
    ]


def test_shape_and_rows_of_the_matrix():
    data = make("a", "b")
    preprocessor = fitted(data, tokens=7)
    assert preprocessor.shape == (7,)
    assert preprocessor.transform(data, np.array([], np.int64)).shape == (0, 7)
    assert preprocessor.transform(data, np.array([1])).shape == (1, 7)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    st.lists(st.text("abcdefgh ", max_size=60), min_size=1, max_size=10),
    st.integers(3, 12),
    st.integers(3, 20),
)
def test_matrix_says_the_same_as_the_words(strings, tokens, vocabulary):
    data = make(*strings)
    preprocessor = fitted(data, tokens=tokens, vocabulary=vocabulary)
    counts = Counter(word for text in strings for word in text.split())
    expected = sorted(counts, key=lambda word: (-counts[word], word))[: vocabulary - 2]
    assert preprocessor.vocabulary == (*SPECIAL, *expected)
    for text, row in zip(strings, preprocessor.transform(data, np.arange(len(data))), strict=True):
        last = text.split()[-tokens:]
        known = [word if word in expected else "[UNK]" for word in last]
        assert [preprocessor.vocabulary[i] for i in row] == ["[PAD]"] * (tokens - len(last)) + known


def sample(shared, split, rows):
    table = parquet.read_table(shared / "imdb" / f"{split}-00000-of-00001.parquet")
    return table["text"].take(pa.array(rows)).to_pylist()


@pytest.mark.slow
def test_real_reviews_as_plain_python_prepares_them(shared):
    rows = np.sort(np.random.default_rng(0).choice(25_000, 600, replace=False))
    train, test = sample(shared, "train", rows), sample(shared, "test", rows)
    # not of Python's \w: letters, marks and digits as Unicode has them, in ASCII and Latin
    found = {
        name: [split_into_words(text) for text in strings]
        for name, strings in (("train", train), ("test", test))
    }
    ascii_only = [i for i, text in enumerate(train) if text.isascii()]
    assert len(ascii_only) > 400
    for i in ascii_only:
        plain = re.findall(r"[a-z0-9']+", train[i].replace("<br />", " ").lower())
        assert found["train"][i] == plain

    data = make(*train)
    preprocessor = fitted(data)
    counts = Counter(word for words in found["train"] for word in words)
    expected = sorted(counts, key=lambda word: (-counts[word], word))[:4998]
    assert preprocessor.vocabulary == (*SPECIAL, *expected)
    index = {word: i for i, word in enumerate(preprocessor.vocabulary)}
    for name, inputs in (("train", data), ("test", make(*test))):
        x = preprocessor.transform(inputs, np.arange(600))
        assert x.shape == (600, 400)
        for row, words in zip(x, found[name], strict=True):
            ids = [index.get(word, UNKNOWN) for word in words[-400:]]
            assert row.tolist() == [PAD] * (400 - len(ids)) + ids


# state


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_state_round_trip(strings):
    import json

    data = make(*strings)
    preprocessor = fitted(data, tokens=5)
    state = json.loads(json.dumps(preprocessor.state()))
    again = TextPreprocessor.from_state(state)
    assert again == preprocessor
    rows = np.arange(len(data))
    np.testing.assert_array_equal(again.transform(data, rows), preprocessor.transform(data, rows))
