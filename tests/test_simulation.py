import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abm.fields.layers import LAYERS
from abm.folder import checkpoint, manifest
from abm.folder.files import DamagedFile
from abm.folder.lock import FolderLocked, locked
from abm.folder.manifest import ResumeRefused
from abm.record.nodules import Nodules
from abm.record.recorder import Calling
from abm.record.timeseries import Timeseries
from abm.simulation import FieldError, FolderInUse, RunInterrupted, Simulation, check_finite
from tests.worlds import FakeLiver

from .same_bytes import differing

LEFT = {
    ".lock",
    "config.yaml",
    "events.parquet",
    "flows.parquet",
    "manifest.json",
    "nodules.parquet",
    "snapshots.zarr",
    "summary.json",
    "timeseries.parquet",
}


class Stopped(Exception):
    pass


def stop_at(step):
    """A progress that breaks the run off at `step`, without any cleaning up."""

    def watch(simulation):
        if simulation.model.step_number == step:
            raise Stopped

    return watch


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A run that was never interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    Simulation(FakeLiver(), folder=folder).run()
    return folder


def light(folder, model=None, **options):
    """A run without snapshots, which take most of the time of such a small one."""
    return Simulation(
        model or FakeLiver(), folder=folder, recorders=[Timeseries("1 h", 4), Nodules("2 h", 4)], **options
    )


