"""How leukocytes crawl inside the sinusoids: straight on as far as the vessel allows, over cells that line its wall."""

import math

import numpy as np

from abm.kernels.walk import paces, turns_at
from abm.tissue.sites import SINUSOID

from . import tumor
from .site import LENGTHS, LiverAgent, Site

_MOST_HOPS = 3  # sites occupied by others that one move may pass over


class Vessels:
    """Where the sinusoids lead: at a site, the bits of its open directions."""

    def __init__(self, sites):
        sinusoids = [site for site in sites if site.kind == SINUSOID]
        self.ways = {site: self._bits(site) for site in sinusoids}
        self._on, self._pace = turns_at(), paces(np.array(list(self.ways.values())))

    @staticmethod
    def _bits(site: Site) -> int:
        return sum(1 << k for k, beside in enumerate(site.ring) if beside is not None and beside.kind == SINUSOID)

    def chosen(self, site: Site, heading: int, draw: float) -> int | None:
        """The direction in which one who came in `heading` leaves a site; None if none is open."""
        summed = self._on[self.ways[site], heading]
        return next((k for k in range(8) if draw < summed[k]), None)

    def length(self, site: Site, way: int) -> float:
        """What a step from a site takes, in sites."""
        return LENGTHS[way] * self._pace[self.ways[site]]


class Crawler(LiverAgent):
    """A leukocyte in the lumen with a heading."""

    def __init__(self, model, site: Site):
        super().__init__(model)
        self.heading = self.random.randrange(8)
        self.cell = site

    def crawl_on(self, left_um: float, way: int | None, memory_um: float) -> float:
        """One move, in the direction `way` or, without one, as the vessel leads, if the `left_um` of this step suffice (a
        fraction by chance); returns what is left then, 0 when the cell stays. Of its direction it walks `memory_um` on
        average before it forgets it."""
        site, direction, length = self.next_site(way)
        length *= self.model.spacing_um
        if left_um < length and self.random.random() * length >= left_um:
            return 0.0
        forgets = memory_um <= 0.0 or self.random.random() < -math.expm1(-length / memory_um)
        self.heading = self.random.randrange(8) if forgets else direction
        if site is not None:
            self.cell = site
        return max(left_um - length, 0.0)

    def next_site(self, way: int | None) -> tuple[Site | None, int, float]:
        """The next free site of the sinusoid, the direction in which it was entered, and the way there in sites; without
        one, the direction is that of one who comes back."""
        vessels = self.model.vessels
        at, length = self.cell, 0.0
        first = direction = vessels.chosen(at, self.heading, self.random.random()) if way is None else way
        if first is None:
            return None, 0, 1.0
        for hops in range(_MOST_HOPS + 1):
            if hops > 0:
                direction = vessels.chosen(at, direction, self.random.random())
            length += vessels.length(at, direction)
            at = at.ring[direction]
            if at.lumen is None:
                return at, direction, length
            if type(at.lumen) is tumor.TumorCell:
                break
        return None, (first + 4) % 8, length
