"""CXCL1 and IL-8: chemokines of tumor cells, which neutrophils feel by CXCR2 and follow.

See Yang 2025, 10.3892/or.2025.8963, refs 77, 80.
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class Chemokine(SignalParameters):
    """CXCL1 and IL-8, the ligands of CXCR2."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "50 um^2/s",
        low="20 um^2/s",
        high="150 um^2/s",
        mark="unverified",
        source="8 kDa, slowed by glycosaminoglycans",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.7 /h",
        low="0.2 /h",
        high="3 /h",
        mark="unverified",
        source="range of 50-150 um",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="1 h",
        mark="assumed",
        source="numerical; made by tumor cells, which change over hours",
        description=INTERVAL,
    )


class CXCL1(Signal):
    """CXCL1 and IL-8, the ligands of CXCR2."""

    name = "cxcl1"
    words = "CXCL1 / IL-8"
    ink = "#3aa0c8"
    Parameters = Chemokine
    receptors = ("cxcr2",)
    molecules: ClassVar = {
        "cxcl1": Target("antibody to CXCL1/IL-8", "Yang 2025, 10.3892/or.2025.8963, refs 77, 80", "unverified"),
        "cxcr2": Target("CXCR2 antagonist", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "checked"),
    }
    synonyms = "il8 cxcl8 kc gro groalpha mip2 chemokine"
