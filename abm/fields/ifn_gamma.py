"""IFN-gamma: secreted by T cells that are engaged with a tumor cell.

It reaches far into a nodule, where little blood washes it out (Hoekstra 2020, 10.1038/s43018-020-0036-4: more than 800 um;
Thibaut 2020, 10.1038/s43018-020-0038-2), slows the cycle of tumor cells, raises their PD-L1, and calls T cells: the chemokines
CXCL9 and CXCL10 that it induces ride on it.
"""

from typing import Annotated, ClassVar

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class InterferonGammaParameters(SignalParameters):
    """IFN-gamma."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "50 um^2/s",
        low="20 um^2/s",
        high="100 um^2/s",
        mark="unverified",
        source="a dimer of 34 kDa; a published model takes 1.45 um2/s, as if bound to the tissue, which would not reach 800 um",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.5 /h",
        low="0.05 /h",
        high="2 /h",
        mark="unverified",
        source="a published model takes 0.09 /h",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; what it does takes hours (Thibaut 2020, 10.1038/s43018-020-0038-2)",
        description=INTERVAL,
    )


class InterferonGamma(Signal):
    """IFN-gamma."""

    name = "ifn_gamma"
    words = "IFN-γ"
    ink = "#7a4fb5"
    Parameters = InterferonGammaParameters
    molecules: ClassVar = {
        "ifn_gamma": Target("antibody to IFN-gamma", "Hoekstra 2020, 10.1038/s43018-020-0036-4", "unverified")
    }
    synonyms = "ifng ifngamma interferon interferongamma"
