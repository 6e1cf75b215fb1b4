"""Injury of the liver by surgery, in units of its half-maximal effect: draws neutrophils that cast nets.

Ischemia and reperfusion: Tohme 2016, 10.1158/0008-5472.CAN-15-1591.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel


class Injury(GivenLevel):
    name = "injury"
    words = "injury of surgery"
    given: ClassVar = {
        "surgery": Target(
            "ischemia and reperfusion of the liver",
            "Tohme 2016, 10.1158/0008-5472.CAN-15-1591",
            "unverified",
            {
                "half_life": parameter(
                    "24 h",
                    low="6 h",
                    high="72 h",
                    mark="assumed",
                    source="inflammation subsides within days",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
