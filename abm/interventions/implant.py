"""Implant: colonies of tumor cells are set into the tissue, as micrometastases that have got so far.

Of a thousand arriving cells one or none founds a colony that grows on (Luzzi 1998, 10.1016/S0002-9440(10)65628-3):
what becomes of colonies is seen better when the liver begins with some. A colony fills the space of Disse and the
plates around a sinusoid site, chosen by chance or in the middle. The ledger enters its cells as arrived and extravasated, of one clone,
whose number is negative to tell it from those that came with the blood.
"""

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..cells import kupffer
from ..cells.line import cell_of_line, draw_size, drawn_log
from ..cells.settle import NoRoom, choose_sites, site_hashes
from ..cells.tumor import EXTRAVASATED, TUMOR
from ..kernels.flows import ADDED
from ..kernels.jit import jit
from ..kernels.random import hash64, stream_key, uniform
from ..kernels.sites import place
from ..kernels.tables import born
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..tissue.plates import displace_hepatocyte
from ..tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, Moment, parameter, written
from .intervention import Intervention


class Implant(Intervention):
    kind: ClassVar[str] = "implant"
    events: ClassVar = {"arrived": ("implant",), "extravasated": ("implant",)}

    implant: Annotated[int, Field(ge=1, le=100_000)] = Field(description="how many colonies")
    cells: Annotated[int, Field(ge=1, le=100_000)] = Field(default=10, description="tumor cells in each")
    start: Moment = Field(default=written("0 h"), description="when; negative: before time 0")
    age: Hours = parameter(
        "3 d",
        low="1 d",
        high="14 d",
        mark="unverified",
        source="Luzzi 1998, 10.1016/S0002-9440(10)65628-3: micrometastases at day 3",
        description="time since the cells of the colony arrived: what wanes from then on, as CD155, has waned",
    )

    resistant: Fraction = parameter(
        0.0,
        low=0,
        high=0.01,
        mark="assumed",
        source="Misale 2012, 10.1038/nature11156: mutated RAS is there before it is selected; the share is a guess",
        description="share of the cells whose RAS is mutated, at random places",
    )
    at: Literal["anywhere", "middle"] = Field(
        default="anywhere",
        description="where: around sites chosen by chance, or around those nearest to the middle of the tissue",
    )
    grown: bool = Field(
        default=False,
        description="whether it has grown there: its cells have divided as often as it takes to grow it from one, each has "
        "its own tolerance of drugs, and the Kupffer cells among them are reprogrammed; else they die as dormant ones until they divide, "
        "and are engulfed",
    )

    @property
    def begins(self):
        return self.start

    def apply(self, liver, stream):
        if not liver.is_due(self.start):
            return
        key = liver.key(stream)
        number = -1 - len(liver.laid_colonies) - _implanted_before(liver, self)
        free = liver.sites.population[TISSUE] == 0
        candidates = np.flatnonzero(free & (liver.sites.kind == SINUSOID))
        if self.at == "middle":
            candidates = nearest_to_middle(candidates, liver.shape, self.implant)
        for centre in choose_sites(candidates, self.implant, key):
            places = colony_sites(liver, int(centre), self.cells, key)
            set_colony(liver, places, number, key, self)
            if self.grown:
                reprogram_among(liver, places)
            number -= 1


def lay_colonies(liver) -> None:
    """Set in the colonies that the file of the tissue has: tumor cells side by side are one."""
    for number, places in enumerate(liver.laid_colonies):
        set_colony(liver, places, -1 - number, liver.key("tissue/colonies"), Implant(implant=1))
    liver.ledger.count()


def nearest_to_middle(places: np.ndarray, shape: tuple[int, int], count: int) -> np.ndarray:
    """The `count` of `places` (flat indices, all of them if they are fewer) that lie nearest to the middle of a lattice."""
    off = np.stack(np.divmod(places, shape[1]), axis=1) - (np.array(shape) - 1) / 2
    return places[np.argsort((off**2).sum(axis=1), kind="stable")[:count]]


def set_colony(liver, places: np.ndarray, clone: int, key: np.uint64, how: Implant) -> None:
    """Set one colony on the free tissue sites `places` (int64 [n, 2]), whose cells arrived `how.age` hours ago."""
    line, now = liver.config.cells.tumor, np.float32(liver.minutes / 60.0)
    liver.tumor.reserve(len(places))
    like = cell_of_line(
        liver.tumor,
        line,
        state=EXTRAVASATED,
        layer=TISSUE,
        held_by=cause.IMPLANT,
        arrived_h=now - np.float32(how.age),
        settled_h=now,
        divisions=math.ceil(math.log2(len(places))) if how.grown else 0,
    )
    found_colony(
        liver.tumor.table,
        like,
        liver.sites,
        liver.ledger.book(2 * len(places)),
        liver.minutes,
        key,
        liver.step_number,
        places,
        stream_key(0, "implant/tumor"),
        clone,
        liver.hepatocytes,
        line.diameter_log_sd,
        line.vigour_log_sd,
        line.hardiness_log_sd,
        line.drug_tolerance_log_sd,
        how.grown,
        how.resistant,
    )


