"""Portal endotoxin (LPS), in units of its half-maximal effect: fills the sinusoids with neutrophils that cast nets.

See Cools-Lartigue 2013, 10.1172/JCI67484.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel


class LPS(GivenLevel):
    name = "lps"
    words = "endotoxin"
    given: ClassVar = {
        "lps": Target(
            "endotoxin; cecal ligation and puncture",
            "Cools-Lartigue 2013, 10.1172/JCI67484",
            "checked",
            {
                "half_life": parameter(
                    "12 h",
                    low="3 h",
                    high="48 h",
                    mark="assumed",
                    source="response to a single dose of endotoxin",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
