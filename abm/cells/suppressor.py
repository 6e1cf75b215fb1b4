"""Myeloid-derived suppressor cells: immature myeloid cells that keep lymphocytes from killing, and tumor cells alive.

Monocytic ones come where CCL2 is (CCR2; Zhao 2013, 10.1002/hep.26094), granulocytic ones where CXCL1 is (CXCR2; Wang 2017,
10.1158/0008-5472.CAN-16-3199). Tumor cells that touch one die less, with or without lymphocytes (Yang 2025,
10.3892/or.2025.8963, refs 83-92). They enter in `leukocyte_entry`, leave the vessel in
`leukocyte_crossing`, suppress in `immune_suppression`, and support tumor cells in `growth`.
"""

from ..target import RETURN, TAKEN, Target
from ..tissue.sites import INTERSTITIUM
from ..units import (
    Fraction,
    Hours,
    Micrometers,
    MicrometersPerMinute,
    Number,
    Parameters,
    PerHour,
    PerSquareMillimeter,
    parameter,
)
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
    Raised,
    Secretes,
    Species,
    State,
    Supply,
    Walk,
)

SUPPRESSOR = 10
"""Its code in the lattices of occupancy."""

_KIND = 3  # number of the draw for whether a newcomer is granulocytic
_YANG = "Yang 2025, 10.3892/or.2025.8963"


