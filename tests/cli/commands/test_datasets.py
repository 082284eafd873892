import json

from small import Vib

from vibcli.data.catalog import CATALOG


def test_every_named_data_set_is_listed(vib: Vib) -> None:
    text = " ".join(vib("datasets").stdout.split())
    for name, entry in CATALOG.items():
        assert name in text
        assert entry.kind in text
        assert entry.hub is None or entry.hub in text


def test_where_a_data_set_comes_from_is_in_one_piece_at_eighty_columns(vib: Vib) -> None:
    lines = vib("datasets").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 2 + 2 * len(CATALOG)
    for entry in CATALOG.values():
        if entry.hub is not None:
            assert any(f"(Hub: {entry.hub})" in line for line in lines)
    assert [line.count("(") for line in lines] == [line.count(")") for line in lines]


def test_the_list_as_json(vib: Vib) -> None:
    listed = json.loads(vib("datasets", "--json").stdout)
    assert listed.keys() == CATALOG.keys()
    assert listed["imdb"]["hub"] == "stanfordnlp/imdb"
    assert listed["wine"]["hub"] is None
