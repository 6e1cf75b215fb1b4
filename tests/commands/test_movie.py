"""`crlm movie` of a batch: the runs of one replicate, side by side."""

import shutil

import pyarrow.parquet as pq
from PIL import Image

from abm.cli import status_of

from ..batches.made_up_batch import write_batch
from ..view.conftest import kind, run, scene  # noqa: F401

RATE = "rules.phagocytosis.rate"


def test_arms_of_a_batch(run, tmp_path, capsys):  # noqa: F811
    batch = write_batch(tmp_path / "batch", arms=("control", "no_kupffer", "anti_tnf"), replicates=2)
    for name in ("control-0000-0002", "no_kupffer-0000-0002"):
        shutil.copytree(run, batch / "runs" / name)
    arguments = ["movie", str(batch), "--arms", "no_kupffer, control", "--replicate", "2", "--format", "png"]
    arguments += ["--field", "tnf"]
    assert status_of(arguments) == 0
    folder = batch / "movie_no_kupffer_control_replicate2_tnf"
    assert f"Wrote {folder}" in capsys.readouterr().out
    with Image.open(folder / "frame_0004.png") as picture:
        assert picture.width > 2 * 520
    assert status_of(["movie", str(batch), "--replicate", "2"]) == 2  # the third arm kept nothing
    assert "kept no snapshots" in capsys.readouterr().err
    assert status_of([*arguments[:-1], "glucose"]) == 2
    assert "no field 'glucose'" in capsys.readouterr().err


def test_a_batch_without_a_finished_run(tmp_path, capsys):
    batch = write_batch(tmp_path / "batch", arms=("control",), replicates=1)
    results = pq.read_table(batch / "results.parquet")
    pq.write_table(results.slice(0, 0), batch / "results.parquet")
    assert status_of(["movie", str(batch)]) == 2
    assert "no run of the batch in" in capsys.readouterr().err


def test_points_of_a_sweep(run, tmp_path, capsys):  # noqa: F811
    points = [{RATE: 0.1}, {RATE: 0.2}]
    batch = write_batch(tmp_path / "batch", arms=("control",), replicates=1, settings=points, sweep={"method": "grid"})
    shutil.copytree(run, batch / "runs" / "control-0001-0001")
    assert status_of(["movie", str(batch), "--point", "1", "--format", "gif"]) == 0
    assert (batch / "movie_control_point1_replicate1.gif").exists()
    assert status_of(["movie", str(batch), "--arms", "control,control,control,control,control"]) == 2
    assert "up to 4 arms side by side" in capsys.readouterr().err


def test_a_run_is_drawn_as_before(run, capsys):  # noqa: F811
    assert status_of(["movie", str(run), "--format", "png"]) == 0
    assert (run / "movie" / "frame_0004.png").exists()
    assert status_of(["movie", str(run), "--arms", "control"]) == 2
    assert "the folder of one run" in capsys.readouterr().err


def test_borders_are_drawn_when_asked_for(run, capsys):  # noqa: F811
    assert status_of(["movie", str(run), "--format", "png", "--borders"]) == 0
    assert (run / "movie_borders" / "frame_0004.png").exists()
    assert status_of(["movie", str(run), "--format", "png"]) == 0
    with (
        Image.open(run / "movie" / "frame_0004.png") as plain,
        Image.open(run / "movie_borders" / "frame_0004.png") as drawn,
    ):
        assert plain.size == drawn.size and plain.tobytes() != drawn.tobytes()