class SuppressorParameters(Parameters):
    """How many suppressor cells a liver has, what brings more of them, and what they take from lymphocytes."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="8 /mm^2",
        mark="assumed",
        source="none by default; 3 in a healthy mouse: a few per cent of the leukocytes of the liver",
        description="suppressor cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    granulocytic: Fraction = parameter(
        0.7,
        low=0.5,
        high=0.9,
        mark="assumed",
        source="granulocytic ones outnumber monocytic ones in mice (direction)",
        description="share of granulocytic ones among those of a normal liver",
    )
    ccl2_entry: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="0.01 /h",
        mark="assumed",
        source="none by default; see the fold of suppressor cells in livers with metastases, 2.4 to 4 (Burga 2015, "
        "10.1007/s00262-015-1692-6)",
        description="monocytic ones that enter each sinusoid site per hour in saturating CCL2 at average flow",
    )
    cxcl1_entry: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="0.01 /h",
        mark="assumed",
        source="none by default; as of those that CCL2 brings",
        description="granulocytic ones that enter each sinusoid site per hour in saturating CXCL1 at average flow",
    )
    il6_gain: Number = parameter(
        0.0,
        low=0,
        high=5,
        mark="assumed",
        source=f"none by default; 2 is a guess: {_YANG}, ref 92 (direction)",
        description="how many more enter, of all kinds, in saturating IL-6 of the blood, by S1PR1",
    )
    portal_cxcl1_gain: Number = parameter(
        0.0,
        low=0,
        high=10,
        mark="assumed",
        source="none by default; 4 is a guess: Wang 2017, 10.1158/0008-5472.CAN-16-3199 (direction)",
        description="how many more enter, of all kinds, in saturating CXCL1 of the portal blood, by CXCR2",
    )
    exosome_gain: Number = parameter(
        0.0,
        low=0,
        high=5,
        mark="assumed",
        source=f"none by default; 2 is a guess: {_YANG}, ref 94 (direction)",
        description="how many more enter, of all kinds, in saturating tumor exosomes of the blood",
    )
    life: Hours = parameter(
        "2 d",
        low="1 d",
        high="7 d",
        mark="assumed",
        source="days; a published model takes 4 d",
        description="mean stay in the sinusoids, and mean life in the tissue",
    )
    suppression: Fraction = parameter(
        0.3,
        low=0.2,
        high=0.8,
        mark="assumed",
        source="J Clin Oncol abstract 3079: T cells that divide fall from 72 to 29 % beside as many; by some three of them",
        description="share of their killing that one takes from lymphocytes nearby",
    )
    reach: Micrometers = parameter(
        "50 um",
        low="10 um",
        high="100 um",
        mark="assumed",
        source="arginase and adenosine of one cell act some cells away (direction)",
        description="how near those lymphocytes are",
    )
    speed: MicrometersPerMinute = parameter(
        "3 um/min",
        low="1 um/min",
        high="8 um/min",
        mark="assumed",
        source="between macrophages and T cells",
        description="path speed in the tissue",
    )
    persistence: Hours = parameter(
        "0.2 h",
        low="0.1 h",
        high="1 h",
        mark="assumed",
        source="as T cells",
        description="persistence time of its direction",
    )


class SuppressorSecretion(Parameters):
    """What a suppressor cell secretes."""

    suppressor_tgf_beta: Number = parameter(
        0.3,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 83 (direction)",
        description=f"TGF-beta of a suppressor cell: {LEVEL_AT_ITS_SITE}",
    )
    suppressor_vegf: Number = parameter(
        0.5,
        low=0.1,
        high=30,
        mark="assumed",
        source=f"{_YANG}, ref 83 (direction)",
        description=f"VEGF of a suppressor cell: {LEVEL_AT_ITS_SITE}",
    )


class SuppressorCell(LiverCell):
    """One myeloid-derived suppressor cell."""

    species = Species(
        name="suppressor",
        code=SUPPRESSOR,
        words="Suppressor cells",
        parameters=SuppressorParameters,
        columns=(
            HEADING,
            Column("granulocytic", "u1", "1 granulocytic, 0 monocytic", within=(0, 1)),
            ENTERED,
        ),
        states=(
            State("sinusoidal", Appearance("in the sinusoids", (240, 255, 240), "lobed", 0.46)),
            State(
                "infiltrating", Appearance("in the tissue", (240, 255, 240), "lobed", 0.5, 0.1), stands=(INTERSTITIUM,)
            ),
        ),
        settle=settle_as_newcomers,
        walks=(Walk("cells.suppressor.speed", "cells.suppressor.persistence", states=("infiltrating",)),),
        crosses=Crossing("sinusoidal", "infiltrating", up="ccl2", returns=False),
        newcomer=FromBlood(
            drawn=(Drawn("granulocytic", _KIND, chance="cells.suppressor.granulocytic"), DRAWN_HEADING),
            dated="entered_h",
        ),
        supply=Supply(
            "cells.suppressor.density",
            "cells.suppressor.life",
            "cells.suppressor.life",
            called=(
                Called("ccl2", "cells.suppressor.ccl2_entry", "granulocytic", 0),
                Called("cxcl1", "cells.suppressor.cxcl1_entry", "granulocytic", 1),
            ),
            raised=(
                Raised("il6", "cells.suppressor.il6_gain", "il6", "s1pr1"),
                Raised("portal_cxcl1", "cells.suppressor.portal_cxcl1_gain", "cxcl1", "cxcr2"),
                Raised("exosomes", "cells.suppressor.exosome_gain"),
            ),
        ),
        suppresses="cells.suppressor.suppression",
        suppresses_within="cells.suppressor.reach",
        secretes=(
            Secretes("tgf_beta", "secretion.suppressor_tgf_beta"),
            Secretes("vegf", "secretion.suppressor_vegf"),
        ),
        secretion=SuppressorSecretion,
        molecules={
            "s1pr1": Target("S1PR1 antagonist (fingolimod)", f"{_YANG}, ref 92", "unverified"),
        },
        depleted=Target(
            "antibody to Gr-1 (here without its effect on neutrophils)",
            "Connolly 2010, 10.1189/jlb.0909607",
            "unverified",
            {
                "fraction": parameter(
                    0.8,
                    low=0.5,
                    high=0.95,
                    mark="assumed",
                    source="suppressor cells of the liver are harder to deplete than those of the blood",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "2 d",
                    low="1 d",
                    high="4 d",
                    mark="assumed",
                    source="doses are repeated every 2-3 d",
                    description=RETURN,
                ),
            },
        ),
        infused=Target(
            "suppressor cells of a donor with a tumor", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "unverified"
        ),
        charts=(Chart("suppressor cells"),),
        ink="#b8952a",
        synonyms="mdsc mdscs suppressors suppressorcell suppressorcells",
    )
