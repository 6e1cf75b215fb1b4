"""Deplete: a population is removed, and comes back.

At each dose every cell is taken with the chance `fraction`. The missing share falls with the half-life `recovery`, once
it has been `away`. NK cells and neutrophils, which come and go, find their supply from the blood reduced by it; Kupffer and
stellate cells, which stay, come back to the places of the beginning, so that their number follows. Clodronate
liposomes empty the liver of Kupffer cells within two days; after four to five the first are back, after two weeks all
(van Rooijen 1990, 10.1007/BF00318625; Heuff 1993, 10.1007/BF01517045, dosed 48 h before the tumor cells).
"""

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..cells.population import Population
from ..cells.settle import site_hashes
from ..kernels.jit import jit
from ..kernels.random import hash64, stream_key, uniform
from ..kernels.sites import lift, place
from ..kernels.tables import free_slot, take_slot
from ..units import Fraction, Hours, Positive, parameter
from .intervention import Course, Target
from .moments import SAME_MOMENT

_VAN_ROOIJEN = "van Rooijen 1994, 10.1016/0022-1759(94)90012-4"
_RETURNING = "van Rooijen 1990, Cell Tissue Res 260:215, 10.1007/BF00318625"
_DALEY = "Daley 2008, 10.1189/jlb.0407247"
_WRIGHT = "Wright 2001, 10.1053/gast.2001.27188"
_TAKEN = "share of the cells that a dose takes"
_RETURN = "half-life with which the missing share comes back"
_AWAY = "time for which all that a dose took stay away"
_FADED = 40.0  # half-lives after which nothing is left of a dose

POPULATIONS = {
    "kupffer": Target(
        "clodronate liposomes",
        _VAN_ROOIJEN,
        "unverified",
        {
            "fraction": parameter(
                0.95,
                low=0.8,
                high=1,
                mark="unverified",
                source=f"{_VAN_ROOIJEN}: gone within 24-48 h",
                description=_TAKEN,
            ),
            "away": parameter(
                "4 d",
                low="2 d",
                high="7 d",
                mark="unverified",
                source=f"{_RETURNING}: the first are seen on day 4-5",
                description=_AWAY,
            ),
            "recovery": parameter(
                "2 d",
                low="1 d",
                high="5 d",
                mark="unverified",
                source=f"{_RETURNING}: back after 1-2 weeks; half of them 6 d after the dose",
                description=_RETURN,
            ),
        },
    ),
    "natural_killer": Target(
        "anti-asialo-GM1",
        "Cohen 1990, Cancer Res 50:1834",
        "checked",
        {
            "fraction": parameter(
                0.9,
                low=0.7,
                high=1,
                mark="assumed",
                source="Habu 1981, J Immunol 127:34: hardly any NK activity is left",
                description=_TAKEN,
            ),
            "recovery": parameter(
                "4 d",
                low="2 d",
                high="8 d",
                mark="assumed",
                source="doses are repeated every 4-7 d",
                description=_RETURN,
            ),
        },
    ),
    "neutrophil": Target(
        "anti-Ly6G (1A8)",
        f"{_DALEY}; Spicer 2012, 10.1158/0008-5472.CAN-11-2393",
        "unverified",
        {
            "fraction": parameter(
                0.9,
                low=0.6,
                high=0.99,
                mark="assumed",
                source=f"{_DALEY}: neutrophils in the blood",
                description=_TAKEN,
            ),
            "recovery": parameter(
                "1.5 d",
                low="1 d",
                high="3 d",
                mark="assumed",
                source="doses are repeated every 2-3 d",
                description=_RETURN,
            ),
        },
    ),
    "stellate": Target(
        "gliotoxin",
        _WRIGHT,
        "unverified",
        {
            "fraction": parameter(
                0.5,
                low=0.3,
                high=0.9,
                mark="assumed",
                source=f"{_WRIGHT}: apoptosis of activated cells",
                description=_TAKEN,
            ),
            "recovery": parameter(
                "7 d", low="3 d", high="21 d", mark="assumed", source="slow renewal", description=_RETURN
            ),
        },
    ),
}
RESIDENT = ("kupffer", "stellate")
"""The populations that no blood brings."""


