"""NETosis: stimulated neutrophils throw out nets of DNA, which stick to the sinusoid and decay.

Tumor IL-8/CXCL1, TNF-alpha and LPS drive it (Yang 2025, 10.3892/or.2025.8963, ref 77); suicidal NETosis takes 2-4 h
(Fuchs 2007, 10.1083/jcb.200606027) and kills the cell; endogenous DNases clear the net within a day
(Jimenez-Alcazar 2017, 10.1126/science.aam8897).
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import neutrophil
from ..fields.multigrid import is_zero
from ..kernels.flows import BURST
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.relax import decay
from ..kernels.sites import lift, reach_within, shifted
from ..kernels.tables import HIGH, free_slot
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Hours, Micrometers, Number, PerHour, parameter
from .rule import Rule, RuleParameters

FAINT_NET = np.float32(1e-3)
"""Amounts of net up to this are set to zero."""


class Netosis(Rule):
    name = "netosis"
    reads = ("neutrophil", "cxcl1", "tnf", "blood")
    writes = ("neutrophil", "nets", "net_residue")
    inhibited = ("rate",)
    inhibitor = Target("PAD4 inhibitor", "Tohme 2016, 10.1158/0008-5472.CAN-15-1591", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.1 /h",
            low="0.007 /h",
            high="0.1 /h",
            mark="derived",
            source="Hoppenbrouwers 2017, 10.1371/journal.pone.0176472: 5-50 % under strong stimuli; the upper end, -ln(1 - 0.5)/7.5 h",
            description="hazard of committing to NETosis at a saturating stimulus",
        )
        duration: Hours = parameter(
            "3 h",
            low="2 h",
            high="4 h",
            mark="unverified",
            source="Fuchs 2007, 10.1083/jcb.200606027",
            description="time from commitment to the net",
        )
        half_life: Hours = parameter(
            "12 h",
            low="3 h",
            high="48 h",
            mark="assumed",
            source="Jimenez-Alcazar 2017, 10.1126/science.aam8897",
            description="half-life of a net against endogenous DNases",
        )
        footprint: Annotated[Micrometers, Field(le=1000)] = parameter(
            "40 um",
            low="10 um",
            high="40 um",
            mark="derived",
            source="10-15 times the 520 um3 of a neutrophil fill 90-135 um of sinusoid: 8 sites lie within 30 um, 14 within 40",
            description="radius of the stretch of sinusoid that one net covers",
        )
        chemokine_weight: Number = parameter(
            0.3,
            low=0.1,
            high=3,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 77 (direction); resting livers with a tumor have few nets, septic ones many",
            description="weight of CXCL1/IL-8 and TNF at the site in the stimulus",
        )
        lps_weight: Number = parameter(
            1.0,
            low=0,
            high=3,
            mark="assumed",
            source="Clark 2007, 10.1038/nm1565",
            description="weight of blood LPS in the stimulus",
        )
        injury_weight: Number = parameter(
            1.0,
            low=0,
            high=3,
            mark="assumed",
            source="Tohme 2016, 10.1158/0008-5472.CAN-15-1591: nets after ischemia and reperfusion",
            description="weight of the injury of surgery in the stimulus",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        for layer in (liver.nets, liver.net_residue):
            if not is_zero(layer):
                decay(layer, np.float32(0.5 ** (liver.dt_hours / max(p.half_life, 1e-3))), FAINT_NET)
        cells = liver.neutrophil
        if cells.count == 0:
            return
        reach = int(np.ceil(p.footprint / liver.spacing_um))
        alarms, weights = liver.over_step(
            lambda hours: p.lps_weight * liver.given("lps", hours) + p.injury_weight * liver.given("injury", hours)
        )
        cast_nets(
            cells.table,
            liver.sites,
            liver.nets,
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            liver.hours,
            p.rate,
            p.duration,
            p.chemokine_weight,
            alarms,
            weights,
            liver.signal("cxcl1"),
            liver.signal("tnf"),
            reach,
            p.footprint / liver.spacing_um,
        )


@jit
def cast_nets(
    cells,
    sites,
    nets,
    key,
    step,
    hours,
    now_h,
    rate,
    duration_h,
    chemokine_weight,
    alarms,
    weights,
    cxcl1,
    tnf,
    reach,
    radius,
):
    """Neutrophils commit to NETosis, and committed ones burst: the net fills the sinusoid sites within `radius`
    (in sites, with `reach` its whole number of sites), up to 1.

    alarms, weights: float64 [n], what comes with the blood at some moments of the step, and their shares in it.
    """
    rows, columns = sites.kind.shape
    top, bottom = reach_within(reach, rows, sites.periodic)
    left, right = reach_within(reach, columns, sites.periodic)
    draws = draw_each(key, step, cells.rows.uid[: cells.book[HIGH]], 0)
    for slot in range(draws.size):
        cell = cells.rows[slot]
        if cell.alive == 0:
            continue
        if cell.state != neutrophil.NETTING:
            if not could_happen(draws[slot], rate * hours):
                continue  # whatever the stimulus
            local = chemokine_weight * (
                np.float64(cxcl1[cell.row, cell.column]) + np.float64(tnf[cell.row, cell.column])
            )
            drive = 0.0
            for n in range(alarms.size):
                stimulus = local + alarms[n]
                drive += weights[n] * stimulus / (1.0 + stimulus)
            if drive > 0.0 and does_happen(draws[slot], rate * drive * hours):
                cell.state = neutrophil.NETTING
                cell.nets_h = np.float32(now_h + duration_h)
            continue
        if cell.nets_h > np.float32(now_h):
            continue
        for dr in range(top, bottom + 1):
            for dc in range(left, right + 1):
                if dr * dr + dc * dc > radius * radius:
                    continue
                r = shifted(cell.row, dr, rows, sites.periodic)
                c = shifted(cell.column, dc, columns, sites.periodic)
                if r >= 0 and c >= 0 and sites.kind[r, c] == SINUSOID:
                    nets[r, c] = np.float32(1.0)
        lift(sites, LUMEN, cell.row, cell.column)
        free_slot(cells, slot, BURST)
