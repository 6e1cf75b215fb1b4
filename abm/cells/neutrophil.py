"""Neutrophils: marginated in the sinusoids, recruited from the portal blood by CXCL1/IL-8, short-lived.

They crawl along the chemokine, form a bridge for tumor cells, cast DNA nets (NETs) when stimulated, and turn from
N1 to N2 under TGF-beta (`neutrophil_polarisation`).
"""

from typing import Annotated

from ..target import RETURN, TAKEN, Target
from ..units import Fraction, Hours, Number, Parameters, PerSquareMillimeter, Positive, parameter
from .population import LiverCell
from .settle import settle_as_newcomers
from .species import (
    DRAWN_HEADING,
    HEADING,
    LEVEL_AT_ITS_SITE,
    Appearance,
    Chart,
    Column,
    FromBlood,
    Secretes,
    Species,
    State,
    Walk,
)

NEUTROPHIL = 4
"""Its code in the lattices of occupancy."""

N1, N2, NETTING = range(3)

_DALEY = "Daley 2008, 10.1189/jlb.0407247"
_SPICER = "Spicer 2012, 10.1158/0008-5472.CAN-11-2393"


class NeutrophilParameters(Parameters):
    """How many neutrophils a normal liver holds, and how long they live."""

    density: PerSquareMillimeter = parameter(
        "15 /mm^2",
        low="5 /mm^2",
        high="30 /mm^2",
        mark="unverified",
        source="marginated pool; Ly6G staining of mouse liver",
        description="marginated neutrophils per area of a 10 um slab of normal liver",
    )
    half_life: Annotated[Hours, Positive] = parameter(
        "7.5 h",
        low="6 h",
        high="19 h",
        mark="checked",
        source="Dancey 1976, J Clin Invest 58:705 (7.9 h); Summers 2010 (7 h)",
        description="half-life of a marginated neutrophil",
    )
    tissue_half_life: Annotated[Hours, Positive] = parameter(
        "48 h",
        low="12 h",
        high="120 h",
        mark="unverified",
        source="tissue neutrophils live 1-3 d, longer under G-CSF",
        description="half-life of a neutrophil in a full chemokine signal",
    )
    suppression: Fraction = parameter(
        0.0,
        low=0,
        high=0.8,
        mark="assumed",
        source="none by default; 0.3 is a guess: Yang 2025, 10.3892/or.2025.8963, ref 74 (direction)",
        description="share of their killing that an N2 neutrophil takes from lymphocytes nearby",
    )


class NeutrophilSecretion(Parameters):
    """What a neutrophil secretes."""

    neutrophil_vegf: Number = parameter(
        3.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 75, 76",
        description=f"VEGF of an N2 neutrophil: {LEVEL_AT_ITS_SITE}",
    )
    neutrophil_tgf_beta: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source="none by default; 0.3 is a guess: Yang 2025, 10.3892/or.2025.8963, ref 74: their MMP activates it (direction)",
        description=f"TGF-beta that an N2 neutrophil activates: {LEVEL_AT_ITS_SITE}",
    )


class Neutrophil(LiverCell):
    """One neutrophil."""

    species = Species(
        name="neutrophil",
        code=NEUTROPHIL,
        words="Neutrophils",
        parameters=NeutrophilParameters,
        columns=(
            HEADING,
            Column("bridging", "u1", "1 while it touches a tumor cell and stays with it", within=(0, 1)),
            Column("nets_h", "f4", "when a committed cell bursts", "h", signed=True),
        ),
        states=(
            State("n1", Appearance("N1", (160, 208, 228), "lobed", 0.47)),
            State("n2", Appearance("N2", (118, 160, 204), "lobed", 0.47)),
            State("netting", Appearance("casting a net", (225, 245, 255), "burst", 0.85, 0.45)),
        ),
        settle=settle_as_newcomers,
        walks=(
            Walk(
                "rules.migration.neutrophil_speed",
                "rules.migration.neutrophil_persistence",
                states=("n1", "n2"),
                up="cxcl1",
                chemotaxis="rules.migration.chemotaxis",
                touching="bridging",
            ),
        ),
        newcomer=FromBlood(drawn=(DRAWN_HEADING,)),
        secretes=(
            Secretes("vegf", "secretion.neutrophil_vegf", ("n2",)),
            Secretes("tgf_beta", "secretion.neutrophil_tgf_beta", ("n2",)),
        ),
        secretion=NeutrophilSecretion,
        suppresses="cells.neutrophil.suppression",
        suppressing=("n2",),
        molecules={
            "mac1": Target("antibody to Mac-1 (CD11b)", _SPICER, "checked"),
            "cxcr4": Target("CXCR4 antagonist (AMD3100)", "Seubert 2015, 10.1002/hep.27378", "checked"),
            "elastase": Target(
                "inhibitor of neutrophil elastase (sivelestat)",
                "Yang 2025, 10.3892/or.2025.8963, ref 117",
                "unverified",
            ),
            "fgf2": Target("antibody to FGF2 (here with Bv8)", "Gordon-Weeks 2017, 10.1002/hep.29088", "unverified"),
        },
        depleted=Target(
            "anti-Ly6G (1A8)",
            f"{_DALEY}; {_SPICER}",
            "unverified",
            {
                "fraction": parameter(
                    0.9,
                    low=0.6,
                    high=0.99,
                    mark="assumed",
                    source=f"{_DALEY}: neutrophils in the blood",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "1.5 d",
                    low="1 d",
                    high="3 d",
                    mark="assumed",
                    source="doses are repeated every 2-3 d",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("neutrophils, co-inoculated", _SPICER, "checked"),
        charts=(Chart("neutrophils"), Chart("neutrophils N1", "n1"), Chart("neutrophils N2", "n2")),
        ink="#3aa0c8",
        synonyms="pmn pmns neutrophils granulocytes",
    )
