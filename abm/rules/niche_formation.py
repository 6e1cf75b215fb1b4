"""Niche formation: exosomes educate Kupffer cells before any tumor cell arrives, and matrix supports those that do.

Exosomes, of a primary tumor or given, are taken up by Kupffer cells, which then secrete TGF-beta; stellate cells answer with fibronectin
(Costa-Silva 2015, 10.1038/ncb3169: three weeks of education raise the liver burden; Yang 2025,
10.3892/or.2025.8963, refs 62-69). Whoever settles on that matrix, or touches an activated stellate cell and feels its HGF by c-MET
(ref 18), is supported: `growth` reads the support that is worked out here.
"""

import numpy as np

from ..blood.exosomes import Exosomes
from ..cells import stellate
from ..cells.stellate import STELLATE
from ..cells.tumor import CIRCULATING
from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..liver import Liver
from ..target import Target
from ..tissue.sites import TISSUE
from ..units import Fraction, Hours, PerHour, parameter
from .rule import Rule, RuleParameters

_FAINT = np.float32(1e-4)  # education up to it is forgotten when no exosomes come any more


class NicheFormation(Rule):
    name = "niche_formation"
    reads = ("blood", "kupffer", "stellate", "ecm")
    writes = ("kupffer", "exosomes", "tumor")
    inhibited = ("education_rate",)
    inhibitor = Target(
        "knock-down of MIF in the exosomes", "Costa-Silva 2015, 10.1038/ncb3169: prevents the niche", "checked"
    )

    class Parameters(RuleParameters):
        education_rate: PerHour = parameter(
            "0.01 /h",
            low="0.003 /h",
            high="0.03 /h",
            mark="derived",
            source="Costa-Silva 2015, 10.1038/ncb3169: complete within 3 weeks; 1/100 h",
            description="rate at which exosomes at their half-maximal level in the blood educate a Kupffer cell; at most twice that",
        )
        forgetting_half_life: Hours = parameter(
            "7 d",
            low="2 d",
            high="30 d",
            mark="assumed",
            source="persistence of the niche after the last exosomes",
            description="half-life of the education",
        )
        half_support: Fraction = parameter(
            0.3,
            low=0.1,
            high=0.7,
            mark="assumed",
            source="Costa-Silva 2015, 10.1038/ncb3169",
            description="amount of matrix that supports a tumor cell half-maximally",
        )
        stellate_support: Fraction = parameter(
            0.5,
            low=0,
            high=1,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 18: HGF and c-MET",
            description="support by a touching activated stellate cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        level = liver.blood.exosomes
        if level > 0.0 or not is_zero(liver.exosomes):
            rate = p.education_rate * 2.0 * Exosomes.saturation(liver)  # the parameter itself at level 1
            educate(
                liver.kupffer.used,
                liver.exosomes,
                -np.expm1(-rate * liver.dt_hours),
                0.5 ** (liver.dt_hours / max(p.forgetting_half_life, 1e-3)),
            )
        if liver.tumor.count:
            support(
                liver.tumor.used,
                liver.stellate.rows,
                liver.sites,
                liver.ecm,
                np.float32(p.half_support),
                np.float32(p.stellate_support * liver.left("hgf") * liver.left("met")),
            )


@jit(counted=False)
def educate(kupffer_cells, exosomes, uptake, memory):
    """Education of every Kupffer cell by the exosomes in its blood; the lattice shows the burden where it sits."""
    exosomes[:, :] = np.float32(0.0)
    for i in range(kupffer_cells.size):
        cell = kupffer_cells[i]
        if cell.alive == 0:
            continue
        education = np.float64(cell.education) * memory
        education += uptake * (1.0 - education)
        cell.education = np.float32(education) if uptake > 0.0 or education > _FAINT else np.float32(0.0)
        exosomes[cell.row, cell.column] = cell.education


@jit(counted=False)
def support(tumor, stellate_cells, sites, ecm, half_support, stellate_support):
    """Support of every tumor cell: by the matrix under it, plus a touching activated stellate cell, at most 1."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.state == CIRCULATING:
            continue
        amount = ecm[cell.row, cell.column]
        level = amount / (amount + half_support) if amount > np.float32(0.0) else np.float32(0.0)
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r >= 0 and sites.population[TISSUE, r, c] == STELLATE:
                if stellate_cells[sites.occupant[TISSUE, r, c]].state == stellate.ACTIVATED:
                    level += stellate_support
                    break
        cell.niche = min(level, np.float32(1.0))
