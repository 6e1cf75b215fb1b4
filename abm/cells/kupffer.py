"""Kupffer cells: the macrophages that line the sinusoids, denser and more phagocytic near the portal tracts.

They stop tumor cells, engulf them, are induced by the contact to secrete TNF-alpha for some hours, are educated by
tumor exosomes, and are reprogrammed near an established nodule.
"""

import numpy as np
from pydantic import model_validator

from ..kernels.random import stream_key
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Fraction, Number, Parameters, PerSquareMillimeter, misfit, parameter
from .population import WHERE, LiverCell
from .settle import NoRoom, choose_sites, rounded_count, settle, site_hashes

RESTING, ENGULFING, TNF_SECRETING, REPROGRAMMED = range(4)

_BOUWENS = "Bouwens 1986, 10.1002/hep.1840060430"

DTYPE = np.dtype(
    [
        *WHERE,
        ("zone", "u1"),
        ("load", "u1"),  # tumor cells being digested
        ("activity", "f4"),  # phagocytic activity, mean 1 over all; 0 for one that does not phagocytose
        ("digested_h", "f4"),  # simulated hours when the last meal will be digested
        ("drive", "f4"),  # what contact with tumor cells has set going and is not yet secretion
        ("tolerance", "f4"),  # to that contact, 0 .. 1
        ("tnf", "f4"),  # TNF secretion, 1 at the height of the wave that a contact sets going
        ("education", "f4"),  # by tumor exosomes, 0 .. 1: secretes TGF-beta
        ("reprogramming", "f4"),  # towards a tumor-associated macrophage, 0 .. 1
    ]
)


class KupfferCell(LiverCell):
    """One Kupffer cell."""

    dtype = DTYPE
    states = ("resting", "engulfing", "tnf_secreting", "reprogrammed")


class KupfferParameters(Parameters):
    """How many Kupffer cells there are, where, and how active."""

    density: PerSquareMillimeter = parameter(
        "180 /mm^2",
        low="150 /mm^2",
        high="210 /mm^2",
        mark="derived",
        source=f"{_BOUWENS}: 14-20e6 /g * 1.06 g/cm3 * 10 um",
        description="Kupffer cells per area of a 10 um slab",
    )
    share_zone_1: Number = parameter(
        0.43,
        low=0.38,
        high=0.48,
        mark="checked",
        source=_BOUWENS,
        description="share of the cells in the periportal zone, were the three zones equally large",
    )
    share_zone_2: Number = parameter(
        0.28,
        low=0.23,
        high=0.33,
        mark="checked",
        source=_BOUWENS,
        description="share of the cells in the midzone, were the three zones equally large",
    )
    share_zone_3: Number = parameter(
        0.29,
        low=0.24,
        high=0.34,
        mark="checked",
        source=_BOUWENS,
        description="share of the cells in the pericentral zone, were the three zones equally large",
    )
    phagocytic_fraction: Fraction = parameter(
        0.64,
        low=0.5,
        high=1.0,
        mark="checked",
        source=f"{_BOUWENS}: latex labelled 64 %",
        description="fraction of the cells that phagocytose at all",
    )
    central_activity: Fraction = parameter(
        0.6,
        low=0.4,
        high=0.9,
        mark="derived",
        source=f"{_BOUWENS}: central cells are smaller and less phagocytic",
        description="phagocytic activity in zone 3 relative to zone 1",
    )

    @model_validator(mode="after")
    def _in_some_zone(self):
        if self.share_zone_1 + self.share_zone_2 + self.share_zone_3 == 0:
            raise misfit(
                self,
                "the cells have no zone to be in: at least one of the three shares must be more than 0",
                "share_zone_1",
            )
        return self


def populate(population, sites, parameters: KupfferParameters, area_mm2: float, seed: int) -> None:
    """Settle the Kupffer cells on sinusoid sites, zone by zone."""
    key = stream_key(seed, "settle/kupffer")
    total = rounded_count(parameters.density * area_mm2, key)
    shares = np.array([parameters.share_zone_1, parameters.share_zone_2, parameters.share_zone_3])
    # zones differ in size: what is given is how dense the cells are in each
    shares = shares * [np.count_nonzero((sites.kind == SINUSOID) & (sites.zone == zone)) for zone in (1, 2, 3)]
    if shares.sum() == 0:
        raise NoRoom(
            "no sinusoid lies in a zone that Kupffer cells are in; make the tissue larger, or let them be in every zone"
        )
    limits = np.rint(np.cumsum(shares) / shares.sum() * total).astype(int)
    chosen = []
    for zone, count in enumerate(np.diff(limits, prepend=0), start=1):
        candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.zone == zone) & (sites.population[LUMEN] == 0))
        chosen.append(choose_sites(candidates, int(count), key))
    flat_sites = np.sort(np.concatenate(chosen))
    rows = settle(population, sites, flat_sites, LUMEN, seed)
    rows.zone = sites.zone.ravel()[flat_sites]
    draws = (site_hashes(stream_key(seed, "kupffer/phagocytic"), flat_sites) >> np.uint64(11)) / 2.0**53
    by_zone = np.array([0.0, 1.0, 0.5 * (1.0 + parameters.central_activity), parameters.central_activity])
    # scaled so that the mean over all cells is 1: the engulfment rate was measured per contact with any of them
    mean = parameters.phagocytic_fraction * float(by_zone[1:] @ shares) / shares.sum()
    rows.activity = (
        np.where(draws < parameters.phagocytic_fraction, by_zone[rows.zone] / mean, 0.0) if mean > 0 else 0.0
    )
