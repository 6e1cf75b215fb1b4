"""Nothing is ever removed or replaced that the program did not make: every place that could, and the files of others in every
folder that a command writes to."""

import ast
import json
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import zarr

import abm
from abm import cli
from abm.batches import batch, store
from abm.batches.batch import run_batch
from abm.batches.loading import load_experiment
from abm.comparison.compare import compare
from abm.config import load_config
from abm.export import omex
from abm.export.format import put_into_place
from abm.folder import checkpoint, manifest
from abm.folder.files import FolderInUse
from abm.folder.lock import locked
from abm.folder.manifest import ResumeRefused
from abm.published import calibrate
from abm.simulation import PICTURES, RUN_FILES, RunInterrupted, Simulation
from abm.view.arms import write_arms_movie
from abm.view.figures import plot_run
from abm.view.movie import write_movie
from tests.worlds import FakeLiver

from .batches.little import Here, little, with_trouble
from .batches.made_up_batch import write_batch
from .same_bytes import differing
from .test_simulation import Stopped, stop_at
from .view.conftest import kind, run, scene  # noqa: F401

ROOT = Path(abm.__file__).parent
ROOM = "folder/files.py"
"""The one file that may remove and replace; tests/folder/test_files.py shows what it does."""
CACHE = "kernels/cache.py"
"""Removes kernels that have long been stale, in a folder of its own; tests/kernels/test_cache.py shows which."""
PLACES = {
    "folder/checkpoint.py": {"save": "test_a_run", "remove": "test_a_run"},
    "record/tables.py": {"_discard_from": "test_a_run", "remove_parts": "test_a_run"},
    "record/snapshots.py": {"begin": "test_a_run", "resume": "test_a_run"},
    "simulation.py": {"_prepare": "test_failed_runs_that_are_computed_again"},
    "batches/store.py": {"merge": "test_a_batch", "tidy": "test_a_batch"},
    "batches/batch.py": {"_describe": "test_a_batch"},
    "batches/one_run.py": {"_write_tables": "test_failed_runs_that_are_computed_again"},
    "published/calibrate.py": {"clear": "test_a_calibration"},
    "comparison/compare.py": {"compare": "test_a_comparison"},
    "view/movie.py": {"write_film": "test_movies"},
    "commands/report.py": {"_of_batch": "test_a_page"},
    "app/session.py": {"__init__": "test_a_page"},
    "app/kept_runs.py": {"report": "test_a_page"},
    "export/format.py": {"put_into_place": "test_exports"},
    "export/omex.py": {"unpacked": "test_an_archive"},
}
"""Who calls it: file, function, and the test that shows that the files of others stay."""
WRITES = {
    ROOM: {"write_text"},
    "folder/checkpoint.py": {"open", "savez"},
    "folder/parquet.py": {"write_table"},
    "record/snapshots.py": {"create_group", "open_group"},
    "folder/lock.py": {"open"},
    "view/style.py": {"savefig"},
    "view/movie.py": {"save", "write_frames", "mkdir"},
    "comparison/compare.py": {"mkdir"},
    "commands/new.py": {"open"},
    "app/looking.py": {"savefig"},
    "app/pages/config_form.py": {"open"},
    "commands/report.py": {"mkdir"},
    "notebook.py": {"save"},
    "export/csv.py": {"mkdir", "to_csv"},
    "export/ome_zarr.py": {"open_group"},
    "export/omex.py": {"write_bytes"},
    "export/vtk.py": {"mkdir", "save"},
}
"""Who writes files otherwise than by `write_whole` or `write_text`: into a draft or into memory, by appending, or only where
there is none."""


