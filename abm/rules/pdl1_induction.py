"""PD-L1 induction: IFN-gamma raises the PD-L1 of tumor cells, which so resist those that attack them.

By JAK2 and STAT1, within hours (Yang 2025, 10.3892/or.2025.8963, refs 26, 27; Thibaut 2020, 10.1038/s43018-020-0038-2: several hours
of exposure are needed); metastases of the liver have more of it than their primaries (ref 28).
"""

import numpy as np

from ..kernels.jit import jit
from ..liver import Liver
from ..target import Target
from ..units import Hours, Number, PerHour, parameter
from .rule import Rule, RuleParameters


class PDL1Induction(Rule):
    name = "pdl1_induction"
    reads = ("ifn_gamma",)
    writes = ("tumor",)
    inhibited = ("on",)
    inhibitor = Target("inhibitor of JAK2", "Yang 2025, 10.3892/or.2025.8963, refs 26, 27", "unverified")

    class Parameters(RuleParameters):
        on: PerHour = parameter(
            "0.12 /h",
            low="0.05 /h",
            high="0.3 /h",
            mark="derived",
            source="Thibaut 2020, 10.1038/s43018-020-0038-2: several hours of exposure, 1/8 h",
            description="rate at which PD-L1 rises towards its most in saturating IFN-gamma",
        )
        half_life: Hours = parameter(
            "24 h",
            low="12 h",
            high="72 h",
            mark="assumed",
            source="proteins of the membrane live for a day",
            description="half-life of what is induced",
        )
        most: Number = parameter(
            5.0,
            low=2,
            high=10,
            mark="assumed",
            source="flow cytometry of carcinoma lines under IFN-gamma (direction)",
            description="the most that can be induced, relative to the PD-L1 of the line",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor, base = liver.tumor, liver.config.cells.tumor.pdl1
        if tumor.count == 0 or (liver.fields["ifn_gamma"].at_rest and not is_induced(tumor.used, np.float32(base))):
            return
        off = np.log(2.0) / max(p.half_life, 1e-3)
        induce(tumor.used, liver.signal("ifn_gamma"), p.on, off, base, p.most * base, liver.dt_hours)


@jit(counted=False)
def is_induced(tumor, base):
    """Whether any tumor cell has other PD-L1 than the `base` (float32) of its line."""
    i = 0
    while i < tumor.size and (tumor[i].alive == 0 or tumor[i].pdl1 == base):
        i += 1
    return i < tumor.size


@jit(counted=False)
def induce(tumor, signal, on, off, base, most, hours):
    """PD-L1 of every tumor cell relaxes exactly towards what the IFN-gamma at its site makes of it; rates in 1/h."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0:
            continue
        level = np.float64(signal[cell.row, cell.column])
        rise = on * level / (1.0 + level)
        settled = (rise * most + off * base) / (rise + off)
        cell.pdl1 = np.float32(settled + (np.float64(cell.pdl1) - settled) * np.exp(-(rise + off) * hours))
