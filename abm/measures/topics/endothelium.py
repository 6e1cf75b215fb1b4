"""The wall of the sinusoids: how far it expresses adhesion molecules, near tumor cells or everywhere."""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from ...cells.endothelium import EndothelialCell
from ...units import Fraction
from ..look import Look
from ..measure import measure
from .parameters import ARRESTED, Near, States

if TYPE_CHECKING:
    _Molecule = str
else:
    _Molecule = Literal[tuple(EndothelialCell.species.molecules)]
Molecule = Annotated[_Molecule, Field(description="adhesion molecule")]


@measure(unit="", kind="level")
def wall_expression(
    look: Look,
    molecule: Molecule = "e_selectin",
    within: Near = None,
    states: States = ARRESTED,
) -> float:
    """Mean expression (0 to 1) of an adhesion molecule of the endothelium: of the whole wall, or `within` a distance
    of tumor cells that are in one of `states`; nan when there are none."""
    levels = _wall(look, within, states)[molecule]
    return levels.mean(dtype=np.float64) if levels.size else np.nan


@measure(unit="", kind="level")
def wall_activated(
    look: Look,
    molecule: Molecule = "e_selectin",
    above: Annotated[Fraction, Field(description="expression from which a wall is seen to be stained")] = 0.1,
    within: Near = None,
    states: States = ARRESTED,
) -> float:
    """Fraction of the wall that expresses an adhesion molecule visibly: of the whole wall, or `within` a distance of
    tumor cells that are in one of `states`; nan when there are none."""
    levels = _wall(look, within, states)[molecule]
    return (levels > above).mean() if levels.size else np.nan


def _wall(look: Look, within: float | None, states) -> np.ndarray:
    """The wall segments asked for: rows of `EndothelialCell.dtype`."""
    segments = np.asarray(look.liver.endothelium.alive_rows())
    if within is None:
        return segments
    near = look.near(look.sites_of(look.cells_in(states)), within)
    return segments[near[segments["row"], segments["column"]]]
