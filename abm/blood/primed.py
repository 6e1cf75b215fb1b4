"""T cells that were primed: the share of the CD8 T cells in the blood that know the tumor, above those that did before.

It rises as they expand, and falls as memory fades.
"""

from typing import Annotated

from ..units import Fraction, Hours, Parameters, Positive, parameter
from .level import Level


class PrimedTCellsParameters(Parameters):
    """How T cells that know the tumor become many, and few again."""

    primed_most: Fraction = parameter(
        0.2,
        low=0.05,
        high=0.5,
        mark="assumed",
        source="at the peak of an answer a tenth and more of CD8 T cells know one antigen",
        description="share of the CD8 T cells in the blood that know the tumor when priming saturates",
    )
    memory: Annotated[Hours, Positive] = parameter(
        "30 d",
        low="10 d",
        high="100 d",
        mark="assumed",
        source="memory cells live for weeks to months",
        description="time constant with which that share falls",
    )


class PrimedTCells(Level):
    name = "primed"
    words = "T cells primed for the tumor"
    Parameters = PrimedTCellsParameters

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        priming = blood.means["priming"] * (1.0 - p.ctla4_brake * liver.left("ctla4"))
        settled = p.primed_most * priming / (1.0 + priming)
        rising = settled > blood[cls.name]
        blood.relax(cls.name, settled, 1.0 / (p.expansion if rising else p.memory), liver.dt_hours)
