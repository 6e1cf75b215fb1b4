"""Faults: whatever happens to a run, it can be resumed to the same bytes, or a clear message says why not; nothing that
was written before is lost."""

import os
import resource
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numba
import numpy as np
import pytest

from abm import Simulation, cli
from abm.folder import checkpoint, manifest
from abm.folder.files import DamagedFile
from abm.record.tables import read_table

from ..same_bytes import differing
from . import world

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="POSIX signals, limits and mounts"),
    pytest.mark.skipif(numba.config.DISABLE_JIT, reason="whole runs: too slow in plain Python"),
    # numpy before 2.2 leaves the archive open for which there was no room
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function ZipFile.__del__:pytest.PytestUnraisableExceptionWarning"
    ),
]

MISSING = "has no manifest.json; it is written again, from the checkpoint"
CONFIG = """
name: little
duration: 3 h
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 250 /mm^2}}
record: {checkpoint: 30 min, snapshots: 30 min, movie: false, figures: false}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The little liver's run, never interrupted, and how many seconds it took in a child."""
    folder = tmp_path_factory.mktemp("faults") / "whole"
    world.child(tmp_path_factory.mktemp("first") / "run").join()  # starts the server
    begun = time.monotonic()
    process = world.child(folder)
    process.join()
    assert process.exitcode == 0
    return folder, time.monotonic() - begun


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_killed_at_random_moments_and_resumed_each_time_to_the_same_bytes(tmp_path, whole, kills):
    """The moments are those of the machine's clock, so they differ from time to time; the bytes must not."""
    reference, seconds = whole
    random = np.random.default_rng(kills)
    killed, finished = 0, 0
    folder = tmp_path / "run0"
    while killed < kills:
        process = world.child(folder)
        process.join(random.uniform(0, 0.5 * seconds))
        if process.is_alive():
            process.kill()
            process.join()
            killed += 1
        if manifest_status(folder) == "complete":  # on to another folder: killed while finishing is killed, too
            world.child(folder).join()
            assert differing(folder, reference) == []
            finished += 1
            folder = tmp_path / f"run{finished}"
    world.child(folder).join()
    assert manifest_status(folder) == "complete"
    assert differing(folder, reference) == []
    assert {path.name for path in folder.iterdir()} == {path.name for path in reference.iterdir()}


def manifest_status(folder: Path) -> str | None:
    found = manifest.read(folder)
    return None if found is None else found["status"]


def some_slow(fast: list, every: list) -> list:
    """The cases, all but the `fast` ones marked as slow."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=() if case in fast else pytest.mark.slow)
        for case in dict.fromkeys([*fast, *every])
    ]


# --- Through the command ----------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    (tmp_path / "little.yaml").write_text(CONFIG)
    return tmp_path / "little.yaml"


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """The config's run, never interrupted."""
    folder = tmp_path_factory.mktemp("complete")
    (folder / "little.yaml").write_text(CONFIG)
    assert cli.status_of(["run", str(folder / "little.yaml"), "-o", str(folder / "run"), "-q"]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory, complete):
    """The same, broken off behind its third checkpoint."""
    from abm import load_config
    from abm.model import LiverModel

    def stop(simulation):
        if simulation.model.step_number == 20:
            raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("broken") / "run"
    with pytest.raises(KeyboardInterrupt):
        Simulation(LiverModel(load_config(complete.parent / "little.yaml")), folder=folder, progress=stop).run()
    assert len(checkpoint.saved(folder)) == 2
    return folder


@pytest.fixture
def cut(tmp_path, broken_off):
    """A copy of the run that was broken off."""
    return shutil.copytree(broken_off, tmp_path / "cut")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(bytes(content))


def flip(path: Path) -> None:
    """One bit only."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def scratch(path: Path) -> None:
    """Alter so many bytes in a row that some of them carry data: a bit of a checkpoint's table of contents may not matter."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 512] = bytes(byte ^ 0x40 for byte in content[middle : middle + 512])
    path.write_bytes(bytes(content))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("which", "spoil"),
    some_slow(
        [("newest", truncate)], [(which, spoil) for which in ("newest", "all") for spoil in (truncate, scratch, empty)]
    ),
)
def test_spoilt_checkpoints(cut, config, complete, capsys, spoil, which):
    saved = checkpoint.saved(cut)
    for path in saved[: 1 if which == "newest" else 2]:
        spoil(path)
    assert cli.status_of(["run", str(config), "-o", str(cut), "--resume", "-q"]) == 0
    told = capsys.readouterr().err
    assert told.startswith(f"The checkpoint {saved[0]} ")
    assert "the one before is used" in told
    assert ("the run begins again" in told) == (which == "all")
    assert differing(cut, complete) == []


