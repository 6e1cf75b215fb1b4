"""The same liver, written as an experienced Mesa user would write it: what `crlm` is measured against.

One Python object per cell with a `step()`, Mesa cells for the sites, property layers for what diffuses or is laid
down, Mesa's random numbers. The rules are those of `abm/rules` and the numbers come from the same `Config`; anatomy
and blood flow are taken over as data, and fields may be solved by the solver of `abm.fields` or by SciPy's.

What Mesa's users know to be slow is avoided: neighbourhoods are looked up once, whatever concerns the whole lattice is
NumPy on property layers, populations that cannot act are passed over as in `abm`. No rule of an agent is compiled.

It stays as it is: of what has come to `abm` since, nothing is in it (`preset`).

    liver = MesaLiver(LiverModel("quickstart", **without_what_is_new()).config)
    for _ in range(12):
        liver.step()
    liver.totals[event.HELD]
"""

from .adopt import adopt
from .model import MesaLiver
from .preset import without_what_is_new

__all__ = ["MesaLiver", "adopt", "without_what_is_new"]
