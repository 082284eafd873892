import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from samples import config, image_folder, numbers, reviews, write

from vibcli.config.data import DataSpec
from vibcli.data import cache
from vibcli.data.load import load
from vibcli.data.prepare import MODALITIES, prepare


def source(kind, folder):
    match kind:
        case "text":
            return write(folder / "data.csv", reviews())
        case "tabular":
            return write(folder / "data.csv", numbers())
        case "image":
            return image_folder(folder / "data", {"cat": 20, "dog": 20})
    raise ValueError(kind)


def entries():
    return sorted(cache.folder().glob("data-*/*"))


def files():
    return sorted(path for path in cache.folder().rglob("*") if path.is_file())


def loaded(path):
    return load(DataSpec(dataset=str(path)))


def assert_same(one, other):
    assert one.description == other.description
    assert one.splits.keys() == other.splits.keys()
    kind = one.description.kind
    for name in one.splits:
        np.testing.assert_array_equal(one.splits[name].labels, other.splits[name].labels)
        a, b = (data.splits[name].inputs.content() for data in (one, other))
        assert list(a) == list(b)
    for a, b in zip(*(prepare(d, config(kind), 0).train for d in (one, other)), strict=True):
        np.testing.assert_array_equal(a, b)


def must_not_decode(monkeypatch):
    """Make decoding fail, which is how to see that nobody asks for it."""
    broken = {kind: m._replace(decode=None) for kind, m in MODALITIES.items()}
    for kind, modality in broken.items():
        monkeypatch.setitem(MODALITIES, kind, modality)


@pytest.mark.parametrize("kind", MODALITIES)
def test_the_second_load_does_not_decode(tmp_path, monkeypatch, kind):
    path = source(kind, tmp_path)
    first = loaded(path)
    assert len(entries()) == 1
    must_not_decode(monkeypatch)
    assert_same(first, loaded(path))
    with pytest.raises(TypeError):
        load(DataSpec(dataset=str(path)), use_cache=False)


@pytest.mark.parametrize("kind", MODALITIES)
def test_the_cache_says_what_decoding_says(tmp_path, kind):
    path = source(kind, tmp_path)
    loaded(path)
    assert_same(loaded(path), load(DataSpec(dataset=str(path)), use_cache=False))


NUMBERED = [0.1, -1e99, 1e-300, 1 / 3] * 10


def test_labels_that_are_numbers_come_back_exactly(tmp_path, monkeypatch):
    path = write(tmp_path / "data.csv", numbers() | {"label": NUMBERED})
    first = loaded(path)
    must_not_decode(monkeypatch)
    again = loaded(path)
    for data in (first, again):
        labels = data.splits["train"].labels
        assert labels.dtype == np.float64
        assert labels.tolist() == NUMBERED
        assert data.description.label_kind == "number"
    assert again.description == first.description


@pytest.mark.parametrize("labels", [[i % 5 for i in range(40)], list(range(40))])
def test_what_the_label_is_read_as_is_another_entry(tmp_path, monkeypatch, labels):
    path = write(tmp_path / "data.csv", numbers() | {"label": labels})
    spec = DataSpec(dataset=str(path))
    before = [load(spec, label=kind) for kind in ("class", "number", None)]
    assert len(entries()) == 3
    must_not_decode(monkeypatch)
    after = [load(spec, label=kind) for kind in ("class", "number", None)]
    assert [d.description for d in before] == [d.description for d in after]
    assert [d.description.label_kind for d in after[:2]] == ["class", "number"]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.splits["train"].labels, other.splits["train"].labels)
    guessed = after[2].description
    wanted = after[0 if guessed.label_kind == "class" else 1].description
    assert guessed.fingerprint == wanted.fingerprint  # one experiment, guessed or not


def test_without_cache_nothing_is_written(tmp_path):
    load(DataSpec(dataset=str(source("text", tmp_path))), use_cache=False)
    assert not cache.folder().exists()


def test_changed_content_is_another_entry(tmp_path):
    path = source("tabular", tmp_path)
    first = loaded(path)
    before = path.stat()
    columns = numbers()
    columns["height"][3] += 1
    write(path, columns)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = loaded(path)
    assert first.description.fingerprint != second.description.fingerprint
    assert len(entries()) == 2


