"""IFN-beta, for the interferons of type I: secreted by tumor cells that a virus has infected.

It keeps the cells around them from being infected (`viral_spread`), and tells dendritic cells of danger (`antigen_presentation`). Tumor
cells that answer to it little are those in which oncolytic viruses spread (Stojdl 2000, 10.1038/77558).
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class InterferonBetaParameters(SignalParameters):
    """IFN-beta."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "60 um^2/s",
        low="20 um^2/s",
        high="120 um^2/s",
        mark="assumed",
        source="a monomer of 22 kDa, somewhat faster than IFN-gamma",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.3 /h",
        low="0.1 /h",
        high="1.5 /h",
        mark="assumed",
        source="half-life of hours, as of other cytokines",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; infected cells secrete it for days",
        description=INTERVAL,
    )


class InterferonBeta(Signal):
    """IFN-beta."""

    name = "ifn_beta"
    words = "IFN-β"
    ink = "#2f6d8f"
    Parameters = InterferonBetaParameters
    molecules: ClassVar = {
        "ifn_beta": Target(
            "antibody to the receptor of type I interferons (IFNAR1)", "Stojdl 2000, 10.1038/77558", "unverified"
        )
    }
    synonyms = "ifnb ifnbeta typeiinterferon interferonbeta"
