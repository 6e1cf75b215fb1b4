"""Platelet cloak: platelets cover tumor cells in the blood within minutes, and are lost within a day.

P-selectin of the platelets binds mucins of the tumor cell: without it, or under heparin, the cloak does not form, and
fewer cells stay and found metastases (Kim 1998, 10.1073/pnas.95.16.9325; Borsig 2001, 10.1073/pnas.061615598). Cells
arrive covered, and all lose their cloak within a day (Labelle 2011, 10.1016/j.ccr.2011.09.009); those that the stream
reaches, circulating and held ones, may be covered again. What it does is said where it is done: it shields from NK cells
(`nk_killing`), protects from shear and binds to the wall (`arrest`), and secretes TGF-beta (`cells.tumor`).
"""

import numpy as np

from ..cells.tumor import CIRCULATING, HELD
from ..kernels.jit import jit
from ..kernels.relax import unless_faint
from ..liver import Liver
from ..units import Hours, PerHour, parameter
from .rule import Rule, RuleParameters

_LABELLE = "Labelle 2011, 10.1016/j.ccr.2011.09.009"
_FAINT = np.float32(1e-6)


class PlateletCloak(Rule):
    name = "platelet_cloak"
    reads = ("tumor", "blood")
    writes = ("tumor",)

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "12 /h",
            low="0 /h",
            high="60 /h",
            mark="unverified",
            source=f"{_LABELLE}: covered within minutes",
            description="rate at which a tumor cell in the stream comes back to its full cover",
        )
        half_life: Hours = parameter(
            "8 h",
            low="4 h",
            high="24 h",
            mark="derived",
            source=f"lost within about 24 h ({_LABELLE}): three half-lives",
            description="half-life of the cloak",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.tumor.count == 0:
            return
        p = self.parameters
        cover(
            liver.tumor.used,
            np.float32(full_cover(liver)),
            np.float32(-np.expm1(-p.rate * liver.dt_hours)),
            np.float32(0.5 ** (liver.dt_hours / p.half_life) if p.half_life else 0.0),
        )


def full_cover(liver: Liver) -> float:
    """The cover (0 to 1) to which tumor cells in the stream come: none without this rule."""
    if PlateletCloak.name not in liver.rules:
        return 0.0
    return min(liver.config.cells.tumor.platelet_cover * liver.blood["platelets"] * liver.left("p_selectin"), 1.0)


@jit(counted=False)
def cover(tumor, full, gained, kept):
    """Of every cover the share `kept` is left; cells in the stream then come closer to the `full` one by the share `gained`
    (float32, 0 to 1)."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0:
            continue
        cell.platelets = unless_faint(cell.platelets * kept, _FAINT)
        if (cell.state == CIRCULATING or cell.state == HELD) and cell.platelets < full:
            cell.platelets += (full - cell.platelets) * gained