@pytest.mark.parametrize(
    ("name", "spoil"),
    some_slow(
        [
            ("parts/events-000000.parquet", corrupt),
        ],
        [
            (name, spoil)
            for name in ("parts/events-000000.parquet", "parts/timeseries-000001.parquet", "snapshots.zarr/zarr.json")
            for spoil in (truncate, corrupt, empty, Path.unlink)
        ],
    ),
)
def test_spoilt_files_that_the_run_needs(cut, config, complete, capsys, spoil, name):
    good = (cut / name).read_bytes()
    spoil(cut / name)
    before = contents(cut)
    if cli.status_of(["run", str(config), "-o", str(cut), "--resume", "-q"]) != 0:
        told = capsys.readouterr().err
        assert (
            str(cut / name.split("/zarr.json")[0]) in told
            and "nothing was changed" in told
            and "mistake in crlm" not in told
        )
        assert contents(cut) == before
        (cut / name).write_bytes(good)
        assert cli.status_of(["run", str(config), "-o", str(cut), "--resume", "-q"]) == 0
    assert differing(cut, complete) == []


FRAMES = ["--set", "record.snapshots=5 min"]
"""So many frames that a chunk of them is full before the run is broken off."""


@pytest.fixture(scope="module")
def many_frames(tmp_path_factory, complete):
    """The run with more frames: complete, and broken off after 20 steps, with 18 frames kept of which 12 fill a chunk."""
    folder = tmp_path_factory.mktemp("frames")
    run = ["run", str(complete.parent / "little.yaml"), "-q", *FRAMES]
    assert cli.status_of([*run, "-o", str(folder / "whole")]) == 0
    with pytest.MonkeyPatch.context() as patch:
        step = Simulation._step

        def stop(self):
            if self.model.step_number == 20:
                raise KeyboardInterrupt
            step(self)

        patch.setattr(Simulation, "_step", stop)
        assert cli.status_of([*run, "-o", str(folder / "cut")]) == cli.INTERRUPTED
    return folder


@pytest.mark.parametrize("spoil", some_slow([flip], [flip, truncate, empty, Path.unlink]))
def test_a_spoilt_chunk_of_frames_that_the_run_needs(tmp_path, config, many_frames, capsys, spoil):
    run = shutil.copytree(many_frames / "cut", tmp_path / "run")
    path = run / "snapshots.zarr" / "tnf" / "c" / "0" / "0" / "0"
    good = path.read_bytes()
    spoil(path)
    before = contents(run)
    command = ["run", str(config), *FRAMES, "-o", str(run), "--resume", "-q"]
    assert cli.status_of(command) == 1
    told = capsys.readouterr().err
    assert str(path) in told and "nothing was changed" in told and "mistake in crlm" not in told
    assert contents(run) == before
    path.write_bytes(good)
    assert cli.status_of(command) == 0
    assert differing(run, many_frames / "whole") == []


@pytest.mark.parametrize("spoil", some_slow([Path.unlink], [flip, Path.unlink]))
def test_a_spoilt_chunk_of_a_complete_run_is_named_when_it_is_drawn(tmp_path, config, complete, capsys, spoil):
    run = shutil.copytree(complete, tmp_path / "run")
    path = run / "snapshots.zarr" / "tissue" / "c" / "0" / "0" / "0"
    spoil(path)
    assert cli.status_of(["movie", str(run), "--format", "gif"]) == 1
    told = capsys.readouterr().err
    assert str(path) in told and "mistake in crlm" not in told


@pytest.mark.parametrize(
    ("name", "spoil"),
    some_slow(
        [
            ("events.parquet", corrupt),
            ("snapshots.zarr/tissue/c/0/0/0", truncate),
        ],
        [
            (name, spoil)
            for name in (
                "events.parquet",
                "flows.parquet",
                "timeseries.parquet",
                "summary.json",
                "manifest.json",
                "snapshots.zarr/zarr.json",
                "snapshots.zarr/tissue/c/0/0/0",
            )
            for spoil in (truncate, corrupt, empty, Path.unlink)
        ],
    ),
)
def test_spoilt_files_of_a_complete_run_are_named_when_it_is_drawn(tmp_path, config, complete, capsys, spoil, name):
    run = shutil.copytree(complete, tmp_path / "run")
    spoil(run / name)
    before = contents(run)
    for command in (["plot", str(run)], ["movie", str(run), "--format", "gif"]):
        status = cli.status_of(command)
        told = capsys.readouterr().err
        assert status in (0, 1, 2)
        if status:
            assert name.split(".")[0] in told and "mistake in crlm" not in told, (command, told)
    assert {path: content for path, content in contents(run).items() if path in before} == before
    if name.endswith(".parquet"):
        table = name.removesuffix(".parquet")
        with suppress(DamagedFile, FileNotFoundError):
            assert read_table(run, table).equals(read_table(complete, table)), "altered data were read without an error"


@pytest.mark.parametrize("table", ["events", "timeseries"])
def test_tables_are_read_as_they_were_or_not_at_all(tmp_path, complete, table):
    run = shutil.copytree(complete, tmp_path / "run")
    path, was = run / f"{table}.parquet", read_table(complete, table)
    content = path.read_bytes()
    values = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    noticed = 0
    for at in np.linspace(4, values, 60, endpoint=False).astype(int):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        try:
            assert read_table(run, table).equals(was), at
        except DamagedFile as error:
            assert str(path) in str(error)
            noticed += 1
    assert noticed > 30


