"""Killing: what comes of the encounters of NK cells with tumor cells, by the time since the tumor cell arrived."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ...ledger import cause, event
from ...units import Hours, written
from ..look import Look, Share
from ..measure import measure

FromAge = Annotated[Hours, Field(description="time since the arrival of the founder from which encounters count")]
ToAge = Annotated[
    Hours | None, Field(description="time since the arrival of the founder before which they count; no end by default")
]


@measure(unit="", kind="share")
def kill_per_encounter(look: Look, from_age: FromAge = written("0 h"), to_age: ToAge = None) -> Share:
    """Share of the encounters of an NK cell with a tumor cell that end in its death, by the age of the tumor cell.

    The age counts from the arrival of the founder to the encounter. A kill belongs to the last encounter before it of
    the cell that died. Encounters that still go on are not kills yet, so look some hours after `to_age`. Cells that
    did not arrive with the blood have no age and do not count.
    """
    age, killed = _encounters(look)
    chosen = _between(age, from_age, to_age)
    return Share(int((killed & chosen).sum()), int(chosen.sum()))


@measure(unit="encounters", kind="count")
def encounters(look: Look, from_age: FromAge = written("0 h"), to_age: ToAge = None) -> float:
    """Encounters of NK cells with tumor cells, by the age of the tumor cell as in `kill_per_encounter`."""
    return int(_between(_encounters(look)[0], from_age, to_age).sum())


def _encounters(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Of every encounter: the hours since the founder arrived (nan if it never did), and whether it ended in a kill."""
    either = np.isin(look.events["event"], (event.ENCOUNTERED, event.KILLED))
    chosen = look.events[either & (look.events["cause"] != cause.CD8)]
    chosen = chosen[np.argsort(chosen["uid"], kind="stable")]  # cell by cell, each in the order of time
    met = chosen["event"] == event.ENCOUNTERED
    killed = np.zeros(met.size, bool)
    killed[:-1] = ~met[1:] & (chosen["uid"][1:] == chosen["uid"][:-1])
    age = chosen["time_min"] / 60.0 - look.arrival_h(chosen["clone"])
    return age[met], killed[met]


def _between(age: np.ndarray, from_age: float, to_age: float | None) -> np.ndarray:
    reached = age >= from_age - 1e-9
    return reached if to_age is None else reached & (age < to_age - 1e-9)
