"""The wall of the sinusoids: one agent per site, as in the tables of `abm` (a real LSEC spans about six)."""

import math

from mesa.discrete_space import FixedAgent

from abm.cells.endothelium import ACTIVATED, QUIESCENT, RETRACTED

from .site import WALL, Site

_EXTINCT = 1e-6
_CLOSED = 1e-3


class EndothelialCell(FixedAgent):
    """One segment of wall."""

    layer = WALL

    def __init__(self, model, site: Site):
        super().__init__(model)
        self.state = QUIESCENT
        self.e_selectin = self.vcam1 = self.icam1 = self.retraction = 0.0
        self.cell = site

    def step(self) -> None:
        """TNF-alpha makes the wall express adhesion molecules, which fade without it; a retracted wall closes again: over
        the time from one solution of TNF-alpha to the next."""
        level = float(self.cell.tnf)
        if level == self.e_selectin == self.vcam1 == self.icam1 == self.retraction == 0.0:
            return
        self.model.busy_walls += 1
        p = self.model.config.rules.endothelial_activation
        hours = self.model.dt_hours * self.model.fields["tnf"].every
        signal = level / (1.0 + level)
        self.e_selectin = relaxed(self.e_selectin, signal, p.e_selectin_on, p.e_selectin_off, hours)
        self.vcam1 = relaxed(self.vcam1, signal, p.vcam1_on, p.vcam1_off, hours)
        self.icam1 = relaxed(self.icam1, signal, p.icam1_on, p.icam1_off, hours)
        if self.retraction > 0.0:
            open_still = p.closing_time > 0.0 and self.retraction > _CLOSED
            self.retraction *= math.exp(-hours / p.closing_time) if open_still else 0.0
        self.state = (
            RETRACTED if self.retraction > 0.5 else ACTIVATED if self.e_selectin > p.activated_above else QUIESCENT
        )

    def retract(self) -> None:
        """A tumor cell passes through."""
        self.retraction, self.state = 1.0, RETRACTED
        self.model.busy_walls += 1


def relaxed(level: float, signal: float, on: float, off: float, hours: float) -> float:
    """d level/dt = on*signal*(1 - level) - off*level over `hours`."""
    if level == signal == 0.0:
        return 0.0
    rate = on * signal + off
    if rate == 0.0:
        return level
    target = on * signal / rate
    new = target + (level - target) * math.exp(-rate * hours)
    return new if new > _EXTINCT else 0.0
