import gzip

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from samples import image_folder, numbers, picture, reviews, write

from vibcli.data import image
from vibcli.data.files import (
    READERS,
    is_table,
    read_image_folder,
    read_images,
    read_split_files,
    read_table,
    read_text,
)
from vibcli.errors import DataError

FORMATS = [*READERS, ".csv.gz", ".tsv.gz"]


def train(path):
    return read_table(path).splits["train"]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("columns", [reviews(), numbers()], ids=["text", "numbers"])
def test_every_format_gives_the_same_rows(tmp_path, suffix, columns):
    table = train(write(tmp_path / f"data{suffix}", columns))
    assert {name: table[name].to_pylist() for name in table.column_names} == columns


@pytest.mark.parametrize("name", ["data.CSV", "my.data.csv", "data.Csv.GZ", "DATA.Parquet"])
def test_the_name_decides_about_the_format(tmp_path, name):
    assert is_table(tmp_path / name)


@pytest.mark.parametrize("name", ["notes.txt", "csv", "data.gz", "data.csv.zip", "data.json"])
def test_other_names_are_refused_with_the_names_that_fit(tmp_path, name):
    (tmp_path / name).write_text("text,label\na,b\n")
    assert not is_table(tmp_path / name)
    with pytest.raises(DataError, match=rf"{name}: its name must end in \.csv, \.tsv, \.jsonl"):
        read_table(tmp_path / name)


def test_quotes_line_breaks_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('text,label\r\n"a ""b"",\nc",1\r\n\r\nü,0\r\n', encoding="utf-8-sig")
    assert train(path).to_pydict() == {"text": ['a "b",\nc', "ü"], "label": [1, 0]}


@pytest.mark.parametrize("suffix", READERS)
def test_a_row_may_be_longer_than_a_block_of_the_reader(tmp_path, suffix):
    long = "word " * 400_000  # 2 MB; the readers' own default is 1 MB
    columns = {"text": [long, "short", long, long], "label": [0, 1, 0, 1]}
    assert train(write(tmp_path / f"data{suffix}", columns)).to_pydict() == columns


def test_a_column_that_turns_to_text_late_is_text_throughout(tmp_path):
    path = write(tmp_path / "data.csv", {"a": [*range(300_000), "x"], "label": [0] * 300_001})
    assert train(path)["a"].type == pa.string()
    assert train(path)["a"][0].as_py() == "0"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("empty.jsonl", b"", "empty.jsonl is empty"),
        ("blank.csv", b"\n\n", "Empty CSV"),
        ("header.csv", b"text,label\n", "has a header but no rows"),
        ("header.tsv", b"text\tlabel\n", "has a header but no rows"),
        ("short.csv", b"a,b,label\n1,2,3\n4,5\n", "Expected 3 columns, got 2"),
        ("long.csv", b"a,label\n1,2\n4,5,6\n", "Expected 2 columns, got 3"),
        ("twice.csv", b"a,a,label\n1,2,3\n", "more than one column 'a'"),
        ("packed.csv.gz", b"not compressed", "packed.csv.gz"),
        ("bad.jsonl", b'{"text": "a"}\n{"text": oops}\n', "JSON parse error"),
        ("mixed.jsonl", b'{"y": 0}\n{"y": "x"}\n', "changed from number to string"),
        ("bad.parquet", b"PAR1 and then nothing of the kind", "not a parquet file"),
    ],
)
def test_unusable_files_are_named_with_the_reason(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_table(tmp_path / name)
    assert name in str(caught.value)


def test_a_parquet_file_without_rows(tmp_path):
    parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "data.parquet")
    with pytest.raises(DataError, match="no rows"):
        read_table(tmp_path / "data.parquet")


