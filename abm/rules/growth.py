"""Growth: tumor cells cycle, rest, wake, die and divide, and push each other aside.

Of the cells that extravasate, most stop dividing while they are alone: a third of an inoculum is found as solitary
dormant cells two weeks later, one in forty starts to grow, one in a hundred of those grows on (Luzzi 1998,
10.1016/S0002-9440(10)65628-3). Matrix and stellate cells of the niche, and nets, keep cells cycling and alive. Far
from open sinusoids cells slow down, and die where oxygen is gone. How fast a founder cycles and how hard it dies its daughters
inherit, but for what each differs from her mother; its stemness keeps a solitary cell awake. Cells cycle faster near the portal tracts.
Suppressor cells that touch them keep them alive (Yang 2025, 10.3892/or.2025.8963, ref 89). After a resection the growth factors of the
regenerating liver make them cycle faster, and so do the vesicles of fatty hepatocytes (ref 120). What holds out against them, and how
pressure slows them, says `compression`.
"""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from ..cells.line import drawn_log, stemness_of
from ..cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD, TUMOR
from ..kernels.flows import BORN
from ..kernels.jit import jit
from ..kernels.random import does_happen, draw_each, happens, hash64, stream_key, uniform, unit
from ..kernels.sites import neighbour, offset_between, place, reach_within, shifted
from ..kernels.tables import HIGH, born
from ..ledger import cause, event
from ..ledger.ledger import enter, lose
from ..liver import Liver
from ..target import Target
from ..tissue.plates import displace_hepatocyte
from ..tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, MillimetersOfMercury, Number, PerHour, Positive, parameter
from .compression import freedom_to_cycle, holding_out
from .growth_signalling import restraint
from .immune_suppression import guards_of
from .rule import Rule, RuleParameters

_LUZZI = "Luzzi 1998, 10.1016/S0002-9440(10)65628-3"


class Fate(NamedTuple):
    """Rates (1/h) and modifiers of cycling, rest and death, as the kernel sees them."""

    cycle: float
    cycle_spread: float
    dormancy: float
    wake: float
    wake_gain: float
    death: float
    unsupported_fold: float
    dormant_death: float
    net_gain: float
    niche_gain: float
    oxygen_half: float
    necrosis_below: float
    necrosis: float
    drift: float = 0.0
    zonation: float = 0.0
    net_support: float = 0.0
    ifn_gamma: float = 0.0
    hardiness_drift: float = 0.0
    stemness: float = 0.0
    guarded_death: float = 1.0
    ras_mutation: float = 0.0
    daughter_loss: float = 0.0


