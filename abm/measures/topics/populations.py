"""The other cells of the liver: how many, where with respect to nodules, and which Kupffer cells secrete TNF-alpha."""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from ...cells.population import LiverCell
from ...config.plugins import declared_in_plugins
from ...config.schema import SHIPPED
from ...kernels.flows import NAMES
from ...registry import name_of
from ...units import Fraction, Micrometers, written
from ..look import Look, Share
from ..measure import measure
from .parameters import SETTLED, MinCells, Near, States, listed, or_own


def _known(states: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
    agents = (*SHIPPED.populations, *declared_in_plugins(LiverCell))
    agent = next((agent for agent in agents if name_of(agent) == info.data.get("population")), None)
    for state in states or ():
        if agent is not None and state not in agent.states:
            raise PydanticCustomError(
                "measure", f"'{state}' is no state of these cells; there is {', '.join(agent.states)}"
            )
    return states


if TYPE_CHECKING:
    _Shipped = str
else:
    _Shipped = Literal[tuple(map(name_of, SHIPPED.populations))]
Name = Annotated[_Shipped, or_own(LiverCell), Field(description="which cells")]
InStates = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1)] | None,
    BeforeValidator(listed),
    AfterValidator(_known),
    Field(description="states in which they count; all by default"),
]
if TYPE_CHECKING:
    Way = str
else:
    Way = Literal[NAMES]
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
def population_cells(look: Look, population: Name, states: InStates = None) -> float:
    """Living cells of a population in the slab; wall segments are counted as the endothelial cells they make up."""
    return members(look, population, states).size / look.liver.populations[population].sites_per_cell


@measure(unit="/mm^2", kind="level")
def population_density(
    look: Look,
    population: Name,
    states: InStates = None,
    region: Where = "everywhere",
    within: Distance = written("50 um"),
    min_cells: MinCells = 4,
) -> float:
    """Cells of a population per area of the slab, everywhere or by their distance from nodules; nan where no site is."""
    return _density(look, population, states, region, within, min_cells)


@measure(unit="", kind="level")
def population_ratio(
    look: Look,
    population: Name,
    states: InStates = None,
    region: Where = "near",
    against: Where = "far",
    within: Distance = written("50 um"),
    min_cells: MinCells = 4,
) -> float:
    """Density of a population in one region over that in another: near nodules against far from them.

    nan while there are no nodules, and where the other region has no such cells.
    """
    over = _density(look, population, states, against, within, min_cells)
    return _density(look, population, states, region, within, min_cells) / over if over else np.nan


@measure(unit="cells", kind="count")
def flow(look: Look, population: Name, way: Annotated[Way, Field(description="how they came or went")]) -> float:
    """Cells of a population that came or went by one way since the start, as `flows.parquet` counts them."""
    return int(look.liver.populations[population].flows[NAMES.index(way)])


@measure(unit="", kind="share")
def tnf_secreting_share(look: Look, within: Near = None, states: States = SETTLED, above: TnfAbove = 0.1) -> Share:
    """Share of the Kupffer cells that secrete TNF-alpha: of all, or `within` a distance of tumor cells in `states`."""
    levels = _tnf(look, within, states)
    return Share(int((levels > above).sum()), levels.size)


@measure(unit="cells", kind="count")
def tnf_secreting(look: Look, within: Near = None, states: States = SETTLED, above: TnfAbove = 0.1) -> float:
    """Kupffer cells that secrete TNF-alpha, in the slab or `within` a distance of tumor cells in `states`."""
    return int((_tnf(look, within, states) > above).sum())


@measure(unit="", kind="level")
def tnf_secretion(look: Look, within: Near = None, states: States = SETTLED) -> float:
    """Mean secretion of TNF-alpha (0 to 1) by Kupffer cells: all, or those `within` a distance of tumor cells in
    `states`; nan when there are none."""
    levels = _tnf(look, within, states)
    return levels.mean(dtype=np.float64) if levels.size else np.nan


def members(look: Look, population: str, states) -> np.ndarray:
    """The living cells asked for: rows of their table."""
    chosen = look.liver.populations[population]
    rows = np.asarray(chosen.alive_rows())
    return rows if states is None else rows[np.isin(rows["state"], [chosen.states.index(state) for state in states])]


def _density(look: Look, population: str, states, region: str, within: float, min_cells: int) -> float:
    """Cells per mm2 of the region, nan if it has no site."""
    sites = _region(look, region, within, min_cells)
    if not sites.any():
        return np.nan
    rows = members(look, population, states)
    cells = sites[rows["row"], rows["column"]].sum() / look.liver.populations[population].sites_per_cell
    return cells / (sites.sum() * (look.liver.spacing_um / 1000.0) ** 2)


def _region(look: Look, region: str, within: float, min_cells: int) -> np.ndarray:
    """The sites of a region: bool [row, column]."""
    if region == "everywhere":
        return np.ones(look.liver.shape, bool)
    inside = look.nodule_sites(min_cells)
    if region == "inside":
        return inside
    near = look.near(inside, within)
    if region == "near":
        return near
    return near & ~inside if region == "around" else ~near


def _tnf(look: Look, within: float | None, states) -> np.ndarray:
    """TNF secretion of the Kupffer cells asked for."""
    rows = members(look, "kupffer", None)
    if within is not None:
        rows = rows[look.near(look.sites_of(look.cells_in(states)), within)[rows["row"], rows["column"]]]
    return rows["tnf"]
