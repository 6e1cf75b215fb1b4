"""Neutrophil polarisation: TGF-beta turns neutrophils from N1 to N2, IFN-gamma turns them back.

N1 neutrophils kill tumor cells (`neutrophil_killing`) and help T cells (`t_cell_help`); N2 ones secrete VEGF, activate TGF-beta by their
proteases, and hold T cells back (`immune_suppression`). Without TGF-beta most of those that come are and stay N1 (Fridlender 2009,
10.1016/j.ccr.2009.06.017); early in a tumor they are, late they are not (Yang 2025, 10.3892/or.2025.8963, refs 72-74).
"""

from ..cells import neutrophil
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.saturation import saturation
from ..kernels.tables import HIGH
from ..liver import Liver
from ..units import Hours, parameter
from .rule import Rule, RuleParameters

_FRIDLENDER = "Fridlender 2009, 10.1016/j.ccr.2009.06.017"


class NeutrophilPolarisation(Rule):
    name = "neutrophil_polarisation"
    reads = ("tgf_beta", "ifn_gamma")
    writes = ("neutrophil",)

    class Parameters(RuleParameters):
        n2_time: Hours = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source=f"{_FRIDLENDER} (direction)",
            description="time constant of turning from N1 to N2 at saturating TGF-beta",
        )
        n1_time: Hours = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source="as long as the other way; interferons turn neutrophils of tumors back (direction)",
            description="time constant of turning from N2 to N1 at saturating IFN-gamma",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.neutrophil.count == 0:
            return
        turn(
            liver.neutrophil.table,
            # the numbers of a neutrophil: `neutrophil_recruitment` draws its number 0, here it is 1
            liver.key("neutrophil_recruitment"),
            liver.step_number,
            liver.dt_hours / max(self.parameters.n2_time, 1e-3),
            liver.dt_hours / max(self.parameters.n1_time, 1e-3),
            liver.signal("tgf_beta"),
            liver.signal("ifn_gamma"),
        )


@jit
def turn(cells, key, step, to_n2, to_n1, tgf_beta, ifn_gamma):
    """N1 cells turn with the hazard `to_n2` in saturating `tgf_beta`, N2 cells with `to_n1` in saturating `ifn_gamma`."""
    turning = draw_each(key, step, cells.rows.uid[: cells.book[HIGH]], 1)
    for slot in range(turning.size):
        cell = cells.rows[slot]
        if cell.alive == 0 or not could_happen(turning[slot], max(to_n2, to_n1)):
            continue
        if cell.state == neutrophil.N1:
            level, hazard, other = tgf_beta[cell.row, cell.column], to_n2, neutrophil.N2
        elif cell.state == neutrophil.N2:
            level, hazard, other = ifn_gamma[cell.row, cell.column], to_n1, neutrophil.N1
        else:
            continue
        if does_happen(turning[slot], hazard * saturation(level)):
            cell.state = other
