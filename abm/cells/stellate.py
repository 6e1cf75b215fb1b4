"""Hepatic stellate cells: pericytes in the space of Disse that TGF-beta turns into myofibroblasts.

Activated, they lay down collagen, laminin and fibronectin and support tumor cells with HGF and CXCL12; where `fibroblast_state` says so,
some are inflammatory instead, and secrete IL-6 and chemokines. They divide in `fibroblast_growth`.
"""

import numpy as np

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import TISSUE
from ..units import Number, Parameters, PerSquareMillimeter, parameter
from .population import LiverCell, Population
from .settle import settle_at_random
from .species import LEVEL_AT_ITS_SITE, Appearance, Chart, Column, Secretes, Species, State

STELLATE = 5
"""Its code in the lattices of occupancy."""

QUIESCENT, ACTIVATED = range(2)

_WRIGHT = "Wright 2001, 10.1053/gast.2001.27188"


class StellateParameters(Parameters):
    """How many stellate cells there are."""

    density: PerSquareMillimeter = parameter(
        "110 /mm^2",
        low="85 /mm^2",
        high="140 /mm^2",
        mark="derived",
        source="6.5 % of liver cells (Geerts 2001) against Kupffer cells at 31 % of the non-parenchymal third, 180 /mm^2",
        description="stellate cells per area of a 10 um slab",
    )


class StellateSecretion(Parameters):
    """What a stellate cell secretes."""

    stellate_tgf_beta: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 117",
        description=f"TGF-beta of an activated stellate cell: {LEVEL_AT_ITS_SITE}",
    )
    stellate_ccl2: Number = parameter(
        0.1,
        low=0.1,
        high=30,
        mark="assumed",
        source="Marra 1993, Am J Pathol 142:1645 (direction); with 0.3 stellate cells and macrophages keep each other going when the "
        "tumor is gone",
        description=f"CCL2 of an activated stellate cell: {LEVEL_AT_ITS_SITE}",
    )
    inflammatory_stellate_ccl2: Number = parameter(
        0.5,
        low=0.1,
        high=30,
        mark="assumed",
        source="Öhlund 2017, 10.1084/jem.20162024 (direction); as a tumor cell",
        description=f"CCL2 that a wholly inflammatory stellate cell secretes in addition: {LEVEL_AT_ITS_SITE}",
    )
    inflammatory_stellate_cxcl1: Number = parameter(
        0.5,
        low=0.1,
        high=30,
        mark="assumed",
        source="Öhlund 2017, 10.1084/jem.20162024 (direction); as a tumor cell",
        description=f"CXCL1/IL-8 of a wholly inflammatory stellate cell: {LEVEL_AT_ITS_SITE}",
    )


class StellateCell(LiverCell):
    """One hepatic stellate cell."""

    species = Species(
        name="stellate",
        code=STELLATE,
        words="Stellate cells",
        parameters=StellateParameters,
        columns=(
            Column("activated_h", "f4", "when it was activated", "h", signed=True),
            Column("divisions", "u1", "how often it and its mothers have divided"),
            Column("inflammatory", "f4", "0 myofibroblastic .. 1 inflammatory, once it is activated", within=(0, 1)),
        ),
        stands=(TISSUE,),
        states=(
            State("quiescent", Appearance("quiescent", (98, 58, 172), "spindle", 0.62)),
            State("activated", Appearance("activated", (132, 72, 240), "spindle", 1.05, 0.25)),
        ),
        settle=settle_at_random,
        stays=True,
        secretes=(
            Secretes("tgf_beta", "secretion.stellate_tgf_beta", ("activated",)),
            Secretes("ccl2", "secretion.stellate_ccl2", ("activated",)),
            Secretes("ccl2", "secretion.inflammatory_stellate_ccl2", ("activated",), weight="inflammatory"),
            Secretes("cxcl1", "secretion.inflammatory_stellate_cxcl1", ("activated",), weight="inflammatory"),
        ),
        secretion=StellateSecretion,
        molecules={
            "hgf": Target("antibody to HGF (rilotumumab)", "Yang 2025, 10.3892/or.2025.8963, ref 18", "unverified"),
            "il4ra": Target(
                "stellate cells without the receptor of IL-4 and IL-13",
                "Yang 2025, 10.3892/or.2025.8963, ref 112",
                "unverified",
            ),
        },
        depleted=Target(
            "gliotoxin",
            _WRIGHT,
            "unverified",
            {
                "fraction": parameter(
                    0.5,
                    low=0.3,
                    high=0.9,
                    mark="assumed",
                    source=f"{_WRIGHT}: apoptosis of activated cells",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "7 d", low="3 d", high="21 d", mark="assumed", source="slow renewal", description=RETURN
                ),
            },
        ),
        charts=(Chart("act. stellate", "activated"),),
        ink="#7a45d6",
        synonyms="hsc hscs stellatecells",
    )


def inflammation(cells: Population) -> np.ndarray:
    """How inflammatory each of the activated stellate cells is (float32)."""
    return cells.plain["inflammatory"][cells.in_state(ACTIVATED)]
