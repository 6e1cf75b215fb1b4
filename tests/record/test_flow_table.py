"""flows.parquet closes: in every row the cells alive are those that came less those that went, and each went by what happened."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from abm import Simulation
from abm.kernels.flows import MEANING, NAMES, SIGNS
from abm.record.flow_table import Flows
from abm.simulation import RunInterrupted
from abm.tissue.sites import INTERSTITIUM
from tests.same_bytes import differing
from tests.worlds import LIVELY, RESIDENTS, FakeLiver, after, lively, put

EVERYTHING = {
    "cells": {
        "cd8": {"density": "200 /mm^2", "specific": 1, "life": "6 h"},
        "cd4": {"density": "200 /mm^2"},
        "tumor": {"antigen": 1},
        "natural_killer": {"density": "100 /mm^2", "residence": "12 h"},
    },
    "rules": LIVELY
    | {
        "leukocyte_crossing": {"rate": "20 /h", "stay": "1 h"},
        "helper_differentiation": {"commitment": "0.5 h"},
        "nk_killing": {"rate": "50 /h", "contact_time": "10 h", "lactate_death": "5 /h"},
    },
    "interventions": [
        {"implant": 2, "cells": 30},
        {"infuse": "neutrophil", "per_area": "200 /mm^2", "start": "1 h"},
        {"infuse": "cd8", "per_area": "100 /mm^2", "start": "1 h"},
        {"deplete": "kupffer", "fraction": 0.5, "start": "1 h", "away": "0 h", "recovery": "1 h"},
        {"deplete": "neutrophil", "fraction": 0.2, "start": "2 h"},
    ],
    "record": {"checkpoint": "1 h"},
}
EXPECTED = {
    "tumor": {"entered", "added", "born", "left", "died", "killed", "eaten", "crossed"},
    "kupffer": {"settled", "resettled", "depleted"},
    "neutrophil": {"settled", "entered", "infused", "died", "burst", "depleted"},
    "natural_killer": {"settled", "entered", "left", "poisoned"},
    "cd8": {"settled", "entered", "infused", "born", "left", "died", "crossed", "recrossed"},
    "cd4": {"settled", "entered", "left", "died", "turned", "crossed", "recrossed"},
    "treg": {"arose", "left", "crossed", "recrossed"},
    "stellate": {"settled"},
}
"""What happens in such a liver within hours, and nothing else."""
BY_CHANCE = {"left", "died", "crossed", "recrossed"}
"""What few cells may be spared in so short a time."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A run of everything at once, watched."""
    folder = tmp_path_factory.mktemp("runs") / "busy"
    return Simulation(lively(**EVERYTHING), until="4 h", folder=folder, check=True).run()


def test_every_row_closes_and_every_flow_is_what_happened(busy):
    frame = pq.read_table(busy.folder / "flows.parquet").to_pandas()
    counts = frame[list(NAMES)].to_numpy()
    assert (counts @ SIGNS == frame.alive).all() and (counts >= 0).all()
    courses = pq.read_table(busy.folder / "timeseries.parquet").to_pandas().set_index("time_min")
    assert set(frame.population) == set(RESIDENTS) | {"tumor"}
    for population, rows in frame.groupby("population", observed=True):
        assert rows.time_min.tolist() == courses.index.tolist()
        assert rows.alive.tolist() == courses[population].tolist()
        assert (np.diff(rows[list(NAMES)].to_numpy(), axis=0) >= 0).all()
        went = {name for name in NAMES if rows[name].iloc[-1] > 0}
        expected = EXPECTED.get(population, set())
        assert went <= expected and expected - went <= BY_CHANCE, population
    tumor = frame[frame.population == "tumor"].iloc[-1]
    last = courses.iloc[-1]
    for flow, event in (("born", "divided"), ("left", "passed"), ("eaten", "phagocytosed"), ("killed", "killed")):
        assert tumor[flow] == last[f"events_{event}"]
    assert tumor.died == last.events_died and tumor.entered + tumor.added == last.events_arrived
    assert tumor.added == 60 and tumor.crossed == last.events_extravasated - 60
    t_cells = frame[frame.population == "cd8"].iloc[-1]
    outside = int((busy.model.cd8.alive_rows().layer == INTERSTITIUM).sum())
    assert outside == t_cells.crossed + t_cells.born - t_cells.recrossed - t_cells.died > 0, (
        "who is outside of the vessels crossed the wall, or was born there"
    )


def test_columns_say_what_they_count(busy):
    schema = pq.read_schema(busy.folder / "flows.parquet")
    assert schema.names == ["time_min", "population", "alive", *NAMES]
    for name, (_, words) in MEANING.items():
        about = schema.field(name).metadata
        assert about[b"unit"] == b"cells" and words in about[b"description"].decode()


def test_a_run_that_goes_on_has_the_same_flows(busy, tmp_path):
    def stop(simulation):
        if simulation.model.hours > 2.1:
            raise RunInterrupted

    with pytest.raises(RunInterrupted):
        Simulation(lively(**EVERYTHING), until="4 h", folder=tmp_path / "run", progress=stop).run()
    resumed = Simulation(lively(**EVERYTHING), until="4 h", folder=tmp_path / "run", resume=True).run()
    assert resumed.resumed_from == 24
    assert differing(busy.folder, tmp_path / "run") == []


def test_a_copy_goes_on_with_the_same_flows():
    model = after(lively(**EVERYTHING), 20)
    other = model.copy()
    after(model, 4)
    assert model.cd8.flows.tolist() != other.cd8.flows.tolist()
    after(other, 4)
    for name, population in model.populations.items():
        assert population.flows.tolist() == other.populations[name].flows.tolist()
        assert population.flows.any() == (name in EXPECTED or population is model.wall)


def test_a_cell_taken_out_by_hand_is_told_from_a_dead_one():
    model = FakeLiver()
    for column in range(3):
        put(model, "neutrophil", 0, column)
    model.remove_cell(model.neutrophil, 1)
    recorder = Flows()
    recorder.begin(model, None, [])
    recorder.record(model)
    rows = {row["population"]: row for row in recorder.table().to_pylist()}
    assert "endothelium" not in rows and model.wall.flows[0] == model.wall.count
    told = {name: cells for name, cells in rows["neutrophil"].items() if name in NAMES and cells}
    assert told == {"added": 3, "removed": 1} and rows["neutrophil"]["alive"] == 2
