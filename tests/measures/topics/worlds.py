"""Livers in which nothing happens, looked at with a ledger that a test writes itself."""

import numpy as np

from abm.kernels.tables import as_rows
from abm.ledger import cause, event
from abm.ledger.ledger import ENTRY
from abm.measures.look import Look
from abm.model import LiverModel
from abm.tissue.sites import TISSUE
from tests.worlds import put


def put_tumors(model: LiverModel, places, layer: int = TISSUE, **columns) -> None:
    for row, column in places:
        put(model, "tumor", row, column, layer=layer, **columns)


def look(model: LiverModel, *entries: tuple) -> Look:
    """A look at the model with a ledger of its own: entries (clone, minutes, event[, cause[, uid]]) in their order.

    Events and causes are names; the uid is the clone's number when none is given.
    """
    rows = as_rows(np.zeros(len(entries), ENTRY))
    for row, (clone, minutes, happened, *rest) in zip(rows, entries, strict=True):
        reason, uid = (*rest, *("none", clone)[len(rest) :])
        row.clone, row.time_min, row.event, row.cause, row.uid = (
            clone,
            minutes,
            event.NAMES.index(happened),
            cause.NAMES.index(reason),
            uid,
        )
    return Look(model, rows)


def at_hours(model: LiverModel, hours: float) -> LiverModel:
    """The same liver, its clock put to `hours`."""
    model.step_number = round(hours / model.dt_hours)
    return model