class Deplete(Course):
    kind: ClassVar[str] = "deplete"
    targets: ClassVar = POPULATIONS
    decay: ClassVar[str] = "recovery"

    deplete: Literal["kupffer", "natural_killer", "neutrophil", "stellate"] = Field(description="the population")
    fraction: Fraction = Field(default=1.0, description=_TAKEN)
    recovery: Annotated[Hours, Positive] | None = Field(
        default=None, description=f"{_RETURN}; null: it does not, until stop"
    )
    away: Hours = Field(default="0 h", description=_AWAY)

    @property
    def _lag(self) -> float:
        return self.away

    def _repeats(self) -> None:
        """A dose may be repeated whether or not cells come back."""

    def left(self, name, hours):
        return 1.0 if name != self.deplete else math.prod(1.0 - self.fraction * gone for gone in self._gone(hours))

    def _gone(self, hours: float) -> Iterator[float]:
        """What is left of the effect of each dose: a later one takes its fraction of those whom the earlier ones left."""
        count = self.doses(hours)
        if self.every is None or self._half_life is None:
            yield self.strength(hours)
            return
        faded = math.floor((self.away + _FADED * self._half_life) / self.every) + 1  # doses ago
        for dose in range(max(count - faded, 0), count):
            falling = max(hours - self.start - dose * self.every - self.away, 0.0)
            yield 0.5 ** (falling / self._half_life)

    def apply(self, liver, stream):
        population = liver.populations[self.deplete]
        for dose in range(self.due(liver)):
            take_away(population.table, liver.sites, liver.key(stream), liver.step_number, dose, self.fraction)
        if self.deplete in RESIDENT:
            return_home(liver, population)


@jit
def take_away(table, sites, key, step, draw, fraction):
    """Each living cell of the table is removed with the chance `fraction`."""
    for slot in range(table.rows.size):
        cell = table.rows[slot]
        if cell.alive != 0 and uniform(key, step, cell.uid, draw) < fraction:
            lift(sites, cell.layer, cell.row, cell.column)
            free_slot(table, slot)


def return_home(liver, population: Population) -> None:
    """Missing residents come back with the chance at which the missing share falls in this step.

    The chance is addressed by the place and so the same whoever asks: several depletions of one population add up in
    `left`, and each may call this.
    """
    just_before = liver.hours - 2.0 * SAME_MOMENT
    # a dose that is given now counts as missing, and what ends now was still missing just before
    before = 1.0 - min(liver.left(population.name, hours) for hours in (just_before, liver.hours))
    then = 1.0 - liver.left(population.name, just_before + liver.dt_hours)
    home = liver.residents[population.name]
    missing = home.size - population.count
    if then >= before or missing <= 0:
        return
    # some that are alive may have left their homes: only as many homes as there are cells missing are taken again
    empty = np.flatnonzero(liver.sites.population[home.layer, home.row, home.column] == 0)
    order = np.argsort(site_hashes(liver.key(f"{population.name}/home"), empty), kind="stable")
    population.reserve(missing)
    come_back(
        population.table,
        liver.sites,
        liver.key(f"{population.name}/return"),
        liver.step_number,
        population.code,
        home,
        empty[order][:missing],
        1.0 - then / before,
        stream_key(0, f"{population.name}/return"),
    )


@jit
def come_back(table, sites, key, step, code, home, empty, chance, identity):
    """Each of the `empty` homes (int64 indices into `home`, the residents of the beginning) is taken again, with a
    `chance`."""
    columns = sites.kind.shape[1]
    for i in empty:
        site = np.uint64(home[i].row) * np.uint64(columns) + np.uint64(home[i].column)
        if uniform(key, step, site, 0) >= chance:
            continue
        slot = take_slot(table)
        table.rows[slot] = home[i]
        table.rows[slot].uid = hash64(identity, site, step, 0)
        place(sites, code, home[i].layer, home[i].row, home[i].column, slot)
