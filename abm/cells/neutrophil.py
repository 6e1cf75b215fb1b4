"""Neutrophils: marginated in the sinusoids, recruited from the portal blood by CXCL1/IL-8, short-lived.

They crawl along the chemokine, form a bridge for tumor cells, cast DNA nets (NETs) when stimulated, and turn from
N1 to N2 under TGF-beta.
"""

from typing import Annotated

import numpy as np

from ..kernels.random import stream_key
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Hours, Parameters, PerSquareMillimeter, Positive, parameter
from .population import WHERE, LiverCell
from .settle import choose_sites, rounded_count, settle, site_hashes

N1, N2, NETTING = range(3)

DTYPE = np.dtype(
    [
        *WHERE,
        ("heading", "u1"),  # direction of its walk, 0-7
        ("bridging", "u1"),  # 1 while it touches a tumor cell and stays with it
        ("nets_h", "f4"),  # simulated hours when a committed cell bursts
    ]
)


class Neutrophil(LiverCell):
    """One neutrophil."""

    dtype = DTYPE
    states = ("n1", "n2", "netting")


class NeutrophilParameters(Parameters):
    """How many neutrophils a normal liver holds, and how long they live."""

    density: PerSquareMillimeter = parameter(
        "15 /mm^2",
        low="5 /mm^2",
        high="30 /mm^2",
        mark="unverified",
        source="marginated pool; Ly6G staining of mouse liver",
        description="marginated neutrophils per area of a 10 um slab of normal liver",
    )
    half_life: Annotated[Hours, Positive] = parameter(
        "7.5 h",
        low="6 h",
        high="19 h",
        mark="checked",
        source="Dancey 1976, J Clin Invest 58:705 (7.9 h); Summers 2010 (7 h)",
        description="half-life of a marginated neutrophil",
    )
    tissue_half_life: Annotated[Hours, Positive] = parameter(
        "48 h",
        low="12 h",
        high="120 h",
        mark="unverified",
        source="tissue neutrophils live 1-3 d, longer under G-CSF",
        description="half-life of a neutrophil in a full chemokine signal",
    )


def populate(population, sites, parameters: NeutrophilParameters, area_mm2: float, seed: int) -> None:
    """Settle the marginated neutrophils on free sinusoid sites."""
    key = stream_key(seed, "settle/neutrophil")
    candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.population[LUMEN] == 0))
    flat_sites = choose_sites(candidates, rounded_count(parameters.density * area_mm2, key), key)
    rows = settle(population, sites, flat_sites, LUMEN, seed)
    draws = site_hashes(stream_key(seed, "neutrophil/born"), flat_sites)
    rows.heading = (draws & np.uint64(7)).astype(np.uint8)
