"""A site of the lattice as a Mesa cell, and what all agents of the liver share."""

import math
from functools import cached_property

from mesa.discrete_space import Cell, CellAgent

from abm.tissue.sites import PARENCHYMA, SINUSOID

DIRECTIONS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbours, clockwise from straight up."""
LENGTHS = (1.0, math.sqrt(2.0)) * 4
"""Distance to each of them, in sites."""

LUMEN, TISSUE, WALL = "lumen", "tissue", "wall"


class Site(Cell):
    """One site: at most one agent in the `lumen`, one in the `tissue` behind the wall, and a segment of `wall`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lumen = self.tissue = self.wall = None
        self.kind = PARENCHYMA
        self.zone = 0

    def add_agent(self, agent) -> None:
        super().add_agent(agent)
        setattr(self, agent.layer, agent)

    def remove_agent(self, agent) -> None:
        super().remove_agent(agent)
        setattr(self, agent.layer, None)

    @cached_property
    def ring(self) -> tuple:
        """The neighbours in the order of DIRECTIONS, None beyond a closed edge."""
        return tuple(self.connections.get(offset) for offset in DIRECTIONS)

    @cached_property
    def around(self) -> tuple:
        """The neighbours and, last, the site itself."""
        return (*(site for site in self.ring if site is not None), self)

    def touches_in_lumen(self, kind: type) -> bool:
        """Whether an agent of class `kind` stands in the lumen here or beside."""
        for site in self.around:  # noqa: SIM110 (any() with a generator takes three times as long)
            if type(site.lumen) is kind:
                return True
        return False

    def touches(self, kind: type) -> bool:
        """The same in either layer."""
        for site in self.around:  # noqa: SIM110
            if type(site.lumen) is kind or type(site.tissue) is kind:
                return True
        return False

    def count_in_tissue(self, kind: type) -> int:
        """How many agents of class `kind` stand in the tissue here and beside."""
        return sum([type(site.tissue) is kind for site in self.around])

    def count_in_lumen(self, kind: type) -> int:
        return sum([type(site.lumen) is kind for site in self.around])

    def is_habitable(self, layer: str) -> bool:
        """Whether a tumor cell could live here: in a sinusoid; in Disse or a plate."""
        return self.kind == SINUSOID or (layer == TISSUE and self.kind == PARENCHYMA)


def turned(sequence: tuple, turn: int) -> tuple:
    """The sequence, begun at number `turn`."""
    return sequence[turn:] + sequence[:turn]


class LiverAgent(CellAgent):
    """A cell of the liver."""

    layer = LUMEN

    def happens(self, rate: float) -> bool:
        """Whether an event of `rate` (1/h) happens in this step."""
        return self.random.random() < -math.expm1(-rate * self.model.dt_hours)
