"""Moments: what a course does in a step is its mean over the step, whatever begins, ends or falls within it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.interventions.block import Block
from abm.interventions.deplete import Deplete
from abm.moments import moments_of
from tests.worlds import later, liver

STEPS = ["1 min", "5 min", "10 min", "30 min", "60 min"]
PULSE = {"start": "3 min", "stop": "43 min"}


def finely(function, begin: float, end: float) -> float:
    """The mean of a function of the hours, from its values at many moments."""
    moments = begin + (end - begin) * (np.arange(3000) + 0.5) / 3000
    return float(np.mean([function(hours) for hours in moments]))


@settings(deadline=None, max_examples=20)
@given(
    begin=st.integers(-20, 20),
    length=st.floats(0.01, 1.0),
    start=st.floats(-20, 20),
    lasts=st.none() | st.floats(0.01, 5),
    every=st.none() | st.floats(0.05, 3),
    half_life=st.floats(0.005, 30),
    fraction=st.floats(0.01, 1),
)
def test_the_mean_is_that_of_many_moments(begin, length, start, lasts, every, half_life, fraction):
    how = {
        "start": f"{start} h",
        "stop": None if lasts is None else f"{start + lasts} h",
        "every": None if every is None else f"{every} h",
    }
    block = Block(block="tnf", half_life=f"{half_life} h", **how)
    deplete = Deplete(deplete="neutrophil", recovery=f"{half_life} h", away="0.2 h", fraction=fraction, **how)
    for entry, course in ((block, block.strength), (deplete, lambda hours: deplete.left("neutrophil", hours))):
        hours, weights = moments_of(begin, begin + length, entry.changes(begin, begin + length), entry.shortest)
        assert weights.sum() == pytest.approx(1.0)
        assert ((begin <= hours) & (hours <= begin + length)).all()
        expected = finely(course, begin, begin + length)
        assert weights @ [course(h) for h in hours] == pytest.approx(expected, rel=5e-3, abs=5e-4)


@pytest.mark.parametrize("half_life", [1e-6, 1e-3, 0.03])
def test_what_falls_within_seconds_is_seen(half_life):
    hours, weights = moments_of(0.0, 1.0, [0.5], half_life)
    assert hours.size < 200
    after = hours[hours > 0.5] - 0.5
    lasted = half_life / np.log(2.0) * (1 - 0.5 ** (0.5 / half_life))
    assert weights[hours > 0.5] @ 0.5 ** (after / half_life) == pytest.approx(lasted, rel=1e-4)


def over_an_hour(step: str, *entries, read) -> float:
    """The sum over the steps of an hour of what `read(model)` is in each, times its length: hours."""
    model = liver("treatment_damage", mm=0.2, step=step, interventions=list(entries))
    model.blood.begin(model)
    total = 0.0
    for _ in range(round(1.0 / model.dt_hours)):
        total += read(model) * model.dt_hours
        model.step()
    return total


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("entry", "read"),
    [
        ({"block": "tnf", **PULSE}, lambda model: 1.0 - model.left("tnf")),
        ({"inhibit": "netosis", **PULSE}, lambda model: 1.0 - model.left("netosis")),
        (
            {"deplete": "natural_killer", "fraction": 1, "recovery": None, **PULSE},
            lambda model: 1.0 - model.left("natural_killer"),
        ),
        ({"stimulate": "lps", "level": 1, "half_life": None, **PULSE}, lambda model: model.given("lps")),
        (
            {"stimulate": "lps", "level": 1, "half_life": None, **PULSE},
            lambda model: 2.0 * model.saturation("lps", "injury"),
        ),
        (
            {"cytotoxic": "x", "half_life": None, **PULSE},
            lambda model: model.mean(next(iter(model.interventions.values())).strength),
        ),
    ],
)
def test_a_pulse_shorter_than_a_step_counts_for_as_long_as_it_lasts(step, entry, read):
    assert over_an_hour(step, entry, read=read) == pytest.approx(2.0 / 3.0, rel=1e-9)


@pytest.mark.parametrize("step", STEPS)
def test_what_a_dose_of_exosomes_teaches_does_not_depend_on_the_step(step):
    model = liver("niche_formation", mm=0.3, step=step, interventions=[{"stimulate": "exosomes", "level": 1}])
    # d education/dt = 0.02 /h level/(1 + level), level = 2^(-t / 0.25 h), forgotten with a half-life of 7 d
    taught = 0.02 * 0.25 / np.log(2.0) * np.log(2.0)
    assert later(model, 24.0).kupffer.used.education.mean() == pytest.approx(taught * 0.5 ** (24 / 168), rel=0.01)


@pytest.mark.parametrize("step", STEPS)
def test_a_pulse_of_a_drug_kills_and_of_an_enzyme_clears_alike_at_any_step(step):
    model = liver(mm=0.2, step=step, interventions=[{"degrade": "nets", "half_life": "0.5 h", "residue": 0, **PULSE}])
    model.nets[:] = 1.0
    assert later(model, 1.0).nets.max() == pytest.approx(0.5 ** (40 / 30), rel=1e-4)
