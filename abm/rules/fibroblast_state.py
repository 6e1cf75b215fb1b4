"""Fibroblast state: TGF-beta makes myofibroblasts of activated stellate cells, which are inflammatory at first; TNF-alpha keeps them so.

Myofibroblasts beside a tumor lay the matrix, inflammatory fibroblasts farther off secrete IL-6 and chemokines (Öhlund 2017,
10.1084/jem.20162024); TGF-beta turns these into those against IL-1 (Biffi 2019, 10.1158/2159-8290.CD-18-0710), for which TNF-alpha stands
here. Matrix (`stellate_activation`), EMT (`emt`), IL-6 of the blood and the chemokines read how inflammatory each cell is; where nothing
turns, all are myofibroblasts.
"""

import numpy as np

from ..cells import stellate
from ..liver import Liver
from ..target import Target
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class FibroblastState(Rule):
    name = "fibroblast_state"
    reads = ("tgf_beta", "tnf")
    writes = ("stellate",)
    inhibited = ("rate",)
    inhibitor = Target("inhibitor of the TGF-beta receptor", "Biffi 2019, 10.1158/2159-8290.CD-18-0710", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.042 /h",
            mark="assumed",
            source="none by default; 0.014 /h, in 72 h (24 to 120 h), is a guess",
            description="rate at which an activated stellate cell follows TGF-beta and TNF-alpha",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        rate, cells = self.parameters.rate, liver.stellate.plain
        if rate == 0.0 or liver.stellate.count == 0:
            return
        here = cells["row"], cells["column"]
        tgf_beta, tnf = (liver.signal(name)[here].astype(np.float64) for name in ("tgf_beta", "tnf"))
        aim = 1.0 - tgf_beta / (1.0 + tgf_beta) / (1.0 + tnf)
        turned = aim + (cells["inflammatory"] - aim) * np.exp(-rate * liver.dt_hours)
        cells["inflammatory"] = np.where(cells["state"] == stellate.ACTIVATED, turned, 1.0)