class Growth(Rule):
    name = "growth"
    reads = ("oxygen", "nets", "ecm", "suppressor", "tumor", "blood", "drugs")
    writes = ("tumor", "hepatocytes")
    events: ClassVar = {
        "divided": (),
        "dormant": ("solitude",),
        "woken": ("niche", "net"),
        "died": ("apoptosis", "hypoxia"),
    }
    inhibited = ("cycle_time",)
    inhibitor = Target("cytostatic drug", "Yang 2025, 10.3892/or.2025.8963, section 4", "assumed")

    class Parameters(RuleParameters):
        cycle_time: Annotated[Hours, Positive] = parameter(
            "22 h",
            low="15 h",
            high="30 h",
            mark="unverified",
            source="MC38, CT26, HT-29 in culture",
            description="duration of a cell cycle with oxygen and room",
        )
        cycle_spread: Fraction = parameter(
            0.15,
            low=0.05,
            high=0.3,
            mark="assumed",
            source="spread of cycle times in culture",
            description="half-width of the uniform spread of cycle speeds between cells",
        )
        vigour_drift: Fraction = parameter(
            0.02,
            low=0,
            high=0.1,
            mark="assumed",
            source="no measure is known; with 0.02, ten divisions add a spread of 0.06 to that between founders",
            description="standard deviation of what a daughter's logarithm of the speed of the cycle differs from her mother's",
        )
        hardiness_drift: Fraction = parameter(
            0.0,
            low=0,
            high=0.1,
            mark="assumed",
            source="no measure is known; as of the speed of the cycle",
            description="standard deviation of what a daughter's logarithm of how much slower she dies differs from her mother's",
        )
        daughter_loss: Fraction = parameter(
            0.0,
            low=0,
            high=0.97,
            mark="assumed",
            source="human tumors could double in 5 d and take months (median of many: Rew and Wilson 2000, Eur J Surg Oncol, "
            "PMID 10873364); where metastases grow as fast as they can, as in mice, 0",
            description="share of the cycles from which one daughter only comes, as the other dies at birth; the ledger enters neither",
        )
        zonation: Annotated[Number, Field(ge=-0.9, le=0.9)] = parameter(
            0.15,
            low=0,
            high=0.4,
            mark="assumed",
            source="Liu and Fu, ECMTB 2026, contribution 1405: of models fitted to sizes of metastases in mice only growth that "
            "depends on the zone gives their distribution; the periportal blood is richer",
            description="how much faster cells cycle in the periportal, and slower in the pericentral third of the lobule, than between",
        )
        dormancy_rate: PerHour = parameter(
            "0.05 /h",
            low="0.03 /h",
            high="0.3 /h",
            mark="derived",
            source=f"{_LUZZI}: 1 in 40 of those that leave the vessels is a micrometastasis on day 3; calibrated on that",
            description="rate at which a solitary cell stops cycling without niche or net",
        )
        wake_rate: PerHour = parameter(
            "0.001 /h",
            low="0.00004 /h",
            high="0.002 /h",
            mark="assumed",
            source="0.024 /d; dormancy persists for weeks (Luzzi 1998; Naumov 2002)",
            description="rate at which a dormant cell starts to cycle again",
        )
        wake_gain: Number = parameter(
            5.0,
            low=0,
            high=20,
            mark="assumed",
            source="Albrengues 2018, 10.1126/science.aao4227: nets awaken dormant cells",
            description="gain of waking at full support by the niche, or beside a full net",
        )
        death_rate: PerHour = parameter(
            "0.008 /h",
            low="0.0005 /h",
            high="0.02 /h",
            mark="derived",
            source="doubling 2.5 d in mouse liver: about 0.6*ln2/22 h - ln2/60 h = 0.0075 /h, as crowded cells wait; a tenth of it "
            "where of most cycles one daughter comes (daughter_loss)",
            description="death rate of a supported cycling cell",
        )
        unsupported_fold: Number = parameter(
            6.0,
            low=1,
            high=6,
            mark="derived",
            source=f"{_LUZZI}: 99 of 100 micrometastases do not grow on: deaths outnumber 0.027 /h births",
            description="how many times faster cycling cells without autonomy die without niche",
        )
        dormant_death: PerHour = parameter(
            "0.001 /h",
            low="0.001 /h",
            high="0.006 /h",
            mark="derived",
            source=f"{_LUZZI}: at most ln(80/36)/240 h = 0.0033 /h, as some wake; calibrated on 36 % dormant at day 13",
            description="death rate of a dormant cell, and of one that has not divided yet",
        )
        net_gain: Number = parameter(
            0.4,
            low=0,
            high=1,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 78",
            description="gain of the cycle beside a full net, which reaches cells behind the wall too",
        )
        net_support: Fraction = parameter(
            0.0,
            low=0,
            high=1,
            mark="assumed",
            source="Yazdani 2019, 10.1158/0008-5472.CAN-19-0800: nets keep the mitochondria of tumor cells, and growth, up",
            description="support beside a full net against the death of cycling cells, of that of a full niche",
        )
        ifn_gamma_inhibition: Fraction = parameter(
            0.3,
            low=0,
            high=0.7,
            mark="assumed",
            source="Hoekstra 2020, 10.1038/s43018-020-0036-4: fewer tumor cells cycle in IFN-gamma (direction)",
            description="share of the speed of the cycle that saturating IFN-gamma takes",
        )
        regeneration_gain: Number = parameter(
            0.3,
            low=0.1,
            high=1,
            mark="assumed",
            source="Krause 2013, Clin Exp Metastasis 30, issue 5: 2.8 times the tumor two weeks after a third of the liver is taken "
            "out, the injury of surgery included; none in another model (10.1007/s10585-006-9054-6)",
            description="gain of the cycle under saturating growth factors of regeneration",
        )
        vesicle_gain: Number = parameter(
            0.2,
            low=0,
            high=0.5,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 120 (direction)",
            description="gain of the cycle by the vesicles of hepatocytes that are all fatty",
        )
        guarded_death: Fraction = parameter(
            0.5,
            low=0.2,
            high=0.9,
            mark="assumed",
            source="Wang 2017, 10.1158/0008-5472.CAN-16-3199: suppressor cells keep tumor cells alive, without innate or adaptive help",
            description="how fast a tumor cell that touches a suppressor cell dies, but for hypoxia, relative to one that does not",
        )
        ras_mutation: Fraction = parameter(
            0.0,
            low=0,
            high=0.00001,
            mark="assumed",
            source="a rate per gene and division of 1e-7 in stable cells, more in mismatch repair deficient ones",
            description="probability that one of two daughters has a mutated RAS",
        )
        niche_gain: Number = parameter(
            0.3,
            low=0,
            high=1,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 18: HGF and c-MET",
            description="gain of the cycle at full support by the niche",
        )
        oxygen_half: MillimetersOfMercury = parameter(
            "8 mmHg",
            low="5 mmHg",
            high="10 mmHg",
            mark="unverified",
            source="hypoxia threshold, HIF activation",
            description="oxygen at which the cycle runs at half speed",
        )
        necrosis_below: MillimetersOfMercury = parameter(
            "2 mmHg",
            low="0.5 mmHg",
            high="5 mmHg",
            mark="unverified",
            source="necrosis threshold",
            description="oxygen below which cells die of necrosis",
        )
        necrosis_rate: PerHour = parameter(
            "0.05 /h",
            low="0.01 /h",
            high="0.2 /h",
            mark="assumed",
            source="necrosis within a day of anoxia",
            description="death rate without oxygen",
        )
        push_depth: Annotated[int, Field(ge=0, le=100)] = parameter(
            5,
            low=1,
            high=10,
            mark="assumed",
            source="proliferating rim of 50 um",
            description="sites over which a dividing cell can push others aside",
        )

    parameters: Parameters

    def cycles_per_hour(self, liver: Liver) -> float:
        """How many cycles a cell of no vigour of its own makes in an hour with room, oxygen and its signals."""
        p, line = self.parameters, liver.config.cells.tumor
        fed = 1.0 + p.vesicle_gain * liver.config.tissue.steatosis
        regenerating = 1.0 + p.regeneration_gain * liver.saturation("regeneration")
        return line.pace * fed * regenerating / max(p.cycle_time, 1e-3)

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor = liver.tumor
        if tumor.count == 0:
            return
        order = tumor.order(liver.key(self.name), liver.step_number)
        tumor.reserve(order.size)
        line = liver.config.cells.tumor
        fate = Fate(
            cycle=self.cycles_per_hour(liver),
            cycle_spread=p.cycle_spread,
            dormancy=p.dormancy_rate * line.dormancy,
            wake=p.wake_rate,
            wake_gain=p.wake_gain,
            death=line.pace * p.death_rate,
            unsupported_fold=p.unsupported_fold,
            dormant_death=line.pace * p.dormant_death,
            net_gain=p.net_gain,
            niche_gain=p.niche_gain,
            oxygen_half=p.oxygen_half,
            necrosis_below=p.necrosis_below,
            necrosis=p.necrosis_rate,
            drift=p.vigour_drift,
            zonation=p.zonation,
            net_support=p.net_support,
            ifn_gamma=0.0 if liver.fields["ifn_gamma"].at_rest else p.ifn_gamma_inhibition,
            hardiness_drift=p.hardiness_drift,
            stemness=line.stemness,
            guarded_death=p.guarded_death,
            ras_mutation=p.ras_mutation,
            daughter_loss=p.daughter_loss,
        )
        freedom = freedom_to_cycle(liver)
        with holding_out(liver):
            grow(
                tumor.table,
                liver.sites,
                liver.ledger.book(2 * order.size),
                liver.minutes,
                liver.key(self.name),
                liver.step_number,
                order,
                liver.dt_hours,
                liver.fields["oxygen"].values,
                liver.nets,
                liver.hepatocytes,
                liver.signal("ifn_gamma"),
                guards_of(liver),
                freedom,
                restraint(liver),
                fate,
                p.push_depth,
                stream_key(0, "division"),
            )


