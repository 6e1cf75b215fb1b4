"""summary.json: what became of the tumor cells, worked out from the events of the whole run.

Fates are counted per founder, a cell that arrived with the blood, together with its descendants (its clone).
"""

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from . import event
from .parameters import RecordParameters
from .timeseries import CAUSES, by_cause

if TYPE_CHECKING:
    from ..model import LiverModel

_DAY_MINUTES = 1440.0
_GAIN = {event.ARRIVED: 1, event.DIVIDED: 1} | dict.fromkeys(event.ENDINGS, -1)


def summarise(model: "LiverModel", events: pa.Table, nodules: np.ndarray, parameters: RecordParameters) -> dict:
    """Everything in summary.json: plain numbers and words, the same for the same run.

    `events` is the table of the whole run; `nodules` the survey of its last moment.
    """
    largest = nodules[:1]
    return {
        "title": model.config.name, "seed": int(model.seed), "simulated_hours": round(model.minutes / 60.0, 6),
        "area_mm2": float(model.area_mm2),
        "cascade": cascade(events, model.minutes, macrometastasis_cells(parameters, model.spacing_um),
                           parameters.micrometastasis_cells),
        "losses": losses(model.ledger.totals),
        "events": {name: int(model.ledger.totals[code].sum()) for code, name in enumerate(event.NAMES)},
        "causes": {event.NAMES[code]: by_cause(model.ledger.totals, code) for code in CAUSES},
        "cells": {name: _counts(population) for name, population in model.populations.items()},
        "nodules": {
            "count": int(nodules.size), "cells": int(nodules["cells"].sum()),
            "largest_cells": int(largest["cells"].sum()), "largest_area_um2": float(largest["area_um2"].sum()),
            "of_several_clones": int((nodules["clones"] > 1).sum()),
            "definition": f"groups of at least {parameters.micrometastasis_cells:g} touching tumor cells at the end",
        },
        "definitions": {
            "fractions": "of the founders (cells that arrived), unless said otherwise",
            "passed": "the founder left through a central vein",
            "arrested": "the founder was held in a sinusoid at least once",
            "alive_24h": "of the founders that arrived at least 24 h before the end: some cell of the clone lived 24 h later",
            "extravasated": "some cell of the clone left the vessel",
            "micrometastases": f"the clone had at least {parameters.micrometastasis_cells:g} living cells at once",
            "macrometastases": "the clone had at least "
                               f"{macrometastasis_cells(parameters, model.spacing_um)} living cells at once: a disc of "
                               f"{parameters.macrometastasis_diameter:g} um in the slab",
        },
    }


def macrometastasis_cells(parameters: RecordParameters, spacing_um: float) -> int:
    """Cells of one site each that fill the disc from which a clone counts as macrometastasis."""
    return math.ceil(math.pi / 4 * (parameters.macrometastasis_diameter / spacing_um) ** 2)


def losses(totals: np.ndarray) -> dict[str, int]:
    """The ways out of the tissue, with their causes: `passed`, `phagocytosed`, `killed_by_trail`, `died_by_shear` ..."""
    found = {}
    for code in event.ENDINGS:
        split = by_cause(totals, code) if code in (event.KILLED, event.DIED) else {}
        if split:
            found |= {f"{event.NAMES[code]}_by_{reason}": count for reason, count in split.items()}
        else:
            found[event.NAMES[code]] = int(totals[code].sum())
    return found


def cascade(events: pa.Table, end_minutes: float, macrometastasis: int, micrometastasis: float) -> dict:
    """The stages of the cascade: for each, how many founders reached it, of how many, and their fraction."""
    code = _codes(events["event"], event.NAMES)
    clone, time = events["clone"].to_numpy(), events["time_min"].to_numpy()
    founders, index = np.unique(clone, return_inverse=True)
    arrived = code == event.ARRIVED
    arrival = np.full(founders.size, np.inf)
    arrival[index[arrived]] = time[arrived]
    count = int(arrived.sum())

    gain = np.zeros(len(event.NAMES), np.int64)
    gain[list(_GAIN)] = list(_GAIN.values())
    change = gain[code]
    early = time <= arrival[index] + _DAY_MINUTES
    after_a_day = np.bincount(index[early], change[early], founders.size)
    followed = arrival <= end_minutes - _DAY_MINUTES
    largest = _largest(index, change, founders.size)

    def reached(stage: int) -> int:
        return int(np.unique(index[code == stage]).size)

    return {
        "arrived": _stage(count, count),
        "passed": _stage(reached(event.PASSED), count),
        "arrested": _stage(reached(event.HELD), count),
        "adherent": _stage(reached(event.ADHERENT), count),
        "alive_24h": _stage(int((after_a_day[followed] > 0).sum()), int(followed.sum())),
        "extravasated": _stage(reached(event.EXTRAVASATED), count),
        "divided": _stage(reached(event.DIVIDED), count),
        "micrometastases": _stage(int((largest >= micrometastasis).sum()), count),
        "macrometastases": _stage(int((largest >= macrometastasis).sum()), count),
    }


def _stage(count: int, of: int) -> dict:
    return {"count": count, "of": of, "fraction": round(count / of, 9) if of else None}


def _largest(index: np.ndarray, change: np.ndarray, founders: int) -> np.ndarray:
    """The most cells that each clone ever had at once; `index` and `change` are in the order of time."""
    order = np.argsort(index, kind="stable")
    running = np.cumsum(change[order])
    first = np.flatnonzero(np.diff(index[order], prepend=-1))
    before = np.concatenate(([0], running[first[1:] - 1])) if first.size else running[:0]
    return np.maximum.reduceat(running, first) - before if first.size else np.zeros(founders, np.int64)


def _codes(words: pa.ChunkedArray, names: tuple[str, ...]) -> np.ndarray:
    """Dictionary-encoded words as the codes of `names`."""
    array = words.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    table = np.array([names.index(word) for word in array.dictionary.to_pylist()], np.int64)
    return table[array.indices.to_numpy()] if len(array) else np.empty(0, np.int64)


def _counts(population) -> dict:
    states = population.state_counts() / population.sites_per_cell
    if population.sites_per_cell == 1:
        states = population.state_counts()
    shown = [round(float(count), 6) if population.sites_per_cell != 1 else int(count) for count in states]
    return {"alive": round(sum(shown), 6), **dict(zip(population.states, shown, strict=True))}
