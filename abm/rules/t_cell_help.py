"""T-cell help: CD8 T cells near a Th1 cell hit more often.

By IL-2 and IFN-gamma, Th1 cells raise the cytotoxicity of CD8 T cells; patients with many of them live longer without disease (Yang
2025, 10.3892/or.2025.8963, ref 34). How much, the layer `help` says; `t_cell_killing` reads it. What help does to exhaustion is left out.
"""

import numpy as np

from ..cells import cd4
from ..fields.multigrid import is_zero
from ..kernels.tables import columns_of
from ..liver import Liver
from ..units import Micrometers, Number, parameter
from .immune_suppression import Suppressors, suppress
from .rule import Rule, RuleParameters

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class TCellHelp(Rule):
    name = "t_cell_help"
    reads = ("cd4",)
    writes = ("help",)

    class Parameters(RuleParameters):
        radius: Micrometers = parameter(
            "30 um",
            low="10 um",
            high="60 um",
            mark="assumed",
            source="IL-2 reaches a few cells far",
            description="how near a Th1 cell helps CD8 T cells",
        )
        gain: Number = parameter(
            1.0,
            low=0.3,
            high=3,
            mark="assumed",
            source=f"{_YANG}, ref 34 (direction)",
            description="how many more hits, relative to those without help, a CD8 T cell lands near a Th1 cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if not is_zero(liver.help):
            liver.help[:] = 0.0
        if liver.cd4.in_state(cd4.TH1).any():
            reach = self.parameters.radius / liver.spacing_um
            helpers, nothing = columns_of(liver.cd4.rows, Suppressors), np.float32(0.0)
            suppress(helpers, 1 << cd4.TH1, nothing, liver.help, reach, liver.periodic)  # 1 wherever one is near
            liver.help[:] *= np.float32(self.parameters.gain)