@jit(inline=True, counted=False)
def death_hazard(cell, oxygen, net, fate):
    """Hazards (1/h) of apoptosis and of necrosis of a settled tumor cell; `net` is the most of a net beside it."""
    if cell.state == DORMANT or cell.divisions == 0:  # it is colonies that vanish, single cells last
        apoptosis = fate.dormant_death
    else:
        unsupported = (1.0 - max(np.float64(cell.niche), fate.net_support * net)) * (1.0 - np.float64(cell.autonomy))
        apoptosis = fate.death * (1.0 + (fate.unsupported_fold - 1.0) * unsupported)
    if cell.hardiness != np.float32(0.0):
        apoptosis *= np.exp(-np.float64(cell.hardiness))
    return apoptosis, fate.necrosis if oxygen < fate.necrosis_below else 0.0


@jit(inline=True, counted=False)
def is_alone(sites, row, column):
    """Whether the tumor cell of a site touches no other one, in either layer; in a colony the first looks tell."""
    found = 0
    for k in range(8, -1, -1):
        r, c = neighbour(sites, row, column, k)
        if r >= 0:
            found += (sites.population[TISSUE, r, c] == TUMOR) + (sites.population[LUMEN, r, c] == TUMOR)
            if found > 1:
                return False
    return True


@jit(inline=True, counted=False)
def net_beside(sites, nets, row, column):
    """The most net at a site or its eight neighbours: what reaches a cell behind the wall of the sinusoid."""
    rows, columns = nets.shape
    most = np.float32(0.0)
    if 0 < row < rows - 1 and 0 < column < columns - 1:  # away from the edges nothing wraps
        for r in range(row - 1, row + 2):
            for c in range(column - 1, column + 2):
                most = max(most, nets[r, c])
        return np.float64(most)
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0:
            most = max(most, nets[r, c])
    return np.float64(most)


