"""The other cells of the liver: how many, where with respect to nodules, and which Kupffer cells secrete TNF-alpha."""

from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from ...cells import EndothelialCell, KupfferCell, NaturalKillerCell, Neutrophil, StellateCell, TumorCell
from ...units import Fraction, Micrometers
from ..look import Looking, Share
from ..measure import measure
from .parameters import SETTLED, MinCells, Near, States, listed

_AGENTS = {
    "tumor": TumorCell,
    "kupffer": KupfferCell,
    "endothelium": EndothelialCell,
    "natural_killer": NaturalKillerCell,
    "neutrophil": Neutrophil,
    "stellate": StellateCell,
}


def _known(states: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
    agent = _AGENTS.get(info.data.get("population"))
    for state in states or ():
        if agent is not None and state not in agent.states:
            raise PydanticCustomError(
                "measure", f"'{state}' is no state of these cells; there is {', '.join(agent.states)}"
            )
    return states


Name = Annotated[Literal[tuple(_AGENTS)], Field(description="which cells")]
InStates = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1)] | None,
    BeforeValidator(listed),
    AfterValidator(_known),
    Field(description="states in which they count; all by default"),
]
Region = Literal["everywhere", "inside", "around", "near", "far"]
Where = Annotated[
    Region,
    Field(description="inside: where nodules stand; around: within the distance of them; near: both; far: beyond"),
]
Distance = Annotated[Micrometers, Field(description="distance from a nodule up to which a site is near")]
TnfAbove = Annotated[
    Fraction, Field(description="secretion (0 to 1) above which a Kupffer cell is seen to be positive")
]


@measure(unit="cells", kind="count")
def population_cells(run: Looking, population: Name, states: InStates = None) -> float:
    """Living cells of a population in the slab; wall segments are counted as the endothelial cells they make up."""
    return _members(run, population, states).size / run.liver.populations[population].sites_per_cell


@measure(unit="/mm^2", kind="level")
def population_density(
    run: Looking,
    population: Name,
    states: InStates = None,
    region: Where = "everywhere",
    within: Distance = "50 um",
    min_cells: MinCells = 4,
) -> float:
    """Cells of a population per area of the slab, everywhere or by their distance from nodules; nan where no site is."""
    return _density(run, population, states, region, within, min_cells)


@measure(unit="", kind="level")
def population_ratio(
    run: Looking,
    population: Name,
    states: InStates = None,
    region: Where = "near",
    against: Where = "far",
    within: Distance = "50 um",
    min_cells: MinCells = 4,
) -> float:
    """Density of a population in one region over that in another: near nodules against far from them.

    nan while there are no nodules, and where the other region has no such cells.
    """
    over = _density(run, population, states, against, within, min_cells)
    return _density(run, population, states, region, within, min_cells) / over if over else np.nan


@measure(unit="", kind="share")
def tnf_secreting_share(run: Looking, within: Near = None, states: States = SETTLED, above: TnfAbove = 0.1) -> Share:
    """Share of the Kupffer cells that secrete TNF-alpha: of all, or `within` a distance of tumor cells in `states`."""
    levels = _tnf(run, within, states)
    return Share((levels > above).sum(), levels.size)


@measure(unit="cells", kind="count")
def tnf_secreting(run: Looking, within: Near = None, states: States = SETTLED, above: TnfAbove = 0.1) -> float:
    """Kupffer cells that secrete TNF-alpha, in the slab or `within` a distance of tumor cells in `states`."""
    return (_tnf(run, within, states) > above).sum()


@measure(unit="", kind="level")
def tnf_secretion(run: Looking, within: Near = None, states: States = SETTLED) -> float:
    """Mean secretion of TNF-alpha (0 to 1) by Kupffer cells: all, or those `within` a distance of tumor cells in
    `states`; nan when there are none."""
    levels = _tnf(run, within, states)
    return levels.mean(dtype=np.float64) if levels.size else np.nan


def _members(run: Looking, population: str, states) -> np.ndarray:
    """The living cells asked for: rows of their table."""
    chosen = run.liver.populations[population]
    rows = np.asarray(chosen.alive_rows())
    return rows if states is None else rows[np.isin(rows["state"], [chosen.states.index(state) for state in states])]


def _density(run: Looking, population: str, states, region: str, within: float, min_cells: int) -> float:
    """Cells per mm2 of the region, nan if it has no site."""
    sites = _region(run, region, within, min_cells)
    if not sites.any():
        return np.nan
    rows = _members(run, population, states)
    cells = sites[rows["row"], rows["column"]].sum() / run.liver.populations[population].sites_per_cell
    return cells / (sites.sum() * (run.liver.spacing_um / 1000.0) ** 2)


def _region(run: Looking, region: str, within: float, min_cells: int) -> np.ndarray:
    """The sites of a region: bool [row, column]."""
    if region == "everywhere":
        return np.ones(run.liver.shape, bool)
    inside = run.nodule_sites(min_cells)
    if region == "inside":
        return inside
    near = run.near(inside, within)
    if region == "near":
        return near
    return near & ~inside if region == "around" else ~near


def _tnf(run: Looking, within: float | None, states) -> np.ndarray:
    """TNF secretion of the Kupffer cells asked for."""
    rows = _members(run, "kupffer", None)
    if within is not None:
        rows = rows[run.near(run.sites_of(run.cells_in(states)), within)[rows["row"], rows["column"]]]
    return rows["tnf"]
