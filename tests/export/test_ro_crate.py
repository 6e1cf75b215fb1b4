"""RO-Crate: opened again by rocrate."""

import zipfile

import pyarrow.parquet as pq
import pytest
from rocrate.rocrate import ROCrate


@pytest.fixture(scope="module")
def crate(run, tmp_path_factory):
    path = run.export("ro-crate", tmp_path_factory.mktemp("crate") / "run.crate.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.parent / "unpacked")
    return ROCrate(path), path.parent / "unpacked"


def test_it_holds_the_files_of_the_run(crate, run):
    crate, unpacked = crate
    assert crate.name == run.title
    for name in ("config.yaml", "summary.json", "events.parquet", "manifest.json"):
        assert crate.dereference(name) is not None
        assert (unpacked / name).read_bytes() == (run.folder / name).read_bytes()
    assert crate.dereference("snapshots.zarr/") is not None and (unpacked / "snapshots.zarr" / "zarr.json").exists()
    assert crate.dereference("config.yaml")["encodingFormat"] == "application/yaml"


def test_it_says_what_made_them(crate, run):
    action = next(entity for entity in crate[0].contextual_entities if entity.type == "CreateAction")
    assert action["instrument"]["softwareVersion"] == run.manifest["versions"]["crlm"]
    assert [entity.id for entity in action["object"]] == ["config.yaml"]
    assert "events.parquet" in {entity.id for entity in action["result"]}


def test_it_says_what_columns_mean(crate, run):
    crate, unpacked = crate
    said = crate.dereference("events.parquet")["variableMeasured"]
    assert [entity["name"] for entity in said] == pq.read_schema(unpacked / "events.parquet").names
    assert {entity["unitText"] for entity in said if entity["name"] == "time_min"} == {"min"}
