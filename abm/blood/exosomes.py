"""Tumor exosomes in the blood, in units of their half-maximal effect: they educate Kupffer cells.

A primary tumor keeps them up, or they are given. See Costa-Silva 2015, 10.1038/ncb3169.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .primary import KeptUp


class Exosomes(KeptUp):
    name = "exosomes"
    words = "tumor exosomes"
    kept_up_by = "primary_exosomes"
    given: ClassVar = {
        "exosomes": Target(
            "tumor exosomes, every other day",
            "Costa-Silva 2015, 10.1038/ncb3169",
            "checked",
            {
                "half_life": parameter(
                    "0.25 h",
                    low="0.03 h",
                    high="2 h",
                    mark="unverified",
                    source="Takahashi 2013, 10.1016/j.jbiotec.2013.03.013",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
