"""A small liver for the tests of single rules: everything off but what a test switches on."""

import numpy as np

from abm.cells.population import TUMOR
from abm.cells.tumor import ADHERENT, EXTRAVASATED
from abm.kernels.sites import place
from abm.kernels.tables import take_slot
from abm.model import LiverModel
from abm.rules import RULES
from abm.tissue.sites import LUMEN, SINUSOID, TISSUE


def liver(*rules: str, seed: int = 1, mm: float = 0.5, parameters: dict | None = None, **overrides) -> LiverModel:
    """A liver of `mm` x `mm` in which only `rules` run; `parameters`: rule name -> its parameters."""
    settings = {rule.name: {"enabled": rule.name in rules} for rule in RULES}
    for name, values in (parameters or {}).items():
        settings[name] |= values
    tissue = {"width": f"{mm} mm", "height": f"{mm} mm"} | overrides.pop("tissue", {})
    return LiverModel(seed=seed, tissue=tissue, rules=settings, **overrides)


def without(model: LiverModel, *names: str) -> LiverModel:
    """Empty the given populations, so that a test can place its own cells."""
    for name in names:
        population = model.populations[name]
        for slot in np.flatnonzero(population.used.alive):
            model.remove_cell(population, int(slot))
    return model


def sinusoids(model: LiverModel, layer: int = LUMEN) -> np.ndarray:
    """Free sinusoid sites (n, 2) of the layer, in reading order."""
    return np.argwhere((model.sites.kind == SINUSOID) & (model.sites.population[layer] == 0))


def put_tumor(
    model: LiverModel, row: int, column: int, *, state: int | None = None, layer: int = LUMEN, **columns
) -> int:
    """Place one tumor cell of the configured line; returns its slot. The ledger counts it as arrived."""
    line = model.config.cells.tumor
    model.tumor.reserve(1)
    slot = int(take_slot(model.tumor.table))
    cell = model.tumor.rows[slot]
    defaults = {
        "uid": np.uint64(1_000_003 * (row * model.shape[1] + column) + layer),
        "clone": slot,
        "diameter_um": line.diameter,
        "emt": line.emt,
        "cd47": line.cd47,
        "cd24": line.cd24,
        "pdl1": line.pdl1,
        "calreticulin": line.calreticulin,
        "arrived_h": model.hours,
        "settled_h": model.hours,
        "divisions": 0,
        "held_by": 0,
        "platelets": 0.0,
        "net": 0.0,
        "niche": 0.0,
        "cycle": 0.0,
    }
    for name, value in (defaults | columns).items():
        setattr(cell, name, value)
    cell.state = state if state is not None else (ADHERENT if layer == LUMEN else EXTRAVASATED)
    cell.layer, cell.row, cell.column = layer, row, column
    assert place(model.sites, TUMOR, layer, row, column, slot), "the site is taken"
    model.ledger.totals[0, 0] += 1
    return slot


def put(model: LiverModel, name: str, row: int, column: int, **columns) -> int:
    """Place one cell of another population; returns its slot."""
    population = model.populations[name]
    population.reserve(1)
    slot = int(take_slot(population.table))
    cell = population.rows[slot]
    layer = TISSUE if name == "stellate" else LUMEN
    for column_name in population.rows.dtype.names:
        if column_name != "alive":
            setattr(cell, column_name, columns.get(column_name, 0))
    cell.uid = columns.get("uid", np.uint64(7_000_003 * (row * model.shape[1] + column) + population.code))
    cell.layer, cell.row, cell.column = layer, row, column
    assert place(model.sites, population.code, layer, row, column, slot), "the site is taken"
    return slot
