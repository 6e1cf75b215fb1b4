"""CD4 T cells: they enter and leave the vessels as CD8 T cells do, and become what their surroundings make of them.

Th1 help CD8 T cells (Yang 2025, 10.3892/or.2025.8963, ref 34), Th17 help the tumor (refs 34-37), and the liver turns many into
regulatory T cells (ref 33), which are a population of their own (`treg`). Whether one knows the tumor is not asked. They enter in
`leukocyte_entry`, leave the vessel in `leukocyte_crossing`, walk in `migration` and stay beside tumor cells, commit in
`helper_differentiation`, and act in `t_cell_help` and `th17_support`.
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

CD4 = 8
"""Its code in the lattices of occupancy."""

PATROLLING, SEARCHING, TH1, TH17 = range(4)

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class CD4TCellParameters(Parameters):
    """The host: how many CD4 T cells its liver has, besides the regulatory ones, and how long they live."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="100 /mm^2",
        mark="derived",
        source="none by default; 25 in a normal liver: two for three of 40 CD8 T cells per mm2",
        description="CD4 T cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    residence: Hours = parameter(
        "3 d",
        low="1 d",
        high="10 d",
        mark="assumed",
        source="T cells recirculate within days",
        description="mean stay in the sinusoids; the blood replaces those that leave so that the density holds",
    )
    life: Hours = parameter(
        "7 d",
        low="3 d",
        high="30 d",
        mark="assumed",
        source="helper cells outlive effector CD8 T cells",
        description="mean life in the tissue",
    )


class CD4TCellSecretion(Parameters):
    """What a CD4 T cell secretes."""

    th1_ifn_gamma: Number = parameter(
        1.0,
        low=0.1,
        high=10,
        mark="assumed",
        source=f"{_YANG}, ref 34 (direction)",
        description=f"IFN-gamma of a Th1 cell beside a tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    th17_cxcl1: Number = parameter(
        1.0,
        low=0.1,
        high=10,
        mark="assumed",
        source=f"{_YANG}, refs 36, 37: by IL-17, as what it touches secretes CXCL1/IL-8 (direction)",
        description=f"CXCL1/IL-8 of a Th17 cell and what it touches, beside a tumor cell: {LEVEL_AT_ITS_SITE}",
    )


class CD4TCell(LiverCell):
    """One CD4 T cell."""

    species = Species(
        name="cd4",
        code=CD4,
        words="CD4 T cells",
        parameters=CD4TCellParameters,
        columns=(
            HEADING,
            Column("helping", "u1", "1 while it touches a tumor cell and stays with it", within=(0, 1)),
            Column("il17", "f4", "how far its IL-17 acts, 0 not at all .. 1 wholly", within=(0, 1)),
            ENTERED,
        ),
        states=(
            State("patrolling", Appearance("in the blood", (225, 255, 120), "diamond", 0.42)),
            State("searching", Appearance("uncommitted", (225, 255, 120), "diamond", 0.46), stands=(INTERSTITIUM,)),
            State("th1", Appearance("Th1", (240, 255, 170), "diamond", 0.5, 0.5), stands=(INTERSTITIUM,)),
            State("th17", Appearance("Th17", (200, 220, 50), "ring", 0.5, 0.3), stands=(INTERSTITIUM,)),
        ),
        settle=settle_as_newcomers,
        walks=(
            Walk(
                "rules.migration.t_cell_patrol_speed",
                "rules.migration.t_cell_persistence",
                states=("patrolling",),
            ),
            Walk(
                "rules.migration.t_cell_speed",
                "rules.migration.t_cell_persistence",
                states=("searching", "th1", "th17"),
                up="ifn_gamma",
                chemotaxis="rules.migration.t_cell_chemotaxis",
                receptor="cxcr3",
                touching="helping",
                hindrance="rules.migration.t_cell_hindrance",
                crowding="rules.migration.t_cell_crowding",
            ),
        ),
        crosses=Crossing("patrolling", "searching", up="ifn_gamma"),
        newcomer=FromBlood(drawn=(DRAWN_HEADING,), dated="entered_h"),
        supply=Supply("cells.cd4.density", "cells.cd4.residence", "cells.cd4.life", up="ifn_gamma", receptor="cxcr3"),
        secretes=(
            Secretes("ifn_gamma", "secretion.th1_ifn_gamma", ("th1",), weight="helping"),
            Secretes("cxcl1", "secretion.th17_cxcl1", ("th17",), weight="il17"),
        ),
        secretion=CD4TCellSecretion,
        molecules={
            "tweak": Target("antibody to TWEAK", f"{_YANG}, ref 35", "unverified"),
            "il17": Target("antibody to IL-17A (secukinumab)", f"{_YANG}, refs 36, 37", "unverified"),
        },
        depleted=Target(
            "antibody to CD4 (GK1.5)",
            "general: depletes CD4 T cells of mice",
            "assumed",
            {
                "fraction": parameter(
                    0.95,
                    low=0.8,
                    high=1,
                    mark="assumed",
                    source="T cells in the blood after an antibody to CD4",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "7 d",
                    low="3 d",
                    high="21 d",
                    mark="assumed",
                    source="doses are repeated weekly",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("adoptive transfer of CD4 T cells", "general: helper cells are given with killers", "assumed"),
        charts=(Chart("CD4 T cells"), Chart("Th1", "th1"), Chart("Th17", "th17")),
        ink="#8f9a1e",
        synonyms="cd4s cd4cell cd4cells cd4t cd4tcell cd4tcells helper helpers th1 th17",
    )
