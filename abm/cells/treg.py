"""Regulatory T cells: TGF-beta, IL-10 and CCL2 of a tumor bring them; near them T cells and NK cells kill less.

They keep effector cells back by contact and by IL-10, and are more in livers with metastases (Yang 2025, 10.3892/or.2025.8963, refs 38-42);
those of colorectal metastases suppress more than others (ref 45). Not all cells with FOXP3 do: those with little of it are inflammatory
(refs 43, 44). They enter in `leukocyte_entry`, leave the vessel in `leukocyte_crossing`, walk in `migration`, and suppress in
`immune_suppression`.
"""

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import INTERSTITIUM
from ..units import Fraction, Hours, Number, Parameters, PerHour, PerSquareMillimeter, parameter
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
    Drawn,
    FromBlood,
    Secretes,
    Species,
    State,
    Supply,
    Walk,
)

TREG = 12
"""Its code in the lattices of occupancy."""

PATROLLING, SUPPRESSIVE, INFLAMMATORY = range(3)

FOXP3_HIGH = 3
"""Number of the draw for whether a new one has much FOXP3."""

_YANG = "Yang 2025, 10.3892/or.2025.8963"
_LAHL = "Lahl 2007, 10.1084/jem.20061852"


class RegulatoryTCellParameters(Parameters):
    """The host: how many regulatory T cells its liver has, how many more a tumor brings, and how they suppress."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="10 /mm^2",
        mark="derived",
        source="none by default; 1.25 in a normal liver: 5 % of 25 CD4 T cells per mm2",
        description="regulatory T cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    entry: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="0.002 /h",
        mark="assumed",
        source="none by default; with 0.00003 /h a fifth of the CD4 T cells of a metastasis are regulatory, with those that turn",
        description="regulatory T cells that enter each sinusoid site per hour in saturating TGF-beta at average flow; as many in IL-10, "
        "as many in CCL2",
    )
    foxp3_high: Fraction = parameter(
        0.8,
        low=0.4,
        high=1,
        mark="assumed",
        source=f"{_YANG}, refs 43, 44: two kinds (direction)",
        description="share of new ones that have much FOXP3 and suppress; the others are inflammatory",
    )
    suppression: Fraction = parameter(
        0.5,
        low=0.2,
        high=0.8,
        mark="assumed",
        source=f"{_YANG}, ref 45: more in colorectal metastases, 0.65",
        description="share of the killing of T cells and NK cells nearby that one suppressive cell takes",
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
        source="regulatory T cells of tissues are replaced within weeks",
        description="mean life in the tissue",
    )


class RegulatoryTCellSecretion(Parameters):
    """What a regulatory T cell secretes."""

    treg_il10: Number = parameter(
        0.2,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 39 (direction); low, as anti-PD-1 acts on metastases that are rich in antigen",
        description=f"IL-10 of a suppressive regulatory T cell in the tissue: {LEVEL_AT_ITS_SITE}",
    )
    treg_tnf: Number = parameter(
        0.3,
        low=0.03,
        high=3,
        mark="assumed",
        source=f"{_YANG}, refs 43, 44 (direction)",
        description=f"TNF-alpha of an inflammatory cell with little FOXP3: {LEVEL_AT_ITS_SITE}",
    )


class RegulatoryTCell(LiverCell):
    """One regulatory T cell."""

    species = Species(
        name="treg",
        code=TREG,
        words="Regulatory T cells",
        parameters=RegulatoryTCellParameters,
        columns=(
            HEADING,
            Column("foxp3_high", "u1", "whether it has much FOXP3: 0 or 1", within=(0, 1)),
            ENTERED,
        ),
        states=(
            State("patrolling", Appearance("in the blood", (45, 30, 255), "diamond", 0.42)),
            State("suppressive", Appearance("suppressive", (45, 30, 255), "diamond", 0.5, 0.3), stands=(INTERSTITIUM,)),
            State("inflammatory", Appearance("inflammatory", (90, 80, 220), "ring", 0.46), stands=(INTERSTITIUM,)),
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
                states=("suppressive", "inflammatory"),
                up="ccl2",
                chemotaxis="rules.migration.t_cell_chemotaxis",
                hindrance="rules.migration.t_cell_hindrance",
                crowding="rules.migration.t_cell_crowding",
            ),
        ),
        crosses=Crossing(
            "patrolling",
            "suppressive",
            up=("tgf_beta", "il10", "ccl2"),
            marked="foxp3_high",
            otherwise="inflammatory",
        ),
        newcomer=FromBlood(
            drawn=(Drawn("foxp3_high", FOXP3_HIGH, chance="cells.treg.foxp3_high"), DRAWN_HEADING), dated="entered_h"
        ),
        supply=Supply(
            "cells.treg.density",
            "cells.treg.residence",
            "cells.treg.life",
            called=tuple(Called(signal, "cells.treg.entry") for signal in ("tgf_beta", "il10", "ccl2")),
        ),
        suppresses="cells.treg.suppression",
        suppressing=("suppressive",),
        secretes=(
            Secretes("il10", "secretion.treg_il10", ("suppressive",)),
            Secretes("tnf", "secretion.treg_tnf", ("inflammatory",)),
        ),
        secretion=RegulatoryTCellSecretion,
        depleted=Target(
            "diphtheria toxin in DEREG mice; antibody to CD25",
            _LAHL,
            "unverified",
            {
                "fraction": parameter(
                    0.9,
                    low=0.5,
                    high=1,
                    mark="assumed",
                    source=f"{_LAHL}: FOXP3+ cells after the toxin; fewer after an antibody to CD25",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "5 d",
                    low="2 d",
                    high="14 d",
                    mark="assumed",
                    source="they come back within a week or two",
                    description=RETURN,
                ),
            },
        ),
        infused=Target(
            "adoptive transfer of regulatory T cells", "general: given against graft-versus-host disease", "assumed"
        ),
        charts=(Chart("Tregs"), Chart("suppressive Tregs", "suppressive")),
        ink="#2d1eff",
        synonyms="tregs regulatorytcell regulatorytcells foxp3",
    )
