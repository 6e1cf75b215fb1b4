"""Holding: what stops a tumor cell that the blood carries, by the rules that are on.

`arrest` says how strongly size, the wall and Kupffer cells hold a passing cell, `net_trapping` how much more a net does;
`passage` asks at every site that a cell comes to.
"""

from typing import NamedTuple

import numpy as np

from ..cells.kupffer import KUPFFER
from ..kernels.jit import jit
from ..kernels.sites import count_touching
from ..ledger import cause
from ..tissue.sites import LUMEN


class Holding(NamedTuple):
    """What holds a passing cell, as hazards per micrometer of sinusoid; all zero when the rules are off.

    size: of a cell whose misfit (diameter / lumen - 1) is the `reference_misfit`; it grows with the square of that
    wall, kupffer: of the bare wall, and where a Kupffer cell is touched
    net_fold: by how much a full net raises the sum of all
    """

    size: float
    reference_misfit: float
    wall: float
    kupffer: float
    net_fold: float


NOTHING_HOLDS = Holding(size=0.0, reference_misfit=1.0, wall=0.0, kupffer=0.0, net_fold=0.0)


def holding(liver) -> Holding:
    """What holds a passing cell in this liver now."""
    arrest, trapping = liver.rules.get("arrest"), liver.rules.get("net_trapping")
    if arrest is None:
        return NOTHING_HOLDS
    net_fold = trapping.parameters.capture_fold if trapping is not None else 0.0
    return arrest.holding(liver.config.tissue.portal_central_distance, net_fold)


@jit(counted=False)
def held_by(holding, sites, nets, radius_um, diameter_um, row, column, length_um, draw):
    """What holds a passing cell within one site: a cause, or cause.NONE. `draw` is uniform in [0, 1)."""
    misfit = max(np.float64(diameter_um) / (2.0 * np.float64(radius_um)) - 1.0, 0.0) / holding.reference_misfit
    by_size = holding.size * misfit * misfit
    by_kupffer = 0.0
    if holding.kupffer > 0.0 and count_touching(sites, KUPFFER, LUMEN, row, column) > 0:
        by_kupffer = holding.kupffer
    unaided = by_size + holding.wall + by_kupffer
    by_net = holding.net_fold * np.float64(nets[row, column]) * unaided
    total = unaided + by_net
    if draw >= -np.expm1(-total * length_um):
        return cause.NONE
    # the same draw, rescaled to the unit interval, decides between the competing causes
    share = draw / -np.expm1(-total * length_um) * total
    if share < by_kupffer:
        return cause.KUPFFER
    if share < by_kupffer + by_size:
        return cause.SIZE
    if share < by_kupffer + by_size + by_net:
        return cause.NET
    return cause.WALL
