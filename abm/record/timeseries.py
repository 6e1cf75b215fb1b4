"""timeseries.parquet: counts, events, fields, blood levels and nodules through time, one row per moment."""

import numpy as np

from ..config.schema import SHIPPED
from ..kernels.tables import columns_in
from ..ledger import cause, event
from ..liver import Liver
from .nodules import survey, tumor_area_um2
from .tables import TableColumn, TableRecorder

CAUSES = {code: tuple(map(cause.NAMES.index, SHIPPED.causes(event.NAMES[code]))) for code in event.COUNTED_BY_CAUSE}
"""The events that are also counted by cause, and the causes with a column of their own; the rest is `other`."""


def by_cause(totals: np.ndarray, code: int) -> dict[str, int]:
    """How often the event `code` happened by each of its causes; `totals` as in the ledger [event, cause]."""
    counts = {cause.NAMES[reason]: int(totals[code, reason]) for reason in CAUSES[code]}
    counts["other"] = int(totals[code].sum()) - sum(counts.values())
    return counts


class Timeseries(TableRecorder):
    """One row of everything that can be counted."""

    name = "timeseries"

    def __init__(self, every="1 h", min_cells: float = 4):
        super().__init__(every)
        self.min_cells = min_cells

    def columns(self, model):
        return tuple(column for column, _ in self._look(model))

    def record(self, model):
        self.add({column.name: np.asarray(value) for column, value in self._look(model)})

    def _look(self, model: Liver) -> list[tuple[TableColumn, float]]:
        """The columns, each with its present value."""
        return [
            (TableColumn("time_min", "f8", "min", "simulated time"), model.minutes),
            *_populations(model),
            *_events(model),
            *_lattices(model),
            *_blood(model),
            *_tissue(model),
            (
                TableColumn("nodules", "i8", "", f"groups of at least {self.min_cells:g} touching tumor cells"),
                survey(model, self.min_cells).size,
            ),
            (
                TableColumn("tumor_area_um2", "f8", "um^2", "area of the sites where tumor cells stand"),
                tumor_area_um2(model),
            ),
        ]


def _populations(model):
    for name, population in model.populations.items():
        counts = population.state_counts()
        # wall segments make up cells, so their numbers are not whole
        whole = population.sites_per_cell == 1
        kind = "i8" if whole else "f8"
        shown = counts if whole else counts / population.sites_per_cell
        words = name.replace("_", " ")
        yield TableColumn(name, kind, "cells", f"{words} cells alive"), shown.sum()
        for state, count in zip(population.states, shown, strict=True):
            yield (
                TableColumn(f"{name}_{state}", kind, "cells", f"{words} cells that are {state.replace('_', ' ')}"),
                count,
            )


def _events(model):
    totals = model.ledger.totals
    for code, name in enumerate(event.NAMES):
        words = "met an NK cell or a T cell that knows it" if code == event.ENCOUNTERED else name
        yield (
            TableColumn(f"events_{name}", "i8", "events", f"times a tumor cell {words}, since the start"),
            totals[code].sum(),
        )
        if code in CAUSES:
            for reason, count in by_cause(totals, code).items():
                yield (
                    TableColumn(f"events_{name}_by_{reason}", "i8", "events", f"{name}, by {reason}, since the start"),
                    count,
                )


def _lattices(model):
    for name, field in model.fields.items():
        values = field.values
        yield (
            TableColumn(f"{name}_mean", "f8", field.unit, f"mean of {name} over all sites"),
            values.mean(dtype=np.float64),
        )
        yield TableColumn(f"{name}_max", "f8", field.unit, f"highest {name} of all sites"), values.max()
    for layer in type(model.config).registry.layers:
        if not layer.kept:
            continue
        name, words, values = layer.name, layer.words, model.layers[layer.name]
        total = values.sum(dtype=np.float64)
        yield TableColumn(f"{name}_mean", "f8", "1", f"mean {words} of all sites"), total / values.size
        yield TableColumn(f"{name}_max", "f8", "1", f"most {words} of all sites"), values.max()
        yield TableColumn(f"{name}_total", "f8", "sites", f"{words}, summed over all sites"), total


def _blood(model):
    levels = model.blood.levels
    for name in columns_in(levels.dtype):
        yield (
            TableColumn(f"blood_{name}", "f8", "1", f"level of {name.replace('_', ' ')} in the blood"),
            levels[name][0],
        )


def _tissue(model):
    alive = model.living_hepatocytes()
    yield TableColumn("hepatocyte_sites", "i8", "sites", "sites with a living hepatocyte"), np.count_nonzero(alive)
    carrying = model.perfused_sinusoids()
    yield TableColumn("perfused_sites", "i8", "sites", "sinusoid sites with blood flow"), np.count_nonzero(carrying)
