"""Block: an antibody or an antagonist takes the effect of a molecule away, in every rule that reads it.

Of a diffusing signal (TNF-alpha, TGF-beta, CXCL1, VEGF) cells feel only the part of its level that is left; of a bond,
a killing arm or a don't-eat-me signal its rate or weight is scaled. What makes the molecule goes on making it.
Blocking ICAM-1 takes both its own bond and the bridge by neutrophils, whose Mac-1 holds on to it (Spicer 2012,
10.1158/0008-5472.CAN-11-2393).
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..units import Fraction, Hours, Positive
from .intervention import Course, Target

_YANG = "Yang 2025, 10.3892/or.2025.8963"
_SPICER = "Spicer 2012, 10.1158/0008-5472.CAN-11-2393"
_TAKEDA = "Takeda 2001, 10.1038/83416"

MOLECULES = {
    "e_selectin": Target(
        "antibody to E-selectin, C-raf antisense", "Khatib 2002, Cancer Res 62:5393: -86 % metastases", "checked"
    ),
    "vcam1": Target("antibody to VCAM-1", "Khatib 1999, Cancer Res 59:1356: expressed on tumor arrival", "unverified"),
    "icam1": Target("antibody to ICAM-1", _SPICER, "checked"),
    "mac1": Target("antibody to Mac-1 (CD11b)", _SPICER, "checked"),
    "tnf": Target(
        "etanercept, antibody to TNF-alpha", "Khatib 2005, 10.1016/S0002-9440(10)62048-2: of Kupffer cells", "checked"
    ),
    "trail": Target("antibody to TRAIL", _TAKEDA, "checked"),
    "fasl": Target("antibody to FasL", f"{_TAKEDA} (direction only)", "unverified"),
    "perforin": Target(
        "perforin-deficient host", "Ichise 2022, 10.7554/eLife.76269: perforin and granzymes", "unverified"
    ),
    "cd47": Target("antibody to CD47", "Willingham 2012, 10.1073/pnas.1121623109", "unverified"),
    "cd24": Target("antibody to CD24", "Barkal 2019, 10.1038/s41586-019-1456-0", "unverified"),
    "pdl1": Target("antibody to PD-L1 (its don't-eat-me part)", f"{_YANG}, ref 110", "unverified"),
    "tgf_beta": Target("antibody 1D11, galunisertib", f"{_YANG}, ref 11", "unverified"),
    "cxcl1": Target("antibody to CXCL1/IL-8", f"{_YANG}, refs 77, 80", "unverified"),
    "cxcr2": Target("CXCR2 antagonist", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "checked"),
    "vegf": Target("bevacizumab", f"{_YANG}, refs 132, 133", "unverified"),
    "g_csf": Target("antibody to G-CSF", f"{_YANG}, refs 75, 79", "unverified"),
}


class Block(Course):
    kind: ClassVar[str] = "block"
    targets: ClassVar = MOLECULES

    block: Literal[
        "e_selectin",
        "vcam1",
        "icam1",
        "mac1",
        "tnf",
        "trail",
        "fasl",
        "perforin",
        "cd47",
        "cd24",
        "pdl1",
        "tgf_beta",
        "cxcl1",
        "cxcr2",
        "vegf",
        "g_csf",
    ] = Field(description="the molecule")
    fraction: Fraction = Field(default=1.0, description="share of its effect that is gone at full strength")
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description="half-life of the drug; without one it acts in full from start to stop"
    )

    def left(self, name, hours):
        return 1.0 if name != self.block else 1.0 - min(self.fraction * self.strength(hours), 1.0)
