"""G-CSF, in units of its half-maximal effect: made by tumor cells, fills the pool of neutrophils.

See Yang 2025, 10.3892/or.2025.8963, refs 75, 79.
"""

from typing import ClassVar

from ..target import Target
from ..units import Number, Parameters, PerHour, parameter
from .level import Level
from .primary import kept_up

_YANG = "Yang 2025, 10.3892/or.2025.8963, refs 75, 79"


class GCSFParameters(Parameters):
    """How G-CSF comes and goes."""

    g_csf_decay: PerHour = parameter(
        "0.2 /h",
        low="0.15 /h",
        high="0.35 /h",
        mark="unverified",
        source="half-life 2-4 h (filgrastim)",
        description="clearance of G-CSF",
    )
    g_csf_burden: Number = parameter(
        1000.0,
        low=100,
        high=10000,
        mark="assumed",
        source="neutrophilia at advanced burden",
        description="tumor cells per mm2 of a 10 um slab that keep G-CSF at its half-maximal effect",
    )


class GCSF(Level):
    name = "g_csf"
    words = "G-CSF"
    Parameters = GCSFParameters
    molecules: ClassVar = {"g_csf": Target("antibody to G-CSF", _YANG, "unverified")}
    given: ClassVar = {"g_csf": Target("filgrastim", _YANG, "unverified")}

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        per_mm2 = liver.config.cells.tumor.g_csf * liver.tumor.count / liver.standard_area_mm2
        supply = per_mm2 / p.g_csf_burden if p.g_csf_burden > 0 else 0.0
        supply += kept_up(blood, p.primary_g_csf)
        blood.means["g_csf"] = blood.relax("g_csf", supply + liver.given("g_csf"), p.g_csf_decay, liver.dt_hours)
