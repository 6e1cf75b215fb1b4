"""CD8 T cells: they patrol the sinusoids, leave the blood where tumor cells call, search the tissue, and kill what they know.

Few of them know the tumor; the others pass by. CAR-T cells, which can be infused, know it by CEA, with or without MHC class I. Those
that know it engage a tumor cell through the wall of a sinusoid (Guidotti 2015, 10.1016/j.cell.2015.03.021) or beside it in the tissue,
and secrete IFN-gamma. PD-L1 holds them back and exhausts them. They enter in `leukocyte_entry`, leave the vessel in
`leukocyte_crossing`, walk in `migration`, kill in `t_cell_killing`, divide in `t_cell_division`, and stay in `t_cell_residence`.
"""

from typing import Annotated

import numpy as np

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import INTERSTITIUM, LUMEN
from ..units import Fraction, Hours, Number, Parameters, PerSquareMillimeter, Positive, parameter
from .leukocyte import BUSY, ENTERED, KILLS, TARGET
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
    Drawn,
    FromBlood,
    Knowing,
    Product,
    Raised,
    Resident,
    Secretes,
    Species,
    State,
    Supply,
    Walk,
)

CD8 = 7
"""Its code in the lattices of occupancy."""

PATROLLING, SEARCHING, ENGAGED, HANDLING = range(4)

_KNOWING = 3  # number of the draw for whether a newcomer knows the tumor


_WITH_RECEPTOR = 4  # number of the draw for whether an infused CAR-T cell carries the receptor


