"""Inhibit: a drug slows what a rule does.

As a PAD4 inhibitor slows NETosis (Tohme 2016, 10.1158/0008-5472.CAN-15-1591). Each rule names the rates that an
inhibitor scales (`inhibited` in its class; times grow instead). What the rule does besides goes on: nets that are
there decay, cells that no longer divide die.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, create_model

from ..units import Fraction, Hours, Positive
from .intervention import Course, Target

_YANG = "Yang 2025, 10.3892/or.2025.8963"

INHIBITORS = {
    "endothelial_activation": Target(
        "inhibitor of NF-kB, C-raf antisense", "Khatib 2002, Cancer Res 62:5393: E-selectin not induced", "checked"
    ),
    "phagocytosis": Target("gadolinium chloride", "Husztik 1980, Br J Exp Pathol 61:624", "unverified"),
    "nk_killing": Target("prostaglandin E2", "what inhibits NK cells and leaves them alive", "assumed"),
    "neutrophil_recruitment": Target("CXCR2 antagonist", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "checked"),
    "netosis": Target("PAD4 inhibitor", "Tohme 2016, 10.1158/0008-5472.CAN-15-1591", "unverified"),
    "extravasation": Target("inhibitor of metalloproteases", f"{_YANG}, ref 117 (MMPs)", "assumed"),
    "stellate_activation": Target("antifibrotic drug", "Friedman 2008, 10.1152/physrev.00013.2007", "unverified"),
    "niche_formation": Target(
        "knock-down of MIF in the exosomes", "Costa-Silva 2015, 10.1038/ncb3169: prevents the niche", "checked"
    ),
    "emt": Target("inhibitor of the TGF-beta receptor", f"{_YANG}, ref 11", "unverified"),
    "growth": Target("cytostatic drug", f"{_YANG}, section 4", "assumed"),
    "kupffer_reprogramming": Target("enforced miR-342", f"{_YANG}, ref 111", "unverified"),
}


class Inhibit(Course):
    kind: ClassVar[str] = "inhibit"
    targets: ClassVar = INHIBITORS

    inhibit: str = Field(description="the rule")
    fraction: Fraction = Field(default=1.0, description="share of its rates that is gone at full strength")
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description="half-life of the drug; without one it acts in full from start to stop"
    )

    @classmethod
    def for_rules(cls, rules):
        names = tuple(rule.name for rule in rules if rule.inhibited)
        return create_model(
            "Inhibit", __base__=cls, __module__=cls.__module__, inhibit=(Literal[names], Field(description="the rule"))
        )

    def left(self, name, hours):
        return 1.0 if name != self.inhibit else 1.0 - min(self.fraction * self.strength(hours), 1.0)
