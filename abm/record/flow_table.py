"""flows.parquet: how the cells of each population came and went, one row per moment and population.

In every row the cells alive are those that came less those that went; between two rows, their difference.
"""

import numpy as np

from ..kernels.flows import MEANING, NAMES
from .tables import TableColumn, TableRecorder

_SIDES = {1: "came", -1: "went", 0: "neither came nor went"}


class Flows(TableRecorder):
    """One row per population, but for the wall of the vessels, which stays."""

    name = "flows"

    def __init__(self, every="1 h"):
        super().__init__(every)

    def columns(self, model):
        return (
            TableColumn("time_min", "f8", "min", "simulated time"),
            TableColumn("population", "i1", "", "whose flows", tuple(_populations(model))),
            TableColumn("alive", "i8", "cells", "cells alive"),
            *(
                TableColumn(name, "i8", "cells", f"{_SIDES[sign]}: {words}, since the start")
                for name, (sign, words) in MEANING.items()
            ),
        )

    def record(self, model):
        populations = _populations(model)
        counts = np.array([population.flows for population in populations.values()])
        self.add(
            {
                "time_min": np.full(len(populations), model.minutes),
                "population": np.arange(len(populations)),
                "alive": np.array([population.count for population in populations.values()]),
                **dict(zip(NAMES, counts.T, strict=True)),
            }
        )


def _populations(model):
    return {name: population for name, population in model.populations.items() if not population.species.is_wall}
