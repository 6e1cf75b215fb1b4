"""Deplete: a population, or a level in the blood, is removed, and comes back.

At each dose every cell is taken with the chance `fraction`. The missing share falls with the half-life `recovery`, once
it has been `away`. NK cells and neutrophils, which come and go, find their supply from the blood reduced by it; Kupffer and
stellate cells, which stay, come back to the places of the beginning, so that their number follows. A level in the blood,
as that of platelets, is multiplied by what is left. Clodronate liposomes empty the liver of Kupffer cells within two
days; after four to five the first are back, after two weeks all (van Rooijen 1990, 10.1007/BF00318625; Heuff 1993,
10.1007/BF01517045, dosed 48 h before the tumor cells).
"""

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..cells.population import Population
from ..cells.settle import site_hashes
from ..kernels.flows import DEPLETED, RESETTLED
from ..kernels.random import stream_key, uniform_each
from ..kernels.tables import bytes_of, columns_of
from ..kernels.traffic import Newcomers, enter
from ..moments import SAME_MOMENT
from ..target import AWAY, RETURN, TAKEN
from ..tissue.sites import CAVITY
from ..units import Fraction, Hours, Positive, written
from .intervention import Course

_FADED = 40.0  # half-lives after which nothing is left of a dose


class Deplete(Course):
    kind: ClassVar[str] = "deplete"
    decay: ClassVar[str] = "recovery"

    deplete: str = Field(description="the population, or the level in the blood")
    fraction: Fraction = Field(default=1.0, description=TAKEN)
    recovery: Annotated[Hours, Positive] | None = Field(
        default=None, description=f"{RETURN}; null: it does not, until stop"
    )
    away: Hours = Field(default=written("0 h"), description=AWAY)

    @classmethod
    def for_registry(cls, registry):
        return cls._choosing(registry.depleted())

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
        population = liver.populations.get(self.deplete)
        if population is None:  # a level in the blood asks what is `left` itself
            return
        for dose in range(self.due(liver)):
            take_away(liver, population, liver.key(stream), dose, self.fraction)
        if population.species.stays:
            return_home(liver, population)


def take_away(liver, population: Population, key: np.uint64, dose: int, fraction: float) -> None:
    """Each living cell is removed with the chance `fraction`, by its number `dose`."""
    used = population.plain
    taken = (used["alive"] != 0) & (uniform_each(key, liver.step_number, used["uid"], dose) < fraction)
    population.remove(liver.sites, np.flatnonzero(taken), DEPLETED)


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
    free = liver.sites.population[home.layer, home.row, home.column] == 0
    empty = np.flatnonzero(free & (liver.sites.kind[home.row, home.column] != CAVITY))
    order = np.argsort(site_hashes(liver.key(f"{population.name}/home"), empty), kind="stable")
    home = home[empty[order][:missing]]
    places = np.stack((home.row, home.column), axis=1)
    homes = (places[:, 0] * liver.shape[1] + places[:, 1]).astype(np.uint64)
    draws = uniform_each(liver.key(f"{population.name}/return"), liver.step_number, homes, 0)
    coming = draws < 1.0 - then / before
    if not coming.any():
        return
    population.reserve(int(np.count_nonzero(coming)))
    enter(
        columns_of(population.rows, Newcomers),
        bytes_of(population.rows),
        population.book,
        bytes_of(home[coming]),
        liver.sites,
        population.code,
        int(home.layer[0]),
        places[coming],
        liver.step_number,
        np.zeros(places.shape[0], np.int64),
        stream_key(0, f"{population.name}/return"),
        RESETTLED,
    )
