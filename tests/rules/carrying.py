"""The passage of some cells alone."""

import numpy as np

from abm.rules.clusters import led
from abm.rules.holding import holding
from abm.rules.passage import carry


def carry_only(model, slots, unfolding=1.0):
    """The passage of these cells."""
    carry(
        model.tumor.table,
        model.sites,
        model.ledger.book(len(slots)),
        model.minutes,
        model.key("passage"),
        model.step_number,
        *led(np.asarray(slots), model.tumor.rows.cluster, unfolding),
        model.flow.pressure,
        model.flow.carries & model.sites.perfused,
        model.open_pressure,
        model.sites.perfused.copy(),
        model.anatomy.radius_um,
        model.nets,
        holding(model),
        model.spacing_um,
        model.rules["passage"].lingering,
    )
