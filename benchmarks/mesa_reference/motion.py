"""How leukocytes crawl inside the sinusoids: straight on as far as the vessel allows, over cells that line its wall."""

import math

from abm.tissue.sites import SINUSOID

from . import tumor
from .site import LENGTHS, LiverAgent, Site

_MOST_HOPS = 3  # sites occupied by others that one move may pass over
_TURNS = {side: (0, side, -side, 2 * side, -2 * side, 3 * side, -3 * side, 4) for side in (1, -1)}


class Crawler(LiverAgent):
    """A leukocyte in the lumen with a heading."""

    def __init__(self, model, site: Site):
        super().__init__(model)
        self.heading = self.random.randrange(8)
        self.cell = site

    def crawl_on(self, left_um: float, heading: int, memory_um: float) -> float:
        """One move towards `heading`, if the `left_um` of this step suffice (a fraction by chance); returns what is left
        then, 0 when the cell stays. Of its direction it walks `memory_um` on average before it forgets it."""
        site, direction, length = self.next_site(heading)
        length *= self.model.spacing_um
        if left_um < length and self.random.random() * length >= left_um:
            return 0.0
        forgets = memory_um <= 0.0 or self.random.random() < -math.expm1(-length / memory_um)
        self.heading = self.random.randrange(8) if forgets else direction
        if site is not None:
            self.cell = site
        return max(left_um - length, 0.0)

    def next_site(self, heading: int) -> tuple[Site | None, int, float]:
        """The next free site of the sinusoid, the direction in which it was entered, and the way there in sites; without
        one, the direction is the way back."""
        turns = _TURNS[1 if self.random.random() < 0.5 else -1]
        at, direction, length = self.cell, heading, 0.0
        for hops in range(_MOST_HOPS + 1):
            for turn in turns if hops == 0 else turns[:-1]:
                trial = (direction + turn) % 8
                site = at.ring[trial]
                if site is not None and site.kind == SINUSOID and type(site.lumen) is not tumor.TumorCell:
                    break
            else:
                break
            at, direction = site, trial
            length += LENGTHS[trial]
            if at.lumen is None:
                return at, direction, length
        return None, (heading + 4) % 8, 1.0
