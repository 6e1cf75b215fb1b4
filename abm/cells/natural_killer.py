"""Natural killer cells: liver-resident lymphocytes that patrol the sinusoids and kill by TRAIL, FasL and perforin.

About half of them never kill. A cell that meets a tumor cell stays with it for a while; after a kill it needs time
before the next. TGF-beta and lactate weaken them.
"""

from ..target import RETURN, TAKEN, Target
from ..units import Fraction, Hours, Number, Parameters, PerSquareMillimeter, parameter
from .leukocyte import BUSY, ENTERED, KILLS, TARGET
from .population import LiverCell
from .settle import settle_as_newcomers
from .species import (
    DRAWN_HEADING,
    HEADING,
    Appearance,
    Chart,
    Column,
    Drawn,
    FromBlood,
    Product,
    Species,
    State,
    Walk,
)

NATURAL_KILLER = 3
"""Its code in the lattices of occupancy."""

PATROLLING, IN_CONTACT, HANDLING = range(3)


class NaturalKillerParameters(Parameters):
    """The host: how many NK cells its liver has and how active they are; `configs/hosts/` has presets."""

    density: PerSquareMillimeter = parameter(
        "60 /mm^2",
        low="0 /mm^2",
        high="140 /mm^2",
        mark="derived",
        source="Kupffer density * 0.39 NK per Kupffer cell (10.1002/adma.202106456, fig 3), mouse 0.2-0.3; lymphocytes per "
        "liver give 4-27; hardly any within metastases: Halama 2011, 10.1158/1078-0432.CCR-10-2173 (unverified)",
        description="NK cells per area of a 10 um slab of normal liver",
    )
    killer_fraction: Fraction = parameter(
        0.6,
        low=0.3,
        high=0.6,
        mark="checked",
        source="Vanherberghen 2013, Blood 121:1326",
        description="fraction of NK cells that kill at all",
    )
    activation: Number = parameter(
        1.0,
        low=0.3,
        high=5,
        mark="assumed",
        source="resting host 1; nude or poly(IC)-treated mice more (Cohen 1990, Cancer Res 50:1834)",
        description="activity of the host's NK cells, multiplies the kill hazard",
    )
    residence: Hours = parameter(
        "10 d",
        low="3 d",
        high="30 d",
        mark="assumed",
        source="turnover of liver NK cells",
        description="mean stay in the liver; lost cells are replaced from the blood so that the density holds",
    )


_TAKEDA = "Takeda 2001, 10.1038/83416"


class NaturalKillerCell(LiverCell):
    """One NK cell."""

    species = Species(
        name="natural_killer",
        code=NATURAL_KILLER,
        words="NK cells",
        parameters=NaturalKillerParameters,
        columns=(
            Column("killer", "u1", "whether this cell can kill at all: 0 or 1", within=(0, 1)),
            HEADING,
            KILLS,
            TARGET,
            BUSY,
            ENTERED,
        ),
        states=(
            State("patrolling", Appearance("patrolling", (5, 158, 99), "round", 0.44)),
            State("in_contact", Appearance("on a tumor cell", (16, 180, 116), "round", 0.52, 0.70)),
            State("handling", Appearance("after a kill", (5, 158, 99), "ring", 0.52, 0.15)),
        ),
        settle=settle_as_newcomers,
        walks=(
            Walk(
                "rules.migration.nk_speed",
                "rules.migration.nk_persistence",
                states=("patrolling",),
                up="ifn_gamma",
                chemotaxis="rules.migration.nk_chemotaxis",
                receptor="cxcr3",
                contact="in_contact",
                exclusion="rules.migration.nk_exclusion",
            ),
        ),
        newcomer=FromBlood(
            drawn=(Drawn("killer", 1, chance="cells.natural_killer.killer_fraction"), DRAWN_HEADING),
            dated="entered_h",
        ),
        molecules={
            "trail": Target("antibody to TRAIL", _TAKEDA, "checked"),
            "fasl": Target("antibody to FasL", f"{_TAKEDA} (direction only)", "unverified"),
            "perforin": Target(
                "perforin-deficient host", "Ichise 2022, 10.7554/eLife.76269: perforin and granzymes", "unverified"
            ),
        },
        depleted=Target(
            "anti-asialo-GM1",
            "Cohen 1990, Cancer Res 50:1834",
            "checked",
            {
                "fraction": parameter(
                    0.9,
                    low=0.7,
                    high=1,
                    mark="assumed",
                    source="Habu 1981, J Immunol 127:34: hardly any NK activity is left",
                    description=TAKEN,
                ),
                "recovery": parameter(
                    "4 d",
                    low="2 d",
                    high="8 d",
                    mark="assumed",
                    source="doses are repeated every 4-7 d",
                    description=RETURN,
                ),
            },
        ),
        infused=Target("adoptive transfer of NK cells", "Yang 2025, 10.3892/or.2025.8963, section 4", "unverified"),
        products={
            "cik": Product(
                Target("cytokine-induced killer cells", "Yang 2025, 10.3892/or.2025.8963, section 4", "unverified")
            )
        },
        charts=(Chart("NK"), Chart("NK on tumor cells", "in_contact")),
        ink="#058a57",
        synonyms="nkcell nkcells nks",
    )
