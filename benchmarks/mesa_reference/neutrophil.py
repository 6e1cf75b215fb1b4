"""Neutrophils: they crawl up the chemokine, live longer in it, turn under TGF-beta, and cast nets."""

import math

from abm.cells.neutrophil import N1, N2, NETTING
from abm.tissue.sites import SINUSOID

from . import tumor
from .motion import Crawler
from .site import Site


class Neutrophil(Crawler):
    """One neutrophil."""

    def __init__(self, model, site: Site):
        super().__init__(model, site)
        self.state = N1
        self.bridging = False
        self.nets_h = 0.0

    def step(self) -> None:
        rules, lives = self.model.config.rules, True
        if rules.neutrophil_recruitment.enabled and self.state != NETTING:
            lives = self.age()
        if lives and rules.netosis.enabled:
            lives = self.cast_net()
        if lives and self.state != NETTING and rules.migration.enabled:
            self.crawl()

    def age(self) -> bool:
        """Die, later in chemokine, or turn from N1 to N2; whether it lives."""
        p, host = self.model.config.rules.neutrophil_polarisation, self.model.config.cells.neutrophil
        chemokine, tgf_beta = float(self.cell.cxcl1), float(self.cell.tgf_beta)
        death, tissue_death = (
            math.log(2.0) / max(host.half_life, 1e-3),
            math.log(2.0) / max(host.tissue_half_life, 1e-3),
        )
        if self.happens(death + (tissue_death - death) * chemokine / (1.0 + chemokine)):
            self.remove()
            return False
        if self.state == N1 and tgf_beta > 0.0 and self.happens(tgf_beta / (1.0 + tgf_beta) / max(p.n2_time, 1e-3)):
            self.state = N2
        return True

    def cast_net(self) -> bool:
        """Commit to a net when stimulated, or burst; whether it lives."""
        p, model = self.model.config.rules.netosis, self.model
        if self.state != NETTING:
            alarm = p.lps_weight * model.blood.lps + p.injury_weight * model.blood.injury
            stimulus = float(self.cell.cxcl1) + float(self.cell.tnf) + alarm
            if stimulus > 0.0 and self.happens(p.rate * stimulus / (1.0 + stimulus)):
                self.state, self.nets_h = NETTING, model.hours + p.duration
            return True
        if self.nets_h > model.hours:
            return True
        for site in model.sites_within(self.cell, p.footprint / model.spacing_um):
            if site.kind == SINUSOID:
                site.nets = 1.0
        model.are_nets = True
        self.remove()
        return False

    def crawl(self) -> None:
        """Crawl along the sinusoid, up the chemokine where there is some, until a tumor cell is touched."""
        p, chemokine = self.model.config.rules.migration, self.model.cxcl1
        left = p.neutrophil_speed * self.model.dt_minutes
        while True:
            self.bridging = self.cell.touches(tumor.TumorCell)
            if self.bridging or left <= 0.0:
                return
            way, level = None, float(chemokine[self.cell.coordinate])
            if level > 0.0 and self.random.random() < p.chemotaxis * level / (1.0 + level):
                way = self.uphill(chemokine, level)
            left = self.crawl_on(left, way, p.neutrophil_speed * p.neutrophil_persistence * 60.0)

    def uphill(self, chemokine, best: float) -> int | None:
        """The direction in which there is most chemokine, if more than here."""
        direction = None
        for k, site in enumerate(self.cell.ring):
            if site is not None and site.kind == SINUSOID and chemokine[site.coordinate] > best:
                best, direction = chemokine[site.coordinate], k
        return direction

    def secrete(self) -> None:
        if self.state == N2:
            self.model.emit("vegf", self, self.model.rates["neutrophil", "vegf"])
