"""IL-10: secreted by macrophages that a tumor has turned, and by regulatory T cells.

It keeps T cells and NK cells from killing, and turns macrophages further (Yang 2025, 10.3892/or.2025.8963, refs 47, 53).
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class Interleukin10Parameters(SignalParameters):
    """IL-10."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "50 um^2/s",
        low="20 um^2/s",
        high="80 um^2/s",
        mark="unverified",
        source="a dimer of 37 kDa, about as IFN-gamma",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.3 /h",
        low="0.1 /h",
        high="1.5 /h",
        mark="unverified",
        source="half-life of hours; a few in plasma",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; who secretes it turns over days",
        description=INTERVAL,
    )


class Interleukin10(Signal):
    """IL-10."""

    name = "il10"
    words = "IL-10"
    ink = "#a0567c"
    Parameters = Interleukin10Parameters
    molecules: ClassVar = {"il10": Target("antibody to IL-10", "Yang 2025, 10.3892/or.2025.8963, ref 53", "unverified")}
    synonyms = "interleukin10"
