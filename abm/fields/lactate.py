"""Lactate: made by tumor cells, carried away by the blood; weakens NK cells."""

from typing import Annotated, ClassVar

import numpy as np

from ..target import Target
from ..units import Hours, Millimolar, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Metabolite, SignalParameters


class Lactate(SignalParameters):
    """Lactate, in mM; hepatocytes and blood take up what tumor cells release."""

    given_as_level: ClassVar[bool] = False

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "700 um^2/s",
        low="200 um^2/s",
        high="1000 um^2/s",
        mark="unverified",
        source="water 1000 um2/s, tissue less",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="1 /h",
        mark="assumed",
        source="leaves with the blood",
        description="rate of decay in the tissue",
    )
    blood: Millimolar = parameter(
        "1 mM",
        low="0.5 mM",
        high="2 mM",
        mark="unverified",
        source="resting plasma lactate",
        description="level in blood, and in tissue at rest",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; follows growth, over days",
        description=INTERVAL,
    )


class LactateField(Metabolite):
    """Lactate, whose level at rest is that of the blood."""

    name = "lactate"
    words = "lactate"
    ink = "#6d747d"
    Parameters = Lactate
    molecules: ClassVar = {
        "ldha": Target(
            "tumor cells without LDHA, which makes lactate", "Brand 2016, 10.1016/j.cmet.2016.08.011", "unverified"
        )
    }
    synonyms = "lacticacid"

    @property
    def level_at_rest(self) -> float:
        return self.parameters.blood

    def advance(self, liver=None):
        """As other metabolites, but for how much less of it is made where LDHA is blocked."""
        left = 1.0 if liver is None else liver.left("ldha")
        if self.secreted and left != 1.0:
            self.source *= np.float32(left)
        super().advance(liver)
