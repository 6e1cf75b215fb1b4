"""Tumor cells: how many, where, in which state, and whom they touch."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...cells.kupffer import KUPFFER
from ...ledger import cause, event
from ...tissue.sites import LUMEN, PARENCHYMA, TISSUE
from ..look import Look, Share
from ..measure import measure
from .parameters import SETTLED, STATES, States

_HOLDERS = {"size": cause.SIZE, "wall": cause.WALL, "kupffer": cause.KUPFFER, "net": cause.NET, "plug": cause.PLUG}


@measure(unit="cells", kind="count")
def tumor_cells(
    look: Look,
    states: States = STATES,
    compartment: Annotated[
        Literal["any", "lumen", "tissue"], Field(description="inside the vessels, outside, or both")
    ] = "any",
    zone: Annotated[
        Literal[1, 2, 3] | None, Field(description="1 periportal, 2 midzonal, 3 pericentral; all by default")
    ] = None,
) -> float:
    """Living tumor cells in the slab."""
    cells = look.cells_in(states)
    if compartment != "any":
        cells = cells[cells["layer"] == (LUMEN if compartment == "lumen" else TISSUE)]
    if zone is not None:
        cells = cells[look.liver.sites.zone[cells["row"], cells["column"]] == zone]
    return cells.size


@measure(unit="cells", kind="count")
def adherent_cells(look: Look, states: States = SETTLED) -> float:
    """Tumor cells that are still in the field: held, adherent, extravasated or dormant.

    What intravital microscopy counts as adherent some hours after an injection; cells inside Kupffer cells are not among them.
    """
    return look.cells_in(states).size


@measure(unit="", kind="share")
def retained_label(look: Look) -> Share:
    """Share of the arrived cells whose label is still in the liver.

    A label stays with the cell and its descendants while one of them lives, and inside the Kupffer cell that engulfed
    it; killed and dead cells release it, passed ones carry it away. Counted are founders, so a founder's label counts
    whole even when some of its descendants were lost; in the first day, before cells divide, that makes no difference.
    """
    arrived = _clones(look, event.ARRIVED)
    retained = np.union1d(look.cells["clone"], _clones(look, event.PHAGOCYTOSED))
    return Share(int(np.isin(arrived, retained).sum()), arrived.size)


@measure(unit="", kind="share")
def surviving(
    look: Look,
    states: States = STATES,
    min_cells: Annotated[
        int, Field(ge=1, description="fewest living cells of the founder's clone, in those states")
    ] = 1,
) -> Share:
    """Share of the founders of which living cells are left: of arrived cells, those that live or whose descendants do."""
    arrived = _clones(look, event.ARRIVED)
    clones, cells = np.unique(look.cells_in(states)["clone"], return_counts=True)
    return Share(int(np.isin(arrived, clones[cells >= min_cells]).sum()), arrived.size)


@measure(unit="", kind="share")
def founding(
    look: Look,
    states: States = STATES,
    min_cells: Annotated[
        int, Field(ge=1, description="fewest living cells of the founder's clone, in those states")
    ] = 1,
) -> Share:
    """Share of the cells of the inoculum whose clone has so many living cells, as the animal would have it.

    As `surviving`, but each simulated cell counts for as many as it stands for: where founders are made more frequent than
    they are (`founder_enrichment`), this undoes it.
    """
    clones, cells = np.unique(look.cells_in(states)["clone"], return_counts=True)
    grown = np.intersect1d(_clones(look, event.ARRIVED), clones[cells >= min_cells])
    return Share(float(look.weights_of(grown).sum()), _clones(look, event.ARRIVED).size)


@measure(unit="", kind="share")
def touching_kupffer(
    look: Look,
    states: States = SETTLED,
    engulfed: Annotated[
        bool, Field(description="tumor cells inside Kupffer cells, not yet digested, count as touching")
    ] = False,
) -> Share:
    """Share of the living tumor cells that touch a Kupffer cell: on the same site or one of the eight around it."""
    beside = look.near(look.liver.sites.population[LUMEN] == KUPFFER, 1.5 * look.liver.spacing_um)
    cells = look.cells_in(states)
    inside = int(np.asarray(look.liver.kupffer.alive_rows())["load"].sum()) if engulfed else 0
    return Share(beside[cells["row"], cells["column"]].sum() + inside, cells.size + inside)


@measure(unit="", kind="share")
def first_holds(
    look: Look,
    by: Annotated[
        Literal["size", "wall", "kupffer", "net", "plug"], Field(description="what stopped the cell")
    ] = "kupffer",
) -> Share:
    """Share of the tumor cells stopped in a sinusoid for the first time that were stopped by one thing."""
    held = look.events[look.events["event"] == event.HELD]
    _, first = np.unique(held["uid"], return_index=True)  # the index of the first in the order of time
    return Share((held["cause"][first] == _HOLDERS[by]).sum(), first.size)


@measure(unit="", kind="share")
def dormant(
    look: Look,
    of: Annotated[
        Literal["alive", "arrived"], Field(description="of the living tumor cells, or of all that arrived")
    ] = "alive",
    solitary: Annotated[bool, Field(description="only those that touch no other tumor cell")] = False,
) -> Share:
    """Share of tumor cells that rest: dormant cells, of the living or of the arrived ones."""
    cells = look.cells_in(["dormant"])
    if solitary:
        alone = np.bincount(look.group_of_site[look.standing["row"], look.standing["column"]]) == 1
        cells = cells[alone[look.group_of_site[cells["row"], cells["column"]]]]
    everybody = look.cells.size if of == "alive" else _clones(look, event.ARRIVED).size
    return Share(cells.size, everybody)


@measure(unit="", kind="level")
def tumor_area_fraction(look: Look) -> float:
    """Area of the sites where tumor cells stand, as a fraction of the area of the slab."""
    return look.tumor_sites.mean()


@measure(unit="", kind="level")
def hepatocytes_replaced(look: Look) -> float:
    """Fraction of the parenchyma sites whose hepatocyte is gone, replaced by tumor cells."""
    parenchyma = look.liver.sites.kind == PARENCHYMA
    return (look.liver.hepatocytes[parenchyma] == 0).mean() if parenchyma.any() else np.nan


def _clones(look: Look, code: int) -> np.ndarray:
    """The clones that the event befell, each once."""
    return np.unique(look.events["clone"][look.events["event"] == code])
