"""T-cell help: CD8 T cells near a Th1 cell, or near an N1 neutrophil, hit more often.

By IL-2 and IFN-gamma, Th1 cells raise the cytotoxicity of CD8 T cells; patients with many of them live longer without disease (Yang
2025, 10.3892/or.2025.8963, ref 34). Neutrophils of early tumors stimulate T cells (ref 72). How much, the layer `help` says;
`t_cell_killing` reads it. What help does to exhaustion is left out.
"""

import numpy as np

from ..cells import cd4, neutrophil
from ..fields.multigrid import is_zero
from ..liver import Liver
from ..units import Micrometers, Number, parameter
from .rule import Rule, RuleParameters
from .surroundings import within

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class TCellHelp(Rule):
    name = "t_cell_help"
    reads = ("cd4", "neutrophil")
    writes = ("help",)

    class Parameters(RuleParameters):
        radius: Micrometers = parameter(
            "30 um",
            low="10 um",
            high="60 um",
            mark="assumed",
            source="IL-2 reaches a few cells far",
            description="how near a Th1 cell or an N1 neutrophil helps CD8 T cells",
        )
        gain: Number = parameter(
            1.0,
            low=0.3,
            high=3,
            mark="assumed",
            source=f"{_YANG}, ref 34 (direction)",
            description="how many more hits, relative to those without help, a CD8 T cell lands near a Th1 cell",
        )
        n1_gain: Number = parameter(
            0.0,
            low=0,
            high=2,
            mark="assumed",
            source=f"none by default; 0.5 is a guess: {_YANG}, ref 72 (direction)",
            description="how many more hits, relative to those without help, a CD8 T cell lands near an N1 neutrophil",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if not is_zero(liver.help):
            liver.help[:] = 0.0
        p = self.parameters
        for cells, state, gain in ((liver.cd4, cd4.TH1, p.gain), (liver.neutrophil, neutrophil.N1, p.n1_gain)):
            if gain > 0.0 and cells.in_state(state).any():
                liver.help[:] += np.float32(gain) * within(liver, cells, cells.in_state(state), p.radius)
