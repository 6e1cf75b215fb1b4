"""Formats: what is not installed is said, and how it is installed."""

import sys
from typing import get_args, get_type_hints

import pytest

from abm import cli
from abm.export import FORMATS, omex

LARGE = (pytest.mark.exports, pytest.mark.filterwarnings("default"))
LIBRARIES = {
    "anndata": "anndata",
    "spatialdata": "spatialdata",
    "ome-zarr": "ome_zarr",
    "simularium": "simulariumio",
    "vtk": "pyvista",
    "ro-crate": "rocrate",
}


def test_the_command_knows_all_formats():
    names = (*(format.name for format in FORMATS), omex.NAME)
    assert get_args(get_type_hints(cli.export)["to"]) == names
    assert set(LIBRARIES) | {"csv", "omex"} == set(names)


@pytest.mark.filterwarnings("ignore:Call to deprecated class:DeprecationWarning")
@pytest.mark.parametrize(
    "name", ["csv", "ome-zarr", *(pytest.param(name, marks=LARGE) for name in ("vtk", "spatialdata"))]
)
def test_an_earlier_export_is_known_by_its_files_and_replaced(run, name, tmp_path):
    path = run.export(name, tmp_path / "x", days=[0, 1])
    assert run.export(name, path, days=[1], force=True) == path and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_is_missing_is_named_with_what_installs_it(run, name, tmp_path, monkeypatch, capsys):
    for module in [module for module in sys.modules if module.split(".")[0] == LIBRARIES[name]]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, LIBRARIES[name], None)
    assert cli.status_of(["export", str(run.folder), "--to", name, "-o", str(tmp_path / "x")]) == 2
    told = capsys.readouterr().err
    assert f"needs {LIBRARIES[name]}" in told and "pip install '.[export]' in the checkout of crlm" in told
    assert not list(tmp_path.iterdir())
