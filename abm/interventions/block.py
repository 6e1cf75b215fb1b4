"""Block: an antibody or an antagonist takes the effect of a molecule away, in every rule that reads it.

Of a diffusing signal (TNF-alpha, TGF-beta, CXCL1, VEGF) cells feel only the part of its level that is left; of a bond,
a killing arm or a don't-eat-me signal its rate or weight is scaled. What makes the molecule goes on making it.
Blocking ICAM-1 takes both its own bond and the bridge by neutrophils, whose Mac-1 holds on to it (Spicer 2012,
10.1158/0008-5472.CAN-11-2393).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from ..units import Fraction, Hours, Positive
from .intervention import Course


class Block(Course):
    kind: ClassVar[str] = "block"

    block: str = Field(description="the molecule")
    fraction: Fraction = Field(default=1.0, description="share of its effect that is gone at full strength")
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description="half-life of the drug; without one it acts in full from start to stop"
    )

    @classmethod
    def for_registry(cls, registry):
        return cls._choosing(registry.molecules())

    def left(self, name, hours):
        return 1.0 if name != self.block else 1.0 - min(self.fraction * self.strength(hours), 1.0)
