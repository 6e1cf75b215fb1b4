"""Resect: nodules are cut out, with a margin of the liver around them.

What lay there is gone, cells and vessels, and a cavity is left in which nothing flows or grows; micrometastases that nobody saw
stay, and recur: up to 60 % of patients after resection (Yang 2025, 10.3892/or.2025.8963, ref 3). The operation hurts the liver, which draws
neutrophils that cast nets (Tohme 2016, 10.1158/0008-5472.CAN-15-1591), and makes it regenerate, which tumor cells feel too
(Michalopoulos 2007, 10.1002/jcp.21172): as `stimulate: surgery` and `stimulate: hepatectomy` do.
"""

from typing import Annotated, ClassVar, get_args

from pydantic import Field

from ..blood.injury import Injury
from ..blood.regeneration import Regeneration
from ..ledger import cause
from ..moments import SAME_MOMENT
from ..units import Hours, Number, parameter
from .operation import Nodules, Operation

_HOURS = get_args(Hours)[1]
_RAISED = {
    level.name: _HOURS.parse(target.numbers["half_life"].default)
    for level in (Injury, Regeneration)
    for target in level.given.values()
}
"""Level in the blood -> half-life (h) of what an operation raises it by."""


class Resect(Operation):
    kind: ClassVar[str] = "resect"
    events: ClassVar = {"died": ("resection",)}
    scars: ClassVar = True

    resect: Nodules = Field(description="which of the nodules that are seen")
    injury: Annotated[Number, Field(le=100)] = parameter(
        1.0,
        low=0,
        high=3,
        mark="assumed",
        source="Tohme 2016, 10.1158/0008-5472.CAN-15-1591 (direction); 1 as for a minor hepatectomy, 3 for a major one",
        description="injury of the liver at the operation, in units of its half-maximal effect",
    )
    regeneration: Annotated[Number, Field(le=100)] = parameter(
        0.3,
        low=0,
        high=3,
        mark="assumed",
        source="Michalopoulos 2007, 10.1002/jcp.21172 (direction); 0.3 as for a third of the liver, 3 for two thirds",
        description="growth factors of regeneration at the operation, in units of their half-maximal effect",
    )

    def apply(self, liver, stream):
        if liver.is_due(self.start):
            liver.take_out(self.zone(liver), cause.RESECTION)

    def given(self, name, hours):
        since = hours - self.start
        if since < -SAME_MOMENT or name not in _RAISED:
            return 0.0
        return getattr(self, name) * 0.5 ** (max(since, 0.0) / _RAISED[name])

    def changes(self, begin, end):
        if begin <= self.start <= end:
            yield self.start

    @property
    def shortest(self):
        return min(_RAISED.values())
