"""IL-2 that is given, in units of its half-maximal effect: it keeps CD8 T cells of the tissue alive.

Patients got it with CAR-T cells (Katz 2015, 10.1158/1078-0432.CCR-14-1421). That it feeds regulatory T cells, too, is left out, and so is
what it does to NK cells.
"""

from typing import ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel


class IL2(GivenLevel):
    name = "il2"
    words = "IL-2"
    given: ClassVar = {
        "il2": Target(
            "IL-2 (aldesleukin), as with CAR-T cells",
            "Katz 2015, 10.1158/1078-0432.CCR-14-1421",
            "checked",
            {
                "half_life": parameter(
                    "85 min",
                    low="10 min",
                    high="8 h",
                    mark="checked",
                    source="Konrad 1990, Cancer Res 50:2009 (abstract): 85 min after the first hour, some hours under the skin",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
