"""Measures as such: how they are declared."""

import math
import pickle
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from abm.measures.look import Look, Share
from abm.measures.measure import Line, Measure, measure
from abm.measures.request import read_request
from abm.measures.topics import MEASURES
from abm.units import Hours, Micrometers
from tests.worlds import liver

from .topics.worlds import look


@measure(unit="cells", kind="count")
def cells_of_age(
    look: Look,
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
    def undocumented(look):
        return 1.0

    def taken(look, until: int = 1):
        """Has a parameter that every line has."""

    def compared(look, arm: int = 1):
        """Has a parameter that expectations have."""

    def untyped(look, n=1):
        """Has a parameter without a type."""

    def anything(look, **more: int):
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


@pytest.mark.parametrize("name", MEASURES)
def test_every_shipped_measure_is_documented_and_works_in_an_empty_liver(name):
    found = MEASURES[name]
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
                "way": "left",
                "level": "lps",
                "to_cells": 4,
                "pattern": "pushing",
                "drug": "cetuximab",
                "harm": "colitis",
                "kind": "antibody",
            }[entry.name]
    request = read_request(line)
    assert isinstance(request.unit, str)
    assert pickle.loads(pickle.dumps(request)) == request
    value, count, of = request(look(liver(empty=True)))
    if found.kind == "share":
        assert 0 <= count <= of
        assert value == count / of if of else math.isnan(value)
    elif found.kind == "count":
        assert value == count >= 0 and math.isnan(of)
    else:
        assert math.isnan(count) and math.isnan(of)


def test_a_share_knows_its_fraction():
    assert Share(1, 4).fraction == 0.25
    assert math.isnan(Share(0, 0).fraction)
    assert {"measure", "name", "at", "every", "from_", "until", "take"} == set(Line.model_fields)
