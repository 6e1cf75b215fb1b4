"""A run that begins before time 0: its tables, frames, pictures, checkpoints, and what arrives when."""

import json
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest

from abm import LiverModel, Simulation
from abm.estimate import estimate
from abm.record.compare import differing
from abm.view.figures import write_timecourses
from abm.view.frames import Film
from abm.view.recording import Recording
from abm.view.strip import Strip

COURSE = {"deplete": "kupffer", "start": "-3 h", "recovery": "1 d"}


def liver(*entries, **overrides):
    return LiverModel(
        tissue={"width": "0.3 mm", "height": "0.3 mm"},
        duration="2 h",
        interventions=list(entries),
        rules={"arrival": {"per_area": "150 /mm^2", "doses": [{"start": "1 h", "over": "10 min"}]}},
        record={"timeseries": "1 h", "snapshots": "1 h", "nodules": "1 h", "checkpoint": "1 h"},
        **overrides,
    )


class Stopped(Exception):
    pass


def stop_at(step):
    def watch(simulation):
        if simulation.model.step_number == step:
            raise Stopped

    return watch


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    Simulation(liver(COURSE), folder=folder).run()
    return folder


def test_tables_and_frames_begin_with_the_run(whole):
    hours = [-3, -2, -1, 0, 1, 2]
    assert pq.read_table(whole / "timeseries.parquet")["time_min"].to_pylist() == [60.0 * hour for hour in hours]
    recording = Recording(whole)
    assert recording.times_min.tolist() == [60.0 * hour for hour in hours]
    assert json.loads((whole / "summary.json").read_text())["simulated_hours"] == 2.0


def test_cells_arrive_by_the_clock(whole):
    events = pq.read_table(whole / "events.parquet").to_pylist()
    arrived = [entry["time_min"] for entry in events if entry["event"] == "arrived"]
    assert arrived and all(60.0 <= minutes < 70.0 for minutes in arrived)
    control = liver()
    Simulation(control).run()
    assert [(entry["uid"], entry["time_min"]) for entry in events if entry["event"] == "arrived"] == [
        (int(entry.uid), float(entry.time_min)) for entry in control.ledger.entries if entry.event == 0
    ]


@pytest.mark.parametrize("step", [-20, -1, 5])
def test_a_broken_off_run_resumes_to_the_same_bytes(tmp_path, whole, step):
    with pytest.raises(Stopped):
        Simulation(liver(COURSE), folder=tmp_path / "run", progress=stop_at(step)).run()
    told = []
    resumed = Simulation(liver(COURSE), folder=tmp_path / "run", resume=True, tell=told.append)
    resumed.run()
    assert resumed.resumed_from in (-24, -12, 0)
    assert any(("before time 0" in line) == (resumed.resumed_from < 0) for line in told)
    assert differing(whole, tmp_path / "run") == []


def test_the_picture_says_how_long_before_the_start(whole):
    table = pq.read_table(whole / "timeseries.parquet")
    strip = Strip.of_timeseries({name: table[name].to_numpy() for name in table.column_names})
    recording = Recording(whole)
    film = Film.of_recording(recording, pixels=240, strip=strip)
    frames = [film.frame(recording.scene(k)) for k in range(len(recording))]
    assert all(not np.array_equal(one, other) for one, other in pairwise(frames))
    assert write_timecourses(whole).stat().st_size > 10_000


def test_the_estimate_counts_the_steps_before():
    needs = estimate(liver(COURSE).config)
    assert (needs.steps, needs.frames) == (60, 6)


def test_the_end_is_counted_from_time_0():
    model = liver(COURSE)
    Simulation(model, until="1 h").run()
    assert model.hours == 1.0 and model.step_number == 12 and model.steps == 48
