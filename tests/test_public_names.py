"""The public face of the package: exactly these names, and nothing heavy before they are used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import abm

HOMES = {
    alias.name: "." * node.level + (node.module or "")
    for node in ast.walk(ast.parse((Path(abm.__file__).parent / "__init__.pyi").read_text()))
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}
"""The module of each name, by the stub."""


def imported_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_what_is_public_is_what_is_visible():
    assert dir(abm) == sorted(abm.__all__)
    assert abm.__all__ == sorted(abm.__all__) and len(set(abm.__all__)) == len(abm.__all__)
    assert set(HOMES) == set(abm.__all__)


@pytest.mark.parametrize("name", abm.__all__)
def test_a_public_name_is_the_thing_of_its_home(name):
    assert getattr(abm, name) is getattr(importlib.import_module(HOMES[name], "abm"), name)


def test_a_star_import_brings_them_all():
    space = {}
    exec("from abm import *", space)
    assert set(space) - {"__builtins__"} == set(abm.__all__)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No abm attribute Kidney"):
        _ = abm.Kidney
    assert not hasattr(abm, "__wrapped__")


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"numba", "numpy", "mesa", "pandas", "pydantic", "pint", "scipy", "matplotlib", "zarr", "xarray", "typer"}
    assert imported_after("import abm") & heavy == set()
    assert {"pydantic"} <= imported_after("from abm import parameter") & heavy <= {"pydantic"}


def test_the_version_is_that_of_the_distribution():
    assert abm.__version__.count(".") == 2
