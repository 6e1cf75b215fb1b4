"""An antibody to tumor cells in the blood, in units of the level that covers half of their antigen: an opsonin.

Kupffer cells engulf what it marks, by their Fc receptors (Gul 2014, 10.1172/JCI66776).
"""

from typing import Any, ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import parameter
from .level import GivenLevel

_GUL = "Gul 2014, 10.1172/JCI66776"


class Opsonin(GivenLevel):
    name = "opsonin"
    words = "opsonising antibody"
    molecules: ClassVar = {
        "fc_receptor": Target("mice without the Fc receptors of IgG", f"{_GUL}: FcgRI and FcgRIV", "checked")
    }
    given: ClassVar = {
        "opsonin": Target(
            "IgG to an antigen of the tumor",
            _GUL,
            "checked",
            {
                "half_life": parameter(
                    "5 d",
                    low="2 d",
                    high="21 d",
                    mark="unverified",
                    source="IgG: some days in mice, three weeks in humans",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }


def opsonised(liver: Any) -> float:
    """How far the antibody covers tumor cells and is felt by Fc receptors, 0 to 1: it binds within minutes."""
    return liver.saturation("opsonin") * liver.left("fc_receptor")