def test_a_truncated_parquet_file(tmp_path):
    path = write(tmp_path / "data.parquet", reviews())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"data\.parquet cannot be read"):
        read_table(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_table(tmp_path / "none.csv")


LATIN = "café".encode("latin-1")


@pytest.mark.parametrize(
    ("suffix", "content", "line"),
    [
        (".csv", b"text,label\ngood,0\n" + LATIN + b",1\n", "line 3, byte 0xe9"),
        (".csv", b"text,label\ngood,0\nbad," + LATIN + b"\n", "line 3, byte 0xe9"),
        (".csv", LATIN + b",label\ngood,0\n", "line 1, byte 0xe9"),
        (".csv", "text,label\ngood,0\n".encode("utf-16"), "line 1, byte 0xff"),
        (".tsv", b"text\tlabel\n" + LATIN + b"\t1\n", "line 2, byte 0xe9"),
        (".csv.gz", gzip.compress(b"text,label\n" + LATIN + b",1\n", mtime=0), "line 2, byte 0xe9"),
        (".jsonl", b'{"text": "a"}\n{"text": "' + LATIN + b'"}\n', "line 2, byte 0xe9"),
    ],
)
def test_other_encodings_than_utf8_are_refused_with_the_line(tmp_path, suffix, content, line):
    path = tmp_path / f"data{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"data{suffix} is not UTF-8 \({line}\)"):
        read_table(path)


def test_strings_of_a_parquet_file_are_checked_too(tmp_path):
    wrong = pa.StringArray.from_buffers(2, *pa.array([b"good", LATIN]).buffers()[1:])
    parquet.write_table(pa.table({"text": wrong, "label": [0, 1]}), tmp_path / "data.parquet")
    with pytest.raises(DataError, match="Invalid UTF8"):
        read_table(tmp_path / "data.parquet")


def test_class_folders_name_the_label_and_come_sorted(tmp_path):
    folder = image_folder(tmp_path / "pets", {"dog": 2, "cat": 3})
    raw = read_image_folder(folder)
    assert list(raw.splits) == ["train"]
    assert raw.splits["train"]["label"].to_pylist() == ["cat"] * 3 + ["dog"] * 2
    assert [r["path"] for r in raw.splits["train"]["image"].to_pylist()] == [
        str(folder / name) for name in ("cat/000.png", "cat/001.png", "cat/002.png")
    ] + [str(folder / "dog/000.png"), str(folder / "dog/001.png")]


@pytest.mark.parametrize("name", ["val", "validation", "Validation"])
def test_folders_named_by_split_are_splits(tmp_path, name):
    counts = {"train/cat": 3, "train/dog": 2, f"{name}/cat": 1, "test/dog": 2}
    raw = read_image_folder(image_folder(tmp_path / "pets", counts))
    assert {split: table["label"].to_pylist() for split, table in raw.splits.items()} == {
        "train": ["cat"] * 3 + ["dog"] * 2,
        "validation": ["cat"],
        "test": ["dog"] * 2,
    }


def test_a_class_may_be_called_train(tmp_path):
    raw = read_image_folder(image_folder(tmp_path / "vehicles", {"train": 2, "car": 2}))
    assert raw.splits["train"]["label"].to_pylist() == ["car", "car", "train", "train"]


def test_the_names_of_files_do_not_decide_about_splits(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 2, "dog": 2})
    picture().save(folder / "dog" / "test_1.png")
    assert read_image_folder(folder).splits["train"].num_rows == 5


def test_other_and_hidden_files_are_left_out(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 2, "dog": 2, ".trash": 1, "__MACOSX": 0})
    (folder / "notes.txt").write_text("about cats")
    (folder / "cat" / "._000.png").write_bytes(b"not a picture")
    assert (
        read_image_folder(folder).splits["train"]["label"].to_pylist() == ["cat"] * 2 + ["dog"] * 2
    )


def test_a_single_image(tmp_path):
    folder = image_folder(tmp_path / "pets", {"cat": 1})
    table = read_images(folder / "cat" / "000.png")
    assert table.to_pydict() == {
        "path": [str(folder / "cat" / "000.png")],
        "image": [{"bytes": None, "path": str(folder / "cat" / "000.png")}],
        "label": ["cat"],
    }


def test_a_folder_without_images(tmp_path):
    with pytest.raises(DataError, match="no images"):
        read_images(tmp_path)


