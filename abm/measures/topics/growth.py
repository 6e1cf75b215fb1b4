"""Growth of the burden, and what the slab means for the whole liver."""

import math
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from ...ledger import event
from ...units import Fraction, Moment
from ..look import Look, Share
from ..measure import measure
from .parameters import STATES, MinCells, Solid, States, cells_of_sphere

_GAINS = (event.ARRIVED, event.DIVIDED)
"""Events by which there is one tumor cell more."""


def _earlier(since: float, info: ValidationInfo) -> float:
    at = info.data.get("at")
    if at is not None and since >= at:
        raise PydanticCustomError("measure", "since must lie before at, the moment of the look")
    return since


Since = Annotated[
    Moment, AfterValidator(_earlier), Field(description="the earlier of the two moments; the later is that of the look")
]


@measure(unit="h", kind="level")
def doubling_time(look: Look, since: Since, solid: Solid = False) -> float:
    """Doubling time of the burden from `since` to the look, in hours: the time between over log2 of the fold.

    The burden is all living tumor cells; the earlier one follows from the ledger. With `solid`, every clone counts as
    the sphere of which its cells in the slab are the disc. nan when the burden did not grow.
    """
    before, now = _burdens(look, since, solid)
    return (look.hours - since) / math.log2(now / before) if now > before > 0 else np.nan


@measure(unit="/d", kind="level")
def growth_rate(look: Look, since: Since, solid: Solid = False) -> float:
    """Growth rate of the burden from `since` to the look, per day: the logarithm of the fold over the days between.

    Negative when it shrinks; nan when there was none at one of the two moments. See `doubling_time`.
    """
    before, now = _burdens(look, since, solid)
    return math.log(now / before) / (look.hours - since) * 24.0 if now > 0 and before > 0 else np.nan


@measure(unit="", kind="share")
def response(
    look: Look,
    since: Since,
    left: Annotated[
        Fraction, Field(description="share of the earlier burden that may be left of one that responds")
    ] = 0.5,
) -> Share:
    """Whether no more than half (`left`) of the burden of `since` is left; over runs, the share of runs that responded.

    The immune-related criteria of response ask for half of the area, as a tumor is seen in a section; here all living tumor
    cells of the slab count for it. A run without any at `since` does not count.
    """
    before, now = _burdens(look, since, solid=False)
    return Share(int(now <= left * before), 1) if before > 0 else Share(0, 0)


@measure(unit="cells", kind="level")
def cells_per_liver(look: Look, states: States = STATES, solid: Solid = False) -> float:
    """Living tumor cells in a whole liver as this slab implies.

    Cells in the slab, times the volume of the liver (`liver_mass` over `liver_density` of the rule arrival) over that
    of the slab (its area times `slab_thickness`), over `enrichment`, by which more cells came than in the animal, each
    clone for as many as it stands for (`founder_enrichment`). With `solid`, every clone counts as the sphere of which its
    cells in the slab are the disc.
    """
    clones, cells = np.unique(look.cells_in(states)["clone"], return_counts=True)
    return _burden(cells, solid, look.weights_of(clones)) * slabs_per_liver(look.liver)


@measure(unit="nodules", kind="level")
def nodules_per_liver(look: Look, min_cells: MinCells = 4, solid: Solid = False) -> float:
    """Nodules of at least `min_cells` tumor cells in a whole liver as this slab implies.

    Nodules in the slab, times the volume of the liver (`liver_mass` over `liver_density` of the rule arrival) over that
    of the slab (its area times `slab_thickness`), over `enrichment`, by which more cells came than in the animal, each
    for as many as its founders stand for (`founder_enrichment`). All nodules of the slab were founded in it, so their
    number needs no correction for those that it would only cut.
    """
    cells = look.groups["cells"]
    large = (cells_of_sphere(cells) if solid else cells) >= min_cells
    return look.weights_of_groups[large].sum() * slabs_per_liver(look.liver)


def slabs_per_liver(liver) -> float:
    """How many times what is seen in the slab the whole liver has, as few cells as the enrichment makes of them."""
    arrival, thickness_um = liver.config.rules.arrival, liver.config.tissue.slab_thickness
    liver_mm3 = arrival.liver_mass / arrival.liver_density * 1000.0
    return liver_mm3 / (liver.area_mm2 * thickness_um / 1000.0) / arrival.enrichment


def _burdens(look: Look, since: float, solid: bool) -> tuple[float, float]:
    """The burden at `since` and now; both nan when `since` is not past."""
    if since >= look.hours:
        return np.nan, np.nan
    now, cells = np.unique(look.cells["clone"], return_counts=True)
    # an entry bears the time of the beginning of its step: those of the step that begins at `since` come after
    later = look.events[look.events["time_min"] >= since * 60.0 - 1e-6]
    gained = np.isin(later["event"], _GAINS)
    lost = np.isin(later["event"], event.ENDINGS)
    changed = gained | lost
    clones, index = np.unique(np.concatenate((now, later["clone"][changed])), return_inverse=True)
    before = np.bincount(index[: now.size], cells, clones.size).astype(float)  # whole numbers where nobody is left
    before -= np.bincount(index[now.size :], gained[changed].astype(float) - lost[changed], clones.size)
    return _burden(before, solid), _burden(cells, solid)


def _burden(cells: np.ndarray, solid: bool, weights: np.ndarray | float = 1.0) -> float:
    """All cells of clones of that many cells, each clone with its weight."""
    return float(((cells_of_sphere(cells) if solid else cells) * weights).sum())
