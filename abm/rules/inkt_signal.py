"""iNKT signal: near tumor cells that have just come iNKT cells wake stellate cells by IL-4 and IL-13.

Independently of their T-cell receptor they turn stellate cells into myofibroblasts, whose matrix receives the tumor cells; without the
receptor of IL-4 and IL-13 on stellate cells, fewer metastases are founded (Yang 2025, 10.3892/or.2025.8963, ref 112). One that signals
stays where it is, and walks on after a day.
"""

import numpy as np

from ..cells import inkt, stellate
from ..cells.tumor import CIRCULATING
from ..kernels.random import uniform_each
from ..liver import Liver
from ..target import Target
from ..units import Fraction, Hours, Micrometers, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import within

_YANG = "Yang 2025, 10.3892/or.2025.8963, ref 112"


class InvariantNKTSignal(Rule):
    name = "inkt_signal"
    reads = ("tumor", "inkt", "stellate")
    writes = ("inkt", "stellate")
    inhibited = ("rate", "activation")
    inhibitor = Target("iNKT cells that make neither IL-4 nor IL-13", f"{_YANG} (direction)", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "2 /h",
            low="0.5 /h",
            high="10 /h",
            mark="assumed",
            source="iNKT cells have their messages at hand and secrete within an hour or two",
            description="rate at which an iNKT cell in reach of a tumor cell that has just come begins to signal",
        )
        reach: Micrometers = parameter(
            "50 um",
            low="20 um",
            high="100 um",
            mark="assumed",
            source="a few cells; patrolling cells feel what the liver is alarmed by",
            description="how near a tumor cell must be",
        )
        newcomer: Hours = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source=f"{_YANG}: at the arrival",
            description="time since its arrival for which a tumor cell is noticed",
        )
        duration: Hours = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source="cytokines of iNKT cells are found for a day after they were activated",
            description="time for which an iNKT cell signals",
        )
        signal_reach: Micrometers = parameter(
            "30 um",
            low="10 um",
            high="60 um",
            mark="assumed",
            source="IL-4 reaches a few cells far",
            description="how near a signalling iNKT cell must be to a stellate cell",
        )
        activation: PerHour = parameter(
            "0.05 /h",
            low="0.01 /h",
            high="0.2 /h",
            mark="assumed",
            source=f"{_YANG} (direction; checked); 48 h at saturating TGF-beta without",
            description="rate at which a quiescent stellate cell near a signalling iNKT cell activates, in addition",
        )
        il4_share: Fraction = parameter(
            0.5,
            low=0.2,
            high=0.8,
            mark="assumed",
            source=f"{_YANG}: both ligands of the receptor",
            description="share of IL-4 in the signal; the rest is IL-13",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.inkt.count:
            self.signal(liver)
            self.activate(liver)

    def signal(self, liver: Liver) -> None:
        """Those near newcomers begin to signal; those that have done so for their time walk on."""
        p, cells, tumor, now = self.parameters, liver.inkt.plain, liver.tumor.plain, liver.hours
        done = liver.inkt.in_state(inkt.SIGNALLING) & (now - cells["signalled_h"] >= p.duration)
        cells["state"][done] = inkt.PATROLLING
        new = (tumor["alive"] != 0) & (tumor["state"] != CIRCULATING) & (now - tumor["arrived_h"] <= p.newcomer)
        if not new.any():
            return
        near = within(liver, liver.tumor, new, p.reach)[cells["row"], cells["column"]]
        draws = uniform_each(liver.key(self.name), liver.step_number, cells["uid"], 0)
        begin = liver.inkt.in_state(inkt.PATROLLING) & near & (draws < -np.expm1(-p.rate * liver.dt_hours))
        cells["state"][begin] = inkt.SIGNALLING
        cells["signalled_h"][begin] = now

    def activate(self, liver: Liver) -> None:
        """Quiescent stellate cells near signalling iNKT cells activate, as far as neither message nor receptor is blocked."""
        p, cells = self.parameters, liver.stellate.plain
        signalling = liver.inkt.in_state(inkt.SIGNALLING)
        if liver.stellate.count == 0 or not signalling.any():
            return
        message = p.il4_share * liver.left("il4") + (1.0 - p.il4_share) * liver.left("il13")
        hazard = p.activation * message * liver.left("il4ra") * liver.dt_hours
        near = within(liver, liver.inkt, signalling, p.signal_reach)[cells["row"], cells["column"]]
        draws = uniform_each(liver.key(self.name), liver.step_number, cells["uid"], 1)
        woken = liver.stellate.in_state(stellate.QUIESCENT) & near & (draws < -np.expm1(-hazard))
        cells["state"][woken] = stellate.ACTIVATED
        cells["activated_h"][woken] = liver.hours
