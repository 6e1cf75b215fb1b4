"""A look at a liver at one moment of its run, from which measures are computed."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage

from ..cells.tumor import TUMOR, TumorCell
from ..ledger import cause, event
from ..lesions.survey import standing
from ..record.borders import borders, stretches_of, surface_of
from ..record.event_table import events_table
from ..record.fates import Fates, fates_of
from ..record.nodules import survey
from ..tissue.pieces import connected, from_edge

if TYPE_CHECKING:
    from ..model import LiverModel


class Share(NamedTuple):
    """`count` of `of`: a fraction that knows how many were counted."""

    count: float  # type: ignore[assignment]  # hides the method of tuples
    of: float

    @property
    def fraction(self) -> float:
        """The fraction; nan when `of` is 0."""
        return self.count / self.of if self.of else math.nan


class Look:
    """What a measure sees. What several measures need is computed once.

    liver : the LiverModel as it stands
    events : all entries of the ledger so far, rows of `ledger.ledger.ENTRY`; valid during the look only
    hours : simulated time
    """

    def __init__(self, liver: "LiverModel", events: np.ndarray):
        self.liver = liver
        self.events = events
        self.hours = float(liver.hours)
        self._fates: dict[tuple, Fates] = {}
        self._from_edge: dict[int, np.ndarray] = {}

    @cached_property
    def cells(self) -> np.ndarray:
        """The living tumor cells: rows of `TumorCell.dtype`."""
        return np.asarray(self.liver.tumor.alive_rows())

    def cells_in(self, states: Sequence[str]) -> np.ndarray:
        """The living tumor cells that are in one of the states, by name."""
        return self.cells[np.isin(self.cells["state"], [TumorCell.states.index(state) for state in states])]

    @cached_property
    def tumor_sites(self) -> np.ndarray:
        """Where a tumor cell stands, in either layer: bool [row, column]."""
        return (self.liver.sites.population == TUMOR).any(axis=0)

    @cached_property
    def groups(self) -> np.ndarray:
        """All groups of touching tumor cells, single ones among them, the largest first: `record.nodules.NODULE`."""
        return survey(self.liver, 1)

    @cached_property
    def group_of_site(self) -> np.ndarray:
        """Number of the group that each site is part of, from 1 in reading order, 0 for none: int [row, column]."""
        return connected(self.tumor_sites, self.liver.periodic)[0]

    @cached_property
    def standing(self) -> np.ndarray:
        """The living tumor cells that hold a site; those in the blood stream do not."""
        return standing(self.liver)

    def fates(self, **sizes) -> Fates:
        """What became of the founders so far; `sizes` replace those of the config's `record` (see RecordParameters)."""
        key = tuple(sorted(sizes.items()))
        if key not in self._fates:
            parameters = self.liver.config.record.model_copy(update=sizes)
            self._fates[key] = fates_of(events_table(self.events), self.hours * 60.0, parameters, self.liver.spacing_um)
        return self._fates[key]

    def arrival_h(self, clones: np.ndarray) -> np.ndarray:
        """Hours at which the founders of clones arrived, nan for cells that came in another way: float64 [clones]."""
        known, hours = self._arrivals
        place = np.minimum(np.searchsorted(known, clones), max(known.size - 1, 0))
        return np.where(known[place] == clones, hours[place], np.nan) if known.size else np.full(clones.size, np.nan)

    def weights_of(self, clones: np.ndarray) -> np.ndarray:
        """How many of the animal's cells the founder of each clone stands for (float64 [clones]): 1, unless founders of
        metastases are more frequent among those that arrive here than in the animal (`founder_enrichment`)."""
        arrival, share = self.liver.config.rules.arrival, self.liver.config.cells.tumor.founder_share
        weights = np.ones(clones.size)
        if share < 1.0 and arrival.founder_enrichment != 1.0:
            arrived = self.events[self.events["event"] == event.ARRIVED]
            founders = arrived["clone"][arrived["cause"] == cause.FOUNDER]
            others = arrived["clone"][arrived["cause"] == cause.NONE]
            weights[np.isin(clones, founders)] = arrival.weight_of_founders(share)
            weights[np.isin(clones, others)] = arrival.weight_of_others(share)
        return weights

    @cached_property
    def weights_of_groups(self) -> np.ndarray:
        """As `weights_of`, the mean over the cells of each of the `groups`."""
        cells = self.standing
        clones, clone = np.unique(cells["clone"], return_inverse=True)
        group = self.group_of_site[cells["row"], cells["column"]] - 1
        sizes = np.bincount(group)
        means = np.bincount(group, self.weights_of(clones)[clone]) / sizes
        return means[np.argsort(-sizes, kind="stable")]

    @cached_property
    def _arrivals(self) -> tuple[np.ndarray, np.ndarray]:
        arrived = self.events[self.events["event"] == event.ARRIVED]
        clones, first = np.unique(arrived["clone"], return_index=True)
        return clones, arrived["time_min"][first] / 60.0

    def nodule_sites(self, min_cells: int) -> np.ndarray:
        """Where groups of at least `min_cells` tumor cells stand: bool [row, column]."""
        group, cells = self.group_of_site, self.standing
        sizes = np.bincount(group[cells["row"], cells["column"]], minlength=int(group.max(initial=0)) + 1)
        return (sizes >= min_cells)[group] & self.tumor_sites

    def borders(self, min_cells: int) -> np.ndarray:
        """How many stretches of border the nodules of at least `min_cells` tumor cells have of each of `record.borders.PATTERNS`,
        without those that have none in the liver: int64 [nodules, 3]."""
        inside = self.nodule_sites(min_cells)
        pattern = borders(surface_of(self.liver), inside)
        stretches = stretches_of(pattern, np.where(inside, self.group_of_site, 0), self.liver.periodic)
        return stretches[stretches.any(axis=1)]

    def from_edge(self, min_cells: int) -> np.ndarray:
        """How far each site is from the edge of the nodules of at least `min_cells` tumor cells, in um, negative inside of them
        (see `record.nodules.from_edge`)."""
        if min_cells not in self._from_edge:
            self._from_edge[min_cells] = from_edge(
                self.nodule_sites(min_cells), self.liver.spacing_um, self.liver.periodic
            )
        return self._from_edge[min_cells]

    def near(self, places: np.ndarray, within_um: float) -> np.ndarray:
        """The sites whose centre is at most `within_um` from that of a marked site; both bool [row, column]."""
        if not places.any():
            return np.zeros(places.shape, bool)
        reach = within_um / self.liver.spacing_um + 1e-9
        edge = min(math.ceil(reach), max(places.shape)) if self.liver.periodic else 0
        distance = ndimage.distance_transform_edt(~np.pad(places, edge, mode="wrap"))
        rows, columns = places.shape
        return distance[edge : edge + rows, edge : edge + columns] <= reach

    def sites_of(self, cells: np.ndarray) -> np.ndarray:
        """Where the given cells are: bool [row, column]."""
        marked = np.zeros(self.liver.shape, bool)
        marked[cells["row"], cells["column"]] = True
        return marked
