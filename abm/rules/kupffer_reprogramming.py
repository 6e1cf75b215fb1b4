"""Kupffer reprogramming: near an established nodule Kupffer cells turn into tumor-associated macrophages.

TGF-beta, lactate and IL-10 turn them; they lose their phagocytic activity and secrete VEGF (Yang 2025, 10.3892/or.2025.8963, ref
111: loss of miR-342). The net effect of removing Kupffer cells therefore depends on when, which emerges here and is no switch.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import kupffer
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.sites import reach_within, shifted
from ..liver import Liver
from ..target import Target
from ..tissue.sites import TISSUE
from ..units import Fraction, Micrometers, Millimolar, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import block_of, tumor_around


class KupfferReprogramming(Rule):
    name = "kupffer_reprogramming"
    reads = ("tumor", "tgf_beta", "lactate", "il10")
    writes = ("kupffer",)
    inhibited = ("rate",)
    inhibitor = Target("enforced miR-342", "Yang 2025, 10.3892/or.2025.8963, ref 111", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.01 /h",
            low="0.003 /h",
            high="0.05 /h",
            mark="assumed",
            source="reprogrammed within days in a nodule's surroundings",
            description="rate of reprogramming at a saturating signal",
        )
        radius: Annotated[Micrometers, Field(le=1000)] = parameter(
            "50 um",
            low="20 um",
            high="150 um",
            mark="assumed",
            source="macrophages at and inside the rim of metastases",
            description="how near a nodule a Kupffer cell must be",
        )
        nodule_cells: int = parameter(
            4,
            low=2,
            high=20,
            mark="assumed",
            source="a micrometastasis of 4-16 cells (Luzzi 1998)",
            description="tumor cells in the tissue within the radius that make it a nodule",
        )
        lactate_half: Millimolar = parameter(
            "10 mM",
            low="5 mM",
            high="20 mM",
            mark="unverified",
            source="Brand 2016, 10.1016/j.cmet.2016.08.011",
            description="lactate above the level at rest that signals half-maximally",
        )
        reprogrammed_above: Fraction = parameter(
            0.5,
            low=0.3,
            high=0.8,
            mark="assumed",
            source="for counting",
            description="score above which a cell is counted as reprogrammed",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        if liver.tumor.count and liver.kupffer.count:
            radius = p.radius / liver.spacing_um
            reprogram(
                liver.kupffer.used,
                liver.sites,
                tumor_around(liver, TISSUE, radius),
                liver.dt_hours,
                p.rate,
                radius,
                p.nodule_cells,
                p.lactate_half,
                np.float32(p.reprogrammed_above),
                liver.signal("tgf_beta"),
                liver.fields["lactate"].excess,
                liver.signal("il10"),
            )


@jit(counted=False)
def is_near_nodule(sites, row, column, radius, nodule_cells):
    """Whether at least `nodule_cells` tumor cells stand in the tissue within `radius` (in sites) of a site."""
    rows, columns = sites.kind.shape
    top, bottom = reach_within(np.int64(radius), rows, sites.periodic)
    left, right = reach_within(np.int64(radius), columns, sites.periodic)
    near = 0
    for dr in range(top, bottom + 1):
        r = shifted(row, dr, rows, sites.periodic)
        if r < 0:
            continue
        for dc in range(left, right + 1):
            if dr * dr + dc * dc > radius * radius:
                continue
            c = shifted(column, dc, columns, sites.periodic)
            if c >= 0 and sites.population[TISSUE, r, c] == TUMOR:
                near += 1
                if near >= nodule_cells:
                    return True
    return False


@jit(counted=False)
def reprogram(
    kupffer_cells,
    sites,
    around,
    hours,
    rate,
    radius,
    nodule_cells,
    lactate_half,
    reprogrammed_above,
    tgf_beta,
    lactate,
    il10,
):
    """Advance the score of every Kupffer cell with a nodule within `radius` (in sites) by TGF-beta, IL-10 and `lactate`, the
    excess (mM) over its level at rest. `around` (`tumor_around`) says who need not look for one."""
    for i in range(kupffer_cells.size):
        cell = kupffer_cells[i]
        if cell.alive == 0 or around[block_of(around, sites, cell.row, cell.column)] < nodule_cells:
            continue
        if cell.state == kupffer.REPROGRAMMED and cell.reprogramming == np.float32(1.0):
            continue  # there is no more to it
        level = np.float64(tgf_beta[cell.row, cell.column])
        acid = max(np.float64(lactate[cell.row, cell.column]), 0.0)
        signal = level / (1.0 + level) + (acid / (acid + lactate_half) if acid > 0.0 else 0.0)
        calm = np.float64(il10[cell.row, cell.column])
        if calm > 0.0:
            signal += calm / (1.0 + calm)
        if signal <= 0.0 or not is_near_nodule(sites, cell.row, cell.column, radius, nodule_cells):
            continue
        cell.reprogramming += np.float32(-np.expm1(-rate * min(signal, 1.0) * hours)) * (
            np.float32(1.0) - cell.reprogramming
        )
        if cell.reprogramming > reprogrammed_above:
            cell.state = kupffer.REPROGRAMMED
