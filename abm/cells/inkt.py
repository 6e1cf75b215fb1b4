"""Invariant NKT cells: lymphocytes that patrol the sinusoids and answer to arriving tumor cells with IL-4 and IL-13.

They crawl along the sinusoids of mice, up and down the stream, and are many there (Geissmann 2005, 10.1371/journal.pbio.0030113); a human
liver has few. By IL-4 and IL-13, which stellate cells feel, they let the matrix of metastases be laid (Yang 2025, 10.3892/or.2025.8963, ref
112). What they do happens in `inkt_signal`; they walk in `migration` and are renewed in `leukocyte_entry`.
"""

from ..target import RETURN, TAKEN, Target
from ..units import Hours, MicrometersPerMinute, Parameters, PerSquareMillimeter, parameter
from .leukocyte import ENTERED
from .population import LiverCell
from .settle import settle_as_newcomers
from .species import DRAWN_HEADING, HEADING, Appearance, Chart, Column, FromBlood, Species, State, Supply, Walk

INKT = 13
"""Its code in the lattices of occupancy."""

PATROLLING, SIGNALLING = range(2)

_GEISSMANN = "Geissmann 2005, 10.1371/journal.pbio.0030113"
_YANG = "Yang 2025, 10.3892/or.2025.8963, ref 112"


class InvariantNKTCellParameters(Parameters):
    """The host: how many iNKT cells its liver has, and how they walk."""

    density: PerSquareMillimeter = parameter(
        "0 /mm^2",
        low="0 /mm^2",
        high="120 /mm^2",
        mark="derived",
        source=f"none by default; a mouse has 80 (40 to 120): 8.7 hepatocytes per NKT cell, of 700 per mm2 of slab, as each visits 0.58 of "
        f"them a minute and each of these is visited every 15 min ({_GEISSMANN}); a human liver has 5 (1 to 10, quoted from memory)",
        description="iNKT cells in the sinusoids per area of a 10 um slab of normal liver",
    )
    residence: Hours = parameter(
        "10 d",
        low="3 d",
        high="60 d",
        mark="assumed",
        source="iNKT cells of the liver stay; as NK cells",
        description="mean stay in the liver; the blood replaces those that leave so that the density holds",
    )
    speed: MicrometersPerMinute = parameter(
        "15 um/min",
        low="10 um/min",
        high="20 um/min",
        mark="checked",
        source=_GEISSMANN,
        description="path speed of a patrolling iNKT cell",
    )
    persistence: Hours = parameter(
        "0.2 h",
        low="0.1 h",
        high="0.5 h",
        mark="assumed",
        source="as NK cells and T cells in the liver",
        description="persistence time of the direction of an iNKT cell",
    )


class InvariantNKTCell(LiverCell):
    """One iNKT cell."""

    species = Species(
        name="inkt",
        code=INKT,
        words="iNKT cells",
        parameters=InvariantNKTCellParameters,
        columns=(HEADING, Column("signalled_h", "f4", "when it last began to signal", "h", signed=True), ENTERED),
        states=(
            State("patrolling", Appearance("patrolling", (24, 10, 100), "round", 0.46)),
            State("signalling", Appearance("signalling", (222, 170, 220), "round", 0.5, 0.5)),
        ),
        settle=settle_as_newcomers,
        walks=(Walk("cells.inkt.speed", "cells.inkt.persistence", states=("patrolling",)),),
        newcomer=FromBlood(drawn=(DRAWN_HEADING,), dated="entered_h"),
        supply=Supply("cells.inkt.density", "cells.inkt.residence", "cells.inkt.residence"),
        molecules={
            "il4": Target("antibody to IL-4", _YANG, "unverified"),
            "il13": Target("antibody to IL-13", _YANG, "unverified"),
        },
        depleted=Target(
            "antibody to CD1d; CD1d-deficient mice",
            "general: iNKT cells need CD1d to develop and to stay",
            "assumed",
            {
                "fraction": parameter(
                    0.9, low=0.7, high=1, mark="assumed", source="as NK cells after their antibody", description=TAKEN
                ),
                "recovery": parameter(
                    "7 d", low="3 d", high="30 d", mark="assumed", source="slow renewal", description=RETURN
                ),
            },
        ),
        infused=Target("adoptive transfer of iNKT cells", _YANG, "assumed"),
        charts=(Chart("iNKT cells"), Chart("iNKT cells signalling", "signalling")),
        ink="#180a64",
        synonyms="inkts nkt nkts nktcell nktcells inktcell inktcells invariantnktcell invariantnktcells",
    )
