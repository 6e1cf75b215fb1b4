"""TIMP-1 in the blood, in units of its half-maximal effect: by CXCL12 it holds neutrophils in the liver.

Patients with colorectal liver metastases have more of it, and it makes livers of mice more susceptible (Seubert 2015,
10.1002/hep.27378): see `neutrophil_recruitment`. A primary tumor keeps it up, or it is given.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .primary import KeptUp


class TIMP1(KeptUp):
    name = "timp1"
    words = "TIMP-1"
    kept_up_by = "primary_timp1"
    given: ClassVar = {
        "timp1": Target(
            "vector that makes the liver secrete TIMP-1",
            "Seubert 2015, 10.1002/hep.27378",
            "unverified",
            {
                "half_life": parameter(
                    "3 d",
                    low="1 d",
                    high="14 d",
                    mark="assumed",
                    source="a transferred gene is expressed for days",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
