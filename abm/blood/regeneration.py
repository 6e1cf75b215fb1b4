"""Growth factors of a liver that regenerates after resection (HGF, EGF), in units of their half-maximal effect.

Tumor cells cycle faster under them (`growth`). The mass of a rodent's liver is restored within a week or two (Michalopoulos 2007,
10.1002/jcp.21172); metastases in what is left grow faster meanwhile (Krause 2013, Clin Exp Metastasis 30, issue 5).
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel


class Regeneration(GivenLevel):
    name = "regeneration"
    words = "growth factors of regeneration"
    given: ClassVar = {
        "hepatectomy": Target(
            "resection of a part of the liver elsewhere: 0.3 for a third of it, 3 for two thirds",
            "Michalopoulos 2007, 10.1002/jcp.21172",
            "unverified",
            {
                "half_life": parameter(
                    "3 d",
                    low="1 d",
                    high="7 d",
                    mark="unverified",
                    source="Michalopoulos 2007, 10.1002/jcp.21172: hepatocytes divide for days, the mass is back within a week or two",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
