"""EMT: TGF-beta drives tumor cells towards a mesenchymal state, the parenchyma draws them back.

Mesenchymal cells move, extravasate and initiate colonies more readily (Yang 2025, 10.3892/or.2025.8963, refs 6, 7, 11,
12, 50); away from the signal they become epithelial again.
"""

import numpy as np

from ..cells.tumor import CIRCULATING
from ..kernels.jit import jit
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class EpithelialMesenchymalTransition(Rule):
    name = "emt"
    reads = ("tgf_beta",)
    writes = ("tumor",)
    inhibited = ("rate",)

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.03 /h",
            low="0.01 /h",
            high="0.1 /h",
            mark="assumed",
            source="TGF-beta induces EMT within 1-3 d in culture",
            description="rate towards mesenchymal at saturating TGF-beta",
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

    def apply(self, liver) -> None:
        if liver.tumor.count:
            p = self.parameters
            transform(liver.tumor.used, liver.signal("tgf_beta"), liver.dt_hours, p.rate, p.reversal)


@jit(counted=False)
def transform(tumor, tgf_beta, hours, rate, reversal):
    """d emt/dt = rate*H(TGF-beta)*(1 - emt) - reversal*emt, solved exactly over the step."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.state == CIRCULATING:
            continue
        level = np.float64(tgf_beta[cell.row, cell.column])
        forward = rate * level / (1.0 + level)
        total = forward + reversal
        if total > 0.0:
            target = forward / total
            cell.emt = np.float32(target + (np.float64(cell.emt) - target) * np.exp(-total * hours))