def test_more_images_than_files_may_be_open(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    table = read_images(image_folder(tmp_path / "many", {"cat": 300}, size=(2, 2)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        pixels = image.decode({"train": table}, ["image"], None)["train"].pixels
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert pixels.shape == (300, 1, 2, 2)
    np.testing.assert_array_equal(pixels[299, 0], np.asarray(picture(299, size=(2, 2))))


def test_a_plain_text_is_one_row(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("two\nlines, ü\n", encoding="utf-8")
    assert read_text(path).to_pydict() == {"text": ["two\nlines, ü\n"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b" \n", "is empty"), (b"one\ntwo \xff", r"is not UTF-8 \(line 2, byte 0xff\)")],
)
def test_a_plain_text_that_says_nothing_is_refused(tmp_path, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_text(tmp_path / "a.txt")


def test_a_plain_text_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"Cannot read .*a\.txt: No such file"):
        read_text(tmp_path / "a.txt")


# what separates the columns


def written(path, separator, rows):
    path.write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")
    return path


TABLE = [("age", "town", "label"), ("1.5", "a", "x"), ("2", "b", "y"), ("3", "c", "x")]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_whatever_the_name(tmp_path, name, separator):
    raw = read_table(written(tmp_path / name, separator, TABLE))
    assert raw.splits["train"].to_pydict() == {
        "age": [1.5, 2.0, 3.0],
        "town": ["a", "b", "c"],
        "label": ["x", "y", "x"],
    }
    usual = {"a.csv": ",", "a.tsv": "\t"}[name]
    said = {"\t": "tabs"}.get(separator, f"'{separator}'")
    assert raw.notes == (() if separator == usual else (f"{name} is separated by {said}",))


def test_decimal_commas_are_numbers_where_columns_are_cut_otherwise(tmp_path):
    rows = [("a", "b", "c"), ("1,5", "2", "x"), ("-2,25", "3", "y")]
    raw = read_table(written(tmp_path / "a.csv", ";", rows))
    assert raw.splits["train"]["a"].to_pylist() == [1.5, -2.25]
    assert raw.notes == ("a.csv is separated by ';', with decimal commas",)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("text,label\na;b;c,x\nd,y\n", ["text", "label"]),  # only some rows hold it
        ('text,label\n"a;b",x\n"c;d",y\n', ["text", "label"]),
        ('text;label\n"a, b";x\nc, d;y\n', ["text", "label"]),
        ('text;label\n"a\nb;";x\nc;y\n', ["text", "label"]),  # a line feed in a field
        ("text\na\nb\n", ["text"]),
        ("text\na;b\nc\n", ["text"]),
        ("\ufefftext;label\na;x\n", ["text", "label"]),
    ],
)
def test_what_is_no_delimiter_cuts_nothing(tmp_path, content, columns):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert train(path).column_names == columns


def test_the_delimiter_of_a_long_packed_file(tmp_path):
    rows = "".join(f"{i},5;word and word\n" for i in range(20_000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"n;text\n{rows}".encode()))
    raw = read_table(tmp_path / "a.csv.gz")
    assert raw.splits["train"]["n"].to_pylist()[:2] == [0.5, 1.5]


# a table for each split


@pytest.mark.parametrize("held", ["validation.csv", "dev.jsonl", "Valid.tsv", "val.csv.gz"])
def test_a_folder_of_tables_has_their_splits(tmp_path, held):
    write(tmp_path / "train.csv", numbers(20))
    write(tmp_path / "test.csv", numbers(6))
    suffix = held.split(".", 1)[1]
    write(tmp_path / f"x.{suffix}", numbers(4)).rename(tmp_path / held)
    write(tmp_path / "more.csv", numbers(4))
    raw = read_split_files(tmp_path)
    assert {split: len(table) for split, table in raw.splits.items()} == {
        "train": 20,
        "test": 6,
        "validation": 4,
    }
    assert f"{held} is validation" in raw.notes[0]


def test_two_tables_of_one_split_are_refused(tmp_path):
    for name in ("train.csv", "dev.csv", "valid.csv"):
        write(tmp_path / name, numbers(20))
    with pytest.raises(DataError, match=r"two tables for validation: dev\.csv and valid\.csv"):
        read_split_files(tmp_path)
