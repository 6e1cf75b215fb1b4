"""From the ledger to the cascade: how far each founder came, and how those that were lost were lost.

A founder is a cell that arrived with the blood, counted together with its descendants (its clone). It reaches the
stages one after the other; a founder that is gone is lost after the last stage it reached, by what took the last cell of
its clone.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..record import cause, event

DAY_MIN = 1440.0

STAGES = ("arrived", "arrested", "alive at 24 h", "extravasated", "micrometastasis", "macrometastasis")
ALIVE = "alive at the end"

_WORDS = {
    "passed": "left by the central vein", "phagocytosed": "engulfed by Kupffer cells", "killed": "killed by NK cells", "died": "died",
}
_CAUSE_WORDS = {
    "trail": "TRAIL", "fasl": "FasL", "perforin": "perforin", "shear": "shear", "apoptosis": "apoptosis", "hypoxia": "hypoxia",
    "wall": "on the wall", "other": "other causes", "none": "other causes",
}


@dataclass(frozen=True)
class Loss:
    """Founders that came no further than `stage` (index into STAGES): how many, and why."""

    stage: int
    fate: str  # an ending of the ledger, or "alive"
    label: str
    count: int


@dataclass(frozen=True)
class Fates:
    """`reached` int64 [len(STAGES)]: founders that reached each stage and all before it; `intravascular`: colonies of
    the size of a micrometastasis that grew without having left the vessel."""

    reached: np.ndarray
    losses: list[Loss]
    intravascular: int
    micrometastasis_cells: float
    macrometastasis_cells: float


def fates_of(events, end_minutes: float, *, micrometastasis_cells: float = 4, macrometastasis_cells: float = 315) -> Fates:
    """The fates of all founders.

    events : columns time_min, event, cause (as words) and clone of events.parquet, in the order of the ledger: a pandas
    DataFrame. By default a macrometastasis has 315 cells in the slab, a disc of 200 µm.
    """
    code = _codes(events["event"], event.NAMES)
    reason = _codes(events["cause"], cause.NAMES)
    time = np.asarray(events["time_min"], float)
    founders, index = np.unique(np.asarray(events["clone"], np.int64), return_inverse=True)
    count = founders.size
    arrival = np.full(count, np.inf)
    arrival[index[code == event.ARRIVED]] = time[code == event.ARRIVED]
    known = np.isfinite(arrival)

    change = np.zeros(len(event.NAMES), np.int64)
    change[[event.ARRIVED, event.DIVIDED]] = 1
    change[list(event.ENDINGS)] = -1
    step = change[code]
    early = time <= arrival[index] + DAY_MIN
    after_a_day = np.bincount(index[early], step[early], count) > 0
    alive = np.bincount(index, step, count) > 0
    largest = _largest(index, step, count)

    def happened(what: int) -> np.ndarray:
        return np.bincount(index[code == what], minlength=count) > 0

    out = happened(event.EXTRAVASATED)
    conditions = [known, happened(event.HELD), after_a_day & (arrival <= end_minutes - DAY_MIN), out,
                  largest >= micrometastasis_cells, largest >= macrometastasis_cells]
    nested = np.logical_and.accumulate(conditions)
    highest = nested.sum(axis=0) - 1

    ended = np.isin(code, event.ENDINGS)
    last = np.full(count, -1)
    np.maximum.at(last, index[ended], np.flatnonzero(ended))
    tally: dict[tuple[int, str, str], int] = {}
    for k in np.flatnonzero(known):
        if alive[k] or last[k] < 0:
            fate, label = "alive", ALIVE
        else:
            fate = event.NAMES[code[last[k]]]
            label = _label(fate, cause.NAMES[reason[last[k]]])
        key = int(highest[k]), fate, label
        tally[key] = tally.get(key, 0) + 1
    order = {"alive": 0, "passed": 1, "phagocytosed": 2, "killed": 3, "died": 4}
    losses = [Loss(*key, n) for key, n in sorted(tally.items(), key=lambda item: (item[0][0], order[item[0][1]], -item[1]))]
    return Fates(nested.sum(axis=1), losses, int((known & ~out & (largest >= micrometastasis_cells)).sum()),
                 micrometastasis_cells, macrometastasis_cells)


def cells_of_disc(diameter_um: float, spacing_um: float) -> int:
    """Cells of one site each that fill a disc in the slab."""
    return math.ceil(math.pi / 4 * (diameter_um / spacing_um) ** 2)


def _label(fate: str, reason: str) -> str:
    words = _WORDS[fate]
    if fate in ("killed", "died"):
        return f"{words}: {_CAUSE_WORDS.get(reason, reason.replace('_', ' '))}"
    return words


def _codes(words, names: tuple[str, ...]) -> np.ndarray:
    """A column of words as the codes of `names`, int64."""
    number = {name: k for k, name in enumerate(names)}
    return np.fromiter((number[word] for word in words), np.int64, len(words))


def _largest(index: np.ndarray, step: np.ndarray, count: int) -> np.ndarray:
    """The most cells that each clone had at once."""
    largest = np.zeros(count, np.int64)
    order = np.argsort(index, kind="stable")
    for clone in np.split(order, np.flatnonzero(np.diff(index[order])) + 1):
        if clone.size:
            largest[index[clone[0]]] = np.cumsum(step[clone]).max()
    return largest
