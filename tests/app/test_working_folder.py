"""The working folder: what is in it, and that nothing leads out of it."""

import pytest

from abm.app.working_folder import KeptFolder, OutsideFolder, WorkingFolder, kind_of


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "mine"
    for run in ("runs/a", "runs/deeper/b", "batches/c/runs/d"):
        (root / run / "snapshots.zarr").mkdir(parents=True)
        (root / run / "manifest.json").write_text("{}")
    (root / "batches/c/results.parquet").write_bytes(b"")
    (root / "unfinished").mkdir()
    (root / "unfinished" / "manifest.json").write_text("{}")
    (root / "own.yaml").write_text("duration: 3 d\n")
    (root / "batch.yaml").write_text("base: own.yaml\nmeasures: []\n")
    (tmp_path / "secret.yaml").write_text("duration: 3 d\n")
    return WorkingFolder(root)


@pytest.mark.parametrize(
    "name", ["..", "../secret.yaml", "runs/../../secret.yaml", "/etc/passwd", "link", "link/x", "a\0b"]
)
def test_nothing_leads_out_of_the_folder(folder, name):
    (folder.root / "link").symlink_to(folder.root.parent)
    with pytest.raises(OutsideFolder):
        folder.inside(name)


def test_names_inside_are_paths(folder):
    assert folder.inside("runs/a") == folder.root / "runs/a"
    assert folder.name_of(folder.root / "runs" / "a") == "runs/a"


def test_runs_and_batches_are_found_and_the_runs_of_a_batch_belong_to_it(folder):
    assert {(kept.name, kept.kind) for kept in folder.kept()} == {
        ("runs/a", "run"),
        ("runs/deeper/b", "run"),
        ("batches/c", "batch"),
    }
    assert all(isinstance(kept, KeptFolder) and kept.when >= 0 for kept in folder.kept())
    assert kind_of(folder.root / "unfinished") is None


def test_configs_are_those_of_the_folder_and_those_that_ship(folder):
    configs = folder.configs()
    assert configs["own.yaml"] == "in this folder"
    assert "quickstart" in configs and "batch.yaml" not in configs
    assert folder.base_of("own.yaml") == folder.root / "own.yaml"
    assert str(folder.base_of("quickstart")) == "quickstart"


@pytest.mark.parametrize(
    "name", ["../secret.yaml", "other.yaml", "nosuch", "hosts/nude", "published/V24_e_selectin_kinetics"]
)
def test_other_configs_are_refused(folder, name):
    with pytest.raises((OutsideFolder, FileNotFoundError)):
        folder.base_of(name)


def test_a_new_run_gets_a_name_that_nothing_has(folder):
    assert folder.free_name("new") == "runs/new"
    assert folder.free_name("a") == "runs/a-2"
