"""Poly(IC), in units of its half-maximal effect: activates NK cells.

See Cohen 1990, Cancer Res 50:1834.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel


class PolyIC(GivenLevel):
    name = "poly_ic"
    words = "poly(IC)"
    given: ClassVar = {
        "poly_ic": Target(
            "poly(IC)",
            "Cohen 1990, Cancer Res 50:1834",
            "checked",
            {
                "half_life": parameter(
                    "24 h",
                    low="12 h",
                    high="72 h",
                    mark="assumed",
                    source="NK activity peaks after a day",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
