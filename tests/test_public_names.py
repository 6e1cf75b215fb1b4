"""The public face of the package: exactly these names, and nothing heavy before they are used."""

import subprocess
import sys

import pytest

import abm


def imported_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_what_is_public_is_what_is_visible():
    assert dir(abm) == sorted(abm.__all__)
    assert abm.__all__ == sorted(abm.__all__) and len(set(abm.__all__)) == len(abm.__all__)
    assert set(abm._HOMES) == set(abm.__all__)


@pytest.mark.parametrize("name", abm.__all__)
def test_a_public_name_is_the_thing_of_its_home(name):
    home = __import__(f"abm.{abm._HOMES[name]}", fromlist=[name])
    assert getattr(abm, name) is getattr(home, name)


def test_a_star_import_brings_them_all():
    space = {}
    exec("from abm import *", space)
    assert set(space) - {"__builtins__"} == set(abm.__all__)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'abm' has no attribute 'Liver'"):
        _ = abm.Liver
    assert not hasattr(abm, "__wrapped__")


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"numba", "numpy", "mesa", "pandas", "pydantic", "pint", "scipy", "matplotlib", "zarr", "xarray", "typer"}
    assert imported_after("import abm") & heavy == set()
    assert {"pydantic"} <= imported_after("from abm import parameter") & heavy <= {"pydantic"}


def test_the_version_is_that_of_the_distribution():
    assert abm.__version__.count(".") == 2