@pytest.mark.parametrize(
    ("spoil", "said"),
    some_slow(
        [(Path.unlink, MISSING)],
        [
            (truncate, "is not the manifest of a run"),
            (empty, "is not the manifest of a run"),
        ],
    ),
)
def test_a_missing_or_spoilt_manifest(cut, config, complete, capsys, spoil, said):
    spoil(cut / "manifest.json")
    assert cli.status_of(["run", str(config), "-o", str(cut)]) == 2, "the folder is in use all the same"
    assert "--resume" in capsys.readouterr().err
    assert cli.status_of(["run", str(config), "-o", str(cut), "--resume", "-q"]) == 0
    assert said in capsys.readouterr().err
    assert differing(cut, complete) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"crlm run 1"', '"crlm run 2"'), "newer"),
        (lambda text: text.replace('"numpy": "', '"numpy": "9.'), "numpy was 9."),
        (lambda text: text.replace('"code": "', '"code": "0'), "the source code of crlm"),
    ],
)
def test_a_run_of_another_version_is_refused_and_left_alone(cut, config, capsys, change, said):
    text = (cut / "manifest.json").read_text()
    assert change(text) != text
    (cut / "manifest.json").write_text(change(text))
    before = contents(cut)
    assert cli.status_of(["run", str(config), "-o", str(cut), "--resume", "-q"]) == 2
    assert said in capsys.readouterr().err
    assert contents(cut) == before


def test_a_missing_folder_is_begun_and_said(config, complete, capsys):
    assert cli.status_of(["run", str(config), "-o", "nowhere/run", "--resume"]) == 0
    assert "nowhere/run holds nothing to resume; the run begins." in capsys.readouterr().err
    assert differing(Path("nowhere/run"), complete) == []
    for command in ("plot", "movie"):
        assert cli.status_of([command, "nowhere/else"]) == 2
        assert "is not the folder of a run" in capsys.readouterr().err


# --- Disks ------------------------------------------------------------------------------------------------------------


@contextmanager
def disk(folder: Path, options: str):
    """A small disk of its own; skips where none can be mounted."""
    folder.mkdir()
    made = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
        if shutil.which("mount")
        else None
    )
    if made is None or made.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(config, complete, tmp_path, capsys):
    used = sum(path.stat().st_size for path in complete.rglob("*") if path.is_file())
    with disk(tmp_path / "disk", "size=1550k") as folder:
        run = ["run", str(config), "-o", str(folder / "run"), "-q"]
        assert cli.status_of(run) == 1, f"a run of {used} bytes should not fit"
        told = capsys.readouterr().err
        assert "No space left on device" in told and "is safe in" in told and "--resume" in told
        kept = [checkpoint.load(path).step for path in checkpoint.saved(folder / "run")]
        assert kept, "it was full before the first checkpoint"
        assert cli.status_of([*run, "--resume"]) == 1, "it is still full"
        assert next(checkpoint.load(path).step for path in checkpoint.saved(folder / "run")) >= kept[0]
        subprocess.run(["mount", "-o", "remount,size=100m", folder], check=True)
        assert cli.status_of([*run, "--resume"]) == 0
        assert differing(folder / "run", complete) == []


@pytest.mark.parametrize("kilobytes", some_slow([60], [1, 20, 60, 150]))
def test_files_that_may_not_grow(config, complete, tmp_path, capsys, kilobytes):
    """A limit of the size of files, which every user can set, instead of a full disk."""
    run = ["run", str(config), "-o", str(tmp_path / "run"), "-q"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1000, before[1]))
    try:
        status = cli.status_of(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    told = capsys.readouterr().err
    assert (status, "File too large" in told) == (1, True), told
    assert "mistake in crlm" not in told
    for path in checkpoint.saved(tmp_path / "run"):
        checkpoint.load(path)
    assert cli.status_of([*run, "--resume"]) == 0
    assert differing(tmp_path / "run", complete) == []


def test_a_folder_that_cannot_be_written(config, tmp_path, capsys, broken_off, complete):
    with disk(tmp_path / "disk", "size=20m") as folder:
        shutil.copytree(broken_off, folder / "run")
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        before = contents(folder)
        for arguments, status, said in (
            (["-o", str(folder / "new")], 2, "nothing can be written into"),
            (["-o", str(folder / "run"), "--resume"], 1, "Read-only file system"),
        ):
            assert cli.status_of(["run", str(config), "-q", *arguments]) == status
            told = capsys.readouterr().err
            assert said in told and "mistake in crlm" not in told
        assert contents(folder) == before
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        assert cli.status_of(["run", str(config), "-q", "-o", str(folder / "run"), "--resume"]) == 0
        assert differing(folder / "run", complete) == []


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(config, tmp_path, capsys):
    (tmp_path / "closed").mkdir(mode=0o555)
    assert cli.status_of(["run", str(config), "-q", "-o", str(tmp_path / "closed" / "run")]) == 2
    assert "nothing can be written into" in capsys.readouterr().err
