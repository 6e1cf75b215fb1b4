"""Inhibit: a drug slows what a rule does.

As a PAD4 inhibitor slows NETosis (Tohme 2016, 10.1158/0008-5472.CAN-15-1591). Each rule names the rates and speeds that an
inhibitor scales (`inhibited` in its class; times grow instead). What the rule does besides goes on: nets that are
there decay, cells that no longer divide die.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from ..units import Fraction, Hours, Positive
from .intervention import Course


class Inhibit(Course):
    kind: ClassVar[str] = "inhibit"

    inhibit: str = Field(description="the rule")
    fraction: Fraction = Field(default=1.0, description="share of its rates that is gone at full strength")
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description="half-life of the drug; without one it acts in full from start to stop"
    )

    @classmethod
    def for_registry(cls, registry):
        inhibited = registry.inhibited()
        return cls._choosing({rule: target for rule, target in inhibited.items() if target is not None}, inhibited)

    def left(self, name, hours):
        return 1.0 if name != self.inhibit else 1.0 - min(self.fraction * self.strength(hours), 1.0)
