"""What diffuses, what lies in the tissue, and what the blood carries."""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field as About

from ...blood import Level
from ...config.plugins import declared_in_plugins
from ...config.schema import SHIPPED
from ...fields.field import Field
from ...fields.layers import Layer
from ..look import Look
from ..measure import measure
from .parameters import SETTLED, Near, States, or_own

_UNITS = SHIPPED.units()


def _unit(parameters) -> str:
    name = parameters["field"]
    if name in _UNITS:
        return _UNITS[name]
    return next((field.unit for field in declared_in_plugins(Field) if field.name == name), "")


if TYPE_CHECKING:
    _OnTheLattice = str
    _InTheBlood = str
else:
    _OnTheLattice, _InTheBlood = Literal[tuple(_UNITS)], Literal[tuple(level.name for level in SHIPPED.levels)]
Name = Annotated[
    _OnTheLattice,
    or_own(Field),
    or_own(Layer),
    About(description="signals in units of their half-maximal effect (K); matrix, nets, exosomes"),
]
LevelName = Annotated[_InTheBlood, or_own(Level), About(description="what the blood carries")]


@measure(unit=_unit, kind="level")
def field_mean(look: Look, field: Name, within: Near = None, states: States = SETTLED) -> float:
    """Mean of a field or layer over all sites, or over those `within` a distance of tumor cells in `states`; nan when
    there are none."""
    values = _values(look, field, within, states)
    return values.mean(dtype=np.float64) if values.size else np.nan


@measure(unit=_unit, kind="level")
def field_max(look: Look, field: Name, within: Near = None, states: States = SETTLED) -> float:
    """Highest value of a field or layer of all sites, or of those `within` a distance of tumor cells in `states`; nan
    when there are none."""
    values = _values(look, field, within, states)
    return values.max() if values.size else np.nan


@measure(unit="", kind="level")
def blood_level(look: Look, level: LevelName) -> float:
    """Level of a signal or of cells in the blood, in the units of `crlm rules --all`."""
    return look.liver.blood[level]


def _values(look: Look, field: str, within: float | None, states) -> np.ndarray:
    liver = look.liver
    lattice = liver.lattices()[field]
    return lattice.ravel() if within is None else lattice[look.near(look.sites_of(look.cells_in(states)), within)]
