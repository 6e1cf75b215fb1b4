"""The pool of neutrophils in the blood, relative to normal: it follows G-CSF, and falls with a marrow that drugs suppress.

See Yang 2025, 10.3892/or.2025.8963, refs 75, 79.
"""

from ..units import Hours, Number, Parameters, parameter
from .level import Level


class NeutrophilPoolParameters(Parameters):
    """How the marrow answers to G-CSF."""

    mobilisation: Number = parameter(
        4.0,
        low=1,
        high=20,
        mark="assumed",
        source="neutrophils rise 5-20 fold after strong stimuli",
        description="additional blood pool at saturating G-CSF, relative to normal",
    )
    pool_time: Hours = parameter(
        "12 h",
        low="4 h",
        high="48 h",
        mark="assumed",
        source="release from the marrow within a day",
        description="time constant with which the pool follows G-CSF",
    )


class Neutrophils(Level):
    name = "neutrophils"
    words = "pool of neutrophils"
    normal = 1.0
    Parameters = NeutrophilPoolParameters

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        g_csf = blood.means["g_csf"] * liver.left("g_csf")
        pool = (1.0 + p.mobilisation * g_csf / (1.0 + g_csf)) * liver.drugs.neutrophils
        blood.relax("neutrophils", pool, 1.0 / max(p.pool_time, 1e-3), liver.dt_hours)
