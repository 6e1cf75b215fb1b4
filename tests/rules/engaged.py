"""A liver in which CD8 T cells are engaged with tumor cells, and others stand among them as densely as in a metastasis."""

import numpy as np

from abm import LiverModel
from abm.cells.cd8 import ENGAGED
from abm.cells.tumor import EXTRAVASATED
from abm.tissue.sites import INTERSTITIUM, ROOM, SINUSOID, TISSUE
from tests.worlds import every, liver, put


def engaged(*rules: str, name: str, per_mm2: float, state: int, mm: float = 1.5, **config) -> LiverModel:
    """Tumor cells, each with one CD8 T cell that knows it engaged, and so many cells of the population `name` at random; these rules
    run."""
    model = liver(*rules, "migration", "t_cell_killing", mm=mm, empty=True, **config)
    for row, column in every(*model.shape, 4).tolist():
        if model.sites.kind[row, column] == SINUSOID:
            prey = put(model, "tumor", row, column, layer=TISSUE, state=EXTRAVASATED)
            target = model.tumor.rows.uid[prey]
            put(model, "cd8", row, column, layer=INTERSTITIUM, state=ENGAGED, specific=1, target=target)
    room = np.isin(model.sites.kind, ROOM[INTERSTITIUM]) & (model.sites.population[INTERSTITIUM] == 0)
    places = np.random.default_rng(1).permutation(np.argwhere(room))[: round(per_mm2 * model.area_mm2)]
    for row, column in places.tolist():
        put(model, name, row, column, layer=INTERSTITIUM, state=state)
    return model


def kills(model: LiverModel, hours: float) -> int:
    """How many tumor cells T cells kill within so many hours."""
    while model.hours < hours:
        model.step()
    return model.ledger.total("killed", "cd8")
