"""What diffuses, what lies in the tissue, and what the blood carries."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...blood.levels import LEVELS
from ...fields.layers import LAYERS
from ..look import Looking
from ..measure import measure
from .parameters import SETTLED, Near, States

_UNITS = {
    "tnf": "K",
    "tgf_beta": "K",
    "cxcl1": "K",
    "vegf": "K",
    "oxygen": "mmHg",
    "lactate": "mM",
    **dict.fromkeys(LAYERS, ""),
}
Layer = Annotated[
    Literal[tuple(_UNITS)],
    Field(description="signals in units of their half-maximal effect (K); matrix, nets, exosomes"),
]


def _unit(parameters) -> str:
    return _UNITS[parameters["field"]]


@measure(unit=_unit, kind="level")
def field_mean(run: Looking, field: Layer, within: Near = None, states: States = SETTLED) -> float:
    """Mean of a field or layer over all sites, or over those `within` a distance of tumor cells in `states`; nan when
    there are none."""
    values = _values(run, field, within, states)
    return values.mean(dtype=np.float64) if values.size else np.nan


@measure(unit=_unit, kind="level")
def field_max(run: Looking, field: Layer, within: Near = None, states: States = SETTLED) -> float:
    """Highest value of a field or layer of all sites, or of those `within` a distance of tumor cells in `states`; nan
    when there are none."""
    values = _values(run, field, within, states)
    return values.max() if values.size else np.nan


@measure(unit="", kind="level")
def blood_level(
    run: Looking, level: Annotated[Literal[LEVELS.names], Field(description="what the blood carries")]
) -> float:
    """Level of a signal or of cells in the blood, in the units of `crlm rules --all`."""
    return run.liver.blood.levels[level][0]


def _values(run: Looking, field: str, within: float | None, states) -> np.ndarray:
    liver = run.liver
    lattice = liver.fields[field].values if field in liver.fields else getattr(liver, field)
    return lattice.ravel() if within is None else lattice[run.near(run.sites_of(run.cells_in(states)), within)]
