"""The lesion patch: it begins without a jump, grows as lesions of patients do, at any step, shrinks when it is killed, and its size
is measured all the while."""

import numpy as np
import pytest

from abm.model import LiverModel
from abm.record.nodules import tumor_area_um2

SMALL = {
    "begin": "-7 d",
    "tissue": {"width": "0.8 mm", "height": "0.8 mm"},
    "interventions": [{"implant": 1, "cells": 1200, "at": "middle", "grown": True, "age": "14 d", "start": "-7 d"}],
}
"""A lesion of 0.4 mm."""
WEEKS = 26
SEEDS = (1, 2)


def diameter(model: LiverModel) -> float:
    """Of a disc with the area of the lesion, in um."""
    return float(np.sqrt(4 / np.pi * tumor_area_um2(model)))


def course(days, seed=1, **keys) -> list[float]:
    """Diameters at the `days`, counted from time 0."""
    model = LiverModel("lesion", seed=seed, **keys)
    model.collects, diameters = False, []
    for day in days:
        while model.hours < 24 * day - 1e-9:
            model.step()
        diameters.append(diameter(model))
    return diameters


def test_it_begins_without_a_jump():
    sizes = np.array(course(range(5), **SMALL))
    assert 330 < sizes[0] < 460
    assert np.abs(sizes / sizes[0] - 1).max() < 0.04


def test_it_shrinks_when_its_cells_are_killed_and_grows_by_its_pace():
    kill = {"cytotoxic": "chemotherapy", "rate": "0.02 /h", "half_life": "24 h", "start": "0 d"}
    treated = course([0, 3], **SMALL | {"interventions": [*SMALL["interventions"], kill]})
    slow, quick = (course([0, 14], **SMALL, cells={"tumor": {"pace": pace}}) for pace in (0.1, 0.9))
    assert treated[1] < 0.85 * treated[0]
    assert slow[1] < 1.05 * slow[0] and quick[1] > 1.1 * quick[0]


@pytest.fixture(scope="module")
def relative():
    """Step (min) -> diameter after half a year, relative to that at time 0, of each seed."""
    found = {}
    for minutes in (10, 30, 60):
        runs = [course([0, 7 * WEEKS], seed, step=f"{minutes} min") for seed in SEEDS]
        found[minutes] = np.array([after / before for before, after in runs])
    return found


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_untreated_it_grows_as_lesions_of_patients_do(relative):
    """0.015 per week in the median (Claret 2009), of what the median patient has."""
    assert np.log(relative[30]).mean() / WEEKS == pytest.approx(0.015, abs=0.0015)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_size_after_half_a_year_is_the_same_at_any_step(relative):
    for minutes in (10, 60):
        assert relative[minutes].mean() == pytest.approx(relative[30].mean(), rel=0.03)
