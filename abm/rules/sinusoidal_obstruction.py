"""Sinusoidal obstruction: oxaliplatin injures the endothelium of sinusoids, which shut and open again over months.

The injured endothelium comes off and closes the lumen (Rubbia-Brandt 2004, 10.1093/annonc/mdh095). Severe dilatation was seen in 54.5 %
of the livers after oxaliplatin and in 23.5 % after other treatment (PMC3606725), and a third as often where an antibody to VEGF was
given with it (PMC3505531). Which drug does it is an act of the drug.
"""

from typing import Annotated, ClassVar

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import happens
from ..liver import Liver
from ..pharmacology.drug import Damages
from ..units import Fraction, Hours, Positive, parameter
from .rule import Rule, RuleParameters


class SinusoidalObstruction(Rule):
    name = "sinusoidal_obstruction"
    reads = ("drugs", "obstruction")
    writes = ("obstruction",)
    events: ClassVar = {}

    class Parameters(RuleParameters):
        by_vegf: Fraction = parameter(
            0.66,
            low=0.3,
            high=0.9,
            mark="checked",
            source="PMC3505531: relative risk of sinusoidal dilatation with bevacizumab 0.34",
            description="share of the injury that goes by VEGF, and that is spared where VEGF is blocked",
        )
        recovery: Annotated[Hours, Positive] = parameter(
            "180 d",
            low="60 d",
            high="300 d",
            mark="assumed",
            source="dilatation is seen for months after the last dose and goes back",
            description="mean time until a sinusoid that was shut is open again",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """What can be shut: sinusoid sites (row * columns + column)."""
        self.sinusoids = liver.sinusoids.astype(np.uint32)

    def apply(self, liver: Liver) -> None:
        hazard = sum(each.act.rate * each.effect for each in liver.drugs.acting_by(Damages))
        if hazard == 0.0 and not liver.obstruction.any():
            return
        hazard *= 1.0 - self.parameters.by_vegf * (1.0 - liver.left("vegf"))
        shut(
            self.sinusoids,
            liver.obstruction.ravel(),
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            hazard,
            1.0 / self.parameters.recovery,
        )


@jit
def shut(sinusoids, obstruction, key, step, hours, hazard, recovery):
    """The open ones of the `sinusoids` (uint32, places in the flat lattice `obstruction`) are shut at the rate `hazard`, the others
    open at the rate `recovery` (1/h)."""
    for place in sinusoids:
        is_shut = obstruction[place] != np.float32(0.0)
        if happens(key, step, np.uint64(place), 0, recovery if is_shut else hazard, hours):
            obstruction[place] = np.float32(0.0 if is_shut else 1.0)
