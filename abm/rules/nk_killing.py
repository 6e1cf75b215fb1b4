"""NK killing: natural killer cells kill the tumor cells they meet, by TRAIL, FasL and perforin.

In the first hours after arrival half of the encounters are lethal; a day later, with CD155 shed, hardly any (Ichise
2022, 10.7554/eLife.76269). Cells that cycle show stress ligands again, resting ones hide them: NK cells so hold down
colonies that grow, and spare dormant cells (Malladi 2016, 10.1016/j.cell.2016.02.025). What they cannot kill they leave
within minutes. Liver NK cells carry TRAIL constitutively (Takeda 2001, 10.1038/83416). Platelets, nets
and neutrophils shield the target (Nieswandt 1999, Cancer Res 59:1295; Spiegel 2016, 10.1158/2159-8290.CD-15-1157),
lactate and TGF-beta paralyse the killer (Harmon 2019, 10.1158/2326-6066.CIR-18-0481), suppressive cells and IL-10 hold it back
(`immune_suppression`). IL-18 of Kupffer cells that have engulfed tumor cells makes them kill more (Dupaul-Chicoine 2015,
10.1016/j.immuni.2015.08.013), and so does a touching Kupffer cell, by STING and 4-1BB. An NK cell meets its target in `migration`;
what happens while they touch is here, and so is the replacement of lost NK cells from the blood. Poly(IC) arms those that are
there, and brings many more (Twilley 1987, Nat Immun Cell Growth Regul 6:279).
"""

from typing import ClassVar, NamedTuple

import numpy as np

from ..blood.opsonin import opsonised
from ..cells import natural_killer
from ..cells.kupffer import KUPFFER
from ..cells.neutrophil import NEUTROPHIL
from ..cells.tumor import DORMANT, TUMOR
from ..kernels.contact import EVERYBODY, NOBODY, still_touched
from ..kernels.flows import ENTERED, POISONED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each, happens, uniform
from ..kernels.sites import count_touching, is_touched, lift
from ..kernels.tables import HIGH, free_slot
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, TISSUE
from ..units import Fraction, Hours, Millimolar, Number, PerHour, parameter
from .clusters import in_company
from .net_trapping import net_between
from .rule import Rule, RuleParameters
from .supply import enter_from_blood, entry_sites, turn_over

_ICHISE = "Ichise 2022, 10.7554/eLife.76269"


class KillPathways(NamedTuple):
    """The kill hazard in contact (1/h) and what modulates it."""

    rate: float
    fresh: float
    regained: float
    trail: float
    fasl: float
    perforin: float
    full_until_h: float
    lost_by_h: float
    through_wall: float
    platelet_shield: float
    net_shield: float
    neutrophil_shield: float
    tgf_beta_inhibition: float
    lactate_half: float
    lactate_steepness: float
    leave: float
    reject: float
    indifference_h: float
    lactate_death: float
    lactate_at_rest: float
    cluster_shield: float
    sting: float


