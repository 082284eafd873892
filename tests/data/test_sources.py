import hashlib
import shutil

import pytest
from samples import hub_folder, image_folder, numbers, read, reviews, write

from vibcli.config.data import DataSpec
from vibcli.data.catalog import CATALOG, PACKAGED
from vibcli.data.sources import File, Folder, InPackage, content_hash, find_source, slug
from vibcli.errors import DataError

SPLITS = {"train": reviews(40), "test": reviews(12, 100)}


def found(typed, data_dir=None, **spec):
    return find_source(DataSpec(dataset=str(typed), **spec), data_dir)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """No test here may get as far as the Hub."""

    def asked(id, revision):
        raise AssertionError(f"The Hub was asked for {id}.")

    monkeypatch.setattr("vibcli.data.hub.resolve_revision", asked)


@pytest.mark.parametrize("name", PACKAGED)
def test_embedded_names_come_first(tmp_path, name):
    hub_folder(tmp_path / name, SPLITS)
    assert found(name, tmp_path) == InPackage(name)


def test_a_file(tmp_path):
    path = write(tmp_path / "data.csv", reviews()).rename(tmp_path / "my reviews.v2.csv")
    source = found("my reviews.v2.csv")
    assert source == File(path)
    assert (source.name, source.address, source.revision) == ("my-reviews", str(path), None)


def test_a_file_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = write(tmp_path / "data.csv", reviews())
    assert found("~/data.csv") == File(path)


@pytest.mark.parametrize("typed", ["data", "data/", "./data", "other/../data"])
def test_a_folder(tmp_path, typed):
    folder = hub_folder(tmp_path / "data", SPLITS)
    (tmp_path / "other").mkdir()
    source = found(typed, data_config="short")
    assert source == Folder(folder, "data", "short")
    assert (source.address, source.revision) == (str(folder), None)


def test_named_data_sets_are_not_looked_for_in_the_working_folder(tmp_path):
    hub_folder(tmp_path / "imdb", SPLITS)
    with pytest.raises(AssertionError, match="asked for stanfordnlp/imdb"):
        found("imdb")


# --data-dir


@pytest.mark.parametrize("place", ["imdb", "stanfordnlp/imdb"])
@pytest.mark.parametrize("typed", ["imdb", "stanfordnlp/imdb"])
def test_data_dir_is_looked_at_before_the_network(tmp_path, place, typed):
    folder = hub_folder(tmp_path / "all" / place, SPLITS)
    source = found(typed, tmp_path / "all")
    assert source == Folder(folder, slug(typed), None)
    data = read(typed, tmp_path / "all")
    assert data.description.name == slug(typed)
    assert data.description.source == str(folder)
    assert len(data.splits["test"].labels) == 12


@pytest.mark.parametrize("name", [n for n, entry in CATALOG.items() if entry.hub])
def test_data_dir_serves_every_named_data_set(tmp_path, name):
    folder = hub_folder(tmp_path / CATALOG[name].hub.split("/")[1], SPLITS)
    assert found(name, tmp_path) == Folder(folder, name, None)


def test_data_dir_serves_other_names_too(tmp_path):
    folder = hub_folder(tmp_path / "all" / "own-set", SPLITS)
    assert found("own-set", tmp_path / "all") == Folder(folder, "own-set", None)
    assert found("org/own-set", tmp_path / "all") == Folder(folder, "org-own-set", None)


def test_data_dir_prefers_the_exact_name(tmp_path):
    folder = hub_folder(tmp_path / "imdb", SPLITS)
    hub_folder(tmp_path / "stanfordnlp" / "imdb", {"train": reviews(20)})
    assert found("imdb", tmp_path).path == folder
    assert found("stanfordnlp/imdb", tmp_path).path == tmp_path / "stanfordnlp" / "imdb"


def test_data_dir_without_the_data_set_leaves_it_to_the_hub(tmp_path):
    with pytest.raises(AssertionError, match="asked for stanfordnlp/imdb"):
        found("imdb", tmp_path)


@pytest.mark.parametrize("typed", ["org/..", "x/../../secret", ".hidden"])
def test_names_cannot_leave_data_dir(tmp_path, monkeypatch, typed):
    for place in ("secret", "all/x", "all/.hidden"):
        hub_folder(tmp_path / place, SPLITS)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"no file or folder|Unknown data set"):
        found(typed, tmp_path / "all")


# what does not exist


