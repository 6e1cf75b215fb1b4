"""The infiltrate: how dense leukocytes are by their distance from the edge of nodules, and what has become of T cells, macrophages and
targets.

Distances are from the edge of the nearest nodule, negative inside of it: what a nodule encloses, as a vessel, is inside.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from ...tissue.sites import LUMEN
from ...units import Fraction, Micrometers, Number, Quantity, written
from ..look import Look, Share
from ..measure import measure
from .parameters import SETTLED, MinCells, States, listed
from .populations import Distance, InStates, Name, Where, members

FromEdge = Annotated[float, Quantity("um", "a distance (negative: inside)", "-50 um", minimum=-1e6, maximum=1e6)]
Compartment = Annotated[
    Literal["any", "lumen", "tissue"], Field(description="T cells in the vessels, outside of them, or both")
]
Polarised = Annotated[
    tuple[Literal["m1", "intermediate", "m2"], ...],
    BeforeValidator(listed),
    Field(min_length=1, description="states of the macrophages that count"),
]


@measure(unit="/mm^2", kind="level")
def infiltrate(
    look: Look,
    population: Name,
    states: InStates = None,
    nearest: Annotated[FromEdge, Field(description="where the band begins; negative: inside of nodules")] = written(
        "0 um"
    ),
    farthest: Annotated[FromEdge, Field(description="where it ends")] = written("50 um"),
    min_cells: MinCells = 4,
) -> float:
    """Cells of a population per area of the band between two distances from the edge of nodules.

    All that stand there count, in vessels or outside of them. The inside of nodules is from -1 m to 0, their margin from
    -50 to 50 um, what lies far from them from 200 um to 1 m. nan where there is no such site.
    """
    return _density(look, population, states, nearest, farthest, min_cells)


@measure(unit="", kind="level")
def margin_core_ratio(
    look: Look,
    population: Name,
    states: InStates = None,
    width: Annotated[
        Micrometers, Field(description="of the margin, to each side of the edge; what lies deeper is the core")
    ] = written("50 um"),
    min_cells: MinCells = 4,
) -> float:
    """Density of a population at the margin of nodules over that in their core; above 1 where they are kept out.

    nan where no nodule is so large that it has a core, and where nobody is in it.
    """
    core = _density(look, population, states, -np.inf, -width, min_cells)
    return _density(look, population, states, -width, width, min_cells) / core if core else np.nan


@measure(unit="", kind="level")
def cd8_foxp3_ratio(look: Look, min_cells: MinCells = 4) -> float:
    """CD8 T cells per regulatory T cell within nodules.

    nan where no regulatory T cell is in a nodule. Among patients the ratio within metastases predicts survival, that around
    them does not (Sideras 2018, 10.1002/jso.25091).
    """
    inside = look.from_edge(min_cells) < 0
    killers, regulators = (
        int(inside[rows["row"], rows["column"]].sum())
        for rows in (members(look, name, None) for name in ("cd8", "treg"))
    )
    return killers / regulators if regulators else np.nan


@measure(unit="", kind="share")
def exhausted_share(
    look: Look,
    above: Annotated[Fraction, Field(description="exhaustion (0 to 1) above which a cell counts as exhausted")] = 0.5,
    compartment: Compartment = "tissue",
    specific: Annotated[bool, Field(description="only of those that know the tumor")] = False,
) -> Share:
    """Share of the CD8 T cells that are exhausted."""
    cells = _t_cells(look, compartment)
    if specific:
        cells = cells[cells["specific"] == 1]
    return Share(int((cells["exhaustion"] > above).sum()), cells.size)


@measure(unit="", kind="share")
def specific_share(look: Look, compartment: Compartment = "tissue") -> Share:
    """Share of the CD8 T cells that know the tumor."""
    cells = _t_cells(look, compartment)
    return Share(int((cells["specific"] == 1).sum()), cells.size)


@measure(unit="", kind="share")
def polarised_share(
    look: Look,
    states: Polarised = ("m2",),
    region: Where = "everywhere",
    within: Distance = written("50 um"),
    min_cells: MinCells = 4,
) -> Share:
    """Share of the macrophages that came as monocytes and have left the vessels that are in `states`, by default M2.

    Those of a region are told by their distance from the edge of nodules, negative inside.
    """
    cells = _macrophages(look)
    if region != "everywhere":
        distance = look.from_edge(min_cells)[cells["row"], cells["column"]]
        near = distance < within
        cells = cells[{"inside": distance < 0, "around": near & (distance >= 0), "near": near, "far": ~near}[region]]
    numbers = [look.liver.populations["macrophage"].states.index(state) for state in states]
    return Share(int(np.isin(cells["state"], numbers).sum()), cells.size)


@measure(unit="", kind="share")
def monocyte_derived_share(look: Look, min_cells: MinCells = 4) -> Share:
    """Share of all macrophages within nodules that came as monocytes; the others are the Kupffer cells of the liver.

    Monocytes that are still in a vessel are no macrophages.
    """
    inside = look.from_edge(min_cells) < 0
    came, resident = (
        int(inside[cells["row"], cells["column"]].sum())
        for cells in (_macrophages(look), members(look, "kupffer", None))
    )
    return Share(came, came + resident)


@measure(unit="", kind="share")
def pdl1_score(
    look: Look,
    above: Annotated[
        Number, Field(description="PD-L1, relative to the reference line, above which a cell is seen to be positive")
    ] = 2.0,
    states: States = SETTLED,
) -> Share:
    """Share of the living tumor cells that are positive for PD-L1, as the tumor proportion score counts them."""
    cells = look.cells_in(states)
    return Share(int((cells["pdl1"] > above).sum()), cells.size)


def _t_cells(look: Look, compartment: str) -> np.ndarray:
    """The living CD8 T cells: rows of their table."""
    rows = members(look, "cd8", None)
    return rows if compartment == "any" else rows[(rows["layer"] == LUMEN) == (compartment == "lumen")]


def _macrophages(look: Look) -> np.ndarray:
    """The living macrophages that came as monocytes and have left the vessels: rows of their table."""
    rows = members(look, "macrophage", None)
    return rows[rows["layer"] != LUMEN]


def _density(look: Look, population: str, states, nearest: float, farthest: float, min_cells: int) -> float:
    """Cells per mm2 of the band, nan if it has no site."""
    distance = look.from_edge(min_cells)
    band = (distance >= nearest) & (distance < farthest)
    if not band.any():
        return np.nan
    rows = members(look, population, states)
    cells = band[rows["row"], rows["column"]].sum() / look.liver.populations[population].sites_per_cell
    return cells / (band.sum() * (look.liver.spacing_um / 1000.0) ** 2)
