"""lesions.parquet: lesions that are followed through time, as `abm.lesions.survey` tells them."""

import numpy as np

from ..kernels.tables import columns_in
from ..lesions.survey import LESION, Known, survey
from .tables import TableColumn, TableRecorder

COLUMNS = (
    TableColumn("time_min", "f8", "min", "simulated time of the survey"),
    TableColumn("lesion", "i4", "", "number of the lesion, the same in all surveys"),
    TableColumn("parent", "i4", "", "the lesion of which it is a piece, 0 where it is none"),
    TableColumn(
        "merged_into", "i4", "", "the lesion that it grew together with, which goes on; 0 where it goes on itself"
    ),
    TableColumn("cells", "i4", "cells", "tumor cells, in both layers; 0 when it is gone"),
    TableColumn("area_um2", "f8", "um^2", "area of its outline, with what it encloses"),
    TableColumn("diameter_um", "f8", "um", "diameter of the disc of that area"),
    TableColumn("packed_um", "f8", "um", "diameter of the disc that its cells would fill without gaps"),
    TableColumn("longest_um", "f8", "um", "longest axis in the slab, across all of its pieces"),
    TableColumn("row", "f8", "site", "mean row of its cells, where they last stood"),
    TableColumn("column", "f8", "site", "mean column of its cells, where they last stood"),
)


class Lesions(TableRecorder):
    """Surveys the lesions, and follows them until the tumor is `limit` times as large in diameter as at time 0 (0: to the end)."""

    name = "lesions"

    def __init__(self, every="8 weeks", min_cells: float = 4, gap_um: float = 100.0, limit: float = 0.0):
        super().__init__(every)
        self.min_cells, self.gap_um, self.limit = min_cells, gap_um, limit

    def columns(self, model):
        return COLUMNS

    def begin(self, model, folder, steps):
        super().begin(model, folder, steps)
        self._known = Known.nothing(model.shape)
        self._sites_at_zero = 0

    def resume(self, model, folder, steps, state):
        super().resume(model, folder, steps, state)
        self._known = Known(state["outline"], state["known"], int(state["given"]))
        self._sites_at_zero = int(state["sites_at_zero"])

    def state(self):
        outline, known, given = self._known
        return (
            super().state()
            | {"outline": outline, "known": known, "given": np.array(given)}
            | {"sites_at_zero": np.array(self._sites_at_zero)}
        )

    def is_last(self, model):
        return 0 < self._sites_at_zero * self.limit**2 <= np.count_nonzero(model.tumor_sites())

    def record(self, model):
        if self._sites_at_zero == 0 and model.minutes >= 0.0:
            self._sites_at_zero = int(np.count_nonzero(model.tumor_sites()))
        lesions, self._known = survey(model, self._known, self.min_cells, self.gap_um)
        if lesions.size:
            self.add(
                {
                    "time_min": np.full(lesions.size, model.minutes),
                    **{name: lesions[name] for name in columns_in(LESION)},
                }
            )
