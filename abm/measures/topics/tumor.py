"""Tumor cells: how many, where, in which state, and whom they touch."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...cells.kupffer import KUPFFER
from ...ledger import cause, event
from ...tissue.sites import LUMEN, PARENCHYMA, TISSUE
from ...units import Hours, Positive, written
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
def retained_label(
    look: Look,
    debris: Annotated[
        Hours, Positive, Field(description="half-life in the liver of the label of a cell that died there")
    ] = written("9 h"),
    engulfed: Annotated[
        Hours, Positive, Field(description="half-life in the liver of the label inside a Kupffer cell")
    ] = written("30 d"),
) -> Share:
    """Share of the radioactive label of the arrived cells that is still in the liver; label is not life.

    Living cells keep theirs, halved at each division. Of a cell that was killed or died (of shear, apoptosis, hypoxia,
    therapy) in the liver, the debris keeps it and loses it with a half-life; of one that was engulfed, the Kupffer cell does,
    for longer; a cell that passed carries it away. What is gone is the expected share, not drawn. Of a founder that has
    divided, the label that the living do not hold counts as shared evenly by those of its clone that were lost. The decay
    of the isotope itself is corrected for.

    The defaults are those of 111In-oxine. Heat-damaged red cells, which macrophages take up, lose 2 % of it a day in the
    spleen and none in the liver (Peters 1982, 10.1136/jcp.35.5.507): a half-life of 30 days, range 10 d to 100 d. That of
    dead tumor cells stays in the liver while 125IUdR goes rapidly (Wiltrout 1983, 10.1007/bf00205356), for a time that is
    not told. It cannot be above 17 h: where 40 % is left after a day (Cohen 1990, Cancer Res 50:1834), not even the death
    of all cells on arrival would do with more. 12 h is assumed, range 4 to 17 h. For 125IUdR, which dead cells release at
    once and macrophages within hours (Fidler 1970, J Natl Cancer Inst 45:773; Basse 1990, 10.1016/0883-2897(90)90026-w),
    say `debris: 1 h, engulfed: 4 h`.
    """
    arrived = _clones(look, event.ARRIVED)
    living = np.minimum(_sum_by(arrived, look.cells["clone"], 0.5 ** look.cells["divisions"].astype(np.float64)), 1.0)
    lost = look.events[np.isin(look.events["event"], event.ENDINGS)]
    half_life = np.where(lost["event"] == event.PHAGOCYTOSED, engulfed, debris)
    left = 0.5 ** (np.maximum(look.hours - lost["time_min"] / 60.0, 0.0) / half_life)
    left[lost["event"] == event.PASSED] = 0.0
    mean_left = _sum_by(arrived, lost["clone"], left) / np.maximum(
        _sum_by(arrived, lost["clone"], np.ones(lost.size)), 1
    )
    return Share(float((living + (1.0 - living) * mean_left).sum()), arrived.size)


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
def mesenchymal(look: Look, states: States = SETTLED) -> float:
    """Mean state between epithelial (0) and mesenchymal (1) of the living tumor cells; nan when there are none."""
    cells = look.cells_in(states)
    return cells["emt"].mean(dtype=np.float64) if cells.size else np.nan


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


def _sum_by(clones: np.ndarray, of: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The sum of the `values` that are `of` each of the (sorted) clones; those of no such clone are left out."""
    place = np.minimum(np.searchsorted(clones, of), max(clones.size - 1, 0))
    among = clones[place] == of if clones.size else np.zeros(of.size, bool)
    return np.bincount(place[among], values[among], minlength=clones.size)
