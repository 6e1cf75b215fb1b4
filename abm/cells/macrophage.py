"""Macrophages that come as monocytes: CCL2 stops them in the sinusoids, they leave the vessel, stay in and around nodules, and turn.

M1 ones engulf tumor cells and secrete TNF; a tumor turns most of them to M2, which secrete TGF-beta, IL-10, VEGF, chemokines and
matrix instead (Yang 2025, 10.3892/or.2025.8963, refs 46-58, 70, 71). Those of the healthy liver are its Kupffer cells. They enter in
`leukocyte_entry`, leave the vessel in `leukocyte_crossing`, walk in `migration`, and turn in `macrophage_polarisation`.
"""

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import INTERSTITIUM
from ..units import Fraction, Hours, MicrometersPerMinute, Number, Parameters, PerHour, PerSquareMillimeter, parameter
from .leukocyte import ENTERED
from .population import LiverCell
from .settle import settle_as_newcomers
from .species import (
    DRAWN_HEADING,
    HEADING,
    LEVEL_AT_ITS_SITE,
    Appearance,
    Called,
    Chart,
    Column,
    Crossing,
    FromBlood,
    Secretes,
    Species,
    State,
    Supply,
    Walk,
)

MACROPHAGE = 9
"""Its code in the lattices of occupancy."""

