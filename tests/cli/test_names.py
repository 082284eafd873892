from vibcli.cli.names import data_sets, recipes
from vibcli.data.catalog import CATALOG
from vibcli.recipes.recipe import packaged


def test_names_are_those_of_the_tables() -> None:
    assert data_sets() == {name: entry.kind for name, entry in CATALOG.items()}
    assert list(data_sets()) == list(CATALOG)
    assert recipes() == packaged() != []