class NaturalKillerKilling(Rule):
    name = "nk_killing"
    reads = ("natural_killer", "tumor", "kupffer", "neutrophil", "nets", "lactate", "tgf_beta", "suppression", "blood")
    writes = ("natural_killer", "tumor")
    events: ClassVar = {"killed": ("trail", "fasl", "perforin")}
    inhibited = ("rate",)
    inhibitor = Target("prostaglandin E2", "what inhibits NK cells and leaves them alive", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "11 /h",
            low="2 /h",
            high="12 /h",
            mark="derived",
            source=f"{_ICHISE}: half of the early encounters kill, under platelets: 0.6 killers * 4.8/5.8, 4.8 = 11 * (1 - 0.7*0.8)",
            description="kill hazard in contact, for a killing NK cell and a fully sensitive bare target, all arms together",
        )
        trail_share: Fraction = parameter(
            0.4,
            low=0.2,
            high=0.7,
            mark="assumed",
            source="Takeda 2001, 10.1038/83416 (direction only)",
            description="share of TRAIL in the hazard",
        )
        fasl_share: Fraction = parameter(
            0.3,
            low=0.1,
            high=0.5,
            mark="assumed",
            source="Takeda 2001, 10.1038/83416 (direction only)",
            description="share of FasL in the hazard",
        )
        perforin_share: Fraction = parameter(
            0.3,
            low=0.1,
            high=0.5,
            mark="assumed",
            source="Takeda 2001, 10.1038/83416 (direction only)",
            description="share of perforin and granzymes in the hazard",
        )
        contact_time: Hours = parameter(
            "1 h",
            low="0.3 h",
            high="1 h",
            mark="derived",
            source=f"{_ICHISE}: contacts of 20-40 min, with the time to a kill",
            description="mean time that an NK cell stays with a target that it recognises and does not kill",
        )
        scan_time: Hours = parameter(
            "15 min",
            low="3 min",
            high="60 min",
            mark="assumed",
            source="contacts of minutes with cells that do not call for more",
            description="mean time that an NK cell stays with a cell in which it recognises nothing",
        )
        handling_time: Hours = parameter(
            "1 h",
            low="0.3 h",
            high="3 h",
            mark="unverified",
            source="lytic hit 15-60 min, attachment 1-2 h; Choi & Mitchison 2013",
            description="time after a kill before the next target",
        )
        indifference: Hours = parameter(
            "20 min",
            low="0 h",
            high="6 h",
            mark="assumed",
            source="NK cells that engage without killing become hyporesponsive",
            description="time for which an NK cell takes no notice of tumor cells after one in which it recognised nothing",
        )
        full_susceptibility: Hours = parameter(
            "4 h",
            low="2 h",
            high="6 h",
            mark="checked",
            source=_ICHISE,
            description="time since arrival until which tumor cells are fully susceptible",
        )
        lost_susceptibility: Hours = parameter(
            "18 h",
            low="16 h",
            high="30 h",
            mark="checked",
            source=f"{_ICHISE}: CD155 lost, nearly all survive after 24 h",
            description="time since arrival at which no susceptibility is left",
        )
        regained_susceptibility: Fraction = parameter(
            0.3,
            low=0,
            high=0.6,
            mark="assumed",
            source="Malladi 2016, 10.1016/j.cell.2016.02.025: NK cells clear what cycles and spare what rests; Jung 2012, "
            "10.1084/jem.20120565: cells that cycle show RAE-1",
            description="kill hazard for a cycling cell of a colony of the reference line, relative to that for B16 on arrival",
        )
        through_wall: Fraction = parameter(
            0.9,
            low=0.1,
            high=1,
            mark="assumed",
            source="contact through fenestrae",
            description="kill hazard for a target in the space of Disse or the plate, relative to one in the lumen",
        )
        platelet_shield: Fraction = parameter(
            0.7,
            low=0.5,
            high=0.9,
            mark="unverified",
            source="Nieswandt 1999, Cancer Res 59:1295; Palumbo 2005, Blood 105:178",
            description="protection by a full platelet cloak",
        )
        net_shield: Fraction = parameter(
            0.8,
            low=0.3,
            high=0.95,
            mark="assumed",
            source="Teijeira 2020, 10.1016/j.immuni.2020.03.001",
            description="protection by a full net around the tumor cell, or where the NK cell stands",
        )
        neutrophil_shield: Fraction = parameter(
            0.2,
            low=0,
            high=0.7,
            mark="assumed",
            source="Spiegel 2016, 10.1158/2159-8290.CD-15-1157 (direction)",
            description="protection by a touching neutrophil",
        )
        cluster_shield: Fraction = parameter(
            0.3,
            low=0,
            high=0.7,
            mark="assumed",
            source="no measure is known; clusters seed more often than their cells do singly: Aceto 2014, 10.1016/j.cell.2014.07.013",
            description="protection while a cell of the same cluster is touched, on top of any other",
        )
        tgf_beta_inhibition: Fraction = parameter(
            0.7,
            low=0.3,
            high=0.9,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963",
            description="loss of killing at saturating TGF-beta",
        )
        lactate_half: Millimolar = parameter(
            "10 mM",
            low="5 mM",
            high="20 mM",
            mark="unverified",
            source="Brand 2016, 10.1016/j.cmet.2016.08.011: above 20 mM; Harmon 2019",
            description="lactate at which killing is halved",
        )
        lactate_steepness: Number = parameter(
            2.0,
            low=1,
            high=4,
            mark="assumed",
            source="Hill coefficient",
            description="steepness of the loss with lactate",
        )
        poly_ic_gain: Number = parameter(
            4.0,
            low=1,
            high=10,
            mark="assumed",
            source="Cohen 1990, Cancer Res 50:1834: poly(IC)-treated mice clear what resting ones keep",
            description="gain of the kill hazard at saturating poly(IC) in the blood",
        )
        poly_ic_entry: PerHour = parameter(
            "0.15 /h",
            low="0.05 /h",
            high="0.5 /h",
            mark="derived",
            source="Twilley 1987, Nat Immun Cell Growth Regul 6:279: 10 to 20 times the leukocytes of the liver, and kept for 9 d; "
            "9 in 60 h",
            description="NK cells that saturating poly(IC) in the blood brings, relative to those of a resting liver",
        )
        opsonin_fold: Number = parameter(
            3.0,
            low=1,
            high=10,
            mark="assumed",
            source="CD16 of NK cells on IgG1: cytotoxicity by antibodies; none by IgG2",
            description="kill hazard for a tumor cell that an antibody covers wholly, relative to a bare one",
        )
        il18_gain: Number = parameter(
            2.3,
            low=0.5,
            high=5,
            mark="assumed",
            source="Dupaul-Chicoine 2015, 10.1016/j.immuni.2015.08.013 (direction): a third of the activity without IL-18",
            description="gain of the kill hazard at saturating IL-18 in the blood",
        )
        sting_gain: Number = parameter(
            0.0,
            low=0,
            high=2,
            mark="assumed",
            source="none by default; 2 is a guess, as 0.5 does nothing that can be seen: Yang 2025, 10.3892/or.2025.8963, ref 100 "
            "(direction)",
            description="gain of the kill hazard while the NK cell touches a Kupffer cell, whose STING shows it 4-1BB ligand",
        )
        lactate_death: PerHour = parameter(
            "0.05 /h",
            low="0.01 /h",
            high="0.2 /h",
            mark="assumed",
            source="Harmon 2019, 10.1158/2326-6066.CIR-18-0481",
            description="death rate of NK cells at saturating lactate, above that in normal blood",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        nk = liver.natural_killer
        host, line = liver.config.cells.natural_killer, liver.config.cells.tumor
        if nk.count:
            boost = 1.0 + p.poly_ic_gain * liver.saturation("poly_ic")
            il18 = liver.blood.il18 * liver.left("il18")
            boost *= 1.0 + p.il18_gain * il18 / (1.0 + il18)
            boost *= 1.0 + (p.opsonin_fold - 1.0) * opsonised(liver)
            pathways = KillPathways(
                rate=p.rate * host.activation * boost,
                fresh=line.nk_sensitivity,
                regained=p.regained_susceptibility * line.stress_ligands,
                trail=p.trail_share * liver.left("trail"),
                fasl=p.fasl_share * liver.left("fasl"),
                perforin=p.perforin_share * liver.left("perforin"),
                full_until_h=p.full_susceptibility,
                lost_by_h=p.lost_susceptibility,
                through_wall=p.through_wall,
                platelet_shield=p.platelet_shield,
                net_shield=p.net_shield,
                neutrophil_shield=p.neutrophil_shield,
                tgf_beta_inhibition=p.tgf_beta_inhibition,
                lactate_half=p.lactate_half,
                lactate_steepness=p.lactate_steepness,
                leave=1.0 / max(p.contact_time, 1e-3),
                reject=1.0 / max(p.scan_time, 1e-3),
                indifference_h=p.indifference,
                lactate_death=p.lactate_death,
                lactate_at_rest=liver.fields["lactate"].least,
                cluster_shield=p.cluster_shield,
                sting=p.sting_gain * liver.left("sting"),
            )
            lactate = liver.fields["lactate"].values
            endure(
                nk.table,
                liver.sites,
                liver.minutes,
                liver.key(self.name),
                liver.step_number,
                liver.dt_hours,
                lactate,
                pathways,
            )
            order = nk.order(liver.key(self.name), liver.step_number, nk.in_state(natural_killer.IN_CONTACT))
            attack(
                nk.rows,
                liver.tumor.table,
                liver.sites,
                liver.ledger.book(order.size),
                liver.minutes,
                liver.key(self.name),
                liver.step_number,
                order,
                liver.dt_hours,
                p.handling_time,
                liver.nets,
                lactate,
                liver.signal("tgf_beta"),
                liver.suppression,
                pathways,
            )
        resting = host.density * liver.standard_area_mm2 * liver.left("natural_killer")
        turn_over(liver, "natural_killer", liver.key(self.name + "/turnover"), 1.0 / max(host.residence, 1e-3), resting)
        called = p.poly_ic_entry * liver.saturation("poly_ic") * resting * liver.dt_hours
        if called > 0.0:
            key = liver.key(self.name + "/poly_ic")
            enter_from_blood(liver, "natural_killer", key, entry_sites(liver, key, called), ENTERED, "poly_ic")


@jit(counted=False)
def susceptibility(hours_since_arrival, full_until_h, lost_by_h):
    """1 until `full_until_h` after arrival, falling linearly to 0 at `lost_by_h`."""
    if hours_since_arrival <= full_until_h:
        return 1.0
    if hours_since_arrival >= lost_by_h:
        return 0.0
    return (lost_by_h - hours_since_arrival) / (lost_by_h - full_until_h)


@jit(counted=False)
def recognition(target, now_h, pathways):
    """How far an NK cell recognises the tumor cell `target` (a row): by what it brought with it (CD155), and by the stress
    ligands that it shows while it cycles in a colony, relative to a cell of B16 on arrival."""
    brought = susceptibility(now_h - np.float64(target.arrived_h), pathways.full_until_h, pathways.lost_by_h)
    shown = pathways.regained if target.divisions > 0 and target.state != DORMANT else 0.0
    return brought, shown


@jit(counted=False)
def hill(x, half, steepness):
    """x^n / (half^n + x^n) for x >= 0."""
    if x <= 0.0:
        return 0.0
    return 1.0 / (1.0 + (half / x) ** steepness)


@jit(counted=False)
def kill_hazard(target, sites, exposed, net, lactate, tgf_beta, pathways):
    """Hazard (1/h) at which a killing NK cell in contact kills the tumor cell `target` (a row), to which it is `exposed`
    (0 to 1, and more) and from which a `net` keeps it (0 to 1)."""
    shield = max(pathways.platelet_shield * np.float64(target.platelets), pathways.net_shield * net)
    if pathways.neutrophil_shield > shield and count_touching(sites, NEUTROPHIL, LUMEN, target.row, target.column) > 0:
        shield = pathways.neutrophil_shield
    activity = (1.0 - pathways.tgf_beta_inhibition * tgf_beta / (1.0 + tgf_beta)) * (
        1.0 - hill(lactate, pathways.lactate_half, pathways.lactate_steepness)
    )
    wall = pathways.through_wall if target.layer == TISSUE else 1.0
    return (
        pathways.rate
        * (pathways.trail + pathways.fasl + pathways.perforin)
        * activity
        * (1.0 - shield)
        * wall
        * exposed
    )


@jit
def endure(nk, sites, minutes, key, step, hours, lactate, pathways):
    """Lactate kills some NK cells; those that are done with their last target, or with looking away, become free."""
    # what dies in the lactate of normal blood is part of the residence time
    normal = hill(pathways.lactate_at_rest, pathways.lactate_half, pathways.lactate_steepness)
    dying = draw_each(key, step, nk.rows.uid[: nk.book[HIGH]], 2)
    for slot in range(dying.size):
        cell = nk.rows[slot]
        if cell.alive == 0:
            continue
        if could_happen(dying[slot], pathways.lactate_death * hours):
            level = np.float64(lactate[cell.row, cell.column])
            poisoning = pathways.lactate_death * max(
                hill(level, pathways.lactate_half, pathways.lactate_steepness) - normal, 0.0
            )
            if level > pathways.lactate_at_rest and does_happen(dying[slot], poisoning * hours):
                lift(sites, LUMEN, cell.row, cell.column)
                free_slot(nk, slot, POISONED)
                continue
        if cell.busy_h <= np.float32(minutes / 60.0):
            if cell.state == natural_killer.HANDLING:
                cell.state = natural_killer.PATROLLING
            elif cell.target == EVERYBODY:
                cell.target = np.uint64(0)


@jit(counted=False)
def attack(
    nk, tumor, sites, book, minutes, key, step, order, hours, handling_h, nets, lactate, tgf_beta, suppression, pathways
):
    """The NK cells of `order` (slots), all in contact, kill, leave, find nothing to kill, or stay (competing hazards)."""
    now_h = minutes / 60.0
    for slot in order:
        cell = nk[slot]
        prey = still_touched(sites, TUMOR, tumor.rows.uid, cell.row, cell.column, cell.target)
        if prey == NOBODY:
            cell.state = natural_killer.PATROLLING
            continue
        brought, shown = recognition(tumor.rows[prey], now_h, pathways)
        recognised = min(max(brought, shown), 1.0)
        leave = pathways.leave * recognised
        reject = pathways.reject * (1.0 - recognised)
        kill = 0.0
        if cell.killer == 1:
            kill = kill_hazard(
                tumor.rows[prey],
                sites,
                max(pathways.fresh * brought, shown),
                net_between(nets, tumor.rows[prey], cell),
                np.float64(lactate[cell.row, cell.column]),
                np.float64(tgf_beta[cell.row, cell.column]),
                pathways,
            )
            kill *= 1.0 - np.float64(suppression[cell.row, cell.column])
            if in_company(tumor.rows, sites, prey):
                kill *= 1.0 - pathways.cluster_shield
            if pathways.sting > 0.0 and is_touched(sites, KUPFFER, LUMEN, cell.row, cell.column):
                kill *= 1.0 + pathways.sting
        total = kill + leave + reject
        if not happens(key, step, cell.uid, 0, total, hours):
            continue
        which = uniform(key, step, cell.uid, 1) * total
        if which < kill:
            share = which / kill * (pathways.trail + pathways.fasl + pathways.perforin)
            by = cause.PERFORIN
            if share < pathways.trail:
                by = cause.TRAIL
            elif share < pathways.trail + pathways.fasl:
                by = cause.FASL
            lose(tumor, sites, book, minutes, event.KILLED, by, prey)
            cell.state = natural_killer.HANDLING
            cell.busy_h = np.float32(now_h + handling_h)
            cell.kills += 1
        else:
            cell.state = natural_killer.PATROLLING
            if which >= kill + leave and pathways.indifference_h > 0.0:
                cell.target = EVERYBODY
                cell.busy_h = np.float32(now_h + pathways.indifference_h)
