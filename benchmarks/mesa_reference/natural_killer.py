"""NK cells: they patrol the sinusoids, stay with a tumor cell that they meet, kill it or leave it."""

import math

from abm.cells.natural_killer import HANDLING, IN_CONTACT, PATROLLING
from abm.ledger import cause, event

from . import neutrophil, tumor
from .motion import Crawler
from .site import TISSUE, Site


class NaturalKillerCell(Crawler):
    """One NK cell."""

    def __init__(self, model, site: Site):
        super().__init__(model, site)
        self.state = PATROLLING
        self.killer = self.random.random() < model.config.cells.natural_killer.killer_fraction
        self.target = None
        self.busy_h = 0.0

    def step(self) -> None:
        rules, lives = self.model.config.rules, True
        if rules.nk_killing.enabled:
            lives = self.fight()
        if lives and self.state == PATROLLING and rules.migration.enabled:
            self.patrol()

    def fight(self) -> bool:
        """Die of lactate, recover from a kill, kill or leave the target, or go back to the blood; whether it is still here."""
        p, host, now = self.model.config.rules.nk_killing, self.model.config.cells.natural_killer, self.model.hours
        lactate = float(self.cell.lactate)
        poison = hill(lactate, p.lactate_half, p.lactate_steepness)
        normal = hill(self.model.config.fields.lactate.blood, p.lactate_half, p.lactate_steepness)
        if poison > normal and self.happens(p.lactate_death * (poison - normal)):
            self.remove()
            return False
        if self.state == HANDLING and self.busy_h <= now:
            self.state = PATROLLING
        elif self.state == IN_CONTACT:
            self.engage(lactate)
        if self.state == PATROLLING and self.happens(1.0 / max(host.residence, 1e-3)):
            self.remove()
            return False
        return True

    def engage(self, lactate: float) -> None:
        """In contact: kill, leave, or stay."""
        p, target = self.model.config.rules.nk_killing, self.target
        if target.cell is None or target.cell not in self.cell.around:
            self.state = PATROLLING
            return
        kill, leave = self.kill_rate(target, lactate) if self.killer else 0.0, 1.0 / max(p.contact_time, 1e-3)
        if not self.happens(kill + leave):
            return
        self.state = PATROLLING
        if self.random.random() * (kill + leave) < kill:
            arms = (p.trail_share, p.fasl_share, p.perforin_share)
            target.lose(event.KILLED, self.random.choices((cause.TRAIL, cause.FASL, cause.PERFORIN), arms)[0])
            self.state, self.busy_h = HANDLING, self.model.hours + p.handling_time

    def kill_rate(self, target, lactate: float) -> float:
        """Hazard (1/h) at which this cell kills the tumor cell it touches."""
        p, cells = self.model.config.rules.nk_killing, self.model.config.cells
        shield = max(p.platelet_shield * target.platelets, p.net_shield * target.net)
        if p.neutrophil_shield > shield and target.cell.touches_in_lumen(neutrophil.Neutrophil):
            shield = p.neutrophil_shield
        tgf_beta = float(self.cell.tgf_beta)
        activity = (1.0 - p.tgf_beta_inhibition * tgf_beta / (1.0 + tgf_beta)) * (
            1.0 - hill(lactate, p.lactate_half, p.lactate_steepness)
        )
        since, full, lost = self.model.hours - target.arrived_h, p.full_susceptibility, p.lost_susceptibility
        susceptibility = 1.0 if since <= full else 0.0 if since >= lost else (lost - since) / (lost - full)
        poly_ic = self.model.blood.poly_ic
        rate = p.rate * cells.natural_killer.activation * cells.tumor.nk_sensitivity
        rate *= 1.0 + p.poly_ic_gain * poly_ic / (1.0 + poly_ic)
        wall = p.through_wall if target.layer == TISSUE else 1.0
        return (
            rate * (p.trail_share + p.fasl_share + p.perforin_share) * activity * (1.0 - shield) * wall * susceptibility
        )

    def patrol(self) -> None:
        """Walk along the sinusoid until a tumor cell is met."""
        p = self.model.config.rules.migration
        left = p.nk_speed * self.model.dt_minutes
        while True:
            prey = self.meet()
            if prey is not None:
                self.state, self.target = IN_CONTACT, prey
                self.model.note(event.ENCOUNTERED, cause.NONE, prey)
                return
            if left <= 0.0:
                return
            left = self.crawl_on(left, None, p.nk_speed * p.nk_persistence * 60.0)

    def meet(self):
        """A tumor cell that is touched, in the lumen first, then through the wall; not the one it was last with."""
        around = self.cell.around
        for beside in around:
            if type(beside.lumen) is tumor.TumorCell or type(beside.tissue) is tumor.TumorCell:
                break
        else:
            return None
        for layer in ("lumen", "tissue"):
            met = [
                who
                for who in [getattr(beside, layer) for beside in around]
                if type(who) is tumor.TumorCell and who is not self.target
            ]
            if met:
                return self.random.choice(met)
        return None


def hill(x: float, half: float, steepness: float) -> float:
    """x^n / (half^n + x^n)."""
    return 1.0 / (1.0 + math.pow(half / x, steepness)) if x > 0.0 else 0.0
