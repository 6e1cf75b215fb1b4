"""Compression: nodules replace hepatocytes or press on them, and matrix holds them back.

Where the border replaces, a tumor cell takes the place of a hepatocyte, and slips along the sinusoid. Where it pushes, both give way
under pressure only: hepatocytes that tumor cells press upon die, and spaces of Disse open as slowly; sinusoids close to it are
squeezed shut (`perfusion`), and cells far from room cycle more slowly. Dense matrix holds back either
(growth patterns: Vermeulen 2001, 10.1002/path.966; Galjart 2019, 10.1007/s10456-019-09661-5). With a line that always replaces,
and matrix that holds back nobody, as by default, nothing of this happens.

Which of the hepatocytes and spaces yield at once is drawn once for each site, so that it does not matter how many cells ask how often.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.random import happens, uniform_each
from ..kernels.sites import neighbour, reach_within, shifted
from ..liver import Liver
from ..tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Micrometers, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor, is_surrounded

_BARRED = np.uint8(255)
"""In the lattice of populations, while cells divide: here stands what does not yield. The code of no population."""
_YIELDS, _DIES, _OPENS = range(3)  # which random number of a site

NOT_SQUEEZED = np.zeros((0, 0), np.float32)
"""Where no border pushes."""
UNCONFINED = np.zeros((0, 0), np.float32)
"""Where pressure slows nobody."""


class Compression(Rule):
    name = "compression"
    reads = ("tumor", "ecm")
    writes = ("hepatocytes",)

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.03 /h",
            low="0.01 /h",
            high="0.1 /h",
            mark="assumed",
            source="no measure is known; atrophy of hepatocytes beside a pushing border, within days",
            description="rate at which a hepatocyte dies that does not yield and is pressed upon, and at which other places give way",
        )
        pressing: Annotated[int, Field(ge=1, le=8)] = parameter(
            3,
            low=2,
            high=5,
            mark="assumed",
            source="a straight border touches a site with three of eight neighbours",
            description="neighbours, of eight, that must be tumor to press a hepatocyte to death",
        )
        reach: Micrometers = parameter(
            "30 um",
            low="10 um",
            high="60 um",
            mark="assumed",
            source="plates beside a pushing border are flat over a few cells",
            description="how far ahead of the border sinusoids that do not yield are squeezed; at least one site",
        )
        dense_matrix: Fraction = parameter(
            0.5,
            low=0.3,
            high=0.8,
            mark="assumed",
            source="a capsule is a rim of dense collagen; half of what a site can hold",
            description="matrix from which on it holds back tumor cells",
        )
        barrier: Fraction = parameter(
            0.0,
            low=0,
            high=0.95,
            mark="assumed",
            source="Okano 2000, as quoted by Rajaganeshan 2007, PMC2360131: metastases with a capsule do better (direction); 0.9 makes one",
            description="how much less readily a site full of matrix gives way; 0: matrix holds back nobody",
        )

        confinement: Fraction = parameter(
            0.0,
            low=0,
            high=1,
            mark="assumed",
            source="Wang 2021, 10.1038/s41598-020-78780-7: pressure of the parenchyma slows metastases of the liver, down to dormancy "
            "(direction)",
            description="share of the speed of the cycle that pressure takes from a tumor cell in the tissue that is far from any room",
        )
        relief: Micrometers = parameter(
            "20 um",
            low="10 um",
            high="50 um",
            mark="assumed",
            source="within the rim of 50 um in which cells can push each other aside",
            description="distance to room, through tumor, at which pressure takes half of that",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """Which sites yield at once: bool lattice."""
        share = liver.config.cells.tumor.replacement
        places = np.arange(liver.sites.kind.size, dtype=np.uint64)
        draws = uniform_each(liver.key(self.name), 0, places, _YIELDS) if share < 1.0 else np.zeros(places.size)
        self.yielding = (draws < share).reshape(liver.shape)
        self.all_yield = share == 1.0 and self.parameters.barrier == 0.0

    def apply(self, liver: Liver) -> None:
        if self.all_yield or liver.tumor.count == 0:
            return
        p = self.parameters
        compress(
            liver.sites,
            liver.hepatocytes,
            self.yielding,
            beside_tumor(liver),
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            p.rate,
            p.pressing,
        )

    def barred(self, liver: Liver, hours: float) -> np.ndarray:
        """Where no tumor cell can go within `hours` from now, though nobody stands there: bool lattice."""
        p, barred = self.parameters, np.zeros(liver.shape, np.bool_)
        if self.all_yield:
            return barred
        bar(
            liver.sites,
            liver.hepatocytes,
            liver.ecm,
            self.yielding,
            barred,
            liver.key(self.name),
            liver.step_number,
            hours,
            p.rate,
            np.float32(p.dense_matrix if p.barrier > 0.0 else np.inf),
            p.barrier,
        )
        return barred

    def freedom(self, liver: Liver) -> np.ndarray:
        """How fast a tumor cell in the tissue cycles under the pressure at each site, relative to one with room (float32 lattice)."""
        p = self.parameters
        moves = np.empty(liver.shape, np.int32)
        find_room(liver.sites, self.barred(liver, 0.0), moves, np.empty((moves.size, 2), np.int32))
        depth = (moves - 1) * liver.spacing_um
        return np.where(moves > 0, 1.0 - p.confinement * depth / (depth + p.relief), 1.0).astype(np.float32)


def freedom_to_cycle(liver: Liver) -> np.ndarray:
    """As `Compression.freedom`; empty where pressure slows nobody."""
    compression = liver.rules.get(Compression.name)
    return (
        UNCONFINED if compression is None or compression.parameters.confinement == 0.0 else compression.freedom(liver)
    )


def squeezed_sinusoids(liver: Liver) -> np.ndarray:
    """The rate (1/h, float32 lattice) at which each sinusoid beside a nodule is pressed shut, 0 for one that yields; empty where all do."""
    compression = liver.rules.get(Compression.name)
    if compression is None or compression.all_yield:
        return NOT_SQUEEZED
    p, squeezed = compression.parameters, np.zeros(liver.shape, np.float32)
    reach = max(int(p.reach / liver.spacing_um), 1) - 1
    squeeze(liver.sites, compression.yielding, beside_tumor(liver), squeezed, np.float32(p.rate), p.pressing, reach)
    return squeezed


@contextmanager
def holding_out(liver: Liver) -> Iterator[None]:
    """While it lasts, what does not yield holds its site in the tissue against dividing tumor cells."""
    compression = liver.rules.get(Compression.name)
    if compression is None or compression.all_yield:
        yield
        return
    barred, population = compression.barred(liver, liver.dt_hours), liver.sites.population[TISSUE]
    population[barred] = _BARRED
    try:
        yield
    finally:
        population[barred] = 0


@jit(counted=False)
def compress(sites, hepatocytes, yielding, beside_tumor, key, step, hours, rate, pressing):
    """Hepatocytes that do not yield die where at least `pressing` neighbours are tumor. `beside_tumor` is how many tumor cells
    stand at and around a site, in both layers."""
    rows, columns = hepatocytes.shape
    for row in range(rows):
        for column in range(columns):
            if beside_tumor[row, column] < pressing or hepatocytes[row, column] == 0 or yielding[row, column]:
                continue
            if sites.kind[row, column] == PARENCHYMA and is_surrounded(sites, row, column, pressing):
                if happens(key, step, np.uint64(row * columns + column), _DIES, rate, hours):
                    hepatocytes[row, column] = 0


@jit(counted=False)
def bar(sites, hepatocytes, ecm, yielding, barred, key, step, hours, rate, dense, barrier):
    """Fill `barred` (bool lattice) with the free sites of the tissue that no tumor cell can take in this step.

    A living hepatocyte that does not yield bars its site. So does, until it opens at `rate`, a space of Disse that does not yield, and,
    less readily by `barrier` times the amount of it, any site with matrix from `dense` on.
    """
    rows, columns = barred.shape
    for row in range(rows):
        for column in range(columns):
            kind = sites.kind[row, column]
            barred[row, column] = False
            if sites.population[TISSUE, row, column] != 0 or kind not in (PARENCHYMA, SINUSOID):
                continue
            holds = not yielding[row, column] and (kind == SINUSOID or hepatocytes[row, column] != 0)
            opening = rate
            if ecm[row, column] >= dense:
                opening *= 1.0 - barrier * np.float64(ecm[row, column])
            elif not holds:
                continue
            barred[row, column] = (holds and kind == PARENCHYMA) or not happens(
                key, step, np.uint64(row * columns + column), _OPENS, opening, hours
            )


@jit(counted=False)
def squeeze(sites, yielding, beside_tumor, squeezed, rate, pressing, reach):
    """Enter the `rate` (float32) in `squeezed` at sinusoids that do not yield, within `reach` sites of one that `pressing` tumor
    cells touch."""
    rows, columns = squeezed.shape
    top, bottom = reach_within(reach, rows, sites.periodic)
    left, right = reach_within(reach, columns, sites.periodic)
    for row in range(rows):
        for column in range(columns):
            if beside_tumor[row, column] < pressing:
                continue
            for dr in range(top, bottom + 1):
                for dc in range(left, right + 1):
                    r, c = shifted(row, dr, rows, sites.periodic), shifted(column, dc, columns, sites.periodic)
                    if r >= 0 and c >= 0 and sites.kind[r, c] == SINUSOID and not yielding[r, c]:
                        squeezed[r, c] = rate


@jit(counted=False)
def find_room(sites, barred, moves, queue):
    """Fill `moves` (int32 lattice) with how many moves through tumor cells in the tissue part each of them from a free site that is
    not barred: very many where there is no way, 0 where no tumor cell stands. `queue` (int32 [sites, 2]) is work space."""
    rows, columns = moves.shape
    far = np.int32(1 << 24)
    head, tail = 0, 0
    for row in range(rows):
        for column in range(columns):
            code = sites.population[TISSUE, row, column]
            moves[row, column] = far if code == TUMOR else 0
            if code == 0 and sites.kind[row, column] in (PARENCHYMA, SINUSOID) and not barred[row, column]:
                queue[tail, 0], queue[tail, 1] = row, column
                tail += 1
    while head < tail:
        row, column = queue[head, 0], queue[head, 1]
        head += 1
        for k in range(8):
            r, c = neighbour(sites, row, column, k)
            if r >= 0 and moves[r, c] == far:
                moves[r, c] = moves[row, column] + 1
                queue[tail, 0], queue[tail, 1] = r, c
                tail += 1
