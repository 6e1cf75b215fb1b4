"""Expression of the wall near cells placed by hand."""

import math

import numpy as np
import pytest

from abm.cells.tumor import EXTRAVASATED
from abm.measures.topics.endothelium import wall_activated, wall_expression
from tests.worlds import liver, put, sinusoids

from .worlds import look


@pytest.fixture
def wall():
    """A liver whose walls express E-selectin by column, with an adherent cell on its edge and one that has left."""
    model = liver(empty=True)
    rows = model.endothelium.used
    rows.e_selectin = rows.column / model.shape[1]
    rows.vcam1 = 0.25
    row, column = next((row, column) for row, column in sinusoids(model) if column == 1)
    put(model, "tumor", row, column)
    other = next((r, c) for r, c in sinusoids(model) if c == 20)
    put(model, "tumor", *other, layer=1, state=EXTRAVASATED)
    return model, (row, column)


def naive(model, centre, within_um):
    """Mean E-selectin within a distance of one place, across the edges."""
    found = []
    for row, column, level in zip(
        *(model.endothelium.alive_rows()[name] for name in ("row", "column", "e_selectin")), strict=True
    ):
        steps = [
            min(abs(a - b), size - abs(a - b)) for a, b, size in zip((row, column), centre, model.shape, strict=True)
        ]
        if math.hypot(*steps) * model.spacing_um <= within_um:
            found.append(level)
    return np.mean(found)


@pytest.mark.parametrize("within_um", [0, 10, 14, 25, 50, 100])
def test_near_the_arrested_cells(wall, within_um):
    model, centre = wall
    assert wall_expression(look(model), within=f"{within_um} um") == pytest.approx(
        naive(model, centre, within_um), abs=1e-6
    )


def test_of_the_whole_wall_and_of_other_molecules(wall):
    model, _ = wall
    run = look(model)
    levels = model.endothelium.alive_rows().e_selectin
    assert wall_expression(run) == pytest.approx(levels.mean(), rel=1e-5)
    assert wall_activated(run, above=0.5) == pytest.approx((levels > 0.5).mean())
    assert wall_expression(run, molecule="vcam1", within="50 um") == pytest.approx(0.25)
    assert wall_activated(run, molecule="vcam1", within="50 um") == 1.0
    assert wall_expression(run, molecule="icam1") == 0.0


def test_which_cells_it_is_near_can_be_said(wall):
    model, _ = wall
    near_other = wall_expression(look(model), within="10 um", states="extravasated")
    assert near_other == pytest.approx(20 / model.shape[1], abs=0.03)
    assert math.isnan(wall_expression(look(model), within="10 um", states="held"))
