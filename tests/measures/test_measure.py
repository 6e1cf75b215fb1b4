"""Measures as such: how they are declared, asked for, looked at, kept and resumed."""

import math
import pickle
from types import SimpleNamespace
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import Field, ValidationError

from abm.config.loading import load_text
from abm.config.plugins import PluginError
from abm.measures.measure import (
    TAKES,
    Line,
    Looking,
    Measure,
    Observer,
    Share,
    load_measures,
    measure,
    observe,
    read_request,
    shipped,
)
from abm.measures.topics import cascade
from abm.model import LiverModel
from abm.record.event_table import Events
from abm.record.nodules import survey
from abm.record.recorder import Calling
from abm.record.timeseries import Timeseries
from abm.simulation import RunInterrupted, Simulation
from abm.units import Hours, Micrometers

from .topics.worlds import empty_liver, look, put_tumors

SMALL = "{tissue: {width: 0.5 mm, height: 0.5 mm}, rules: {arrival: {per_area: 300 /mm^2}}, duration: 6 h, record: {checkpoint: 2 h}}"


def small() -> LiverModel:
    return LiverModel(load_text(SMALL))


def requests(*lines):
    return [read_request(line) for line in lines]


def errors_of(line, measures=None):
    """Where and how a line is wrong: [(key, message)]."""
    with pytest.raises(ValidationError) as caught:
        read_request(line, measures)
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]


# --- Declaring ----------------------------------------------------------------------------------------------------------


@measure(unit="cells", kind="count")
def cells_of_age(
    run: Looking,
    *,
    older: Annotated[Hours, Field(description="age")] = "2 h",
    within: Micrometers | None = None,
    which: Literal["all", "none"] = "all",
    solid: bool = False,
) -> float:
    """Cells of an age.

    The rest of the story.
    """
    return older


OWN = {"cells_of_age": cells_of_age}


def test_a_function_becomes_a_measure():
    assert isinstance(cells_of_age, Measure)
    assert (cells_of_age.name, cells_of_age.unit, cells_of_age.kind) == ("cells_of_age", "cells", "count")
    assert cells_of_age.summary == "Cells of an age."
    assert cells_of_age.description.endswith("rest of the story.")
    assert [(entry.name, entry.unit, entry.default) for entry in cells_of_age.parameters] == [
        ("older", "h", "2 h"),
        ("within", "um", None),
        ("which", "", "all"),
        ("solid", "", False),
    ]
    assert cells_of_age(None) == 2.0
    assert cells_of_age(None, older="1 d") == 24.0
    with pytest.raises(ValidationError):
        cells_of_age(None, younger="1 d")


def test_what_cannot_be_a_measure():
    def undocumented(run):
        return 1.0

    def taken(run, until: int = 1):
        """Has a parameter that every line has."""

    def compared(run, arm: int = 1):
        """Has a parameter that expectations have."""

    def untyped(run, n=1):
        """Has a parameter without a type."""

    def anything(run, **more: int):
        """Takes anything."""

    for function, kind, said in (
        (undocumented, "count", "needs a docstring"),
        (taken, "count", "'until'"),
        (compared, "count", "'arm'"),
        (untyped, "count", "needs a name and a type"),
        (anything, "count", "needs a name and a type"),
        (cells_of_age.function, "number", "must be count, share or level"),
    ):
        with pytest.raises((ValueError, TypeError), match=said):
            measure(unit="", kind=kind)(function)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_measure_is_documented_and_works_in_an_empty_liver(name):
    found = shipped()[name]
    assert found.name == name == found.function.__name__
    assert found.summary.endswith(".")
    line = {"measure": name}
    for entry in found.parameters:
        assert entry.description, f"the parameter {entry.name} is not described"
        if entry.default is ...:
            line[entry.name] = {
                "stage": "extravasated",
                "since": "-1 h",
                "event": "killed",
                "population": "kupffer",
                "field": "tnf",
                "level": "lps",
                "to_cells": 4,
            }[entry.name]
    request = read_request(line)
    assert isinstance(request.unit, str)
    assert pickle.loads(pickle.dumps(request)) == request
    value, count, of = request(look(empty_liver()))
    if found.kind == "share":
        assert 0 <= count <= of
        assert value == count / of if of else math.isnan(value)
    elif found.kind == "count":
        assert value == count >= 0 and math.isnan(of)
    else:
        assert math.isnan(count) and math.isnan(of)


# --- Asking -------------------------------------------------------------------------------------------------------------


def test_a_line_is_read_with_its_units():
    request = read_request({"measure": "cells_of_age", "older": "90 min", "within": "0.05 mm", "at": "14 d"}, OWN)
    assert request.parameters == {"older": 1.5, "within": 50.0, "which": "all", "solid": False}
    assert request.moments(400.0) == [336.0]
    assert (request.kind, request.unit, request.is_series) == ("count", "cells", False)


