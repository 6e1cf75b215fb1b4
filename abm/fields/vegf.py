"""VEGF: secreted by hypoxic tumor cells, reprogrammed Kupffer cells and N2 neutrophils.

See Yang 2025, 10.3892/or.2025.8963, refs 75, 111, 132.
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class VascularEndothelialGrowthFactor(SignalParameters):
    """VEGF."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "10 um^2/s",
        low="10 um^2/s",
        high="100 um^2/s",
        mark="checked",
        source="published angiogenesis models: 10 and 70 um2/s",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.94 /h",
        low="0.2 /h",
        high="1 /h",
        mark="checked",
        source="published angiogenesis models: 0.9375 /h",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; follows oxygen, which is solved each hour",
        description=INTERVAL,
    )


class VEGF(Signal):
    """VEGF."""

    name = "vegf"
    words = "VEGF"
    ink = "#058a57"
    Parameters = VascularEndothelialGrowthFactor
    molecules: ClassVar = {
        "vegf": Target("bevacizumab", "Yang 2025, 10.3892/or.2025.8963, refs 132, 133", "unverified")
    }
    synonyms = "vegfa"
