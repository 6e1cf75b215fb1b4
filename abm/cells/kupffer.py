"""Kupffer cells: the macrophages that line the sinusoids, denser and more phagocytic near the portal tracts.

They stop tumor cells, engulf them, are induced by the contact to secrete TNF-alpha for some hours, are educated by
tumor exosomes, and are reprogrammed near an established nodule. In a fatty liver they secrete CXCL5.
"""

import numpy as np
from pydantic import model_validator

from ..kernels.random import stream_key
from ..target import AWAY, RETURN, TAKEN, Target
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Fraction, Number, Parameters, PerSquareMillimeter, misfit, parameter
from .population import LiverCell
from .settle import NoRoom, choose_sites, rounded_count, settle, site_hashes
from .species import LEVEL_AT_ITS_SITE, Appearance, Chart, Column, Secretes, Species, State

KUPFFER = 2
"""Its code in the lattices of occupancy."""

RESTING, ENGULFING, TNF_SECRETING, REPROGRAMMED = range(4)

_BOUWENS = "Bouwens 1986, 10.1002/hep.1840060430"
_VAN_ROOIJEN = "van Rooijen 1994, 10.1016/0022-1759(94)90012-4"
_RETURNING = "van Rooijen 1990, Cell Tissue Res 260:215, 10.1007/BF00318625"


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
    cxcl5: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source="none by default; in a fatty liver 0.1 to 3: Yang 2025, 10.3892/or.2025.8963, ref 119 (direction). With 0.1 there are "
        "three times the neutrophils, with 0.5 seven times",
        description=f"CXCL5, which counts as CXCL1, of a Kupffer cell: {LEVEL_AT_ITS_SITE}",
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
    flat_sites = population.given if population.given is not None else _by_zone(sites, np.diff(limits, prepend=0), key)
    rows = settle(population, sites, flat_sites, LUMEN, seed)
    rows.zone = sites.zone.ravel()[flat_sites]
    draws = (site_hashes(stream_key(seed, "kupffer/phagocytic"), flat_sites) >> np.uint64(11)) / 2.0**53
    by_zone = np.array([0.0, 1.0, 0.5 * (1.0 + parameters.central_activity), parameters.central_activity])
    # scaled so that the mean over all cells is 1: the engulfment rate was measured per contact with any of them
    mean = parameters.phagocytic_fraction * float(by_zone[1:] @ shares) / shares.sum()
    rows.activity = (
        np.where(draws < parameters.phagocytic_fraction, by_zone[rows.zone] / mean, 0.0) if mean > 0 else 0.0
    )


def _by_zone(sites, counts: np.ndarray, key: np.uint64) -> np.ndarray:
    """Free sinusoid sites (flat indices, ascending), as many in each zone as `counts` says."""
    chosen = []
    for zone, count in enumerate(counts, start=1):
        candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.zone == zone) & (sites.population[LUMEN] == 0))
        chosen.append(choose_sites(candidates, int(count), key))
    return np.sort(np.concatenate(chosen))


class KupfferSecretion(Parameters):
    """What a Kupffer cell secretes."""

    kupffer_tnf: Number = parameter(
        6.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Khatib 2005, 10.1016/S0002-9440(10)62048-2",
        description=f"TNF-alpha of a fully induced Kupffer cell: {LEVEL_AT_ITS_SITE}",
    )
    kupffer_tgf_beta: Number = parameter(
        1.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Costa-Silva 2015, 10.1038/ncb3169",
        description=f"TGF-beta of a fully educated Kupffer cell: {LEVEL_AT_ITS_SITE}",
    )
    kupffer_vegf: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 52, 111",
        description=f"VEGF of a fully reprogrammed Kupffer cell: {LEVEL_AT_ITS_SITE}",
    )


class KupfferCell(LiverCell):
    """One Kupffer cell."""

    species = Species(
        name="kupffer",
        code=KUPFFER,
        words="Kupffer cells",
        parameters=KupfferParameters,
        columns=(
            Column("zone", "u1", "zone of the lobule in which it settled"),
            Column("load", "u1", "tumor cells being digested"),
            Column("activity", "f4", "phagocytic activity, mean 1 over all; 0 for one that does not phagocytose"),
            Column("digested_h", "f4", "when the last meal will be digested", "h", signed=True),
            Column("drive", "f4", "what contact with tumor cells has set going and is not yet secretion"),
            Column("tolerance", "f4", "to that contact, 0 .. 1"),
            Column("tnf", "f4", "TNF secretion, 1 at the height of the wave that a contact sets going"),
            Column("education", "f4", "by tumor exosomes, 0 .. 1: secretes TGF-beta", within=(0, 1)),
            Column("reprogramming", "f4", "towards a tumor-associated macrophage, 0 .. 1", within=(0, 1)),
        ),
        states=(
            State("resting", Appearance("resting", (74, 124, 222), "amoeboid", 0.80)),
            State("engulfing", Appearance("engulfing a tumor cell", (106, 150, 248), "engulfing", 0.98, 0.10)),
            State("tnf_secreting", Appearance("secreting TNF", (128, 172, 255), "amoeboid", 0.92, 0.65)),
            State("reprogrammed", Appearance("reprogrammed", (66, 92, 158), "amoeboid", 0.80)),
        ),
        settle=populate,
        stays=True,
        secretes=(
            Secretes("tnf", "secretion.kupffer_tnf", weight="tnf"),
            Secretes("tgf_beta", "secretion.kupffer_tgf_beta", weight="education"),
            Secretes("vegf", "secretion.kupffer_vegf", ("reprogrammed",), weight="reprogramming"),
            Secretes("cxcl1", "cells.kupffer.cxcl5"),
        ),
        secretion=KupfferSecretion,
        molecules={
            "mmp": Target(
                "inhibitor of metalloproteases (marimastat)", "Yang 2025, 10.3892/or.2025.8963, ref 117", "unverified"
            ),
            "sting": Target("STING-deficient mice; H-151", "Yang 2025, 10.3892/or.2025.8963, ref 100", "unverified"),
        },
        depleted=Target(
            "clodronate liposomes",
            _VAN_ROOIJEN,
            "unverified",
            {
                "fraction": parameter(
                    0.95,
                    low=0.8,
                    high=1,
                    mark="unverified",
                    source=f"{_VAN_ROOIJEN}: gone within 24-48 h",
                    description=TAKEN,
                ),
                "away": parameter(
                    "4 d",
                    low="2 d",
                    high="7 d",
                    mark="unverified",
                    source=f"{_RETURNING}: the first are seen on day 4-5",
                    description=AWAY,
                ),
                "recovery": parameter(
                    "2 d",
                    low="1 d",
                    high="5 d",
                    mark="unverified",
                    source=f"{_RETURNING}: back after 1-2 weeks; half of them 6 d after the dose",
                    description=RETURN,
                ),
            },
        ),
        charts=(
            Chart("Kupffer (TNF)", "tnf_secreting"),
            Chart("Kupffer (engulfing)", "engulfing"),
            Chart("Kupffer (reprogrammed)", "reprogrammed"),
        ),
        ink="#3f6fc9",
        synonyms="kc kcs kupffercell kupffercells",
    )
