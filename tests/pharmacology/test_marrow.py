"""The marrow stays where it is, falls under drugs, and recovers."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from abm.pharmacology import Patient
from abm.pharmacology.marrow import BLOOD, STAGES, after

PATIENT = Patient()


def test_a_healthy_marrow_stays_as_it_is():
    assert after(np.ones(STAGES), 0.0, 500.0, PATIENT) == pytest.approx(np.ones(STAGES), rel=1e-12)


def test_it_agrees_with_an_integrator():
    rate, feedback = 4.0 / PATIENT.marrow_transit, PATIENT.marrow_feedback

    def change(_, x):
        first = rate * x[0] * (0.4 * x[BLOOD] ** -feedback - 1.0)
        return [first, *(rate * (x[:-1] - x[1:]))]

    exact = solve_ivp(change, (0.0, 96.0), np.ones(STAGES), rtol=1e-11, atol=1e-12).y[:, -1]
    assert after(np.ones(STAGES), 0.6, 96.0, PATIENT) == pytest.approx(exact, rel=1e-7)
    halves = after(after(np.ones(STAGES), 0.6, 48.0, PATIENT), 0.6, 48.0, PATIENT)
    assert halves == pytest.approx(exact, rel=1e-7)


def test_neutrophils_fall_with_a_delay_and_overshoot():
    marrow, course = np.ones(STAGES), []
    for hour in range(24 * 40):
        marrow = after(marrow, 0.9 if hour < 24 else 0.0, 1.0, PATIENT)
        course.append(marrow[BLOOD])
    assert course[24] > 0.95
    nadir = int(np.argmin(course))
    assert 3 < nadir / 24 < 12
    assert course[nadir] < 0.75
    assert max(course[nadir:]) > 1.0
    assert course[-1] == pytest.approx(1.0, abs=0.1)
