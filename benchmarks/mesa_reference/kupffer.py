"""Kupffer cells: they creep to arrested tumor cells, engulf them, sound the alarm, and are turned by the tumor."""

import math

from abm.cells.kupffer import ENGULFING, REPROGRAMMED, RESTING, TNF_SECRETING
from abm.ledger import cause, event

from . import tumor
from .site import LENGTHS, LiverAgent, Site

_EXTINCT = 1e-6
_FORGOTTEN = 1e-4


class KupfferCell(LiverAgent):
    """One Kupffer cell."""

    def __init__(self, model, site: Site, activity: float):
        super().__init__(model)
        self.state = RESTING
        self.activity = activity
        self.load = 0
        self.digested_h = 0.0
        self.drive = self.tolerance = self.tnf = self.education = self.reprogramming = 0.0
        self.cell = site

    def step(self) -> None:
        rules = self.model.config.rules
        if rules.endothelial_activation.enabled:
            self.answer_contact()
        if (
            rules.kupffer_crawling.enabled
            and self.state != REPROGRAMMED
            and self.cell.prey_distance <= self.model.reach_of_prey
        ):
            self.creep_to_prey()
        if rules.phagocytosis.enabled:
            if self.load:
                self.digest()
            if self.activity and self.load < rules.phagocytosis.capacity:
                self.engulf()
        if rules.niche_formation.enabled and (self.education or self.model.exosomes > 0.0):
            self.learn()
        if rules.kupffer_reprogramming.enabled and self.cell.is_nodule_near:
            self.reprogram()

    def answer_contact(self) -> None:
        """Contact with tumor cells, outside or engulfed, sets a wave of TNF-alpha going, and leaves tolerance."""
        p, line = self.model.config.rules.endothelial_activation, self.model.config.cells.tumor
        hours, onset, duration = self.model.dt_hours, line.tnf_onset, line.tnf_duration
        if line.tnf_induction and (
            self.load or self.cell.touches_in_lumen(tumor.TumorCell) or type(self.cell.tissue) is tumor.TumorCell
        ):
            self.drive += line.tnf_induction * (1.0 - self.tolerance)
            self.tolerance = 1.0
        elif self.drive == self.tolerance == self.tnf == 0.0:
            return
        else:
            self.tolerance *= math.exp(-hours / p.tolerance_time)
        # two exponentials, scaled so that the wave of one contact is 1 at its height
        if math.isclose(onset, duration):
            height, share = 1.0 / math.e, hours / onset * math.exp(-hours / onset)
        else:
            height = (duration / onset) ** (-duration / (duration - onset)) * duration / onset
            share = duration / (duration - onset) * (math.exp(-hours / duration) - math.exp(-hours / onset))
        self.tnf = self.tnf * math.exp(-hours / duration) + self.drive * share / height
        self.drive *= math.exp(-hours / onset)
        self.drive, self.tnf, self.tolerance = (
            level if level > _EXTINCT else 0.0 for level in (self.drive, self.tnf, self.tolerance)
        )
        if self.state == RESTING and self.tnf > p.activated_above:
            self.state = TNF_SECRETING
        elif self.state == TNF_SECRETING and self.tnf <= p.activated_above:
            self.state = RESTING

    def creep_to_prey(self) -> None:
        """Creep along the sinusoid, over other cells, to the nearest tumor cell in it, until that is touched."""
        at, left = (
            self.cell,
            self.model.config.rules.kupffer_crawling.speed * self.model.dt_minutes / self.model.spacing_um,
        )
        distance = at.prey_distance  # in moves, see MesaLiver.find_prey
        while distance > 1:
            nearer = [k for k, site in enumerate(at.ring) if site is not None and site.prey_distance < distance]
            direction = self.random.choice(nearer)
            if left < LENGTHS[direction] and self.random.random() >= left / LENGTHS[direction]:
                return
            left -= LENGTHS[direction]
            at = at.ring[direction]
            distance = at.prey_distance
            if at.lumen is None:
                self.cell = at
            if left <= 0.0:
                return

    def digest(self) -> None:
        """Meals end one after the other; a cell with an empty stomach rests again."""
        while self.load > 0 and self.digested_h <= self.model.hours:
            self.load -= 1
            if self.load > 0:
                self.digested_h += self.model.config.rules.phagocytosis.handling_time
        if self.load == 0 and self.state == ENGULFING:
            self.state = RESTING

    def engulf(self) -> None:
        """Try one tumor cell that is touched: in the lumen, or right behind the wall."""
        p = self.model.config.rules.phagocytosis
        prey = [site.lumen for site in self.cell.around if type(site.lumen) is tumor.TumorCell]
        if prey:
            prey = self.random.choice(prey)
        elif type(self.cell.tissue) is tumor.TumorCell:
            prey = self.cell.tissue
        else:
            return
        reference = 1.0 + p.cd47_weight + p.cd24_weight + p.pdl1_weight
        spare = p.cd47_weight * prey.cd47 + p.cd24_weight * prey.cd24 + p.pdl1_weight * prey.pdl1
        appetite = prey.calreticulin / (prey.calreticulin + spare) * reference if prey.calreticulin else 0.0
        if self.happens(p.rate * self.activity * (1.0 - self.reprogramming) * appetite):
            prey.lose(event.PHAGOCYTOSED, cause.KUPFFER)
            if self.load == 0:
                self.digested_h = self.model.hours + p.handling_time
            self.load += 1
            if self.state != REPROGRAMMED:
                self.state = ENGULFING

    def learn(self) -> None:
        """Exosomes educate the cell, and without them it forgets."""
        p, level = self.model.config.rules.niche_formation, self.model.exosomes
        uptake = -math.expm1(-p.education_rate * 2.0 * level / (1.0 + level) * self.model.dt_hours)
        education = self.education * 0.5 ** (self.model.dt_hours / max(p.forgetting_half_life, 1e-3))
        education += uptake * (1.0 - education)
        self.education = education if uptake > 0.0 or education > _FORGOTTEN else 0.0

    def reprogram(self) -> None:
        """Near a nodule TGF-beta and lactate turn the cell into a macrophage of the tumor."""
        p, site = self.model.config.rules.kupffer_reprogramming, self.cell
        level = float(site.tgf_beta)
        acid = max(float(site.lactate) - self.model.config.fields.lactate.blood, 0.0)
        signal = level / (1.0 + level) + (acid / (acid + p.lactate_half) if acid > 0.0 else 0.0)
        if signal > 0.0:
            self.reprogramming += -math.expm1(-p.rate * min(signal, 1.0) * self.model.dt_hours) * (
                1.0 - self.reprogramming
            )
            if self.reprogramming > p.reprogrammed_above:
                self.state = REPROGRAMMED

    def secrete(self) -> None:
        rates = self.model.rates
        self.model.emit("tnf", self, rates["kupffer", "tnf"] * self.tnf)
        self.model.emit("tgf_beta", self, rates["kupffer", "tgf_beta"] * self.education)
        if self.state == REPROGRAMMED:
            self.model.emit("vegf", self, rates["kupffer", "vegf"] * self.reprogramming)
