"""Fates: how far every founder came, and how it ended, from the ledger; summary.json and cascade.png both count these.

A *founder* is a cell that arrived with the blood, taken together with its descendants (its *clone*): what happens to
any cell of the clone happens to the founder. Cells that never arrived, set into the liver by hand, are not counted; an
implanted colony is one founder, which has got as far as extravasation when it is set in.

The *stages* of the cascade:

    arrived          it came with the blood
    arrested         it was held in a sinusoid at least once, or implanted
    alive_24h        some cell of the clone lived 24 h after the arrival; a founder for which the run ended before
                     these were over is not known to have lived, and does not count
    extravasated     some cell of the clone left the vessel
    micrometastasis  the clone had at least `micrometastasis_cells` living cells in the slab at once
    macrometastasis  the same, with as many cells of one site each as fill a disc of `macrometastasis_diameter`

*Nested*: a founder has reached a stage when what the stage says is true of it and it has reached all stages before. It
does not matter in which order that came true. `furthest` and `reached`, and so the cascade of summary.json and the
figure, are nested. Whatever is called *ever* looks at one thing alone: `ever` (an event) and `ever_of` (a size).

A clone may grow without leaving the vessel, as lines do that divide inside it: in the nested cascade such a colony
comes no further than alive_24h; it is told apart as *intravascular* (of that size at some moment, never extravasated).

The *end* of a founder: alive, when a cell of its clone is left, or else the way by which the last one was lost. A
founder that is gone was lost after the last stage it reached.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..config.recording import RecordParameters
from ..ledger import cause, event
from .timeseries import CAUSES

STAGES = ("arrived", "arrested", "alive_24h", "extravasated", "micrometastasis", "macrometastasis")
STAGE_WORDS = {stage: stage for stage in STAGES} | {"alive_24h": "alive at 24 h"}
ALIVE = "alive"
_NOT_ENDED = -1
_DAY_MINUTES = 1440.0
_ORDER = (ALIVE, *(event.NAMES[code] for code in event.ENDINGS))


class End(NamedTuple):
    """`count` founders that came no further than `stage` (index into STAGES) and ended by `way`: "alive", or a way out
    of the tissue with its cause ("phagocytosed", "died_by_shear" ...)."""

    stage: int
    way: str
    count: int  # type: ignore[assignment]  # hides the method of tuples


@dataclass(frozen=True, eq=False)
class Fates:
    """One entry per founder, in the order of the clones' numbers.

    clone : int64 [founders]
    able : bool [founders], whether it arrived as one of the few that can found a metastasis, where the line has others, too
    happened : bool [founders, len(event.NAMES)], whether the event befell a cell of the clone
    followed : bool [founders], whether the run went on for 24 h after the arrival
    lived : bool [founders], whether a cell of the clone was alive then, or at the end of the run if that came first
    largest : int64 [founders], the most living cells at once
    furthest : int64 [founders], index of the last stage reached (nested)
    ending, reason : int64 [founders], event (-1: alive) and cause by which the last cell was lost
    """

    clone: np.ndarray
    able: np.ndarray
    happened: np.ndarray
    followed: np.ndarray
    lived: np.ndarray
    largest: np.ndarray
    furthest: np.ndarray
    ending: np.ndarray
    reason: np.ndarray
    micrometastasis_cells: float
    macrometastasis_cells: int

    @property
    def count(self) -> int:
        """Founders."""
        return self.clone.size

    @property
    def reached(self) -> np.ndarray:
        """Founders that reached each stage and all before it: int64 [len(STAGES)], nested."""
        return (self.furthest[:, None] >= np.arange(len(STAGES))).sum(axis=0)

    def ends(self) -> list[End]:
        """How the founders ended that came to each stage and no further: by stage, the living first, then the ways out
        in the order of the ledger. The counts of a stage add up to those that reached it and not the next."""
        tally: dict[tuple[int, str], int] = {}
        for stage, ending, reason in zip(
            self.furthest.tolist(), self.ending.tolist(), self.reason.tolist(), strict=True
        ):
            key = stage, ALIVE if ending == _NOT_ENDED else way_out(ending, reason)
            tally[key] = tally.get(key, 0) + 1
        ends = [End(stage, way, count) for (stage, way), count in tally.items()]
        return sorted(
            ends, key=lambda end: (end.stage, _ORDER.index(end.way.partition("_by_")[0]), -end.count, end.way)
        )

    def ever(self, code: int) -> int:
        """Founders that the event ever befell, whatever else did."""
        return int(self.happened[:, code].sum())

    def ever_of(self, cells: float) -> int:
        """Founders whose clone ever had so many living cells at once, in the tissue or in the vessel."""
        return int((self.largest >= cells).sum())

    def intravascular(self, cells: float) -> int:
        """Those of `ever_of` that never left the vessel."""
        return int(((self.largest >= cells) & ~self.happened[:, event.EXTRAVASATED]).sum())


def reached_in_words(stage: str, count: int, followed: int) -> str:
    """The number of founders that reached a stage; "not yet" as long as none is `followed` for 24 h, for the stages that take
    as long."""
    return f"{count:,}" if followed or STAGES.index(stage) < STAGES.index("alive_24h") else "not yet"


def fates_of(events: pa.Table, end_minutes: float, parameters: RecordParameters, spacing_um: float) -> Fates:
    """The fates of all founders.

    events : the columns time_min, event, cause and clone of events.parquet, in the order of the ledger
    end_minutes : simulated time at which the run ended
    parameters, spacing_um : sizes of the metastases, and the spacing of the lattice
    """
    code = _codes(events["event"], event.NAMES)
    reason = _codes(events["cause"], cause.NAMES)
    time = events["time_min"].to_numpy().astype(np.float64)
    clone, index = np.unique(events["clone"].to_numpy().astype(np.int64), return_inverse=True)
    arrived = code == event.ARRIVED
    arrival = np.full(clone.size, np.inf)
    arrival[index[arrived]] = time[arrived]

    gain = np.zeros(len(event.NAMES), np.int64)
    gain[[event.ARRIVED, event.DIVIDED]] = 1
    gain[list(event.ENDINGS)] = -1
    change = gain[code]
    happened = np.zeros((clone.size, len(event.NAMES)), bool)
    happened[index, code] = True
    implanted = np.zeros(clone.size, bool)
    implanted[index[arrived & (reason == cause.IMPLANT)]] = True
    able = np.zeros(clone.size, bool)
    able[index[arrived & (reason == cause.FOUNDER)]] = True
    early = time <= arrival[index] + _DAY_MINUTES
    lived = _summed(index[early], change[early], clone.size) > 0
    followed = arrival <= end_minutes - _DAY_MINUTES
    largest = _largest(index, change)
    macrometastasis_cells = cells_of_disc(parameters.macrometastasis_diameter, spacing_um)
    true_of_it = (
        happened[:, event.ARRIVED],
        happened[:, event.HELD] | implanted,
        followed & lived,
        happened[:, event.EXTRAVASATED],
        largest >= parameters.micrometastasis_cells,
        largest >= macrometastasis_cells,
    )
    furthest = np.logical_and.accumulate(true_of_it).sum(axis=0) - 1

    last = np.full(clone.size, -1)
    ended = np.flatnonzero(np.isin(code, event.ENDINGS))
    np.maximum.at(last, index[ended], ended)
    gone = (_summed(index, change, clone.size) <= 0) & (last >= 0)
    ending, by = np.full(clone.size, _NOT_ENDED), np.full(clone.size, cause.NONE)
    ending[gone], by[gone] = code[last[gone]], reason[last[gone]]

    founder = happened[:, event.ARRIVED]
    return Fates(
        clone=clone[founder],
        able=able[founder],
        happened=happened[founder],
        followed=followed[founder],
        lived=lived[founder],
        largest=largest[founder],
        furthest=furthest[founder],
        ending=ending[founder],
        reason=by[founder],
        micrometastasis_cells=parameters.micrometastasis_cells,
        macrometastasis_cells=macrometastasis_cells,
    )


def way_out(ending: int, reason: int) -> str:
    """A way out of the tissue in a word: the ending and, where there are several, its cause."""
    name = event.NAMES[ending]
    if ending not in (event.KILLED, event.DIED):
        return name
    return f"{name}_by_{cause.NAMES[reason] if reason in CAUSES[ending] else 'other'}"


def cells_of_disc(diameter_um: float, spacing_um: float) -> int:
    """Cells of one site each that fill a disc in the slab."""
    return math.ceil(math.pi / 4 * (diameter_um / spacing_um) ** 2)


def _summed(index: np.ndarray, change: np.ndarray, clones: int) -> np.ndarray:
    """The sum of the changes of each clone, int64 [clones]."""
    total = np.zeros(clones, np.int64)
    np.add.at(total, index, change)
    return total


def _largest(index: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The most cells that each clone ever had at once; `index` and `change` are in the order of time."""
    if not index.size:
        return np.zeros(0, np.int64)
    order = np.argsort(index, kind="stable")
    running = np.cumsum(change[order])
    first = np.flatnonzero(np.diff(index[order], prepend=-1))
    before = np.concatenate(([0], running[first[1:] - 1]))
    return np.maximum.reduceat(running, first) - before


def _codes(words: pa.ChunkedArray, names: tuple[str, ...]) -> np.ndarray:
    """Words, dictionary-encoded or plain, as the codes of `names`: int64. Raises KeyError for another word."""
    if not len(words):
        return np.empty(0, np.int64)
    if not pa.types.is_dictionary(words.type):
        words = words.dictionary_encode()
    array = words.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    number = {name: code for code, name in enumerate(names)}
    table = np.array([number[word] for word in array.dictionary.to_pylist()], np.int64)
    return table[array.indices.to_numpy()]
