"""Drugs shut sinusoids, less where VEGF is blocked, and these open again; no blood goes through what is shut."""

import numpy as np
import pytest

from abm.measures.look import Look
from abm.measures.topics.drugs import obstructed_share
from tests.worlds import act, assert_chance, assert_resumes, later, treated

DAMAGE = act(damage="sinusoids", rate="0.02 /h")


def under(*acts, dose="1000000 mg", step="5 min", on=("sinusoidal_obstruction",), start="0 h", **parameters):
    """A liver without cells under a drug that nothing holds up."""
    config = {"mm": 0.6, "empty": True, "seed": 3, "step": step, "parameters": {"sinusoidal_obstruction": parameters}}
    return treated(*on, acts=acts, dose=dose, start=start, config=config)


def shut(model):
    return int((model.obstruction != 0).sum())


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
def test_sinusoids_are_shut_at_the_rate(step):
    model = later(under(DAMAGE, step=step, recovery="1000000 h"), 20.0)
    assert_chance(shut(model), model.sinusoids.size, 1.0 - np.exp(-0.02 * 20.0))
    assert not model.obstruction.ravel()[np.setdiff1d(np.arange(model.obstruction.size), model.sinusoids)].any()


def test_where_vegf_is_blocked_a_third_of_it_is_left():
    model = later(under(DAMAGE, act(block="vegf"), recovery="1000000 h"), 20.0)
    assert_chance(shut(model), model.sinusoids.size, 1.0 - np.exp(-0.34 * 0.02 * 20.0))


def test_what_is_shut_opens_again():
    model = under(DAMAGE, start="9 d", recovery="10 h")
    model.obstruction.ravel()[model.sinusoids] = 1.0
    assert_chance(shut(later(model, 5.0)), model.sinusoids.size, np.exp(-5.0 / 10.0))


def test_no_blood_goes_through_what_is_shut():
    model = later(under(DAMAGE, on=("sinusoidal_obstruction", "perfusion"), step="60 min"), 10.0)
    places = model.sinusoids
    np.testing.assert_array_equal(model.sites.perfused.ravel()[places] == 0, model.obstruction.ravel()[places] != 0)
    share = obstructed_share(Look(model, model.ledger.entries))
    assert 0.1 < share.count / share.of < 0.25
    model.obstruction[:] = 0
    later(model, 1.0)
    assert (model.sites.perfused.ravel()[places] == 0).sum() < 0.03 * places.size


def test_it_resumes():
    assert_resumes(lambda: under(DAMAGE, on=("sinusoidal_obstruction", "perfusion")), 10.0, 5.0)
