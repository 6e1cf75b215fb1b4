"""Hepatic stellate cells: pericytes in the space of Disse that TGF-beta turns into myofibroblasts.

Activated, they lay down collagen, laminin and fibronectin and support tumor cells with HGF and CXCL12.
"""

import numpy as np

from ..kernels.random import stream_key
from ..tissue.sites import SINUSOID, TISSUE
from ..units import Parameters, PerSquareMillimeter, parameter
from .population import WHERE, LiverCell
from .settle import choose_sites, rounded_count, settle

QUIESCENT, ACTIVATED = range(2)

DTYPE = np.dtype(
    [
        *WHERE,
        ("activated_h", "f4"),  # simulated hours when it was activated
    ]
)


class StellateCell(LiverCell):
    """One hepatic stellate cell."""

    dtype = DTYPE
    states = ("quiescent", "activated")


class StellateParameters(Parameters):
    """How many stellate cells there are."""

    density: PerSquareMillimeter = parameter(
        "110 /mm^2",
        low="85 /mm^2",
        high="140 /mm^2",
        mark="derived",
        source="6.5 % of liver cells (Geerts 2001) against Kupffer cells at 31 % of the non-parenchymal third, 180 /mm^2",
        description="stellate cells per area of a 10 um slab",
    )


def populate(population, sites, parameters: StellateParameters, area_mm2: float, seed: int) -> None:
    """Settle the stellate cells in the space of Disse."""
    key = stream_key(seed, "settle/stellate")
    candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.population[TISSUE] == 0))
    settle(
        population,
        sites,
        choose_sites(candidates, rounded_count(parameters.density * area_mm2, key), key),
        TISSUE,
        seed,
    )
