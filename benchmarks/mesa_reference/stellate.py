"""Stellate cells: TGF-beta and touching tumor cells activate them, and they lay down matrix."""

import math

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.tissue.sites import CENTRAL_VEIN, PORTAL_TRACT

from . import tumor
from .site import TISSUE, LiverAgent, Site


class StellateCell(LiverAgent):
    """One hepatic stellate cell."""

    layer = TISSUE

    def __init__(self, model, site: Site):
        super().__init__(model)
        self.state = QUIESCENT
        self.cell = site

    def step(self) -> None:
        p, site = self.model.config.rules.stellate_activation, self.cell
        level = float(site.tgf_beta)
        signal = level / (1.0 + level)
        if signal < p.contact_signal and site.count_in_tissue(tumor.TumorCell) > 0:
            signal = p.contact_signal
        if self.state == QUIESCENT:
            if signal > 0.0 and self.happens(signal / max(p.activation_time, 1e-3)):
                self.state = ACTIVATED
            return
        if self.happens(math.log(2.0) / max(p.reversion_half_life, 1e-3) * (1.0 - signal)):
            self.state = QUIESCENT
            return
        deposit = -math.expm1(-p.matrix_rate * self.model.dt_hours)
        for beside in site.around:
            if beside.kind != PORTAL_TRACT and beside.kind != CENTRAL_VEIN:
                amount = float(beside.ecm)
                beside.ecm = amount + (deposit if beside is site else 0.5 * deposit) * (1.0 - amount)

    def secrete(self) -> None:
        if self.state == ACTIVATED:
            self.model.emit("tgf_beta", self, self.model.rates["stellate", "tgf_beta"])
