"""Schedules: how much of every dose is left, against counting dose by dose; when doses fall due; names and sums."""

from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from abm import LiverModel
from abm.config.schema import compose
from abm.interventions.block import Block
from abm.interventions.intervention import Course
from abm.units import Hours
from tests.worlds import later, liver


class Dose(Course):
    kind: ClassVar[str] = "dose"

    dose: Literal["x"] = "x"
    half_life: Hours | None = Field(default=None)


def dose(**keys) -> Dose:
    return Dose(**{key: None if hours is None else f"{hours} h" for key, hours in keys.items()})


def test_a_single_dose_falls_with_its_half_life():
    course = dose(start=2, half_life=6)
    assert [course.strength(h) for h in (-5, 1.99, 2, 8, 14)] == [0.0, 0.0, 1.0, 0.5, 0.25]


def test_without_a_half_life_it_lasts_from_start_to_stop():
    course = dose(start=-3, stop=4)
    assert [course.strength(h) for h in (-3.1, -3, 0, 3.99, 4, 100)] == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert dose(start=0).strength(1e6) == 1.0


def test_with_both_it_is_kept_up_and_then_falls():
    course = dose(start=0, stop=10, half_life=5)
    assert [course.strength(h) for h in (0, 9.9, 10, 15, 20)] == [1.0, 1.0, 1.0, 0.5, 0.25]


@settings(deadline=None, max_examples=80)
@given(
    start=st.integers(-50, 50),
    every=st.integers(1, 40),
    half_life=st.integers(1, 60),
    lasts=st.none() | st.integers(1, 200),
    hours=st.integers(-60, 400),
)
def test_repeated_doses_add_up(start, every, half_life, lasts, hours):
    stop = None if lasts is None else start + lasts
    course = dose(start=start, every=every, half_life=half_life, stop=stop)
    given_at = [t for t in range(start, hours + 1, every) if stop is None or t < stop]
    assert course.doses(hours) == len(given_at)
    assert course.strength(hours) == pytest.approx(sum(0.5 ** ((hours - t) / half_life) for t in given_at), rel=1e-12)


@pytest.mark.parametrize("step", ["5 min", "7 min", "1 h"])
@pytest.mark.parametrize("start", ["-10 h", "-0.05 h", "0 h", "3.3 h"])
def test_every_dose_falls_due_in_exactly_one_step(step, start):
    model = liver(
        step=step, interventions=[{"block": "tnf", "start": start, "every": "5 h", "half_life": "1 h", "stop": "16 h"}]
    )
    course = model.interventions["block tnf"]
    due = 0
    while model.hours < 24:
        now = course.due(model)
        assert now in (0, 1)
        if now:
            time = course.start + due * 5.0
            assert model.hours <= time + 1e-9 and time < model.hours + model.dt_hours
        due += now
        model.step_number += 1
    assert due == len([t for t in np.arange(course.start, 24, 5.0) if t < 16.0])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"start": 3, "stop": 3}, "stop must be later than start"),
        ({"start": 0, "stop": -2}, "stop must be later than start"),
        ({"every": 5}, "every needs half_life"),
    ],
)
def test_schedules_that_make_no_sense(keys, message):
    with pytest.raises(ValidationError, match=message):
        dose(**keys)


def test_what_is_left_multiplies_over_interventions():
    model = liver(
        interventions=[
            {"block": "tnf", "fraction": 0.5},
            {"block": "tnf", "fraction": 0.2, "start": "1 h"},
            {"block": "vegf", "fraction": 1},
        ]
    )
    assert list(model.interventions) == ["block tnf", "block tnf 2", "block vegf"]
    assert model.left("tnf") == 0.5
    assert model.left("tnf", 1.0) == pytest.approx(0.4)
    assert (model.left("vegf"), model.left("tgf_beta")) == (0.0, 1.0)


def test_an_effect_cannot_exceed_the_whole():
    block = Block(block="tnf", fraction=0.8, every="1 h", half_life="10 h")
    assert block.strength(5.0) > 4.0
    assert block.left("tnf", 5.0) == 0.0


def test_the_target_gives_its_numbers_and_the_user_overrides_them():
    Deplete = next(kind for kind in compose().registry.interventions if kind.kind == "deplete")
    usual = Deplete(deplete="kupffer")
    assert (usual.fraction, usual.away, usual.recovery) == (0.95, 96.0, 48.0)
    assert (Deplete(deplete="neutrophil").away, Deplete(deplete="neutrophil").recovery) == (0.0, 36.0)
    own = Deplete(deplete="kupffer", fraction=0.5, recovery=None)
    assert (own.fraction, own.recovery) == (0.5, None)
    assert {entry.name: entry.default for entry in usual.facts()} == {
        "fraction": 0.95,
        "away": "4 d",
        "recovery": "2 d",
    }


def test_the_run_begins_with_the_earliest_intervention():
    block = {"block": "tnf", "start": "3 h"}
    assert LiverModel(interventions=[block]).first_step == 0
    early = LiverModel(interventions=[block, {"block": "vegf", "start": "-2 d"}])
    assert (early.first_step, early.hours, early.config.begins) == (-576, -48.0, -48.0)
    assert LiverModel(interventions=[block], begin="-1 h").first_step == -12
    assert LiverModel(interventions=[{"block": "vegf", "start": "-3 min"}]).first_step == -1


def test_a_failing_intervention_is_named():
    model = liver(mm=0.3, interventions=[{"implant": 500, "cells": 1}])
    with pytest.raises(ValueError) as caught:
        later(model, 0.1)
    assert caught.value.__notes__ == ["in the intervention 'implant 500', step 0"]
