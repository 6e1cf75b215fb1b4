"""The metastatic cascade: how far the founders came, and how tumor cells were lost.

A founder is a cell that arrived, taken together with its descendants; `record.fates` defines the stages.
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from ...ledger import cause as cause_codes
from ...ledger import event as event_codes
from ...record.fates import STAGES
from ...units import Hours, Micrometers
from ..look import Look, Share
from ..measure import measure

if TYPE_CHECKING:
    Stage = str
    Event = str
    _Cause = str
    _Way = str
else:
    Stage, Event, _Cause = Literal[STAGES], Literal[event_codes.NAMES], Literal[cause_codes.NAMES]
    _Way = Literal[tuple(event_codes.NAMES[code] for code in event_codes.ENDINGS)]
Cause = Annotated[_Cause | None, Field(description="by what; all causes by default")]
Way = Annotated[_Way | None, Field(description="way out of the tissue; all by default")]


def _later(stage: str, info: ValidationInfo) -> str:
    of = info.data.get("of")
    if of is not None and STAGES.index(stage) < STAGES.index(of):
        raise PydanticCustomError("measure", f"the stage '{stage}' comes before '{of}', of which it should be a share")
    return stage


@measure(unit="", kind="share")
def cascade(
    look: Look,
    *,
    of: Annotated[Stage, Field(description="the founders that reached this stage are the whole")] = "arrived",
    stage: Annotated[
        Stage, AfterValidator(_later), Field(description="those of them that reached this stage are counted")
    ],
    micrometastasis_cells: Annotated[
        Annotated[int, Field(ge=1)] | None, Field(description="cells of a micrometastasis; as in `record` by default")
    ] = None,
    macrometastasis_diameter: Annotated[
        Micrometers | None, Field(description="diameter of a macrometastasis in the slab; as in `record` by default")
    ] = None,
) -> Share:
    """Share of the founders at one stage of the cascade that come on to another.

    Stages are nested: arrived, arrested, alive_24h, extravasated, micrometastasis, macrometastasis; a founder has
    reached one when it has reached all before. Until 24 h after its arrival no founder has reached alive_24h, so look
    later, or use `ever`, which looks at one event alone. A rare outcome is estimated by multiplying the shares from
    stage to stage.
    """
    sizes = {"micrometastasis_cells": micrometastasis_cells, "macrometastasis_diameter": macrometastasis_diameter}
    reached = look.fates(**{name: size for name, size in sizes.items() if size is not None}).reached
    return Share(reached[STAGES.index(stage)], reached[STAGES.index(of)])


@measure(unit="", kind="share")
def ever(
    look: Look,
    event: Annotated[Event, Field(description="what befell some cell of the clone")] = "extravasated",
    of: Annotated[Event, Field(description="founders whose clone this befell are the whole")] = "held",
    within: Annotated[
        Hours | None, Field(description="time after the first `of` in which it happened; any by default")
    ] = None,
) -> Share:
    """Share of the founders that an event ever befell, among those that another one did, whatever else happened.

    With `within`, the whole are founders whose `of` lies at least that long back, so that all had the time.
    """
    first_of, first_event = _first(look, of), _first(look, event)
    if within is None:
        return Share(sum(clone in first_event for clone in first_of), len(first_of))
    watched = {clone: minutes for clone, minutes in first_of.items() if minutes + within * 60 <= look.hours * 60 + 1e-6}
    hits = sum(
        -1e-6 <= first_event.get(clone, np.inf) - minutes <= within * 60 + 1e-6 for clone, minutes in watched.items()
    )
    return Share(hits, len(watched))


@measure(unit="", kind="share")
def grown(
    look: Look,
    *,
    to_cells: Annotated[int, Field(ge=1, description="living cells at once from which a clone has grown")],
    from_cells: Annotated[int, Field(ge=1, description="clones that ever had as many are the whole")] = 1,
) -> Share:
    """Share of the clones of a size that ever came to a larger size: of those that had `from_cells` living cells at
    once, the share that ever had `to_cells`.

    It does not ask how they came there, so it also holds for colonies that were implanted.
    """
    largest = look.fates().largest
    return Share(int((largest >= to_cells).sum()), int((largest >= from_cells).sum()))


@measure(unit="events", kind="count")
def events(
    look: Look,
    event: Annotated[Event, Field(description="what happened to a tumor cell")],
    cause: Cause = None,
) -> float:
    """How often something happened to a tumor cell since the start."""
    return int(_happened(look, event, cause).sum())


@measure(unit="cells", kind="count")
def losses(
    look: Look,
    way: Way = None,
    cause: Cause = None,
) -> float:
    """Tumor cells lost since the start, descendants included, by the way and its cause."""
    return int(_lost(look, way, cause).sum())


@measure(unit="", kind="share")
def loss_share(
    look: Look,
    way: Way = None,
    cause: Cause = None,
    of: Annotated[
        Literal["losses", "cells"], Field(description="of all losses, or of all cells that arrived or were born")
    ] = "losses",
) -> Share:
    """Share of the losses of tumor cells that go by one way and cause, or the share of all cells that were so lost."""
    gained = np.isin(look.events["event"], (event_codes.ARRIVED, event_codes.DIVIDED))
    return Share(int(_lost(look, way, cause).sum()), int((_lost(look, None, None) if of == "losses" else gained).sum()))


def _happened(look: Look, name: str, reason: str | None) -> np.ndarray:
    """Which entries of the ledger are of that event and cause: bool [entries]."""
    chosen = look.events["event"] == event_codes.NAMES.index(name)
    return chosen if reason is None else chosen & (look.events["cause"] == cause_codes.NAMES.index(reason))


def _lost(look: Look, way: str | None, reason: str | None) -> np.ndarray:
    if way is not None:
        return _happened(look, way, reason)
    lost = np.isin(look.events["event"], event_codes.ENDINGS)
    return lost if reason is None else lost & (look.events["cause"] == cause_codes.NAMES.index(reason))


def _first(look: Look, name: str) -> dict[int, float]:
    """Founder -> minutes at which the event first befell its clone; cells that never arrived are no founders."""
    arrived = np.unique(look.events["clone"][_happened(look, "arrived", None)])
    chosen = look.events[_happened(look, name, None)]
    clones, first = np.unique(chosen["clone"], return_index=True)
    times = chosen["time_min"][first]
    founder = np.isin(clones, arrived)
    return dict(zip(clones[founder].tolist(), times[founder].tolist(), strict=True))
