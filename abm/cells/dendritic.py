"""Dendritic cells: their precursors come with the blood and leave it where tumor cells or CCL2 call; they sample the dead.

An immature dendritic cell takes up debris of tumor cells. With danger it matures and leaves for the lymph node, where it primes
T cells; with TGF-beta and IL-10 instead it becomes tolerogenic and stays (Yang 2025, 10.3892/or.2025.8963, refs 95-99). See the
rule `antigen_presentation`.
"""

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import INTERSTITIUM
from ..units import Hours, Number, Parameters, PerSquareMillimeter, parameter
from .leukocyte import ENTERED
from .population import LiverCell
from .settle import settle_as_newcomers
from .species import (
    DRAWN_HEADING,
    HEADING,
    LEVEL_AT_ITS_SITE,
    Appearance,
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

DENDRITIC = 11
"""Its code in the lattices of occupancy."""

PRECURSOR, IMMATURE, MATURE, TOLEROGENIC = range(4)

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class DendriticCellParameters(Parameters):
    """The host: how many precursors of dendritic cells its liver has, and how long they live."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="5 /mm^2",
        mark="derived",
        source="none by default; 2 in a normal liver: less than 1 % of 225 lymphocytes per mm2 (PMC9040585)",
        description="precursors of dendritic cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    residence: Hours = parameter(
        "3 d",
        low="1 d",
        high="10 d",
        mark="assumed",
        source="precursors pass through tissues within days",
        description="mean stay in the sinusoids; the blood replaces those that leave so that the density holds",
    )
    life: Hours = parameter(
        "5 d",
        low="2 d",
        high="14 d",
        mark="assumed",
        source="dendritic cells of tissues are replaced within a week or two",
        description="mean life in the tissue of those that do not leave it",
    )


class DendriticCellSecretion(Parameters):
    """What a dendritic cell secretes."""

    dendritic_il10: Number = parameter(
        1.0,
        low=0.3,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 96: dendritic cells of the tumor make IL-10 and little IL-12 (direction)",
        description=f"IL-10 of a tolerogenic dendritic cell: {LEVEL_AT_ITS_SITE}",
    )
    dendritic_cxcl1: Number = parameter(
        0.3,
        low=0.03,
        high=3,
        mark="assumed",
        source=f"{_YANG}, ref 98: dendritic cells of the tumor secrete CXCL1 (direction)",
        description=f"CXCL1 of a dendritic cell in the tissue: {LEVEL_AT_ITS_SITE}",
    )


class DendriticCell(LiverCell):
    """One dendritic cell."""

    species = Species(
        name="dendritic",
        code=DENDRITIC,
        words="Dendritic cells",
        parameters=DendriticCellParameters,
        columns=(
            HEADING,
            Column("sampling", "u1", "1 while it touches a tumor cell and stays with it", within=(0, 1)),
            Column("antigen", "f4", "dead tumor cells that it has taken up"),
            ENTERED,
        ),
        states=(
            State("precursor", Appearance("in the blood", (102, 221, 170), "starred", 0.55)),
            State(
                "immature",
                Appearance("immature", (102, 221, 170), "starred", 0.75),
                stands=(INTERSTITIUM,),
            ),
            State("mature", Appearance("mature", (160, 245, 210), "starred", 0.85, 0.5), stands=(INTERSTITIUM,)),
            State("tolerogenic", Appearance("tolerogenic", (60, 150, 118), "starred", 0.75), stands=(INTERSTITIUM,)),
        ),
        settle=settle_as_newcomers,
        walks=(
            Walk(
                "rules.migration.t_cell_patrol_speed",
                "rules.migration.t_cell_persistence",
                states=("precursor",),
            ),
            Walk(
                "rules.migration.dendritic_speed",
                "rules.migration.t_cell_persistence",
                states=("immature",),
                up="ccl2",
                chemotaxis="rules.migration.t_cell_chemotaxis",
                touching="sampling",
                hindrance="rules.migration.t_cell_hindrance",
                crowding="rules.migration.t_cell_crowding",
            ),
        ),
        crosses=Crossing("precursor", "immature", up="ccl2"),
        newcomer=FromBlood(drawn=(DRAWN_HEADING,), dated="entered_h"),
        supply=Supply(
            "cells.dendritic.density",
            "cells.dendritic.residence",
            "cells.dendritic.life",
            up="ccl2",
        ),
        secretes=(
            Secretes("il10", "secretion.dendritic_il10", ("tolerogenic",)),
            Secretes("cxcl1", "secretion.dendritic_cxcl1", ("immature", "tolerogenic")),
        ),
        secretion=DendriticCellSecretion,
        depleted=Target(
            "diphtheria toxin in CD11c-DTR mice",
            "Jung 2002, 10.1016/S1074-7613(02)00365-5",
            "unverified",
            {
                "fraction": parameter(
                    0.9,
                    low=0.7,
                    high=1,
                    mark="assumed",
                    source="dendritic cells in tissues after one dose of the toxin",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "2 d",
                    low="1 d",
                    high="4 d",
                    mark="assumed",
                    source="they are back within some days of one dose",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("vaccine of dendritic cells", f"{_YANG}, section 4", "unverified"),
        charts=(
            Chart("dendritic cells"),
            Chart("dendritic cells mature", "mature"),
            Chart("dendritic cells tolerogenic", "tolerogenic"),
        ),
        ink="#66c2a5",
        synonyms="dc dcs dendriticcell dendriticcells",
    )