@jit(counted=False)
def habitable(sites, layer, row, column):
    """Whether a tumor cell could live at a site of the layer: in a sinusoid; in Disse or a plate."""
    kind = sites.kind[row, column]
    return kind == SINUSOID or (layer == TISSUE and kind == PARENCHYMA)


@jit(counted=False)
def free_neighbour(sites, layer, row, column, turn):
    """A free habitable neighbour, looked for from direction `turn` on; (-1, -1) if there is none."""
    for k in range(8):
        r, c = neighbour(sites, row, column, (turn + k) % 8)
        if r >= 0 and sites.population[layer, r, c] == 0 and habitable(sites, layer, r, c):
            return r, c
    return -1, -1


@jit(counted=False)
def is_room_within(sites, layer, row, column, depth):
    """Whether any free habitable site lies at most `depth` sites away, whatever is between: in the depth of a colony none does, and
    nobody need look for a way there."""
    rows, columns = sites.kind.shape
    top, bottom = reach_within(depth, rows, sites.periodic)
    left, right = reach_within(depth, columns, sites.periodic)
    for dr in range(top, bottom + 1):
        r = shifted(row, dr, rows, sites.periodic)
        if r < 0:
            continue
        for dc in range(left, right + 1):
            if dr * dr + dc * dc > depth * depth:
                continue
            c = shifted(column, dc, columns, sites.periodic)
            if c >= 0 and sites.population[layer, r, c] == 0 and habitable(sites, layer, r, c):
                return True
    return False


@jit(counted=False)
def path_to_room(sites, layer, row, column, depth, turn, queue, came_from):
    """Breadth-first through tumor cells to the free habitable site that lies nearest in a straight line, at most
    `depth` sites away: by number of moves alone nodules would become squares.

    queue: int32 [n, 3] and came_from: int32 [2*depth+3, 2*depth+3] are work space. Returns the index of the free
    site in the queue, or -1; queue[:, 0:2] are sites, queue[:, 2] the index of the site each was reached from.
    """
    rows, columns = sites.kind.shape
    middle = depth + 1
    came_from[:] = 0
    queue[0, 0], queue[0, 1], queue[0, 2] = row, column, -1
    came_from[middle, middle] = 1
    head, tail = 0, 1
    level_end, level = 1, 0
    found, nearest = -1, depth * depth + 1  # square of the distance
    while head < tail:
        here_row, here_column = queue[head, 0], queue[head, 1]
        for k in range(8):
            if sites.population[layer, here_row, here_column] != TUMOR:
                break  # room, but not to be pushed through
            r, c = neighbour(sites, here_row, here_column, (turn + k) % 8)
            if r < 0 or not habitable(sites, layer, r, c):
                continue
            a = offset_between(row, r, rows, sites.periodic)
            b = offset_between(column, c, columns, sites.periodic)
            if a * a + b * b > depth * depth or came_from[middle + a, middle + b] != 0:
                continue
            code = sites.population[layer, r, c]
            if code != 0 and code != TUMOR:
                continue
            came_from[middle + a, middle + b] = 1
            queue[tail, 0], queue[tail, 1], queue[tail, 2] = r, c, head
            if code == 0 and a * a + b * b < nearest:
                found, nearest = tail, a * a + b * b
            tail += 1
        head += 1
        if head == level_end:
            level_end = tail
            level += 1
            if (level + 1) * (level + 1) >= nearest:
                break  # no nearer room further on
    return found


