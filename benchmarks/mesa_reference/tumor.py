"""Tumor cells: carried in, held, bound, let through; creeping, resting, dividing."""

import math

from abm.cells.stellate import ACTIVATED
from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.ledger import cause, event
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, SINUSOID

from . import kupffer, neutrophil, stellate
from .site import DIRECTIONS, LENGTHS, LUMEN, TISSUE, LiverAgent, Site, turned

GONE = -1
"""State of a cell that has been taken out of the liver."""

_LONGEST_WALK = 5_000  # sites
_INHERITED = (
    "state",
    "layer",
    "held_by",
    "clone",
    "arrived_h",
    "diameter_um",
    "emt",
    "cd47",
    "cd24",
    "pdl1",
    "calreticulin",
    "platelets",
    "net",
    "niche",
)


class TumorCell(LiverAgent):
    """One tumor cell. While the blood carries it, it has no `cell` but is `carried_at` a site."""

    def __init__(self, model, clone: int, diameter_um: float, carried_at: Site | None = None):
        super().__init__(model)
        line = model.config.cells.tumor
        self.state = CIRCULATING
        self.carried_at = carried_at
        self.held_by = cause.NONE
        self.clone = clone
        self.divisions = 0
        self.arrived_h = model.hours
        self.diameter_um = diameter_um
        self.emt = line.emt
        self.cd47, self.cd24, self.pdl1, self.calreticulin = line.cd47, line.cd24, line.pdl1, line.calreticulin
        self.platelets = line.platelet_cover
        self.net = self.niche = self.cycle = 0.0
        self.cycle_speed = 1.0 + model.config.rules.growth.cycle_spread * self.random.uniform(-1.0, 1.0)

    def step(self) -> None:
        rules = self.model.config.rules
        self.platelets *= self.model.platelets_left
        if self.state == CIRCULATING:
            if rules.passage.enabled:
                self.travel()
        if self.state == HELD and rules.arrest.enabled:
            self.bind_or_leave()
        if self.state == CIRCULATING or self.state == GONE:
            return
        if rules.net_trapping.enabled:
            self.feel_nets()
        if self.state == ADHERENT and rules.extravasation.enabled:
            self.extravasate()
        if rules.niche_formation.enabled:
            self.feel_niche()
        if self.state == EXTRAVASATED and rules.migration.enabled:
            self.creep()
        if rules.emt.enabled:
            self.transform()
        if self.state != HELD and rules.growth.enabled:
            self.grow()

    def lose(self, what: int, by: int) -> None:
        """The cell is gone."""
        self.model.note(what, by, self)
        self.state = GONE
        self.remove()

    # --- in the blood ---------------------------------------------------------------------------------------------

    def travel(self) -> None:
        """Go with the blood until something holds the cell or a central vein takes it away."""
        model = self.model
        site, free, held_by = self.carried_at, None, cause.NONE
        untried = model.lingering[site.coordinate]  # way, in sites, since the last trial
        for _ in range(_LONGEST_WALK):
            if site.lumen is None:
                free = site
                held_by = self.caught_at(site, untried * model.spacing_um)
                untried = 0.0
                if held_by != cause.NONE:
                    break
            onwards = model.downstream(site)
            if onwards is None:
                break
            site, length = onwards
            untried += length * model.lingering[site.coordinate]
            if site.kind == CENTRAL_VEIN:
                self.lose(event.PASSED, cause.NONE)
                return
        if free is None:
            return
        self.carried_at = None
        self.cell = free
        self.state = HELD
        self.held_by = held_by or cause.PLUG
        model.note(event.HELD, self.held_by, self)

    def caught_at(self, site: Site, length_um: float) -> int:
        """What holds the passing cell at a site: a cause, or cause.NONE."""
        grip = self.model.grip
        if grip is None:
            return cause.NONE
        misfit = max(self.diameter_um / (2.0 * site.radius_um) - 1.0, 0.0) / grip.misfit
        by_size = grip.size * misfit * misfit
        by_kupffer = grip.kupffer if site.touches_in_lumen(kupffer.KupfferCell) else 0.0
        unaided = by_size + grip.wall + by_kupffer
        by_net = grip.net_fold * float(site.nets) * unaided
        if self.random.random() >= -math.expm1(-(unaided + by_net) * length_um):
            return cause.NONE
        return self.random.choices(
            (cause.KUPFFER, cause.SIZE, cause.NET, cause.WALL), (by_kupffer, by_size, by_net, grip.wall)
        )[0]

    # --- in the sinusoid ------------------------------------------------------------------------------------------

    def bind_or_leave(self) -> None:
        """A held cell turns adherent, is torn off, dies of shear, or stays held."""
        p, line, site, wall = self.model.config.rules.arrest, self.model.config.cells.tumor, self.cell, self.cell.wall
        on_kupffer = site.touches_in_lumen(kupffer.KupfferCell)
        bonds = {
            cause.WALL: p.wall_bond * line.integrins,
            cause.E_SELECTIN: p.e_selectin_bond * line.selectin_ligands * wall.e_selectin,
            cause.VCAM1: p.vcam1_bond * line.integrins * wall.vcam1,
            cause.ICAM1: p.icam1_bond * line.integrins * wall.icam1,
            cause.KUPFFER: p.kupffer_bond if on_kupffer else 0.0,
            cause.NEUTROPHIL: p.neutrophil_bond if site.touches_in_lumen(neutrophil.Neutrophil) else 0.0,
            cause.NET: p.net_bond * self.net,
            cause.ECM: p.ecm_bond * float(site.ecm),
        }
        shear = self.model.shear[site.coordinate]
        hold = 1.0 + (p.contact_hold - 1.0) * max(1.0 if on_kupffer else 0.0, self.net)
        adhesion, detachment = sum(bonds.values()), p.detachment * shear / hold
        death = p.shear_death * shear * (1.0 - self.platelets)
        if not self.happens(adhesion + detachment + death):
            return
        (what,) = self.random.choices((event.ADHERENT, event.DETACHED, event.DIED), (adhesion, detachment, death))
        if what == event.ADHERENT:
            self.state = ADHERENT
            self.model.note(what, self.random.choices(list(bonds), bonds.values())[0], self)
        elif what == event.DETACHED:
            self.model.note(what, cause.SHEAR, self)
            self.state, self.carried_at = CIRCULATING, site
            self.cell = None
        else:
            self.lose(what, cause.SHEAR)

    def feel_nets(self) -> None:
        """How strongly a neutrophil net wraps the cell."""
        p, before = self.model.config.rules.net_trapping, self.net
        self.net = 0.0
        if self.layer == LUMEN and (self.state == HELD or self.state == ADHERENT):
            amount = float(self.cell.nets)
            if amount > 0.0:
                self.net = amount / (amount + p.half_hold)
        if self.net > p.wrapped_above and before <= p.wrapped_above:
            self.model.note(event.TRAPPED, cause.NET, self)

    def extravasate(self) -> None:
        """An adherent cell passes the wall where there is room behind it."""
        p, site = self.model.config.rules.extravasation, self.cell
        rapid = self.model.config.cells.tumor.extravasation == "rapid"
        half_time = p.rapid_half_time if rapid else p.intravascular_half_time
        helped = site.touches_in_lumen(kupffer.KupfferCell) or site.touches_in_lumen(neutrophil.Neutrophil)
        rate = math.log(2.0) / max(half_time, 1e-3) * (1.0 + p.protease_gain if helped else 1.0)
        rate *= 1.0 - p.matrix_hindrance * float(site.ecm)
        if not self.happens(rate * (p.epithelial_speed + (1.0 - p.epithelial_speed) * self.emt)):
            return
        room = self.room_behind_the_wall()
        if room is None:
            return
        site.wall.retract()
        self.cell = None
        self.layer, self.state, self.net = TISSUE, EXTRAVASATED, 0.0
        self.settle_at(room)
        self.model.note(event.EXTRAVASATED, cause.NONE, self)

    def room_behind_the_wall(self) -> Site | None:
        """The space of Disse here, else a free plate site beside."""
        if self.cell.tissue is None:
            return self.cell
        for site in turned(self.cell.ring, self.random.randrange(8)):
            if site is not None and site.kind == PARENCHYMA and site.tissue is None:
                return site
        return None

    def settle_at(self, site: Site) -> None:
        """Stand at a site; in a plate the hepatocyte gives way."""
        self.cell = site
        if self.layer == TISSUE and site.kind == PARENCHYMA:
            site.hepatocyte = False

    # --- in the tissue --------------------------------------------------------------------------------------------

    def feel_niche(self) -> None:
        """Support by the matrix under the cell and by a touching activated stellate cell."""
        p, site = self.model.config.rules.niche_formation, self.cell
        amount = float(site.ecm)
        level = amount / (amount + p.half_support) if amount > 0.0 else 0.0
        for beside in site.around:
            if type(beside.tissue) is stellate.StellateCell and beside.tissue.state == ACTIVATED:
                level += p.stellate_support
                break
        self.niche = min(level, 1.0)

    def creep(self) -> None:
        """Creep along Disse and where hepatocytes are gone; a nest holds its cells together."""
        p, model = self.model.config.rules.migration, self.model
        left = p.tumor_speed * model.dt_minutes * self.emt
        if left > 0.0 and self.cell.count_in_tissue(TumorCell) > 1:
            left *= self.emt * (1.0 - p.cohesion)
        while left > 0.0:
            ways = [
                (site, LENGTHS[k])
                for k, site in enumerate(self.cell.ring)
                if site is not None
                and site.tissue is None
                and (site.kind == SINUSOID or (site.kind == PARENCHYMA and not site.hepatocyte))
            ]
            if not ways:
                return
            site, length = self.random.choice(ways)
            length *= model.spacing_um
            if left < length and self.random.random() * length >= left:
                return
            left -= length
            self.cell = site

    def transform(self) -> None:
        """TGF-beta makes the cell mesenchymal, without it it becomes epithelial again."""
        p = self.model.config.rules.emt
        level = float(self.cell.tgf_beta)
        forward = p.rate * level / (1.0 + level)
        total = forward + p.reversal
        if total > 0.0:
            target = forward / total
            self.emt = target + (self.emt - target) * math.exp(-total * self.model.dt_hours)

    def grow(self) -> None:
        """Die, wake, fall dormant, or go on with the cycle and divide."""
        p, line, site = self.model.config.rules.growth, self.model.config.cells.tumor, self.cell
        oxygen = float(site.oxygen)
        apoptosis, necrosis = self.death_rate(), p.necrosis_rate if oxygen < p.necrosis_below else 0.0
        if self.happens(apoptosis + necrosis):
            by_apoptosis = self.random.random() * (apoptosis + necrosis) < apoptosis
            self.lose(event.DIED, cause.APOPTOSIS if by_apoptosis else cause.HYPOXIA)
            return
        if self.state == DORMANT:
            net = self.net_beside()
            if self.happens(p.wake_rate * (1.0 + p.wake_gain * max(self.niche, net))):
                self.state = EXTRAVASATED if self.layer == TISSUE else ADHERENT
                by = cause.NONE if max(self.niche, net) == 0.0 else cause.NET if net > self.niche else cause.NICHE
                self.model.note(event.WOKEN, by, self)
            return
        if self.state == EXTRAVASATED and self.is_alone():
            if self.happens(p.dormancy_rate * line.dormancy * (1.0 - max(self.niche, self.net_beside()))):
                self.state = DORMANT
                self.model.note(event.DORMANT, cause.SOLITUDE, self)
                return
        speed = self.cycle_speed / max(p.cycle_time, 1e-3) * oxygen / (oxygen + p.oxygen_half)
        cycle = (
            self.cycle
            + speed * (1.0 + p.niche_gain * self.niche + p.net_gain * self.net_beside()) * self.model.dt_hours
        )
        self.cycle = min(cycle, 1.0)
        if cycle >= 1.0:
            room = self.make_room()
            if room is not None:
                self.divide(room, cycle - 1.0)

    def death_rate(self) -> float:
        p, line = self.model.config.rules.growth, self.model.config.cells.tumor
        if self.state == DORMANT or self.divisions == 0:
            return p.dormant_death
        return p.death_rate * (1.0 + (p.unsupported_fold - 1.0) * (1.0 - line.autonomy) * (1.0 - self.niche))

    def net_beside(self) -> float:
        """The most net here and beside."""
        return max(float(site.nets) for site in self.cell.around) if self.model.are_nets else 0.0

    def is_alone(self) -> bool:
        return self.cell.count_in_tissue(TumorCell) + self.cell.count_in_lumen(TumorCell) <= 1

    def divide(self, room: Site, rest: float) -> None:
        daughter = TumorCell(self.model, self.clone, self.diameter_um)
        for name in _INHERITED:
            setattr(daughter, name, getattr(self, name))
        daughter.settle_at(room)
        self.divisions += 1
        daughter.divisions = self.divisions
        self.cycle = daughter.cycle = rest
        self.model.note(event.DIVIDED, cause.NONE, self)

    def secrete(self) -> None:
        model, site = self.model, self.cell
        if site is None:
            return
        p, rates = model.config.secretion, model.rates
        gain = 1.0 + p.tumor_cxcl1_net_gain * self.net
        model.emit("cxcl1", self, rates["tumor", "cxcl1"] * model.config.cells.tumor.cxcl1 * gain)
        if self.state == ADHERENT or self.state == EXTRAVASATED:
            model.emit("tgf_beta", self, rates["tumor", "tgf_beta"])
            model.emit("lactate", self, rates["tumor", "lactate"])
            if site.oxygen < p.hypoxia_below:
                model.emit("vegf", self, rates["tumor", "vegf"])

    def make_room(self) -> Site | None:
        """A site beside the cell for its daughter: a free one, or one cleared by pushing others to the nearest room."""
        turn = self.random.randrange(8)
        for site in turned(self.cell.ring, turn):
            if site is not None and getattr(site, self.layer) is None and site.is_habitable(self.layer):
                return site
        path = self.path_to_room(turn)
        if path is None:
            return None
        for here, there in zip(path[-2::-1], path[:0:-1], strict=True):
            getattr(here, self.layer).settle_at(there)
        return path[0]

    def path_to_room(self, turn: int) -> list[Site] | None:
        """Sites from beside the cell, through tumor cells, to the free one that is nearest in a straight line, at most
        `push_depth` sites away."""
        layer, depth = self.layer, self.model.config.rules.growth.push_depth
        queue = [(self.cell, 0, 0, -1)]  # site, its offset, number of the one that it was reached from
        seen = {self.cell}
        found, nearest = -1, depth * depth + 1
        head, level, level_end = 0, 0, 1
        order = [(turn + k) % 8 for k in range(8)]
        while head < len(queue):
            here, down, across, _ = queue[head]
            if type(getattr(here, layer)) is TumorCell:
                for k in order:
                    site = here.ring[k]
                    if site is None or site in seen or not site.is_habitable(layer):
                        continue
                    a, b = down + DIRECTIONS[k][0], across + DIRECTIONS[k][1]
                    who = getattr(site, layer)
                    if a * a + b * b > depth * depth or not (who is None or type(who) is TumorCell):
                        continue
                    seen.add(site)
                    if who is None and a * a + b * b < nearest:
                        found, nearest = len(queue), a * a + b * b
                    queue.append((site, a, b, head))
            head += 1
            if head == level_end:
                level, level_end = level + 1, len(queue)
                if (level + 1) ** 2 >= nearest:
                    break
        if found < 0:
            return None
        path = []
        while found > 0:
            path.append(queue[found][0])
            found = queue[found][3]
        return path[::-1]
