"""Liver sinusoidal endothelial cells (LSEC): the wall of every sinusoid.

Each sinusoid site has one row, a segment of wall; a real LSEC spans about six. TNF-alpha makes the wall express
E-selectin, VCAM-1 and ICAM-1; where a tumor cell passes through, the wall is retracted for a while.
"""

import numpy as np

from ..kernels.random import stream_key
from ..tissue.sites import LUMEN
from ..units import Number, Parameters, parameter
from .population import WHERE, LiverCell
from .settle import identities

QUIESCENT, ACTIVATED, RETRACTED = range(3)

DTYPE = np.dtype(
    [
        *WHERE,
        ("e_selectin", "f4"),  # expression, 0 .. 1
        ("vcam1", "f4"),
        ("icam1", "f4"),
        ("retraction", "f4"),  # 1 just opened by a tumor cell .. 0 closed
    ]
)


class EndothelialCell(LiverCell):
    """One segment of the wall of a sinusoid: agents, DataCollectors and tables count segments, of which an LSEC spans about
    six (`sites_per_cell`); courses, `repr` and measures count LSECs."""

    dtype = DTYPE
    states = ("quiescent", "activated", "retracted")


class EndotheliumParameters(Parameters):
    """How the wall is counted."""

    sites_per_cell: Number = parameter(
        6.0,
        low=3,
        high=9,
        mark="assumed",
        source="an LSEC lines 50-60 um of sinusoid",
        description="wall segments of 10 um that make one LSEC; counts shown are divided by it",
    )


def populate(population, sites, flat_sites: np.ndarray) -> None:
    """One wall segment per sinusoid site (flat indices, ascending)."""
    population.reserve(flat_sites.size)
    rows = population.rows[: flat_sites.size]
    rows.alive = 1
    rows.layer = LUMEN
    rows.row, rows.column = np.divmod(flat_sites, sites.kind.shape[1])
    rows.uid = identities(stream_key(0, "initial/endothelium"), flat_sites)
    population.book[:] = (flat_sites.size, flat_sites.size, flat_sites.size)
    sites.endothelium.ravel()[flat_sites] = np.arange(flat_sites.size, dtype=np.int32)
