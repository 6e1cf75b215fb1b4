"""TNF-alpha: secreted by Kupffer cells that tumor cells touch, makes the wall of the sinusoids adhesive.

In the sinusoids of mice that carcinoma cells H-59 and CX-1 reach (Khatib 1999, Cancer Res 59:1356; Khatib 2005,
10.1016/S0002-9440(10)62048-2).
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class TumorNecrosisFactor(SignalParameters):
    """TNF-alpha."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "20 um^2/s",
        low="10 um^2/s",
        high="60 um^2/s",
        mark="checked",
        source="1200 um2/min in published tissue models; free trimer about 70",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.12 /h",
        low="0.03 /h",
        high="2 /h",
        mark="checked",
        source="0.002 /min in published tissue models",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "10 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; induced within an hour (Khatib 1999)",
        description=INTERVAL,
    )


class TNF(Signal):
    """TNF-alpha."""

    name = "tnf"
    words = "TNF-α"
    ink = "#e08a00"
    Parameters = TumorNecrosisFactor
    molecules: ClassVar = {
        "tnf": Target(
            "etanercept, antibody to TNF-alpha",
            "Khatib 2005, 10.1016/S0002-9440(10)62048-2: of Kupffer cells",
            "checked",
        )
    }
    synonyms = "tnfa tnfalpha"