@pytest.mark.parametrize(
    "line, label",
    [
        ({}, "cells_of_age"),
        ({"at": "336 h", "older": "1.5 h"}, "cells_of_age(older=1.5 h, at=14 d)"),
        ({"within": "0.05 mm", "solid": True, "at": "0 h"}, "cells_of_age(within=50 um, solid=true, at=0 h)"),
        (
            {"take": "mean", "every": "0.5 h", "from": "-12 h", "until": "36 h"},
            "cells_of_age(every=30 min, from=-12 h, until=36 h, take=mean)",
        ),
        ({"name": "old ones", "at": "3 h"}, "old ones"),
    ],
)
def test_labels_say_what_was_written_in_one_spelling(line, label):
    assert read_request({"measure": "cells_of_age", **line}, OWN).label == label


def test_lists_and_bare_names():
    assert read_request("adherent_cells").label == "adherent_cells"
    assert (
        read_request({"measure": "tumor_cells", "states": ["held", "adherent"]}).label
        == "tumor_cells(states=held+adherent)"
    )
    assert read_request({"measure": "tumor_cells", "states": "held"}).parameters["states"] == ("held",)


@pytest.mark.parametrize(
    "line, key, said",
    [
        ({"measure": "nodule"}, "measure", "did you mean 'nodules'?"),
        ({"measure": "zebra"}, "measure", "see `crlm measures`"),
        ({"measure": 3}, "measure", "valid string"),
        ({}, "measure", "required"),
        ({"measure": "nodules", "min_cell": 3}, "min_cell", "not permitted"),
        ({"measure": "nodules", "min_cells": 0}, "min_cells", "greater than or equal to 1"),
        ({"measure": "nodules", "at": "14"}, "at", "the unit is missing"),
        ({"measure": "nodules", "at": "3 um"}, "at", "wrong dimension"),
        ({"measure": "nodules", "at": "1 h", "every": "1 h"}, "", "not both"),
        ({"measure": "nodules", "until": "1 h"}, "", "until belongs to a series"),
        ({"measure": "nodules", "take": "mean"}, "", "take belongs to a series"),
        ({"measure": "nodules", "every": "0 h"}, "every", "greater than or equal"),
        ({"measure": "nodules", "every": "1 h", "from": "5 h", "until": "4 h"}, "", "until lies before from"),
        ({"measure": "nodules", "every": "1 h", "take": "median"}, "take", "'last'"),
        ({"measure": "nodules", "name": ""}, "name", "at least 1 character"),
        ({"measure": "nodules", "name": "a\nb"}, "name", "pattern"),
        ({"measure": "cascade"}, "stage", "required"),
        ({"measure": "wall_expression", "molecule": "p_selectin"}, "molecule", "'e_selectin'"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(line, key, said):
    ((found, message),) = errors_of(line)
    assert found == key
    assert said in message


def test_no_line_at_all():
    for line in (None, 3, ["nodules"]):
        with pytest.raises(ValidationError):
            read_request(line)


def test_moments_of_a_series():
    def moments(begin=0.0, **line):
        return read_request({"measure": "nodules", **line}).moments(10.0, begin)

    assert moments() == [10.0]
    assert moments(every="4 h") == [0, 4, 8]
    assert moments(every="5 h", until="40 h") == [0, 5, 10]
    assert moments(every="2 h", **{"from": "3 h"}, until="7.9 h") == [3, 5, 7]
    assert moments(every="2 h", **{"from": "-5 h"}, until="1 h") == [1]
    assert moments(begin=-6.0, every="2 h", **{"from": "-5 h"}, until="1 h") == [-5, -3, -1, 1]
    assert moments(begin=-6.0, at="-6 h") == [-6]
    for wrong in ({"at": "11 h"}, {"at": "-1 h"}, {"every": "1 h", "from": "11 h"}):
        with pytest.raises(ValueError, match=r"in a run from 0 h to 10 h|the run is from 0 h to 10 h"):
            moments(**wrong)


NAN = math.nan


@pytest.mark.parametrize(
    "take, of_count, of_share",
    [
        ("last", (2.0, 2.0, NAN), (0.5, 2.0, 4.0)),
        ("mean", (2.0, NAN, NAN), (0.5, NAN, NAN)),
        ("peak", (3.0, 3.0, NAN), (0.75, 3.0, 4.0)),
        ("peak_time", (5.0, NAN, NAN), (5.0, NAN, NAN)),
        ("last_of_peak", (2 / 3, NAN, NAN), (2 / 3, NAN, NAN)),
    ],
)
def test_what_a_series_comes_to(take, of_count, of_share):
    hours, counts = np.array([1.0, 3.0, 5.0, 7.0]), np.array([1.0, NAN, 3.0, 2.0])
    count = read_request({"measure": "nodules", "every": "1 h", "take": take})
    np.testing.assert_array_equal(count.taken(hours, counts, counts, np.full(4, NAN)), of_count)
    share = read_request({"measure": "retained_label", "every": "1 h", "take": take})
    np.testing.assert_array_equal(share.taken(hours, counts / 4, counts, np.full(4, 4.0)), of_share)
    assert take in TAKES
    assert (count.kind == "count") == (share.kind == "share") == (take in ("last", "peak"))
    assert count.unit == {"peak_time": "h", "last_of_peak": ""}.get(take, "nodules")


@pytest.mark.parametrize("take", TAKES)
def test_series_without_a_number(take):
    request = read_request({"measure": "nodules", "every": "1 h", "take": take})
    for values in ([], [NAN, NAN]):
        column = np.array(values)
        assert np.isnan(request.taken(column, column, column, column)).all()


def test_what_never_changes_has_no_peak_time():
    request = read_request({"measure": "nodules", "every": "1 h", "take": "peak_time"})
    assert math.isnan(request.taken(np.arange(3.0), np.zeros(3), np.zeros(3), np.zeros(3))[0])


def test_a_share_knows_its_fraction():
    assert Share(1, 4).fraction == 0.25
    assert math.isnan(Share(0, 0).fraction)
    assert {"measure", "name", "at", "every", "from_", "until", "take"} == set(Line.model_fields)


# --- A user's own -------------------------------------------------------------------------------------------------------

OWN_FILE = '''
from typing import Literal
from abm.measures.measure import Share, measure
from abm.units import Hours

@measure(unit="cells", kind="share")
def young(run, younger: Hours = "1 h", also: Literal["yes", "no"] = "no") -> Share:
    """Share of the cells that arrived lately."""
    age = run.hours - run.cells["arrived_h"]
    return Share((age < younger).sum(), age.size)
'''


@pytest.fixture
def own_file(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN_FILE)
    return path


def test_a_users_own_measure(own_file):
    measures = load_measures([own_file])
    assert set(measures) == {*shipped(), "young"}
    request = read_request({"measure": "young", "younger": "30 min"}, measures)
    assert pickle.loads(pickle.dumps(request)).parameters == {"younger": 0.5, "also": "no"}
    model = empty_liver()
    put_tumors(model, [(1, 1), (3, 3)])
    model.tumor.rows.arrived_h[:2] = -1.0, 0.0
    assert request(look(model)) == (0.5, 1.0, 2.0)
    assert "young" not in shipped()


@pytest.mark.parametrize(
    "text, said",
    [
        ("x = 1", "no measure inside"),
        ("from abm.measures.topics.nodules import nodules", "no measure inside"),
        (OWN_FILE.replace("def young", "def nodules"), "there is already a measure named 'nodules'"),
        (
            OWN_FILE.replace("younger: Hours", "until: Hours"),
            r"fails while it is imported \(line \d+\): ValueError: a parameter",
        ),
        ("def (", "not valid Python"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, text, said):
    path = tmp_path / "own.py"
    path.write_text(text)
    with pytest.raises(PluginError, match=said):
        load_measures([path])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PluginError, match="there is no such file"):
        load_measures([tmp_path / "none.py"])


# --- Looking ------------------------------------------------------------------------------------------------------------

LINES = (
    {"measure": "tumor_cells", "every": "30 min"},
    {"measure": "tumor_cells", "every": "30 min", "take": "peak_time"},
    {"measure": "adherent_cells", "at": "100 min"},
    "retained_label",
    {"measure": "losses", "every": "1 h", "take": "last"},
    {"measure": "nodules", "min_cells": 2},
    {"measure": "touching_kupffer", "at": "2 h"},
)


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
    observer = Observer(asked)
    Simulation(model, recorders=[observer, Calling(note, "5 min")]).run()
    found = observer.observed
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
    eaten, arrived = model.ledger.total("phagocytosed"), model.ledger.total("arrived")
    assert found.counts["retained_label"] == (model.tumor.count + eaten, arrived)  # nothing divides within 6 h
    assert found.values["retained_label"] == (model.tumor.count + eaten) / arrived < 1
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
    model, observer = small(), Observer(requests(*LINES))
    Simulation(model, recorders=[observer, Events("2 h"), Timeseries("1 h")], folder=tmp_path / "run").run()
    expected = observe(small(), requests(*LINES))
    assert repr(observer.observed) == repr(expected)
    table = pq.read_table(tmp_path / "run" / "measures.parquet").to_pandas()
    assert table.columns.tolist() == ["measure", "unit", "time_h", "value", "count", "of"]
    assert table[table.measure == "nodules(min_cells=2)"].unit.tolist() == ["nodules"]
    again = Observer(requests(*LINES))
    Simulation(small(), recorders=[again], folder=tmp_path / "run", resume=True).run()  # it is complete: only read
    assert repr(again.observed) == repr(expected)
    with pytest.raises(ValueError, match="observed with other measures"):
        Observer(requests("nodules")).reopen(tmp_path / "run")


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tmp_path):
    class Stop(Exception):
        pass

    def stop(model):
        if model.hours >= 5:
            raise Stop

    with pytest.raises((Stop, RunInterrupted)):
        Simulation(small(), recorders=[Observer(requests(*LINES)), Calling(stop, "1 h")], folder=tmp_path).run()
    model, observer = small(), Observer(requests(*LINES))
    resumed = Simulation(
        model, recorders=[observer, Calling(lambda model: None, "1 h", name="stop")], folder=tmp_path, resume=True
    )
    resumed.run()
    assert resumed.resumed_from == 48
    assert repr(observer.observed) == repr(observe(small(), requests(*LINES)))


def test_after_the_events_are_taken_it_is_too_late(tmp_path):
    recorders = [Events("1 h"), Observer(requests({"measure": "losses", "every": "2 h"}))]
    with pytest.raises(RuntimeError, match="stands before Events"):
        Simulation(small(), recorders=recorders, folder=tmp_path).run()


def test_a_run_that_ends_early_is_looked_at_where_it_ends():
    model, observer = small(), Observer(requests("tumor_cells", {"measure": "adherent_cells", "at": "4 h"}))
    Simulation(model, recorders=[observer], stop_when=lambda model: model.hours >= 2).run()
    assert observer.looks["hours"].tolist() == [2.0]
    assert observer.observed.values["tumor_cells"] == model.tumor.count
    assert math.isnan(observer.observed.values["adherent_cells(at=4 h)"])


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
    observer = Observer(
        requests(
            {"measure": "nodules", "at": "7 min"},
            {"measure": "nodules", "at": "-10 min"},
            {"measure": "nodules", "every": "2 min", "until": "10 min"},
        )
    )
    assert observer.schedule.steps(-2, 3, 5 / 60) == [-2, 0, 1, 2]
    assert observer.schedule.due == {-2: [1], 0: [2], 1: [2], 2: [0, 2]}
    with pytest.raises(ValueError, match=r"nodules\(at=7 d\) looks at 7 d, but the run is from 0 h to 6 h"):
        observe(small(), requests({"measure": "nodules", "at": "7 d"}))


def test_each_question_is_worked_out_once_per_look():
    asked = []

    @measure(unit="", kind="level")
    def counting(run: Looking, n: int = 1) -> float:
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
        Observer(requests("nodules", {"measure": "nodules"}))

    @measure(unit="", kind="level")
    def failing(run: Looking) -> float:
        """Fails."""
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        observe(small(), [read_request("failing", {"failing": failing})], until="1 h")
    assert caught.value.__notes__ == ["in the measure 'failing', at 1 h"]


def test_near_across_the_edges_and_farther_than_the_slab():
    for periodic in (True, False):
        model = SimpleNamespace(spacing_um=10.0, periodic=periodic, hours=0.0)
        marked = np.zeros((7, 9), bool)
        marked[0, 8] = marked[4, 4] = True
        run = Looking(model, np.zeros(0))
        for within in (0, 10, 14.2, 31, 500):
            expected = np.zeros_like(marked)
            for row, column in np.ndindex(marked.shape):
                for r, c in np.argwhere(marked):
                    a, b = abs(row - r), abs(column - c)
                    if periodic:
                        a, b = min(a, 7 - a), min(b, 9 - b)
                    expected[row, column] |= math.hypot(a, b) * 10 <= within
            np.testing.assert_array_equal(run.near(marked, within), expected)
        assert not run.near(np.zeros((7, 9), bool), 50).any()


def test_within_counts_from_the_first_of_on(monkeypatch):
    """What befell a founder before is not in the time after it."""
    first = {"held": {1: 100.0, 2: 100.0, 3: 100.0, 4: 580.0}, "extravasated": {1: 50.0, 2: 100.0, 3: 161.0}}
    monkeypatch.setattr(cascade, "_first", lambda run, event: first[event])
    ever = cascade.ever(SimpleNamespace(hours=10.0), event="extravasated", of="held", within="1 h")
    assert (ever.count, ever.of) == (1, 3)  # the second; the fourth has not been watched for so long
