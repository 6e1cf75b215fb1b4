"""Degrade: DNase takes the DNA of neutrophil nets off the sinusoid, and leaves histones and elastase on the wall.

In mice DNA goes within minutes to hours, while most of the histones stay anchored to the endothelium (Kolaczkowska
2015, 10.1038/ncomms7673), and cells still stick to them. What is left catches and holds tumor cells as a thinner net
would, hides and feeds them no more than by that hold, and decays as nets do.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..kernels.jit import jit
from ..kernels.relax import unless_faint
from ..rules.netosis import FAINT_NET
from ..target import Target
from ..units import Fraction, Hours, Positive, parameter
from .intervention import Course

_KOLACZKOWSKA = "Kolaczkowska 2015, 10.1038/ncomms7673"


class Degrade(Course):
    kind: ClassVar[str] = "degrade"
    targets: ClassVar = {
        "nets": Target("DNase I", f"{_KOLACZKOWSKA}; Cools-Lartigue 2013, 10.1172/JCI67484", "unverified")
    }
    decay: ClassVar[str] = "clearance"

    degrade: Literal["nets"] = Field(description="the layer")
    half_life: Annotated[Hours, Positive] = parameter(
        "0.5 h",
        low="0.1 h",
        high="2 h",
        mark="unverified",
        source=f"{_KOLACZKOWSKA}: very effective at removing DNA",
        description="half-life of the DNA of nets in the full presence of the enzyme",
    )
    residue: Fraction = parameter(
        0.1,
        low=0.1,
        high=0.6,
        mark="assumed",
        source=f"{_KOLACZKOWSKA}: fails to remove most of the histones",
        description="share of the adhesiveness of a net that stays on the wall",
    )
    clearance: Annotated[Hours, Positive] | None = Field(
        default=None, description="half-life of the enzyme in the blood; without one it is present from start to stop"
    )

    def apply(self, liver, stream):
        present = liver.mean(lambda hours: min(self.strength(hours), 1.0))
        if present > 0.0 and liver.nets.any():
            dissolve(
                liver.nets,
                liver.net_residue,
                np.float32(0.5 ** (present * liver.dt_hours / self.half_life)),
                np.float32(self.residue),
            )


@jit
def dissolve(nets, residue, factor, share):
    """Leave `factor` of every net (float32 lattices); of what goes, `share` stays as residue, at most 1 at a site."""
    amount, rest = nets.ravel(), residue.ravel()
    for i in range(amount.size):
        if amount[i] != np.float32(0.0):
            left = unless_faint(amount[i] * factor, FAINT_NET)
            rest[i] = min(rest[i] + share * (amount[i] - left), np.float32(1.0))
            amount[i] = left
