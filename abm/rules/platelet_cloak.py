"""Platelet cloak: platelets cover tumor cells in the blood within minutes, and are lost within a day.

P-selectin of the platelets binds mucins of the tumor cell: without it, or under heparin, the cloak does not form, and
fewer cells stay and found metastases (Kim 1998, 10.1073/pnas.95.16.9325; Borsig 2001, 10.1073/pnas.061615598). Cells
that the stream reaches, circulating and held ones, are covered; those that adhere or have left the vessel lose their
cloak (Labelle 2011, 10.1016/j.ccr.2011.09.009). What it does is said where it is done: it shields from NK cells
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
_FAINT = np.float32(1e-3)


class PlateletCloak(Rule):
    name = "platelet_cloak"
    reads = ("tumor", "blood")
    writes = ("tumor",)

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "12 /h",
            low="4 /h",
            high="60 /h",
            mark="unverified",
            source=f"{_LABELLE}: covered within minutes",
            description="rate at which a tumor cell in the stream comes to its full cover",
        )
        half_life: Hours = parameter(
            "8 h",
            low="4 h",
            high="24 h",
            mark="derived",
            source=f"lost within about 24 h ({_LABELLE}): three half-lives",
            description="half-life of the cloak of a cell that gains none",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.tumor.count == 0:
            return
        p = self.parameters
        full = liver.config.cells.tumor.platelet_cover * liver.blood["platelets"] * liver.left("p_selectin")
        cover(
            liver.tumor.used,
            np.float32(min(full, 1.0)),
            np.float32(-np.expm1(-p.rate * liver.dt_hours)),
            np.float32(0.5 ** (liver.dt_hours / p.half_life) if p.half_life else 0.0),
        )


@jit(counted=False)
def cover(tumor, full, gained, kept):
    """Cells in the stream come closer to the `full` cover by the share `gained`; of any other cover the share `kept` is
    left (float32, 0 to 1)."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0:
            continue
        in_stream = cell.state == CIRCULATING or cell.state == HELD
        if in_stream and cell.platelets < full:
            cell.platelets += (full - cell.platelets) * gained
        else:
            cell.platelets = max(unless_faint(cell.platelets * kept, _FAINT), full if in_stream else np.float32(0.0))