@cache
def calls() -> list[tuple]:
    """(file, function around, module or object, name, node) of every call in the package."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        around = {}
        for function in ast.walk(tree):  # breadth first, so that the innermost counts
            if isinstance(function, ast.FunctionDef) and function.name != "newer":
                around |= {id(node): function.name for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil"):
                raise AssertionError(f"{path}: write {node.module}.name, so that this test sees it")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                of = (
                    node.func.value.id
                    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
                    else ""
                )
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                found.append((path.relative_to(ROOT).as_posix(), around.get(id(node), ""), of, name, node))
    return found


def removes(of: str, name: str, node: ast.Call) -> bool:
    if of in ("os", "shutil"):
        return name in (
            "remove",
            "unlink",
            "rmdir",
            "removedirs",
            "rename",
            "renames",
            "replace",
            "truncate",
            "rmtree",
            "move",
            "copy",
            "copy2",
            "copyfile",
            "copytree",
        )
    if of == "tempfile":
        return name in ("TemporaryDirectory", "NamedTemporaryFile")
    path = isinstance(node.func, ast.Attribute) and of != "dataclasses"
    return path and (
        name in ("unlink", "rmdir", "rmtree", "rename", "touch")
        or (name == "replace" and len(node.args) == 1 and not node.keywords)
    )


def test_one_room_removes_and_replaces():
    assert {file for file, _, of, name, node in calls() if removes(of, name, node)} == {ROOM, CACHE}


def test_every_place_that_removes_is_shown_to_remove_only_its_own():
    found: dict[str, set[str]] = {}
    for file, function, _, name, _ in calls():
        if name in ("remove_files", "remove_folder", "put", "copy_files", "scratch_folder") and file != ROOM:
            found.setdefault(file, set()).add(function)
    assert found == {file: set(functions) for file, functions in PLACES.items()}
    assert {test for functions in PLACES.values() for test in functions.values()} <= set(globals())


def test_few_places_write_by_other_means():
    found: dict[str, set[str]] = {}
    for file, _, of, name, node in calls():
        method = isinstance(node.func, ast.Attribute)
        modes = [
            argument.value
            for argument in (*node.args, *(key.value for key in node.keywords if key.arg == "mode"))
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        opens = name in ("open", "open_group", "open_array") and any(
            set(mode) & set("wax+") and len(mode) < 4 for mode in modes
        )
        writes = method and name in (
            "write_text",
            "write_bytes",
            "savefig",
            "savez",
            "save",
            "to_csv",
            "to_parquet",
            "write_table",
            "create_group",
            "write_frames",
            "dump",
        )
        makes = name == "mkdir" and not any(key.arg in ("exist_ok", "mode") for key in node.keywords)
        if (opens or writes or makes) and of != "checkpoint":
            found.setdefault(file, set()).add(name)
    assert found == WRITES


# --- The files of others ----------------------------------------------------------------------------------------------


class Others:
    """Files of somebody else in a folder."""

    def __init__(self, folder: Path, *names: str):
        self.folder, self.names = folder, names
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"mine: {name}")

    def are_left(self) -> bool:
        return all((self.folder / name).read_text() == f"mine: {name}" for name in self.names)


def contents(folder: Path) -> dict:
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


IN_A_RUN = (
    "notes.txt",
    "figure.png",
    "plugins/notes.txt",
    "parts/notes.txt",
    "parts/events-old.parquet",
    "parts/deep/events-000000.parquet",
    "checkpoints/notes.txt",
    "checkpoints/1.npz",
    "checkpoints/000000012 (copy).npz",
    "checkpoints/deep/000000012.npz",
    "snapshots.zarr/notes.txt",
    "snapshots.zarr/tnf/notes.partial",
    "snapshots.zarr/tnf/c/0/notes",
    "snapshots.zarr/cells/notes.txt",
    "snapshots.zarr/cells/tumor/row/c/copy",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("others") / "whole"
    Simulation(FakeLiver(), folder=folder).run()
    return folder


@pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning")  # what lies in a store and is none of zarr's
@pytest.mark.parametrize("step", [5, 44], ids=["before the first checkpoint", "after a checkpoint"])
def test_a_run(whole, tmp_path, step):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".lock").write_text("mine")
    first = Others(folder, "notes.txt", "plugins/notes.txt")
    with pytest.raises(Stopped):
        Simulation(FakeLiver(), folder=folder, progress=stop_at(step)).run()
    assert first.are_left() and (folder / ".lock").read_text() == "mine"
    others = Others(folder, *IN_A_RUN)
    mask = zarr.create_array(folder / "snapshots.zarr" / "mask", shape=(2, 2), chunks=(2, 2), dtype="u1")
    mask[...] = 7
    Simulation(FakeLiver(), folder=folder, resume=True).run()
    assert others.are_left() and zarr.open_array(folder / "snapshots.zarr" / "mask", mode="r")[...].sum() == 28
    shutil.rmtree(folder / "snapshots.zarr" / "mask")
    assert differing(folder, whole) == []
    before = contents(folder)
    Simulation(FakeLiver(), folder=folder, resume=True).run()
    assert contents(folder) == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_begins_nowhere_where_it_would_overwrite(tmp_path, resume):
    for name in RUN_FILES:
        if name != manifest.NAME:
            others = Others(tmp_path / name, name)
            with pytest.raises((FolderInUse, ResumeRefused), match="choose another folder"):
                Simulation(FakeLiver(), folder=tmp_path / name, resume=resume).run()
            assert others.are_left() and set(contents(tmp_path / name)) == {Path(name)}
    rule = Others(tmp_path, "rule.py").folder / "rule.py"
    others = Others(tmp_path / "run", "plugins/rule.py")
    with pytest.raises(FolderInUse, match="is not the same as"):
        Simulation(FakeLiver(plugins=(str(rule),)), folder=tmp_path / "run", resume=resume).run()
    assert others.are_left() and set(contents(tmp_path / "run")) == {Path("plugins/rule.py")}


def test_what_is_drawn_of_a_run_is_known_by_name(run, tmp_path):  # noqa: F811
    drawn = {path.name for path in plot_run(run)} | {write_movie(run, pixels=120).name}
    assert drawn | {"infiltrate.png", "niche.png", "first_hours.mp4"} == set(PICTURES), (
        "those are drawn of runs with leukocytes, a niche, and a frame of every step"
    )


def test_checkpoints_have_the_names_that_are_removed(tmp_path):
    for step in (-7, 12, 1_234_567_890):
        checkpoint.save(tmp_path, checkpoint.Checkpoint(step, {}))
    assert [int(path.stem) for path in checkpoint.saved(tmp_path)] == [1_234_567_890, 12]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "experiment.yaml",
        "results.parquet",
        "series.parquet",
        "parts/keep.txt",
        "runs/earlier/notes.txt",
        "plugins/trouble.py",
    ],
)
def test_a_batch_begins_nowhere_where_it_would_overwrite(tmp_path, name, resume):
    experiment, folder = little(tmp_path, with_trouble(seed=5, how="raise")), tmp_path / "batch"
    others = Others(folder, name)
    with pytest.raises(FolderInUse, match="choose another folder"):
        run_batch(experiment, folder, resume=resume)
    assert others.are_left() and set(contents(folder)) == {Path(name)}


IN_A_BATCH = (
    "notes.txt",
    "plugins/notes.txt",
    "parts/notes.txt",
    "parts/notes.json",
    "parts/deep/control-0000-0001.json",
    "runs/notes.txt",
    "runs/earlier-seed1/notes.txt",
)


def test_a_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())
    experiment, folder = replace(little(tmp_path), replicates=1), tmp_path / "batch"
    first = Others(folder, "notes.txt", "plugins/notes.txt")

    def stop(progress):
        if progress.finished == 1:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted):
        run_batch(experiment, folder, progress=stop)
    others = Others(folder, *IN_A_BATCH)
    assert first.are_left() and run_batch(experiment, folder, resume=True).computed == 1
    assert others.are_left() and {path.name for path in (folder / "parts").iterdir()} == {
        "notes.txt",
        "notes.json",
        "deep",
    }
    assert run_batch(replace(experiment, replicates=2), folder, resume=True).computed == 2
    assert others.are_left() and not list((folder / "parts").glob("control*"))


@pytest.mark.parametrize("keep", ["tables", "all"])
def test_failed_runs_that_are_computed_again(tmp_path, monkeypatch, keep):
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())
    text = with_trouble(seed=5, how="raise").replace("replicates: 3", "replicates: 1")
    experiment, folder = little(tmp_path, text), tmp_path / "batch"
    assert run_batch(experiment, folder, keep=keep).failed == 2
    others = Others(folder, *IN_A_BATCH, *(f"runs/control-0000-0001/{name}" for name in IN_A_RUN))
    source = (tmp_path / "trouble.py").read_text()
    (tmp_path / "trouble.py").write_text(source.replace("if look.liver.seed != seed:", "if True:"))
    result = run_batch(load_experiment(tmp_path / "my.yaml"), folder, resume=True, retry_failed=True, keep=keep)
    assert (result.computed, result.failed) == (2, 0)
    own = folder / "runs" / "control-0000-0001"
    assert others.are_left() and (own / "events.parquet").exists() and (own / "summary.json").exists()
    if keep == "all":
        assert json.loads((own / "manifest.json").read_text())["status"] == "complete"


@pytest.mark.parametrize("arms", [False, True])
def test_movies(run, tmp_path, arms):  # noqa: F811
    def draw(path, format):
        options = {"format": format, "pixels": 120}
        return write_arms_movie([run, run], ["a", "b"], path, **options) if arms else write_movie(run, path, **options)

    folder = tmp_path / "movie"
    others = Others(folder, "annotated.txt", "frame_1.png", "frame_0001.jpg", "deep/frame_0001.png")
    (folder / "frame_0099.png").write_text("of a longer movie")
    draw(folder, "png")
    assert others.are_left() and sorted(path.name for path in folder.glob("frame_????.png")) == [
        f"frame_{k:04d}.png" for k in range(5)
    ]
    for format in ("mp4", "gif"):
        with pytest.raises(FileExistsError, match="a folder, not a file"):
            draw(folder, format)
    file = Others(tmp_path, "file")
    with pytest.raises(FileExistsError, match="a file, not a folder"):
        draw(tmp_path / "file", "png")
    assert others.are_left() and file.are_left() and {path.name for path in tmp_path.iterdir()} >= {"movie", "file"}
    assert not list(tmp_path.glob(".movie-*"))


def test_exports(run, tmp_path):  # noqa: F811
    def write(draft):
        draft.mkdir()
        (draft / "cells.csv").write_text("new")

    folder = tmp_path / "tables"
    others = Others(folder, "notes.txt")
    (folder / "cells.csv").write_text("old")
    for force, told in ((False, "is there already"), (True, r"holds notes.txt, which is no part of an earlier export")):
        with pytest.raises(FolderInUse, match=told):
            put_into_place(folder, write, files=r"cells\.csv", force=force)
    assert others.are_left() and (folder / "cells.csv").read_text() == "old"
    (folder / "notes.txt").unlink()
    put_into_place(folder, write, files=r"cells\.csv", force=True)
    assert (folder / "cells.csv").read_text() == "new" and [path.name for path in tmp_path.glob("*t*")] == ["tables"]
    file = Others(tmp_path, "file.h5ad")
    with pytest.raises(FolderInUse):
        put_into_place(tmp_path / "file.h5ad", write)
    with pytest.raises(FileExistsError, match="a file, not a folder"):
        put_into_place(tmp_path / "file.h5ad", write, files="x", force=True)

    def fail(draft):
        draft.write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_into_place(tmp_path / "file.h5ad", fail, force=True)
    assert file.are_left() and not list(tmp_path.glob(".export-*"))


def test_an_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    others = Others(tmp_path / "temporary", "config.yaml", "crlm-omex-mine/config.yaml")
    (tmp_path / "my.yaml").write_text("duration: 1 h\n")
    omex.pack_config(load_config(tmp_path / "my.yaml"), tmp_path / "my.omex")
    with omex.unpacked(tmp_path / "my.omex") as content:
        assert content.file.read_text().startswith("name: ")
    assert others.are_left() and not content.file.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"temporary", "my.yaml", "my.omex"}


def test_a_calibration(tmp_path):
    digest = "0123456789abcdef"
    running = tmp_path / calibrate.RUNNING
    others = Others(
        running,
        "notes.txt",
        "old/0/V01/results.parquet",
        f"{digest}/notes.txt",
        f"{digest}/0/V01/notes.txt",
        f"{digest}/0/V01/parts/notes.json",
        f"{digest}/best/results.parquet",
    )
    Others(
        running,
        f"{digest}/0/V01/results.parquet",
        f"{digest}/0/V01/parts/control-0000-0001.json",
        f"{digest}/0/V02/series.parquet.partial",
        f"{digest}/1/V01/parts/control-0000-0001.json.partial",
    )
    simulations = SimpleNamespace(folder=running / digest)
    calibrate.Simulations.clear(simulations)
    assert others.are_left() and set(contents(running)) == {Path(name) for name in others.names}
    assert not (running / digest / "1").exists() and not (running / digest / "0" / "V02").exists()
    for name in (calibrate.REPORT, calibrate.BEST):
        others = Others(tmp_path / name, name)
        for resume in (False, True):
            with pytest.raises(FolderInUse, match="choose another folder"):
                calibrate.refuse_folder(tmp_path / name, resume)


def test_a_comparison(tmp_path):
    folder = write_batch(tmp_path / "batch", arms=("control", "no_kupffer"), replicates=4)
    for name in ("comparison.md", "ratios.png", "timecourses.png"):
        others = Others(tmp_path / name, name)
        with pytest.raises(FolderInUse, match="choose another folder"):
            compare(folder, output=tmp_path / name)
        assert others.are_left() and set(contents(tmp_path / name)) == {Path(name)}
    others = Others(tmp_path / "out", "notes.txt", "figure.png")
    written = compare(folder, output=tmp_path / "out").written
    assert compare(folder, output=tmp_path / "out").written == written and all(path.is_file() for path in written)
    assert others.are_left() and {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in written
    } | set(others.names)


def test_a_page(tmp_path, capsys):
    """What is drawn for one goes into a folder of its own, beside the page or among temporary files."""
    folder = write_batch(tmp_path / "batch", arms=("control", "no_kupffer"), replicates=4)
    others, page = Others(tmp_path, "notes.txt", "batch/figure.png", "theirs.html"), tmp_path / "page.html"
    before = contents(folder)
    for _ in range(2):  # the second time the page is there
        assert cli.status_of(["report", str(folder), "-o", str(page)]) == 0
    assert cli.status_of(["report", str(folder), "-o", str(tmp_path / "theirs.html")]) == 2
    assert "choose another name" in capsys.readouterr().err
    assert others.are_left() and contents(folder) == before and not list(tmp_path.glob(".report-*"))


@pytest.mark.parametrize(
    ("command", "name"), [(["reproduce", "V24"], "reproduce.md"), (["anatomy", "quickstart.yaml"], "anatomy.png")]
)
def test_reports_and_pictures(tmp_path, monkeypatch, capsys, command, name):
    monkeypatch.delenv(cli.DEBUG, raising=False)
    others = Others(tmp_path, name)
    assert cli.status_of([*command, "-o", str(tmp_path)]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert others.are_left() and set(contents(tmp_path)) == {Path(name)}


def test_a_lock_of_others_is_not_emptied(tmp_path):
    others = Others(tmp_path, ".lock")
    with locked(tmp_path):
        pass
    assert others.are_left()


def test_parts_that_are_not_ours_are_not_read(tmp_path):
    store.begin(tmp_path / "batch", little(tmp_path))
    others = Others(tmp_path / "batch", "parts/notes.json")
    assert store.read_results(tmp_path / "batch").num_rows == 0
    store.merge(tmp_path / "batch")
    assert others.are_left()