class CD8TCellParameters(Parameters):
    """The host: how many CD8 T cells its liver has, and how many of them know the tumor."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="150 /mm^2",
        mark="derived",
        source="none by default; normal liver 40 by Kupffer counts (PMC9040585), 5-28 by lymphocytes per liver "
        "(10.1111/j.1432-2277.1995.tb01521.x)",
        description="CD8 T cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    specific: Fraction = parameter(
        0.002,
        low=0.0005,
        high=0.5,
        mark="assumed",
        source="a few in a thousand know an antigen that was not met before; after priming or transfer a tenth and more",
        description="share of those in the blood that know the tumor, before dendritic cells prime any",
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
        "4 d",
        low="2.5 d",
        high="30 d",
        mark="assumed",
        source="effector cells die within days; a published model takes 2.5 d (2.8e-4 /min)",
        description="mean life in the tissue",
    )
    resident_life: Hours = parameter(
        "180 d",
        low="30 d",
        high="2000 d",
        mark="assumed",
        source="between the weeks that memory cells stay in the liver of mice, and the years in that of humans (Cells 2020, 9:2457, "
        "PMC7696520)",
        description="mean life of resident memory cells in the tissue",
    )
    car_share: Fraction = parameter(
        0.6,
        low=0.1,
        high=1,
        mark="checked",
        source="Katz 2020, 10.1038/s41417-019-0104-z: 60.4 % of the cells were transduced, on average; all are taken for CD8 T cells",
        description="share of CAR-T cells, as they are infused, that carry the receptor",
    )
    il2_gain: Number = parameter(
        2.0,
        low=0,
        high=10,
        mark="assumed",
        source="Katz 2015, 10.1158/1078-0432.CCR-14-1421 (direction): CEA fell where IL-2 was given with CAR-T cells",
        description="how much longer CD8 T cells live in the tissue in saturating IL-2 of the blood, relative to their life without",
    )
    half_pdl1: Annotated[Number, Positive] = parameter(
        1.0,
        low=0.3,
        high=3,
        mark="assumed",
        source="PD-L1 is given relative to the reference line",
        description="PD-L1 of a tumor cell, relative to that line, of half its most effect on a T cell",
    )


class CD8TCellSecretion(Parameters):
    """What a CD8 T cell secretes."""

    cd8_ifn_gamma: Number = parameter(
        3.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Hoekstra 2020, 10.1038/s43018-020-0036-4: few engaged cells act on a whole nodule (direction)",
        description=f"IFN-gamma of an engaged CD8 T cell that nothing exhausts: {LEVEL_AT_ITS_SITE}",
    )


def _fresh(cells: np.ndarray, config) -> np.ndarray:
    """How much IFN-gamma each of the `cells` secretes, relative to one that is not exhausted."""
    return 1 - cells["exhaustion"]


_GUIDOTTI = "Guidotti 2015, 10.1016/j.cell.2015.03.021"


_KNOWING_WAYS = (
    Knowing("specific", ("cells.tumor.antigen", "cells.tumor.mhc1")),
    Knowing("car", ("cells.tumor.cea",)),
)


class CD8TCell(LiverCell):
    """One CD8 T cell."""

    species = Species(
        name="cd8",
        code=CD8,
        words="CD8 T cells",
        parameters=CD8TCellParameters,
        columns=(
            HEADING,
            Column("specific", "u1", "whether it knows the tumor: 0 or 1", within=(0, 1)),
            Column("car", "u1", "whether it carries a receptor for CEA: 0 or 1", within=(0, 1)),
            Column("resident", "u1", "whether it stays in the tissue as a memory cell: 0 or 1", within=(0, 1)),
            Column("exhaustion", "f4", "0 fresh .. 1 exhausted", within=(0, 1)),
            KILLS,
            Column("divisions", "u1", "how often it and its mothers have divided in the tissue"),
            TARGET,
            BUSY,
            ENTERED,
        ),
        states=(
            State("patrolling", Appearance("in the blood", (144, 240, 144), "round", 0.42)),
            State("searching", Appearance("in the tissue", (168, 240, 168), "round", 0.46), stands=(INTERSTITIUM,)),
            State("engaged", Appearance("engaged", (215, 255, 215), "round", 0.52, 0.7), stands=(INTERSTITIUM, LUMEN)),
            State(
                "handling",
                Appearance("after a kill", (168, 240, 168), "ring", 0.52, 0.15),
                stands=(INTERSTITIUM, LUMEN),
            ),
        ),
        settle=settle_as_newcomers,
        walks=(
            Walk(
                "rules.migration.t_cell_patrol_speed",
                "rules.migration.t_cell_persistence",
                states=("patrolling",),
                contact="engaged",
                knowing=_KNOWING_WAYS,
            ),
            Walk(
                "rules.migration.t_cell_speed",
                "rules.migration.t_cell_persistence",
                states=("searching",),
                up="ifn_gamma",
                chemotaxis="rules.migration.t_cell_chemotaxis",
                receptor="cxcr3",
                contact="engaged",
                knowing=_KNOWING_WAYS,
                hindrance="rules.migration.t_cell_hindrance",
                crowding="rules.migration.t_cell_crowding",
            ),
        ),
        crosses=Crossing("patrolling", "searching", up="ifn_gamma"),
        newcomer=FromBlood(
            drawn=(Drawn("specific", _KNOWING, chance="cells.cd8.specific", level="primed"), DRAWN_HEADING),
            dated="entered_h",
        ),
        supply=Supply(
            "cells.cd8.density",
            "cells.cd8.residence",
            "cells.cd8.life",
            up="ifn_gamma",
            receptor="cxcr3",
            kept=(Raised("il2", "cells.cd8.il2_gain"),),
        ),
        resident=Resident("resident", "cells.cd8.resident_life"),
        secretes=(Secretes("ifn_gamma", "secretion.cd8_ifn_gamma", ("engaged",), weight=_fresh),),
        secretion=CD8TCellSecretion,
        molecules={
            "cxcr3": Target("antibody to CXCR3", "Yang 2025, 10.3892/or.2025.8963", "unverified"),
            "pd1": Target("antibody to PD-1", "Yang 2025, 10.3892/or.2025.8963, section 4", "unverified"),
        },
        depleted=Target(
            "antibody to CD8",
            _GUIDOTTI,
            "unverified",
            {
                "fraction": parameter(
                    0.95,
                    low=0.8,
                    high=1,
                    mark="assumed",
                    source="T cells in the blood after an antibody to CD8",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "7 d",
                    low="3 d",
                    high="14 d",
                    mark="assumed",
                    source="doses are repeated every 3-7 d",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("adoptive transfer of CD8 T cells", "Yang 2025, 10.3892/or.2025.8963, section 4", "unverified"),
        products={
            "car_t": Product(
                Target("CAR-T cells against CEA", "Katz 2015, 10.1158/1078-0432.CCR-14-1421", "checked"),
                (Drawn("car", _WITH_RECEPTOR, chance="cells.cd8.car_share"),),
            )
        },
        charts=(Chart("CD8 T cells"), Chart("CD8 T cells engaged", "engaged")),
        ink="#5aa02c",
        synonyms="cd8s cd8cell cd8cells cd8t cd8tcell cd8tcells ctl ctls",
    )
