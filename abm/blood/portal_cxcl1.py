"""CXCL1 in the portal blood, in units of its half-maximal effect: by CXCR2 it brings suppressor cells before any tumor cell arrives.

VEGF of a primary tumor makes its macrophages secrete it (Wang 2017, 10.1158/0008-5472.CAN-16-3199). What it does in the liver is
`cells.suppressor.portal_cxcl1_gain`.
"""

from typing import ClassVar

from ..target import Target
from .level import Level
from .primary import kept_up


class PortalCXCL1(Level):
    name = "portal_cxcl1"
    words = "CXCL1 in the portal blood"
    given: ClassVar = {
        "portal_cxcl1": Target("CXCL1 into the portal vein", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "assumed")
    }

    @classmethod
    def begin(cls, blood, liver):
        kept = kept_up(blood, liver.config.blood.primary_cxcl1) * liver.left("vegf", liver.hours)
        blood[cls.name] = liver.given(cls.name, liver.hours) + kept

    @classmethod
    def advance(cls, blood, liver):
        kept = kept_up(blood, liver.config.blood.primary_cxcl1) * liver.left("vegf")
        blood[cls.name] = liver.given(cls.name) + kept