def test_other_settings_are_another_entry(tmp_path):
    path = source("text", tmp_path)
    assert loaded(path).description.kind == "text"
    other = load(DataSpec(dataset=str(path), inputs=("text",), label="label"))
    assert other.description.notes == loaded(path).description.notes[-1:]
    assert len(entries()) == 2


def test_the_same_rows_under_another_name_or_format_keep_their_own_name(tmp_path):
    text = "a,b\tc,label\n" + "".join(f"{i},x{i % 3}\tz,{i % 2}\n" for i in range(40))
    for name in ("one.csv", "two.csv", "one.tsv"):
        (tmp_path / name).write_text(text)
    one, two = loaded("one.csv").description, loaded("two.csv").description
    assert (one.name, two.name) == ("one", "two")
    assert two.source == str(tmp_path / "two.csv")
    assert one.fingerprint == two.fingerprint
    tabs = load(DataSpec(dataset="one.tsv", label="c,label"))
    assert tabs.description.inputs == ("a,b",)


@pytest.mark.parametrize("kind", MODALITIES)
@pytest.mark.parametrize("damage", ["empty", "short", "garbage", "missing"])
def test_damaged_entries_are_decoded_anew(tmp_path, kind, damage):
    path = source(kind, tmp_path)
    first = loaded(path)
    for index in range(len(files())):
        victim = files()[index]
        whole = victim.read_bytes()
        match damage:
            case "empty":
                victim.write_bytes(b"")
            case "short":
                victim.write_bytes(whole[: len(whole) // 2])
            case "garbage":
                victim.write_bytes(b"[null]" + bytes(len(whole)))
            case "missing":
                victim.unlink()
        assert_same(first, loaded(path))
        assert victim.read_bytes() == whole, "the entry is repaired"


@pytest.mark.parametrize("content", ["null", "[]", "{}", '{"splits": 3}', "{", "\x00"])
def test_damaged_descriptions_are_decoded_anew(tmp_path, content):
    path = source("tabular", tmp_path)
    first = loaded(path)
    (entries()[0] / "description.json").write_text(content)
    assert_same(first, loaded(path))


@pytest.mark.parametrize("kind", MODALITIES)
def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch, kind):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    path = source(kind, tmp_path)
    assert_same(loaded(path), load(DataSpec(dataset=str(path)), use_cache=False))
    cache.remember("question", "answer")
    assert cache.recall("question") is None
    assert cache.used() == cache.clear() == 0


def test_nothing_is_left_behind_by_a_failed_write(tmp_path, monkeypatch):
    path = source("text", tmp_path)
    saved = MODALITIES["text"].inputs.save

    def full(self, folder, split):
        saved(self, folder, split)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MODALITIES["text"].inputs, "save", full)
    assert len(loaded(path).splits["train"].labels) == 40
    assert {path.parent.name for path in files()} == {"answers"}  # where the data were


def test_two_loads_at_once(tmp_path):
    path = source("tabular", tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(loaded, [path] * 16))
    for data in found:
        assert_same(found[0], data)
    assert len(entries()) == 1
    assert_same(found[0], loaded(path))


def test_a_loaded_data_set_outlives_its_entry(tmp_path):
    path = source("image", tmp_path)
    loaded(path)
    data = loaded(path)
    assert isinstance(data.splits["train"].inputs.pixels, np.memmap)
    shutil.rmtree(cache.folder())
    assert_same(data, load(DataSpec(dataset=str(path)), use_cache=False))


def test_used_and_clear_count_bytes(tmp_path):
    assert cache.used() == cache.clear() == 0
    loaded(source("text", tmp_path))
    cache.remember("question", "answer")
    size = sum(path.stat().st_size for path in files())
    assert cache.used() == size > 0
    assert cache.clear() == size
    assert cache.used() == 0
    assert not cache.folder().exists()


def test_answers():
    assert cache.recall("who?") is None
    cache.remember("who?", "ü\n")
    cache.remember("where?", "here")
    cache.remember("who?", "you")
    assert cache.recall("who?") == "you"
    assert cache.recall("where?") == "here"


def test_lies_in_the_users_cache_folder(tmp_path):
    assert cache.folder() == tmp_path / "cache" / "vibcli"
