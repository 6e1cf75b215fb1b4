"""The wall of the sinusoids: how far it expresses adhesion molecules, near tumor cells or everywhere."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...units import Fraction
from ..look import Looking
from ..measure import measure
from .parameters import ARRESTED, Near, States

Molecule = Annotated[Literal["e_selectin", "vcam1", "icam1"], Field(description="adhesion molecule")]


@measure(unit="", kind="level")
def wall_expression(
    run: Looking,
    molecule: Molecule = "e_selectin",
    within: Near = None,
    states: States = ARRESTED,
) -> float:
    """Mean expression (0 to 1) of an adhesion molecule of the endothelium: of the whole wall, or `within` a distance
    of tumor cells that are in one of `states`; nan when there are none."""
    levels = _wall(run, within, states)[molecule]
    return levels.mean(dtype=np.float64) if levels.size else np.nan


@measure(unit="", kind="level")
def wall_activated(
    run: Looking,
    molecule: Molecule = "e_selectin",
    above: Annotated[Fraction, Field(description="expression from which a wall is seen to be stained")] = 0.1,
    within: Near = None,
    states: States = ARRESTED,
) -> float:
    """Fraction of the wall that expresses an adhesion molecule visibly: of the whole wall, or `within` a distance of
    tumor cells that are in one of `states`; nan when there are none."""
    levels = _wall(run, within, states)[molecule]
    return (levels > above).mean() if levels.size else np.nan


def _wall(run: Looking, within: float | None, states) -> np.ndarray:
    """The wall segments asked for: rows of `cells.endothelium.DTYPE`."""
    segments = np.asarray(run.liver.endothelium.alive_rows())
    if within is None:
        return segments
    near = run.near(run.sites_of(run.cells_in(states)), within)
    return segments[near[segments["row"], segments["column"]]]
