"""Natural killer cells: liver-resident lymphocytes that patrol the sinusoids and kill by TRAIL, FasL and perforin.

About half of them never kill. A cell that meets a tumor cell stays with it for a while; after a kill it needs time
before the next. TGF-beta and lactate weaken them.
"""

import numpy as np

from ..kernels.random import stream_key
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Fraction, Hours, Number, Parameters, PerSquareMillimeter, parameter
from .population import WHERE, LiverCell
from .settle import choose_sites, rounded_count, settle, site_hashes

PATROLLING, IN_CONTACT, HANDLING = range(3)

DTYPE = np.dtype(
    [
        *WHERE,
        ("killer", "u1"),  # whether this cell can kill at all
        ("heading", "u1"),  # direction of its walk, 0-7
        ("kills", "i4"),
        ("target", "u8"),  # uid of the tumor cell it is or was last with
        ("busy_h", "f4"),  # simulated hours when it will be free again after a kill
        ("entered_h", "f4"),  # simulated hours when it came from the blood
    ]
)


class NaturalKillerCell(LiverCell):
    """One NK cell."""

    dtype = DTYPE
    states = ("patrolling", "in_contact", "handling")


class NaturalKillerParameters(Parameters):
    """The host: how many NK cells its liver has and how active they are; `configs/hosts/` has presets."""

    density: PerSquareMillimeter = parameter(
        "60 /mm^2",
        low="25 /mm^2",
        high="140 /mm^2",
        mark="derived",
        source="Kupffer density * 0.39 NK per Kupffer cell (10.1002/adma.202106456, fig 3), mouse 0.2-0.3",
        description="NK cells per area of a 10 um slab of normal liver",
    )
    killer_fraction: Fraction = parameter(
        0.6,
        low=0.3,
        high=0.6,
        mark="checked",
        source="Vanherberghen 2013, Blood 121:1326",
        description="fraction of NK cells that kill at all",
    )
    activation: Number = parameter(
        1.0,
        low=0.3,
        high=5,
        mark="assumed",
        source="resting host 1; nude or poly(IC)-treated mice more (Cohen 1990, Cancer Res 50:1834)",
        description="activity of the host's NK cells, multiplies the kill hazard",
    )
    residence: Hours = parameter(
        "10 d",
        low="3 d",
        high="30 d",
        mark="assumed",
        source="turnover of liver NK cells",
        description="mean stay in the liver; lost cells are replaced from the blood so that the density holds",
    )


def populate(population, sites, parameters: NaturalKillerParameters, area_mm2: float, seed: int) -> None:
    """Settle the NK cells on free sinusoid sites."""
    key = stream_key(seed, "settle/natural_killer")
    candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.population[LUMEN] == 0))
    flat_sites = choose_sites(candidates, rounded_count(parameters.density * area_mm2, key), key)
    rows = settle(population, sites, flat_sites, LUMEN, seed)
    draws = site_hashes(stream_key(seed, "natural_killer/born"), flat_sites)
    rows.heading = (draws & np.uint64(7)).astype(np.uint8)
    rows.killer = (draws >> np.uint64(11)) / 2.0**53 < parameters.killer_fraction