@jit(counted=False)
def make_room(tumor, sites, layer, row, column, depth, turn, queue, came_from, hepatocytes):
    """A free site next to the dividing cell: one that is free, or that is cleared by pushing cells along the shortest
    way to room. Returns (-1, -1) if there is none within `depth`."""
    r, c = free_neighbour(sites, layer, row, column, turn)
    if r >= 0:
        return r, c
    if not is_room_within(sites, layer, row, column, depth):
        return -1, -1
    index = path_to_room(sites, layer, row, column, depth, turn, queue, came_from)
    if index < 0:
        return -1, -1
    while queue[index, 2] > 0:
        previous = queue[index, 2]
        r, c = queue[index, 0], queue[index, 1]
        a, b = queue[previous, 0], queue[previous, 1]
        slot = sites.occupant[layer, a, b]
        sites.population[layer, r, c] = TUMOR
        sites.occupant[layer, r, c] = slot
        sites.population[layer, a, b] = 0
        sites.occupant[layer, a, b] = -1
        tumor.rows[slot].row = r
        tumor.rows[slot].column = c
        displace_hepatocyte(sites, hepatocytes, r, c)
        index = previous
    return queue[index, 0], queue[index, 1]


@jit
def grow(
    tumor,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    hours,
    oxygen,
    nets,
    hepatocytes,
    ifn_gamma,
    guards,
    freedom,
    restraint,
    fate,
    push_depth,
    identity,
):
    """One step of life for every settled tumor cell of `order` (slots): death, waking, dormancy, cycle, division."""
    queue = np.empty(((2 * push_depth + 3) ** 2 + 1, 3), np.int32)
    came_from = np.empty((2 * push_depth + 3, 2 * push_depth + 3), np.int32)
    uids = tumor.rows.uid[: tumor.book[HIGH]]
    live_on(
        tumor,
        sites,
        book,
        minutes,
        key,
        step,
        order,
        draw_each(key, step, uids, 0),
        draw_each(key, 0, uids, 4),
        hours,
        oxygen,
        nets,
        hepatocytes,
        ifn_gamma,
        guards,
        freedom,
        restraint,
        fate,
        push_depth,
        queue,
        came_from,
        identity,
    )


