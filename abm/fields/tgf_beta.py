"""TGF-beta: secreted by tumor cells, educated Kupffer cells and activated stellate cells.

It activates stellate cells, makes tumor cells mesenchymal, weakens NK cells and turns neutrophils (Yang 2025, 10.3892/or.2025.8963,
refs 11, 12, 117).
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class TransformingGrowthFactor(SignalParameters):
    """Active TGF-beta."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "26 um^2/s",
        low="10 um^2/s",
        high="60 um^2/s",
        mark="unverified",
        source="25 kDa; Murphy 2012, 10.1007/s11538-011-9712-y",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.35 /h",
        low="0.1 /h",
        high="15 /h",
        mark="unverified",
        source="active form minutes in plasma (Wakefield 1990), hours in tissue",
        description="decay rate of the active form",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; cells turn it on over days",
        description=INTERVAL,
    )


class TGFBeta(Signal):
    """Active TGF-beta."""

    name = "tgf_beta"
    words = "TGF-β"
    ink = "#7a45d6"
    Parameters = TransformingGrowthFactor
    molecules: ClassVar = {
        "tgf_beta": Target("antibody 1D11, galunisertib", "Yang 2025, 10.3892/or.2025.8963, ref 11", "unverified")
    }
    synonyms = "tgfb tgfb1 tgfbeta1"
