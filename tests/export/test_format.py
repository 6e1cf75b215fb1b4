"""Formats: what is not installed is said, and how it is installed."""

import sys
from typing import get_args, get_type_hints

import pytest

from abm import cli
from abm.export import FORMATS, omex

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


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_is_missing_is_named_with_what_installs_it(run, name, tmp_path, monkeypatch, capsys):
    for module in [module for module in sys.modules if module.split(".")[0] == LIBRARIES[name]]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, LIBRARIES[name], None)
    assert cli.status_of(["export", str(run.folder), "--to", name, "-o", str(tmp_path / "x")]) == 2
    told = capsys.readouterr().err
    assert f"needs {LIBRARIES[name]}" in told and "pip install '.[export]' in the checkout of crlm" in told
    assert not list(tmp_path.iterdir())
