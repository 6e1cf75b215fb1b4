"""Livers in which nobody lives and nothing happens, so that a test can place the cells and write the ledger itself."""

import numpy as np

from abm.cells.population import ENDOTHELIAL
from abm.cells.tumor import ADHERENT, EXTRAVASATED
from abm.kernels.sites import place
from abm.kernels.tables import as_rows, take_slot
from abm.ledger import cause, event
from abm.ledger.ledger import ENTRY
from abm.measures.look import Looking
from abm.model import LiverModel
from abm.rules import RULES
from abm.tissue.sites import LUMEN, SINUSOID, TISSUE

EMPTY = {name: {"density": "0 /mm^2"} for name in ("kupffer", "natural_killer", "neutrophil", "stellate")}


def empty_liver(mm: float = 0.5, periodic: bool = True, arrival: dict | None = None, **overrides) -> LiverModel:
    """A liver without cells (but for its endothelium), all rules off; `arrival`: parameters of that rule."""
    rules = {rule.name: {"enabled": False} for rule in RULES}
    rules["arrival"] |= arrival or {}
    tissue = {"width": f"{mm} mm", "height": f"{mm} mm", "edges": "periodic" if periodic else "closed"}
    model = LiverModel(seed=1, tissue=tissue | overrides.pop("tissue", {}), rules=rules, cells=EMPTY, **overrides)
    assert all(population.count == 0 for population in model.populations.values() if population.code != ENDOTHELIAL)
    return model


def sinusoids(model: LiverModel) -> np.ndarray:
    """Sinusoid sites (n, 2), in reading order."""
    return np.argwhere(model.sites.kind == SINUSOID)


def put(model: LiverModel, name: str, row: int, column: int, layer: int | None = None, **columns) -> int:
    """Place a cell, tumor cells adherent in the lumen or extravasated in the tissue; returns its slot."""
    population = model.populations[name]
    population.reserve(1)
    slot = int(take_slot(population.table))
    layer = layer if layer is not None else TISSUE if name == "stellate" else LUMEN
    cell = population.rows[slot]
    given = {"uid": 1000 * row + 10 * column + layer, "row": row, "column": column, "layer": layer} | columns
    if name == "tumor":
        given = {"clone": slot, "state": ADHERENT if layer == LUMEN else EXTRAVASATED} | given
    for field in population.rows.dtype.names:
        if field != "alive":
            cell[field] = given.get(field, 0)
    assert place(model.sites, population.code, layer, row, column, slot), "the site is taken"
    return slot


def put_tumors(model: LiverModel, places, layer: int = TISSUE, **columns) -> None:
    for row, column in places:
        put(model, "tumor", row, column, layer, **columns)


def look(model: LiverModel, *entries: tuple) -> Looking:
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
    return Looking(model, rows)


def at_hours(model: LiverModel, hours: float) -> LiverModel:
    """The same liver, its clock put to `hours`."""
    model.step_number = round(hours / model.dt_hours)
    return model
