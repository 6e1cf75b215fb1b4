"""Lines that ask for measures."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from abm.measures.measure import TAKES
from abm.measures.request import read_request

from .test_measure import OWN

NAN = math.nan


def errors_of(line, measures=None):
    """Where and how a line is wrong: [(key, message)]."""
    with pytest.raises(ValidationError) as caught:
        read_request(line, measures)
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]


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


@pytest.mark.parametrize(
    "take, of_count, of_share",
    [
        ("last", (2.0, 2.0, NAN), (0.5, 2.0, 4.0)),
        ("mean", (2.0, NAN, NAN), (0.5, NAN, NAN)),
        ("peak", (3.0, 3.0, NAN), (0.75, 3.0, 4.0)),
        ("lowest", (1.0, 1.0, NAN), (0.25, 1.0, 4.0)),
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
    assert (count.kind == "count") == (share.kind == "share") == (take in ("last", "peak", "lowest"))
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