MONOCYTE, M1, INTERMEDIATE, M2 = range(4)

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class MacrophageParameters(Parameters):
    """How many monocytes CCL2 brings, and how the macrophages walk that they become."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="10 /mm^2",
        mark="assumed",
        source="none: those of the healthy liver are Kupffer cells, the others stand in its capsule and portal tracts",
        description="monocytes in the sinusoids per area of a 10 um slab of normal liver",
    )
    entry: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="0.02 /h",
        mark="assumed",
        source="none by default; 0.002 /h gives 200-600 macrophages per mm2 of metastasis",
        description="monocytes that enter each sinusoid site per hour in saturating CCL2 at average flow",
    )
    residence: Hours = parameter(
        "1 d",
        low="0.5 d",
        high="3 d",
        mark="checked",
        source="Patel 2017, 10.1084/jem.20170355: classical monocytes circulate for a day",
        description="mean time until a monocyte that stopped in a sinusoid and does not leave the vessel is carried on",
    )
    life: Hours = parameter(
        "14 d",
        low="3 d",
        high="60 d",
        mark="unverified",
        source="macrophages of tumors are replaced within weeks; a published model takes 3.3 d",
        description="mean life in the tissue",
    )
    speed: MicrometersPerMinute = parameter(
        "2 um/min",
        low="0.4 um/min",
        high="5 um/min",
        mark="unverified",
        source="intravital microscopy of macrophages in tumors; published models take 0.4 to 4",
        description="path speed of a macrophage in the tissue",
    )
    persistence: Hours = parameter(
        "0.5 h",
        low="0.1 h",
        high="2 h",
        mark="assumed",
        source="slower cells keep their direction longer than T cells (0.2 h)",
        description="persistence time of its direction",
    )
    chemotaxis: Fraction = parameter(
        0.6,
        low=0.2,
        high=1,
        mark="assumed",
        source="as T cells, less than neutrophils",
        description="chance that a macrophage in saturating CCL2 follows the gradient at a move",
    )


class MacrophageSecretion(Parameters):
    """What a macrophage secretes."""

    macrophage_tnf: Number = parameter(
        1.0,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 46 (direction)",
        description=f"TNF-alpha of an M1 macrophage: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_tgf_beta: Number = parameter(
        0.5,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, refs 50, 51, 53; half of an educated Kupffer cell",
        description=f"TGF-beta of a wholly M2 macrophage: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_il10: Number = parameter(
        0.1,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 53 (direction); low, as they are many, and anti-PD-1 acts on metastases that are rich in antigen",
        description=f"IL-10 of a wholly M2 macrophage: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_vegf: Number = parameter(
        1.0,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, refs 52, 70 (direction)",
        description=f"VEGF of a wholly M2 macrophage: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_vegf_hypoxic: Number = parameter(
        1.0,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 70: SPP1 macrophages, twice as much VEGF",
        description=f"VEGF that a wholly M2 macrophage secretes in addition in hypoxia: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_ccl2: Number = parameter(
        0.3,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, refs 56-58 (direction)",
        description=f"CCL2 of a wholly M2 macrophage: {LEVEL_AT_ITS_SITE}",
    )
    macrophage_cxcl1: Number = parameter(
        0.3,
        low=0.1,
        high=30,
        mark="assumed",
        source="macrophages of tumors secrete IL-8 (direction)",
        description=f"CXCL1/IL-8 of a wholly M2 macrophage: {LEVEL_AT_ITS_SITE}",
    )


class Macrophage(LiverCell):
    """One macrophage that came as a monocyte."""

    species = Species(
        name="macrophage",
        code=MACROPHAGE,
        words="Macrophages",
        parameters=MacrophageParameters,
        columns=(
            HEADING,
            Column("polarisation", "f4", "-1 M1 .. 1 M2", within=(-1, 1), signed=True),
            Column("load", "u1", "tumor cells being digested"),
            Column("digested_h", "f4", "when the last meal will be digested", "h", signed=True),
            ENTERED,
        ),
        states=(
            State("monocyte", Appearance("monocytes in the blood", (24, 176, 158), "amoeboid", 0.48)),
            State("m1", Appearance("M1", (170, 245, 230), "amoeboid", 0.62, 0.15), stands=(INTERSTITIUM,)),
            State("intermediate", Appearance("not turned", (24, 176, 158), "amoeboid", 0.62), stands=(INTERSTITIUM,)),
            State("m2", Appearance("M2", (0, 140, 130), "amoeboid", 0.62, 0.15), stands=(INTERSTITIUM,)),
        ),
        walks=(
            Walk(
                "cells.macrophage.speed",
                "cells.macrophage.persistence",
                states=("m1", "intermediate", "m2"),
                up="ccl2",
                chemotaxis="cells.macrophage.chemotaxis",
            ),
        ),
        settle=settle_as_newcomers,
        crosses=Crossing("monocyte", "intermediate", up="ccl2", returns=False),
        newcomer=FromBlood(drawn=(DRAWN_HEADING,), dated="entered_h"),
        supply=Supply(
            "cells.macrophage.density",
            "cells.macrophage.residence",
            "cells.macrophage.life",
            called=(Called("ccl2", "cells.macrophage.entry", receptor="csf1r"),),
        ),
        secretes=(
            Secretes("tnf", "secretion.macrophage_tnf", ("m1",)),
            Secretes("tgf_beta", "secretion.macrophage_tgf_beta", ("m2",), weight="polarisation"),
            Secretes("il10", "secretion.macrophage_il10", ("m2",), weight="polarisation"),
            Secretes("vegf", "secretion.macrophage_vegf", ("m2",), weight="polarisation"),
            Secretes("vegf", "secretion.macrophage_vegf_hypoxic", ("m2",), weight="polarisation", only_hypoxic=True),
            Secretes("ccl2", "secretion.macrophage_ccl2", ("m2",), weight="polarisation"),
            Secretes("cxcl1", "secretion.macrophage_cxcl1", ("m2",), weight="polarisation"),
        ),
        secretion=MacrophageSecretion,
        molecules={
            "csf1r": Target("CSF1R inhibitor (BLZ945)", "Pyonteck 2013, 10.1038/nm.3337", "unverified"),
        },
        depleted=Target(
            "antibody to CSF1R (RG7155)",
            "Ries 2014, 10.1016/j.ccr.2014.05.016",
            "unverified",
            {
                "fraction": parameter(
                    0.8,
                    low=0.5,
                    high=0.95,
                    mark="assumed",
                    source="macrophages of tumors under an antibody to CSF1R",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "4 d",
                    low="2 d",
                    high="10 d",
                    mark="assumed",
                    source="doses are repeated weekly",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("macrophages from bone marrow", f"{_YANG}, refs 62-69", "unverified"),
        charts=(Chart("macrophages"), Chart("macrophages M1", "m1"), Chart("macrophages M2", "m2")),
        ink="#12857a",
        synonyms="macrophages monocyte monocytes tam tams bmdm",
    )
