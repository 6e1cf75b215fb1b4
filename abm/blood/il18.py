"""IL-18 in the blood of the liver, in units of its half-maximal effect: Kupffer cells that have engulfed tumor cells make it.

By their NLRP3 inflammasome; it makes NK cells mature and raises their FasL (`nk_killing`), and mice without NLRP3 or IL-18 have more
metastases (Dupaul-Chicoine 2015, 10.1016/j.immuni.2015.08.013; Yang 2025, 10.3892/or.2025.8963, ref 102). By default they make none.
"""

from typing import ClassVar

import numpy as np

from ..target import Target
from ..units import Number, Parameters, PerHour, parameter
from .level import Level

_DUPAUL_CHICOINE = "Dupaul-Chicoine 2015, 10.1016/j.immuni.2015.08.013"


class IL18Parameters(Parameters):
    """How much IL-18 Kupffer cells make, and how it goes."""

    il18_supply: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source=f"none by default; 0.5 is a guess: {_DUPAUL_CHICOINE} (direction)",
        description="IL-18, in units of its half-maximal effect, that one Kupffer cell per mm2 keeps up while it digests tumor cells",
    )
    il18_decay: PerHour = parameter(
        "0.1 /h",
        low="0.03 /h",
        high="0.3 /h",
        mark="assumed",
        source="half-life of cytokines of its size in serum, hours",
        description="clearance of IL-18",
    )


class IL18(Level):
    name = "il18"
    words = "IL-18"
    Parameters = IL18Parameters
    molecules: ClassVar = {
        "nlrp3": Target("NLRP3-deficient mice; MCC950", _DUPAUL_CHICOINE, "unverified"),
        "il18": Target("antibody to IL-18", _DUPAUL_CHICOINE, "unverified"),
    }

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        if p.il18_supply == 0.0:
            return
        digesting = np.count_nonzero((liver.kupffer.used.load > 0) & (liver.kupffer.used.alive != 0))
        supply = p.il18_supply * digesting / liver.standard_area_mm2 * liver.left("nlrp3")
        blood.relax(cls.name, supply, p.il18_decay, liver.dt_hours)
