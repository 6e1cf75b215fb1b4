"""Genotype: the genes that are mutated in a line, and what each multiplies.

The numbers of a line are those of its cells as they are, whatever their genotype. A mutation that a config adds, `cells.tumor:
{mutations: [ras]}`, multiplies some of them, and of the rules, once, when the config is read. What a gene does that no part of
the liver can feel is left out. Which drugs a line answers to, by RAS, BRAF and HER2, says `growth_signalling`, and which hit it less, the
drug (`spared`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from ..units import Mark, Parameters, value_at

Gene = Literal["wnt", "ras", "braf", "her2", "pi3k", "pten", "smad4", "met", "mmr", "b2m", "chsy1", "il33", "ccl20"]

_LABEL = "mutations"
_YANG = "Yang 2025, 10.3892/or.2025.8963"


class Change(NamedTuple):
    """What an active pathway changes: the number at a path of the config is multiplied by `times`; or `plus` is added to a
    share, which stays at most 1. `low` and `high` are the plausible range of whichever it is."""

    path: str
    times: float = 1.0
    plus: float = 0.0
    low: float = 1.0
    high: float = 1.0
    mark: Mark = "assumed"
    source: str = ""


class Mutation(NamedTuple):
    """A gene: how it is mutated in colorectal cancer, the pathway by which it acts, and what that changes."""

    words: str
    pathway: str
    effects: tuple[Change, ...]


_PDL1 = Change(
    "cells.tumor.pdl1", 1.3, low=1, high=2, source=f"{_YANG}, ref 29: WNT, PI3K/AKT, MEK/ERK and MET (direction)"
)


_MAPK = (
    Change(
        "cells.tumor.cxcl1", 1.5, low=1, high=3, source=f"{_YANG}, ref 90: RAS raises HOXA7, and that CXCL1 (direction)"
    ),
    Change("secretion.tumor_vegf", 1.3, low=1, high=2, source=f"{_YANG}, ref 16: ANGPT2 (direction)"),
    _PDL1,
)
_AKT = (
    Change("rules.growth.death_rate", 0.7, low=0.4, high=1, source=f"{_YANG}, refs 13-15: PI3K/AKT (direction)"),
    Change("rules.growth.dormant_death", 0.7, low=0.4, high=1, source=f"{_YANG}, refs 13-15: PI3K/AKT (direction)"),
    _PDL1,
)

GENES: Mapping[str, Mutation] = {
    "wnt": Mutation(
        "APC lost, or beta-catenin active",
        "WNT",
        (
            Change("rules.growth.cycle_time", 1 / 1.1, low=1 / 1.3, high=1, source=f"{_YANG}, refs 9, 10 (direction)"),
            _PDL1,
        ),
    ),
    "ras": Mutation("KRAS or NRAS active", "MAPK", _MAPK),
    "braf": Mutation(
        "BRAF V600E",
        "MAPK",
        (
            *_MAPK,
            Change(
                "cells.tumor.autonomy", plus=0.1, low=0, high=0.3, source=f"{_YANG}, ref 5: poor prognosis (direction)"
            ),
        ),
    ),
    "her2": Mutation("HER2 amplified", "HER2", ()),
    "pi3k": Mutation("PIK3CA active", "AKT", _AKT),
    "pten": Mutation("PTEN lost", "AKT", _AKT),
    "smad4": Mutation(
        "SMAD4 lost",
        "TGF-beta",
        (
            Change(
                "rules.emt.rate",
                0.5,
                low=0.2,
                high=1,
                source=f"{_YANG}, refs 11, 12: EMT by TGF-beta needs SMAD (direction)",
            ),
        ),
    ),
    "met": Mutation(
        "MET amplified",
        "MET",
        (
            Change("rules.growth.niche_gain", 2.0, low=1, high=3, source=f"{_YANG}, ref 18: HGF and c-MET (direction)"),
            _PDL1,
        ),
    ),
    "mmr": Mutation(
        "mismatch repair deficient",
        "mismatch repair",
        (
            Change(
                "cells.tumor.antigen",
                plus=0.9,
                low=0.4,
                high=0.95,
                mark="derived",
                source="Le 2015, 10.1056/NEJMoa1500596: 1782 mutations in a deficient tumor, 73 in a proficient one",
            ),
        ),
    ),
    "b2m": Mutation(
        "beta-2 microglobulin lost",
        "MHC class I",
        (
            Change("cells.tumor.mhc1", 0.0, low=0, high=0.2, source="general: no MHC class I without it"),
            Change(
                "cells.tumor.nk_sensitivity",
                1.5,
                low=1,
                high=3,
                source="general: NK cells kill what lacks MHC class I (direction)",
            ),
        ),
    ),
    "chsy1": Mutation(
        "CHSY1 overexpressed",
        "succinate",
        (
            Change(
                "rules.t_cell_exhaustion.rate",
                2.0,
                low=1,
                high=3,
                source=f"{_YANG}, ref 30: CD8 T cells tire (direction)",
            ),
        ),
    ),
    "il33": Mutation(
        "IL-33 overexpressed",
        "IL-33",
        (
            Change(
                "secretion.tumor_ccl2", 2.0, low=1, high=4, source=f"{_YANG}, ref 93: myeloid cells come (direction)"
            ),
            Change("secretion.tumor_vegf", 1.5, low=1, high=3, source=f"{_YANG}, ref 93: vessels form (direction)"),
        ),
    ),
    "ccl20": Mutation(
        "CCL20 overexpressed, as with Fusobacterium nucleatum",
        "CCL20",
        (
            Change(
                "secretion.tumor_ccl2", 2.0, low=1, high=4, source=f"{_YANG}, refs 60, 61: macrophages come (direction)"
            ),
        ),
    ),
}
"""By gene. A pathway that several of a line's mutations activate changes a number once."""


def genes_of(config: Any) -> frozenset[str]:
    """The genes that are mutated in the line of a config, expressed or not yet."""
    told = config.labels.get(_LABEL, "").split(", ")
    return frozenset(gene for gene in (*told, *config.cells.tumor.mutations) if gene in GENES)


def effects_of(mutations: Iterable[str]) -> dict[tuple[str, str], Change]:
    """What the mutations change together, by pathway and path: each pathway changes each number once."""
    return {(GENES[gene].pathway, effect.path): effect for gene in mutations for effect in GENES[gene].effects}


def express(config: Any) -> dict[str, Any]:
    """The parts of a config that its line's mutations change, by name; none without mutations.

    In them the line has no mutations left, and a label tells them: read again, such a config has nothing multiplied twice, and
    a mutation that is added to it changes what its pathway has not changed yet.
    """
    added = config.cells.tumor.mutations
    if not added:
        return {}
    held = [gene for gene in config.labels.get(_LABEL, "").split(", ") if gene in GENES]
    changed = {"cells": _changed(config.cells, "tumor.mutations", ())}
    there = effects_of(held)
    for way, effect in effects_of(added).items():
        if way in there:
            continue
        group, _, path = effect.path.partition(".")
        within = changed.get(group) or getattr(config, group)
        value = value_at(within, path) * effect.times
        changed[group] = _changed(within, path, min(value + effect.plus, 1.0) if effect.plus else value)
    return changed | {"labels": config.labels | {_LABEL: ", ".join(dict.fromkeys([*held, *added]))}}


def _changed(group: Parameters, path: str, value: Any) -> Parameters:
    """The group with another value at the path in it."""
    name, _, below = path.partition(".")
    return group.model_copy(update={name: _changed(getattr(group, name), below, value) if below else value})
