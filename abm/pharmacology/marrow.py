"""The marrow: precursors of neutrophils divide, ripen through three stages, and go into the blood; drugs slow their division.

Friberg 2002, J Clin Oncol 20:4713. Few neutrophils in the blood quicken the precursors, so that a nadir is followed by an
overshoot. Everything is relative to the patient's normal.
"""

import numpy as np

from .patient import Patient

PRECURSORS, BLOOD, STAGES = 0, 4, 5
"""The first and the last stage, and how many there are."""
_LONGEST_STEP = 1.0
"""Hours."""


def after(marrow: np.ndarray, suppressed: float, hours: float, patient: Patient) -> np.ndarray:
    """The stages (float64 [5]) after some time in which drugs take the share `suppressed` of the division: by Runge and Kutta's
    method of fourth order in steps of an hour, which are short against days of transit."""
    steps = max(1, int(np.ceil(hours / _LONGEST_STEP - 1e-9)))
    step, rate = hours / steps, 4.0 / patient.marrow_transit
    for _ in range(steps):
        first = _change(marrow, suppressed, rate, patient.marrow_feedback)
        second = _change(marrow + 0.5 * step * first, suppressed, rate, patient.marrow_feedback)
        third = _change(marrow + 0.5 * step * second, suppressed, rate, patient.marrow_feedback)
        fourth = _change(marrow + step * third, suppressed, rate, patient.marrow_feedback)
        marrow = marrow + step / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)
    return marrow


def _change(marrow: np.ndarray, suppressed: float, rate: float, feedback: float) -> np.ndarray:
    """The derivative (1/h)."""
    change = np.empty(STAGES)
    quickened = max(float(marrow[BLOOD]), 1e-6) ** -feedback
    change[PRECURSORS] = rate * marrow[PRECURSORS] * ((1.0 - suppressed) * quickened - 1.0)
    change[1:] = rate * (marrow[:-1] - marrow[1:])
    return change
