"""How much CCL2 cells make, relative to what they make where nothing blocks it: an antibody to it lets that rise.

In mice with MC38 in the liver CCL2 in the serum is higher under the antibody at day 6 (Zhao 2013, 10.1002/hep.26094), in patients the
suppression of free CCL2 does not last (Sandhu 2013, 10.1007/s00280-013-2099-8). A blockade of the receptor leaves the production alone.
"""

from ..units import Hours, Number, Parameters, parameter
from .level import Level


class CCL2ProductionParameters(Parameters):
    """How the production of CCL2 answers to an antibody."""

    ccl2_compensation: Number = parameter(
        2.0,
        low=1,
        high=5,
        mark="assumed",
        source="Zhao 2013, 10.1002/hep.26094: CCL2 in the serum rises under an antibody (direction)",
        description="production of CCL2 while an antibody takes all of it away, relative to that without",
    )
    ccl2_compensation_time: Hours = parameter(
        "3 d",
        low="1 d",
        high="7 d",
        mark="assumed",
        source="Zhao 2013, 10.1002/hep.26094: higher at day 6, no longer lower by day 14",
        description="time constant with which the production of CCL2 follows its blockade",
    )


class CCL2Production(Level):
    name = "ccl2_production"
    words = "production of CCL2"
    normal = 1.0
    Parameters = CCL2ProductionParameters

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        target = 1.0 + (p.ccl2_compensation - 1.0) * (1.0 - liver.left("ccl2"))
        if target != blood[cls.name]:
            blood.relax(cls.name, target, 1.0 / max(p.ccl2_compensation_time, 1e-3), liver.dt_hours)
