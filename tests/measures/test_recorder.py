"""Measures of a run: looked at, kept and resumed."""

import math

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from abm.config.loading import load_text
from abm.measures.look import Look
from abm.measures.measure import measure
from abm.measures.recorder import Measures, Observed
from abm.measures.request import read_request
from abm.model import LiverModel
from abm.record.event_table import Events
from abm.record.nodules import survey
from abm.record.recorder import Calling
from abm.record.timeseries import Timeseries
from abm.simulation import RunInterrupted, Simulation

SMALL = "{tissue: {width: 0.5 mm, height: 0.5 mm}, rules: {arrival: {per_area: 300 /mm^2}}, duration: 6 h, record: {checkpoint: 2 h}}"


def small() -> LiverModel:
    return LiverModel(load_text(SMALL))


def requests(*lines):
    return [read_request(line) for line in lines]


LINES = (
    {"measure": "tumor_cells", "every": "30 min"},
    {"measure": "tumor_cells", "every": "30 min", "take": "peak_time"},
    {"measure": "adherent_cells", "at": "100 min"},
    "retained_label",
    {"measure": "losses", "every": "1 h", "take": "last"},
    {"measure": "nodules", "min_cells": 2},
    {"measure": "touching_kupffer", "at": "2 h"},
)


def observe(model: LiverModel, requests, until=None) -> Observed:
    """What measures say of a run in memory."""
    recorder = Measures(requests)
    Simulation(model, until, recorders=[recorder]).run()
    return recorder.observed


def test_looks_are_at_their_moments_and_see_what_others_see():
    seen = {}

    def note(model):
        frame = model.tumor.to_dataframe()
        seen[round(model.hours, 6)] = {
            "alive": len(frame),
            "adherent": (frame.state != "circulating").sum(),
            "lost": sum(model.ledger.total(way) for way in ("passed", "phagocytosed", "killed", "died")),
        }

    model, asked = small(), requests(*LINES)
    recorder = Measures(asked)
    Simulation(model, recorders=[recorder, Calling(note, "5 min")]).run()
    found = recorder.observed
    series = pd.DataFrame(found.series, columns=["measure", "time_h", "value"])
    alive = series[series.measure == "tumor_cells(every=30 min)"]
    assert alive.time_h.tolist() == [k / 2 for k in range(13)]
    assert alive.value.tolist() == [seen[hours]["alive"] for hours in alive.time_h]
    assert alive.value.max() > alive.value.min()
    lost = series[series.measure == "losses(every=1 h, take=last)"]
    assert lost.value.tolist() == [seen[hours]["lost"] for hours in range(7)]
    assert found.values["tumor_cells(every=30 min, take=peak_time)"] == alive.time_h.iloc[alive.value.argmax()]
    assert found.values[asked[2].label] == seen[round(100 / 60, 6)]["adherent"]
    assert found.values["nodules(min_cells=2)"] == survey(model, 2).size
    passed, arrived = model.ledger.total("passed"), model.ledger.total("arrived")
    retained, of = found.counts["retained_label"]  # nothing divides within 6 h
    assert model.tumor.count < retained < arrived - passed and of == arrived
    assert found.values["retained_label"] == retained / arrived
    assert found.counts["losses(every=1 h, take=last)"][0] == lost.value.iloc[-1]
    assert math.isnan(found.counts["losses(every=1 h, take=last)"][1])
    assert "tumor_cells(every=30 min, take=peak_time)" not in found.counts


def test_observing_gives_the_same_and_changes_nothing():
    model, plain = small(), small()
    found = observe(model, requests(*LINES))
    Simulation(plain, recorders=[]).run()
    assert model.hours == plain.hours == 6.0
    for name, array in plain.state_arrays().items():
        np.testing.assert_array_equal(array, model.state_arrays()[name])
    assert repr(found) == repr(observe(small(), requests(*LINES)))
    assert observe(small(), requests({"measure": "tumor_cells", "every": "1 h"}), until="2 h").series[-1][1] == 2.0