@pytest.mark.parametrize(
    "typed",
    [
        "none.csv",
        "folder/none.parquet",
        "/none",
        "a/b/c",
        "org/na[me]",
        "[org]/name",
        "org/..",
        "../x/y",
        "org/",
        "/name",
        "org/na me",
        "~nobody/x.csv",
        "org/name.csv.gz",
    ],
)
def test_paths_and_ids_that_do_not_exist(typed):
    with pytest.raises(DataError) as caught:
        found(typed)
    assert str(caught.value) == f"There is no file or folder '{typed}'."


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("imbd", "imdb"),
        ("mnist-5", "mnist-5k"),
        ("breast_cancer", "breast-cancer"),
        ("wines", "wine"),
    ],
)
def test_unknown_names_suggest_the_nearest(typed, near):
    with pytest.raises(DataError, match=f"Unknown data set '{typed}'. Did you mean '{near}'"):
        found(typed)


@pytest.mark.parametrize("typed", ["[bold]", "a\0b", "x" * 5000, "notes.txt", "🦉", "imdb\n"])
def test_odd_names_are_unknown_like_others(typed):
    with pytest.raises(DataError, match="Unknown data set"):
        found(typed)


def test_a_file_of_an_unknown_format(tmp_path):
    (tmp_path / "notes.txt").write_text("text,label\n")
    with pytest.raises(DataError, match=r"notes\.txt: its name must end in \.csv"):
        read(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds neither Parquet files, nor folders of images, nor train.csv"),
        ("notes.txt", "holds neither Parquet files, nor folders of images, nor train.csv"),
        ("data.csv", "holds the tables data.csv, none of which is called train"),
        ("test.csv", "holds the tables test.csv, none of which is called train"),
    ],
)
def test_a_folder_without_data(tmp_path, content, message):
    folder = tmp_path / "folder"
    folder.mkdir()
    if content:
        (folder / content).write_text("text,label\na,b\n")
    with pytest.raises(DataError, match=message):
        found(folder)


def test_an_empty_name_is_the_working_folder(tmp_path):
    with pytest.raises(DataError, match=f"The folder {tmp_path} holds neither"):
        found("")


# identity


def test_identity_of_a_file_is_its_content(tmp_path):
    one = File(write(tmp_path / "a.csv", reviews())).identity()
    assert File(write(tmp_path / "b.csv", reviews())).identity() == one
    assert File(write(tmp_path / "b.csv", numbers())).identity() != one


def test_identity_of_a_folder_is_its_content_and_names(tmp_path):
    folder = image_folder(tmp_path / "a", {"cat": 2, "dog": 2})
    copy = shutil.copytree(folder, tmp_path / "b")
    one = found(folder).identity()
    assert found(copy).identity() == one
    (copy / "cat").rename(copy / "lion")
    assert found(copy).identity() != one


def test_identity_is_sha256(tmp_path):
    path = write(tmp_path / "a.csv", reviews())
    inner = hashlib.sha256(path.read_bytes()).digest()
    assert content_hash([path]) == hashlib.sha256(inner).hexdigest()


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"Cannot read .*none: No such file"):
        content_hash([tmp_path / "none"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("org/name", "org-name"),
        ("My Data (v2)", "My-Data-v2"),
        ("../..", "data"),
        ("", "data"),
        ("été", "t"),
        ("日本", "data"),
        (".hidden", "hidden"),
        ("a_b-c.1", "a_b-c.1"),
    ],
)
def test_slugs_are_file_names(text, name):
    assert slug(text) == name


def test_a_folder_of_tables(tmp_path):
    folder = tmp_path / "survey"
    for name, rows in (("train.csv", 40), ("test.csv", 10)):
        write(folder / name, numbers(rows))
    data = read(folder)
    assert data.description.name == "survey"
    assert {name: len(split.labels) for name, split in data.splits.items()} == {
        "train": 40,
        "test": 10,
    }
    assert "splits from files: test.csv is test, train.csv is train" in data.description.notes


def test_a_test_table_without_labels_is_not_used(tmp_path):
    unlabelled = {k: v for k, v in numbers(10).items() if k != "label"}
    write(tmp_path / "d" / "train.csv", numbers(40))
    write(tmp_path / "d" / "test.csv", unlabelled)
    data = read(tmp_path / "d")
    assert list(data.splits) == ["train"]
    assert "the test split has no labels and is not used" in data.description.notes