def reprogram_among(liver, places: np.ndarray) -> None:
    """Reprogram the Kupffer cells at `places` (int64 [n, 2]), as years in a nodule do."""
    among = np.zeros(liver.shape, np.bool_)
    among[tuple(places.T)] = True
    cells = liver.kupffer.used
    reprogrammed = (cells.alive != 0) & among[cells.row, cells.column]
    cells.reprogramming[reprogrammed] = 1.0
    cells.state[reprogrammed] = kupffer.REPROGRAMMED


def _implanted_before(liver, intervention: Implant) -> int:
    """Colonies of the entries above this one."""
    entries = list(liver.interventions.values())
    return sum(entry.implant for entry in entries[: entries.index(intervention)] if isinstance(entry, Implant))


def colony_sites(liver, centre: int, cells: int, key: np.uint64) -> np.ndarray:
    """The free tissue sites (int64 [cells, 2]) nearest to a site (flat index), in random order where equally near.

    Raises NoRoom when the tissue has no room for so many cells.
    """
    kind = liver.sites.kind
    room = np.flatnonzero((liver.sites.population[TISSUE] == 0) & ((kind == SINUSOID) | (kind == PARENCHYMA)))
    if room.size < cells:
        raise NoRoom(
            f"a colony of {cells} cells does not fit on {room.size} free sites; implant fewer, or make the tissue larger"
        )
    row, column = divmod(centre, liver.shape[1])
    distance = np.zeros(room.size)
    for start, ends, size in zip((row, column), np.divmod(room, liver.shape[1]), liver.shape, strict=True):
        off = np.abs(ends - start)
        distance += (np.minimum(off, size - off) if liver.periodic else off) ** 2
    if cells < room.size:  # sorted are only those that may be among the nearest
        near = distance <= np.partition(distance, cells - 1)[cells - 1]
        room, distance = room[near], distance[near]
    nearest = room[np.lexsort((site_hashes(key, room), distance))][:cells]
    return np.stack(np.divmod(nearest, liver.shape[1]), axis=1)


@jit
def found_colony(
    tumor,
    like,
    sites,
    book,
    minutes,
    key,
    step,
    places,
    identity,
    clone,
    hepatocytes,
    diameter_log_sd,
    vigour_log_sd,
    hardiness_log_sd,
    drug_tolerance_log_sd,
    is_grown,
    resistant,
):
    """Tumor cells of one clone, `like` one row but for their size and the vigour and hardiness of their founder, on the
    free tissue sites `places` (int64 [n, 2]), at random points of their cycle. Those of a colony that has grown there differ in their
    tolerance of drugs, those of a young one have that of their founder."""
    columns = sites.kind.shape[1]
    vigour = drawn_log(vigour_log_sd, key, 1, np.uint64(-clone), 0)
    hardiness = drawn_log(hardiness_log_sd, key, 1, np.uint64(-clone), 2)
    drug_tolerance = drawn_log(drug_tolerance_log_sd, key, 1, np.uint64(-clone), 8)
    for n in range(places.shape[0]):
        row, column = places[n, 0], places[n, 1]
        slot = born(tumor, like[0], ADDED)
        cell = tumor.rows[slot]
        uid = hash64(identity, np.uint64(row) * np.uint64(columns) + np.uint64(column), step, 0)
        cell.row = row
        cell.column = column
        cell.uid = uid
        cell.clone = clone
        draw_size(cell, key, diameter_log_sd)
        cell.vigour = vigour
        cell.hardiness = hardiness
        cell.drug_tolerance = drawn_log(drug_tolerance_log_sd, key, 0, uid, 8) if is_grown else drug_tolerance
        cell.cycle = np.float32(uniform(key, 0, uid, 3))
        cell.ras = np.uint8(uniform(key, 0, uid, 7) < resistant)
        place(sites, TUMOR, TISSUE, row, column, slot)
        displace_hepatocyte(sites, hepatocytes, row, column)
        for code in (event.ARRIVED, event.EXTRAVASATED):
            enter(book, minutes, code, cause.IMPLANT, cell, sites.zone[row, column])
