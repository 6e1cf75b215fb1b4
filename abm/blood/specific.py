"""The share of the CD8 T cells in the blood that know the tumor: it rises as they are primed, and falls as memory fades."""

from typing import Annotated

from ..units import Fraction, Hours, Parameters, Positive, parameter
from .level import Level


class SpecificTCellsParameters(Parameters):
    """How T cells that know the tumor become many, and few again."""

    specific_most: Fraction = parameter(
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


class SpecificTCells(Level):
    name = "specific"
    words = "T cells that know the tumor"

    Parameters = SpecificTCellsParameters

    @classmethod
    def begin(cls, blood, liver):
        blood[cls.name] = liver.config.cells.cd8.specific

    @classmethod
    def advance(cls, blood, liver):
        p, rest = liver.config.blood, liver.config.cells.cd8.specific
        primed = blood.means["priming"] * (1.0 - p.ctla4_brake * liver.left("ctla4"))
        settled = rest + max(p.specific_most - rest, 0.0) * primed / (1.0 + primed)
        rate = 1.0 / (p.expansion if settled > blood[cls.name] else p.memory)
        blood.relax(cls.name, settled, rate, liver.dt_hours)
