"""Stellate deletion: CD8 T cells that touch an activated stellate cell die sooner.

Activated stellate cells drive T cells into apoptosis, by PD-L1 and other ligands (Yang 2025, 10.3892/or.2025.8963, ref 117); that they also
turn CD4 T cells into regulatory ones stands in `helper_differentiation`.
"""

from ..kernels.flows import DIED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.sites import lift
from ..kernels.tables import free_slot
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_activated


class StellateDeletion(Rule):
    name = "stellate_deletion"
    reads = ("cd8", "stellate")
    writes = ("cd8",)
    inhibited = ("rate",)
    inhibitor = Target("caspase inhibitor", "general: T cells that cannot die by apoptosis", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.02 /h",
            low="0.005 /h",
            high="0.1 /h",
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 117 (direction)",
            description="rate at which a CD8 T cell in the tissue dies that touches an activated stellate cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.cd8.count and liver.stellate.count:
            key, step = liver.key(self.name), liver.step_number
            hazard = self.parameters.rate * liver.dt_hours
            delete(liver.cd8.table, liver.stellate.rows, liver.sites, key, step, hazard)


@jit
def delete(table, stellate_cells, sites, key, step, hazard):
    """Each CD8 T cell in the interstitium beside an activated stellate cell dies with the probability 1 - exp(-hazard)."""
    cells = table.rows
    draws = draw_each(key, step, cells.uid, 0)
    for slot in range(cells.size):
        cell = cells[slot]
        if cell.alive == 0 or cell.layer != INTERSTITIUM or not could_happen(draws[slot], hazard):
            continue
        if does_happen(draws[slot], hazard) and beside_activated(stellate_cells, sites, cell.row, cell.column):
            lift(sites, INTERSTITIUM, cell.row, cell.column)
            free_slot(table, slot, DIED)