@pytest.fixture(scope="session")
def light_whole(tmp_path_factory):
    """The light run, never interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "light"
    light(folder).run()
    return folder


def test_the_folder_of_a_run(whole):
    assert {path.name for path in whole.iterdir()} == LEFT
    written = manifest.read(whole)
    assert written["status"] == "complete"
    assert written["config"]["record"]["checkpoint"] == "3 h"
    assert written["wall_seconds"] > 0
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["simulated_hours"] == 10.0
    assert summary["cascade"]["arrived"]["count"] > 0


def test_the_manifest_is_there_before_the_first_step(tmp_path):
    def look(simulation):
        assert manifest.read(tmp_path / "run")["status"] == "running"
        assert (tmp_path / "run" / "config.yaml").exists()
        raise Stopped

    with pytest.raises(Stopped):
        Simulation(FakeLiver(), folder=tmp_path / "run", progress=look).run()


@pytest.mark.parametrize("step", [7, 18, 44])
def test_a_broken_off_run_resumes_to_the_same_bytes(tmp_path, whole, step):
    with pytest.raises(Stopped):
        Simulation(FakeLiver(), folder=tmp_path / "run", progress=stop_at(step)).run()
    Simulation(FakeLiver(), folder=tmp_path / "run", resume=True).run()
    assert differing(tmp_path / "run", whole) == []
    assert {path.name for path in (tmp_path / "run").iterdir()} == LEFT
    assert manifest.read(tmp_path / "run")["sessions"] == 2


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("checkpoint", 1),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [
                ("complete", 0),
                ("step", 40),
                ("step", 0),
                ("step", 1),
                ("checkpoint", 0),
                ("checkpoint", 3),
                ("part", 0),
                ("part", 5),
                ("draw", 0),
            ]
        ),
    ],
)
def test_a_killed_run_resumes_to_the_same_bytes(tmp_path, whole, where, count):
    command = [sys.executable, "-m", "tests.record.killed_run", tmp_path / "run", where, str(count)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[1], check=False)
    assert ended.returncode == -signal.SIGKILL
    simulation = Simulation(FakeLiver(), folder=tmp_path / "run", resume=True).run()
    assert simulation.already_complete == (where == "complete")
    assert differing(tmp_path / "run", whole) == []
    assert {path.name for path in (tmp_path / "run").iterdir()} == LEFT


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, light_whole):
    with pytest.raises(Stopped):
        light(tmp_path / "run", progress=stop_at(44)).run()
    newest, before = checkpoint.saved(tmp_path / "run")
    newest.write_bytes(newest.read_bytes()[:-100])
    said = []
    simulation = light(tmp_path / "run", resume=True, tell=said.append).run()
    assert simulation.resumed_from == int(before.stem) == 18
    assert newest.name in said[0] and "the one before is used" in said[0]
    assert differing(tmp_path / "run", light_whole) == []


def broken_off(folder):
    """A run that was broken off behind its third checkpoint."""
    with pytest.raises(Stopped):
        light(folder, progress=stop_at(44)).run()
    return folder


def contents_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("spoil", [halve, alter, Path.unlink])
def test_a_spoilt_part_is_made_again_from_the_checkpoint_before(tmp_path, light_whole, spoil):
    spoil(sorted(broken_off(tmp_path / "run").glob("parts/timeseries-*"))[-1])
    said, warned = [], []
    simulation = light(tmp_path / "run", resume=True, tell=said.append, warn=warned.append).run()
    assert simulation.resumed_from == 18
    assert len(warned) == 1 and "parts/timeseries-000001.parquet" in warned[0] and "the one before is used" in warned[0]
    assert differing(tmp_path / "run", light_whole) == []


@pytest.mark.parametrize("spoil", [halve, alter, Path.unlink])
def test_a_spoilt_part_that_every_checkpoint_needs_is_named_and_nothing_is_changed(tmp_path, light_whole, spoil):
    part = broken_off(tmp_path / "run") / "parts" / "events-000000.parquet"
    whole_part = part.read_bytes()
    spoil(part)
    before = contents_of(tmp_path / "run")
    with pytest.raises(DamagedFile, match=r"events-000000\.parquet .*nothing was changed.* \(-o\)"):
        light(tmp_path / "run", resume=True).run()
    assert contents_of(tmp_path / "run") == before
    part.write_bytes(whole_part)
    light(tmp_path / "run", resume=True).run()
    assert differing(tmp_path / "run", light_whole) == []


def test_spoilt_snapshots_are_named(tmp_path):
    with pytest.raises(Stopped):
        Simulation(FakeLiver(), folder=tmp_path / "run", progress=stop_at(44)).run()
    (tmp_path / "run" / "snapshots.zarr" / "zarr.json").unlink()
    with pytest.raises(DamagedFile, match=r"snapshots\.zarr cannot be read"):
        Simulation(FakeLiver(), folder=tmp_path / "run", resume=True).run()


@pytest.mark.parametrize("spoil", [halve, Path.unlink])
def test_the_manifest_is_found_again_in_a_checkpoint(tmp_path, light_whole, spoil):
    spoil(broken_off(tmp_path / "run") / "manifest.json")
    warned = []
    simulation = light(tmp_path / "run", resume=True, warn=warned.append).run()
    assert simulation.resumed_from == 36
    assert "it is written again, from the checkpoint 000000036.npz" in warned[0]
    assert differing(tmp_path / "run", light_whole) == []
    assert manifest.read(tmp_path / "run")["sessions"] == 2


def test_another_run_is_refused_by_the_manifest_in_a_checkpoint(tmp_path):
    (broken_off(tmp_path / "run") / "manifest.json").unlink()
    with pytest.raises(ResumeRefused, match="seed was 1, is now 2"):
        light(tmp_path / "run", FakeLiver(seed=2), resume=True).run()


def test_files_of_an_unknown_run_are_not_overwritten(tmp_path, light_whole):
    shutil.copytree(light_whole, tmp_path / "run")
    (tmp_path / "run" / "manifest.json").unlink()
    before = contents_of(tmp_path / "run")
    with pytest.raises(ResumeRefused, match="cannot be told which run this was"):
        light(tmp_path / "run", resume=True).run()
    assert contents_of(tmp_path / "run") == before


def test_a_state_that_is_not_finite_is_not_made_a_checkpoint(tmp_path):
    def spoil(simulation):
        if simulation.model.step_number == 36:
            simulation.model.fields["tnf"].values[0, 0] = np.nan

    with pytest.raises(FieldError):
        Simulation(FakeLiver(), folder=tmp_path / "run", recorders=[], progress=spoil).run()
    assert checkpoint.saved(tmp_path / "run")[0].stem == "000000018"


def test_a_solver_that_fails_for_a_spoilt_field_is_reported_as_such():
    class Failing(FakeLiver):
        def step(self):
            self.fields["oxygen"].values[1, 2] = np.inf
            raise ArithmeticError("the field did not converge")

    with pytest.raises(FieldError, match=r"oxygen is inf at site \(1, 2\)"):
        Simulation(Failing()).run()


def test_without_any_usable_checkpoint_the_run_begins_again(tmp_path, light_whole):
    with pytest.raises(Stopped):
        light(tmp_path / "run", progress=stop_at(44)).run()
    for path in checkpoint.saved(tmp_path / "run"):
        path.write_bytes(b"")
    said = []
    light(tmp_path / "run", resume=True, tell=said.append).run()
    assert "begins again" in said[-1]
    assert differing(tmp_path / "run", light_whole) == []


def test_a_run_is_not_overwritten(tmp_path, whole):
    with pytest.raises(FolderInUse, match="--resume"):
        Simulation(FakeLiver(), folder=whole).run()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderInUse, match="is a file"):
        Simulation(FakeLiver(), folder=tmp_path / "file" / "run").run()
    assert (tmp_path / "file").read_text() == "mine"


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    light(tmp_path, FakeLiver(duration=0.5)).run()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_complete_run_is_not_run_again(whole):
    before = (whole / "manifest.json").read_bytes()
    simulation = Simulation(FakeLiver(), folder=whole, resume=True).run()
    assert simulation.already_complete
    assert simulation.model.step_number == 0
    assert len(simulation["timeseries"].to_dataframe()) == 11
    assert (whole / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    "names", [["events.parquet"], ["snapshots.zarr", "summary.json"], ["timeseries.parquet", "nodules.parquet"]]
)
def test_what_a_complete_run_has_lost_is_named(tmp_path, whole, names):
    run = shutil.copytree(whole, tmp_path / "run")
    for name in names:
        (run / name).rename(tmp_path / name)
    before = contents_of(run)
    with pytest.raises(DamagedFile, match="was complete and has lost") as refused:
        Simulation(FakeLiver(), folder=run, resume=True).run()
    assert {name for name in LEFT if name in str(refused.value)} == set(names)
    assert contents_of(run) == before


def test_files_of_other_names_beside_the_working_files_are_left_alone(tmp_path, whole):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        Simulation(FakeLiver(), folder=run, progress=stop_at(44)).run()
    strays = [
        "checkpoints/backup.npz",
        "checkpoints/000000012 (copy).npz",
        "parts/events-old.parquet",
        "parts/events.txt",
    ]
    for name in strays:
        (run / name).write_text("mine")
    Simulation(FakeLiver(), folder=run, resume=True).run()
    assert differing(run, whole) == []
    assert sorted(
        str(path.relative_to(run)) for name in ("checkpoints", "parts") for path in (run / name).iterdir()
    ) == sorted(strays)


def test_one_process_at_a_time(tmp_path):
    """Seen from within a run: others are refused, whether they begin or go on; when it has ended, they are not."""

    def look(simulation):
        if simulation.model.step_number == 20:
            before = contents_of(tmp_path / "run")
            with pytest.raises(FolderLocked, match="by another process"):
                light(tmp_path / "run", resume=True).run()
            assert contents_of(tmp_path / "run") == before
            raise Stopped

    with pytest.raises(Stopped):
        light(tmp_path / "run", progress=look).run()
    with locked(tmp_path / "new"), pytest.raises(FolderLocked):
        light(tmp_path / "new").run()
    assert [path.name for path in (tmp_path / "new").iterdir()] == [".lock"]
    light(tmp_path / "run", resume=True).run()
    with locked(tmp_path / "run"):
        assert light(tmp_path / "run", resume=True).run().already_complete, "to be read, it need not be ours"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 2}, "seed was 1, is now 2"),
        ({"snapshots": "3 h"}, 'record.snapshots was "2 h", is now "3 h"'),
    ],
)
def test_another_config_is_refused(whole, other, said):
    with pytest.raises(ResumeRefused, match=said):
        Simulation(FakeLiver(**other), folder=whole, resume=True).run()


def test_another_end_is_refused(whole):
    with pytest.raises(ResumeRefused, match="the end was at 10 h, is now at 20 h"):
        Simulation(FakeLiver(), until="20 h", folder=whole, resume=True).run()


def test_resuming_nothing_begins(tmp_path):
    said = []
    light(tmp_path / "run", FakeLiver(duration=0.5), resume=True, tell=said.append).run()
    assert "nothing to resume" in said[0]
    assert manifest.read(tmp_path / "run")["status"] == "complete"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_writes_a_checkpoint(tmp_path, light_whole, number):
    def interrupt(simulation):
        if simulation.model.step_number == 25:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with pytest.raises(RunInterrupted, match=r"4\.167 h"):
        light(tmp_path / "run", progress=interrupt).run()
    assert signal.getsignal(number) is before
    simulation = light(tmp_path / "run", resume=True).run()
    assert simulation.resumed_from == 25
    assert differing(tmp_path / "run", light_whole) == []


def test_a_full_disk_loses_nothing_written_before(tmp_path, light_whole, monkeypatch):
    real, writes = np.savez, []

    def filling(file, **arrays):
        writes.append(file)
        if len(writes) == 3:
            file.write(b"half")
            raise OSError(28, "No space left on device")
        real(file, **arrays)

    monkeypatch.setattr(np, "savez", filling)
    with pytest.raises(OSError, match="No space"):
        light(tmp_path / "run").run()
    monkeypatch.undo()
    assert light(tmp_path / "run", resume=True).run().resumed_from == 36
    assert differing(tmp_path / "run", light_whole) == []


def test_drawing_that_fails_leaves_the_run_to_be_resumed(tmp_path, light_whole):
    def fail(folder):
        assert (folder / "summary.json").exists()
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        light(tmp_path / "run", draw=fail).run()
    assert manifest.read(tmp_path / "run")["status"] == "running"
    drawn = []
    light(tmp_path / "run", resume=True, draw=drawn.append).run()
    assert drawn == [tmp_path / "run"]
    assert differing(tmp_path / "run", light_whole) == []


def test_in_memory_with_recorders_of_ones_own():
    seen = []
    simulation = Simulation(
        FakeLiver(),
        until="2 h",
        recorders=[Timeseries("30 min"), Calling(lambda model: seen.append(model.minutes), every="1 h", name="watch")],
    )
    frame = simulation.run()["timeseries"].to_dataframe()
    assert frame.time_min.tolist() == [0, 30, 60, 90, 120]
    assert seen == [0, 60, 120]
    assert simulation.summary()["simulated_hours"] == 2.0
    with pytest.raises(KeyError, match="there is timeseries, watch"):
        simulation["movie"]


def test_the_config_says_what_is_kept_by_default():
    simulation = Simulation(FakeLiver(duration=1)).run()
    assert [recorder.name for recorder in simulation.recorders] == ["timeseries", "flows", "nodules"]
    assert simulation.model.ledger.entries.size > 0
    assert "step 6 of 6" in repr(simulation)


def test_the_last_state_is_always_recorded():
    frame = Simulation(FakeLiver(duration=2.5), recorders=[Timeseries("1 h")]).run()["timeseries"].to_dataframe()
    assert frame.time_min.tolist() == [0, 60, 120, 150]


def test_stop_when(tmp_path):
    def enough(model):
        return model.tumor.count >= 20

    simulation = light(tmp_path / "run", stop_when=enough).run()
    assert simulation.model.step_number < 20
    assert simulation["timeseries"].to_dataframe().tumor.iloc[-1] >= 20
    assert manifest.read(tmp_path / "run")["status"] == "complete"


def test_two_recorders_of_one_name_are_refused():
    with pytest.raises(ValueError, match="same name"):
        Simulation(FakeLiver(), recorders=[Timeseries(), Timeseries()])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_field_that_is_not_finite_ends_the_run(tmp_path, bad):
    def spoil(simulation):
        if simulation.model.step_number == 20:
            simulation.model.fields["tnf"].values[3, 4] = bad

    with pytest.raises(FieldError, match=r"tnf is .* at site \(3, 4\) at 4 h"):
        light(tmp_path / "run", progress=spoil).run()


@pytest.mark.parametrize("name", [layer.name for layer in LAYERS])
def test_layers_are_checked_too(name):
    model = FakeLiver()
    getattr(model, name)[0, 0] = np.nan
    with pytest.raises(FieldError, match=f"{name} is nan"):
        check_finite(model)


def test_a_users_own_rules_travel_with_the_run(tmp_path):
    rule = tmp_path / "mine.py"
    rule.write_text("RATE = 1\n")
    light(tmp_path / "run", FakeLiver(duration=0.5, plugins=(str(rule),))).run()
    assert (tmp_path / "run" / "plugins" / "mine.py").read_text() == "RATE = 1\n"
    assert "plugins/mine.py" in (tmp_path / "run" / "config.yaml").read_text()
    with pytest.raises(Stopped):
        light(tmp_path / "other", FakeLiver(plugins=(str(rule),)), progress=stop_at(1)).run()
    rule.write_text("RATE = 2\n")
    with pytest.raises(ResumeRefused, match="named under plugins, has changed"):
        light(tmp_path / "other", FakeLiver(plugins=(str(rule),)), resume=True).run()


def test_compare_names_what_differs(tmp_path, whole):
    Simulation(FakeLiver(seed=2), folder=tmp_path / "run").run()
    names = differing(tmp_path / "run", whole)
    assert {"config.yaml", "summary.json", "events.parquet", "timeseries.parquet", "snapshots.zarr/tnf"} <= set(names)
    assert "snapshots.zarr/site_kind" not in names