def test_a_run_in_a_folder_sees_the_same(tmp_path):
    model, recorder = small(), Measures(requests(*LINES))
    Simulation(model, recorders=[recorder, Events("2 h"), Timeseries("1 h")], folder=tmp_path / "run").run()
    expected = observe(small(), requests(*LINES))
    assert repr(recorder.observed) == repr(expected)
    table = pq.read_table(tmp_path / "run" / "measures.parquet").to_pandas()
    assert table.columns.tolist() == ["measure", "unit", "time_h", "value", "count", "of"]
    assert table[table.measure == "nodules(min_cells=2)"].unit.tolist() == ["nodules"]
    again = Measures(requests(*LINES))
    Simulation(small(), recorders=[again], folder=tmp_path / "run", resume=True).run()  # it is complete: only read
    assert repr(again.observed) == repr(expected)
    with pytest.raises(ValueError, match="observed with other measures"):
        Measures(requests("nodules")).reopen(tmp_path / "run")


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tmp_path):
    class Stop(Exception):
        pass

    def stop(model):
        if model.hours >= 5:
            raise Stop

    with pytest.raises((Stop, RunInterrupted)):
        Simulation(small(), recorders=[Measures(requests(*LINES)), Calling(stop, "1 h")], folder=tmp_path).run()
    model, recorder = small(), Measures(requests(*LINES))
    resumed = Simulation(
        model, recorders=[recorder, Calling(lambda model: None, "1 h", name="stop")], folder=tmp_path, resume=True
    )
    resumed.run()
    assert resumed.resumed_from == 48
    assert repr(recorder.observed) == repr(observe(small(), requests(*LINES)))


def test_after_the_events_are_taken_it_is_too_late(tmp_path):
    recorders = [Events("1 h"), Measures(requests({"measure": "losses", "every": "2 h"}))]
    with pytest.raises(RuntimeError, match="stands before Events"):
        Simulation(small(), recorders=recorders, folder=tmp_path).run()


def test_a_run_that_ends_early_is_looked_at_where_it_ends():
    model, recorder = small(), Measures(requests("tumor_cells", {"measure": "adherent_cells", "at": "4 h"}))
    Simulation(model, recorders=[recorder], stop_when=lambda model: model.hours >= 2).run()
    assert recorder.looks["hours"].tolist() == [2.0]
    assert recorder.observed.values["tumor_cells"] == model.tumor.count
    assert math.isnan(recorder.observed.values["adherent_cells(at=4 h)"])


def test_events_from_before_the_observer_are_not_asked_for_in_vain():
    model = small()
    for _ in range(12):
        model.step()
    arrived = model.ledger.total("arrived")
    assert (
        arrived
        and observe(model, requests({"measure": "events", "event": "arrived"})).values["events(event=arrived)"]
        >= arrived
    )


def test_moments_that_no_step_meets_and_moments_outside():
    recorder = Measures(
        requests(
            {"measure": "nodules", "at": "7 min"},
            {"measure": "nodules", "at": "-10 min"},
            {"measure": "nodules", "every": "2 min", "until": "10 min"},
        )
    )
    assert recorder.schedule.steps(-2, 3, 5 / 60) == [-2, 0, 1, 2]
    assert recorder.schedule.due == {-2: [1], 0: [2], 1: [2], 2: [0, 2]}
    with pytest.raises(ValueError, match=r"nodules\(at=7 d\) looks at 7 d, but the run is from 0 h to 6 h"):
        observe(small(), requests({"measure": "nodules", "at": "7 d"}))


def test_each_question_is_worked_out_once_per_look():
    asked = []

    @measure(unit="", kind="level")
    def counting(look: Look, n: int = 1) -> float:
        """Counts how often it is asked."""
        asked.append(n)
        return n

    own = {"counting": counting}
    lines = [{"measure": "counting", "every": "1 h", "take": take} for take in ("last", "peak")] + [
        {"measure": "counting", "n": 2}
    ]
    observe(small(), [read_request(line, own) for line in lines], until="2 h")
    assert asked == [1, 1, 1, 2]


def test_two_of_one_name_and_a_measure_that_fails():
    with pytest.raises(ValueError, match="two measures are called 'nodules'"):
        Measures(requests("nodules", {"measure": "nodules"}))

    @measure(unit="", kind="level")
    def failing(look: Look) -> float:
        """Fails."""
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        observe(small(), [read_request("failing", {"failing": failing})], until="1 h")
    assert caught.value.__notes__ == ["in the measure 'failing', at 1 h"]
