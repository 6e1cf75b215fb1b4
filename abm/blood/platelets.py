"""Platelets in the blood, relative to normal: they cloak tumor cells (see the rule `platelet_cloak`).

An antibody to GPIb takes all but 3 % of them (Nieswandt 2000, 10.1182/blood.V96.7.2520).
"""

from typing import ClassVar

from ..target import AWAY, RETURN, TAKEN, Target
from ..units import parameter
from .level import Level

_NIESWANDT = "Nieswandt 2000, 10.1182/blood.V96.7.2520"


class Platelets(Level):
    name = "platelets"
    words = "platelets"
    normal = 1.0
    molecules: ClassVar = {
        "p_selectin": Target("heparin; mice without P-selectin", "Borsig 2001, 10.1073/pnas.061615598", "checked"),
        "gpiib_iiia": Target("antibody to GPIIb/IIIa", "Yang 2025, 10.3892/or.2025.8963", "unverified"),
    }
    depleted = Target(
        "antibody to GPIb (R300); anti-platelet serum",
        f"{_NIESWANDT}; Gasic 1968, 10.1073/pnas.61.1.46",
        "unverified",
        {
            "fraction": parameter(
                0.97,
                low=0.8,
                high=1,
                mark="checked",
                source=f"{_NIESWANDT}: antibodies to GPIb leave less than 3 %",
                description=TAKEN,
            ),
            "away": parameter(
                "2 d",
                low="1 d",
                high="4 d",
                mark="assumed",
                source="while the antibody of one dose is in the blood",
                description=AWAY,
            ),
            "recovery": parameter(
                "1 d",
                low="0.5 d",
                high="3 d",
                mark="assumed",
                source="platelets of mice live for about 5 d and are replaced as fast",
                description=RETURN,
            ),
        },
    )

    @classmethod
    def begin(cls, blood, liver):
        blood[cls.name] = cls.normal * liver.left(cls.name, liver.hours)

    @classmethod
    def advance(cls, blood, liver):
        blood[cls.name] = cls.normal * liver.left(cls.name)