@jit(counted=False)
def live_on(
    tumor,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    dying,
    quickness,
    hours,
    oxygen,
    nets,
    hepatocytes,
    ifn_gamma,
    guards,
    freedom,
    restraint,
    fate,
    push_depth,
    queue,
    came_from,
    identity,
):
    """The step of each cell, with the random bits by slot that decide on its death and on the length of its cycle.

    Apart from `grow`, which makes arrays: so references to them need not be counted at every look around.
    """
    for slot in order:
        cell = tumor.rows[slot]
        if cell.alive == 0 or cell.state == CIRCULATING or cell.state == HELD:
            continue
        level = np.float64(oxygen[cell.row, cell.column])
        zone = sites.zone[cell.row, cell.column]
        net = net_beside(sites, nets, cell.row, cell.column)
        apoptosis, necrosis = death_hazard(cell, level, net, fate)
        if guards.size != 0 and guards[cell.row, cell.column] != 0:
            apoptosis *= fate.guarded_death
        if does_happen(dying[slot], (apoptosis + necrosis) * hours):
            by_apoptosis = uniform(key, step, cell.uid, 1) * (apoptosis + necrosis) < apoptosis
            lose(tumor, sites, book, minutes, event.DIED, cause.APOPTOSIS if by_apoptosis else cause.HYPOXIA, slot)
            continue
        niche = np.float64(cell.niche)
        if cell.doomed_h > np.float32(0.0) or cell.infected_h > np.float32(0.0):
            continue
        if cell.state == DORMANT:
            hazard = fate.wake * (1.0 + fate.wake_gain * max(niche, net))
            if happens(key, step, cell.uid, 2, hazard, hours):
                cell.state = EXTRAVASATED if cell.layer == TISSUE else ADHERENT
                reason = cause.NONE if max(niche, net) == 0.0 else cause.NET if net > niche else cause.NICHE
                enter(book, minutes, event.WOKEN, reason, cell, zone)
            continue
        if cell.state == EXTRAVASATED and is_alone(sites, cell.row, cell.column):
            hazard = fate.dormancy * (1.0 - max(niche, net)) * (1.0 - stemness_of(cell.emt, fate.stemness))
            if happens(key, step, cell.uid, 3, hazard, hours):
                cell.state = DORMANT
                enter(book, minutes, event.DORMANT, cause.SOLITUDE, cell, zone)
                continue
        spread = 1.0 + fate.cycle_spread * (2.0 * unit(quickness[slot]) - 1.0)
        speed = (
            fate.cycle
            * spread
            * level
            / (level + fate.oxygen_half)
            * (1.0 + fate.niche_gain * niche + fate.net_gain * net)
        )
        if cell.vigour != np.float32(0.0):
            speed *= np.exp(np.float64(cell.vigour))
        if zone != 0:
            speed *= 1.0 + fate.zonation * (2.0 - np.float64(zone))
        if fate.ifn_gamma > 0.0:
            signal = np.float64(ifn_gamma[cell.row, cell.column])
            speed *= 1.0 - fate.ifn_gamma * signal / (1.0 + signal)
        if freedom.size != 0 and cell.layer == TISSUE:
            speed *= np.float64(freedom[cell.row, cell.column])
        if restraint.size != 0:
            speed *= 1.0 - np.float64(restraint[slot])
        is_waiting = cell.cycle >= np.float32(1.0)
        cycle = np.float64(cell.cycle) + speed * hours
        cell.cycle = np.float32(min(cycle, 1.0))
        if cycle < 1.0:
            continue
        if fate.daughter_loss > 0.0 and not is_waiting and uniform(key, step, cell.uid, 11) < fate.daughter_loss:
            cell.cycle = np.float32(cycle - 1.0)
            continue
        turn = np.int64(hash64(key, cell.uid, step, 5) % np.uint64(8))
        row, column = make_room(
            tumor, sites, cell.layer, cell.row, cell.column, push_depth, turn, queue, came_from, hepatocytes
        )
        if row < 0:
            continue
        divide(tumor, sites, book, minutes, slot, row, column, zone, identity, hepatocytes, np.float32(cycle - 1.0))
        if fate.ras_mutation > 0.0 and uniform(key, step, cell.uid, 10) < fate.ras_mutation:
            cell.ras = np.uint8(1)
        if fate.drift > 0.0 or fate.hardiness_drift > 0.0:
            drift(tumor.rows, key, slot, fate.drift, fate.hardiness_drift)
            drift(tumor.rows, key, sites.occupant[cell.layer, row, column], fate.drift, fate.hardiness_drift)


@jit(counted=False)
def drift(rows, key, slot, vigour_log_sd, hardiness_log_sd):
    """A cell that was just born differs from its mother in vigour, by its numbers 6 and 7 of the division, and in hardiness, by
    8 and 9."""
    cell = rows[slot]
    cell.vigour += drawn_log(vigour_log_sd, key, cell.divisions, cell.uid, 6)
    cell.hardiness += drawn_log(hardiness_log_sd, key, cell.divisions, cell.uid, 8)


@jit(counted=False)
def divide(tumor, sites, book, minutes, slot, row, column, zone, identity, hepatocytes, rest):
    """The cell in `slot` divides; its daughter takes the free site (row, column) of the same layer. Both begin their
    next cycle with the `rest` of the step, so that cycles do not get longer with the step."""
    mother = tumor.rows[slot]
    mother.cycle = rest
    mother.divisions += 1
    taken = born(tumor, mother, BORN)
    daughter = tumor.rows[taken]
    daughter.row = row
    daughter.column = column
    daughter.uid = hash64(identity, mother.uid, mother.divisions, 0)
    daughter.cluster = np.uint64(0)  # bonds of those that came together
    daughter.settled_h = np.float32(minutes / 60.0)
    place(sites, TUMOR, mother.layer, row, column, taken)
    displace_hepatocyte(sites, hepatocytes, row, column)
    enter(book, minutes, event.DIVIDED, cause.NONE, mother, zone)
