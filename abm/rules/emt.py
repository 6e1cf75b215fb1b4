"""EMT: TGF-beta drives tumor cells towards a mesenchymal state, the parenchyma draws them back.

Mesenchymal cells move, extravasate and initiate colonies more readily (Yang 2025, 10.3892/or.2025.8963, refs 6, 7, 11,
12, 50); away from the signal they become epithelial again. IL-6 of inflammatory stellate cells that they touch drives them, too, by STAT3
and LRG1 (Zhong 2021, 10.1038/s41419-021-04461-6).
"""

import numpy as np

from ..cells.tumor import CIRCULATING
from ..kernels.jit import jit
from ..liver import Liver
from ..target import Target
from ..units import PerHour, parameter
from .fibroblast_state import beside_inflammatory
from .rule import Rule, RuleParameters


class EpithelialMesenchymalTransition(Rule):
    name = "emt"
    reads = ("tgf_beta", "stellate")
    writes = ("tumor",)
    inhibited = ("rate", "stellate_rate")
    inhibitor = Target("inhibitor of the TGF-beta receptor", "Yang 2025, 10.3892/or.2025.8963, ref 11", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.03 /h",
            low="0.01 /h",
            high="0.1 /h",
            mark="assumed",
            source="TGF-beta induces EMT within 1-3 d in culture",
            description="rate towards mesenchymal at saturating TGF-beta",
        )
        stellate_rate: PerHour = parameter(
            "0.03 /h",
            low="0.01 /h",
            high="0.1 /h",
            mark="assumed",
            source="Zhong 2021, 10.1038/s41419-021-04461-6 (direction); as saturating TGF-beta",
            description="rate towards mesenchymal beside a wholly inflammatory stellate cell",
        )
        reversal: PerHour = parameter(
            "0.01 /h",
            low="0.002 /h",
            high="0.05 /h",
            mark="assumed",
            source="reversal within days of withdrawal",
            description="rate back towards epithelial",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.tumor.count:
            p = self.parameters
            beside = beside_inflammatory(liver)
            by_stellate = p.stellate_rate * liver.left("il6")
            signal = liver.signal("tgf_beta")
            transform(liver.tumor.used, signal, beside, liver.dt_hours, p.rate, by_stellate, p.reversal)


@jit(counted=False)
def transform(tumor, tgf_beta, beside, hours, rate, stellate_rate, reversal):
    """d emt/dt = (rate*H(TGF-beta) + stellate_rate*beside)*(1 - emt) - reversal*emt, solved exactly over the step; `beside`: see
    `beside_inflammatory`."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.state == CIRCULATING:
            continue
        level = np.float64(tgf_beta[cell.row, cell.column])
        forward = rate * level / (1.0 + level)
        if beside.size != 0:
            forward += stellate_rate * np.float64(beside[cell.row, cell.column])
        total = forward + reversal
        if total > 0.0:
            target = forward / total
            cell.emt = np.float32(target + (np.float64(cell.emt) - target) * np.exp(-total * hours))
