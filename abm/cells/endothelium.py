"""Liver sinusoidal endothelial cells (LSEC): the wall of every sinusoid.

Each sinusoid site has one row, a segment of wall; a real LSEC spans about six. TNF-alpha makes the wall express
E-selectin, VCAM-1 and ICAM-1; where a tumor cell passes through, the wall is retracted for a while. In cirrhosis, and somewhat in old
age, the wall becomes that of a capillary: without fenestrae, on a basement membrane (Schaffner 1963, Gastroenterology 44:239).
"""

import numpy as np

from ..kernels.flows import SETTLED
from ..kernels.random import stream_key
from ..kernels.tables import new_book
from ..target import Target
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Fraction, Number, Parameters, parameter
from .population import LiverCell
from .settle import identities
from .species import Chart, Column, Species, State

ENDOTHELIAL = 6
"""Its code in the lattices of occupancy."""

QUIESCENT, ACTIVATED, RETRACTED = range(3)


class EndotheliumParameters(Parameters):
    """How the wall is counted, and what wall it is."""

    sites_per_cell: Number = parameter(
        6.0,
        low=3,
        high=9,
        mark="assumed",
        source="an LSEC lines 50-60 um of sinusoid",
        description="wall segments of 10 um that make one LSEC; counts shown are divided by it",
    )
    capillarisation: Fraction = parameter(
        0.0,
        low=0,
        high=1,
        mark="assumed",
        source="none in a healthy liver",
        description="how far the wall is that of a capillary, without fenestrae, on a basement membrane",
    )


def populate(population, sites, parameters: EndotheliumParameters, area_mm2: float, seed: int) -> None:
    """One wall segment per sinusoid site."""
    flat_sites = np.flatnonzero(sites.kind == SINUSOID)
    population.reserve(flat_sites.size)
    rows = population.rows[: flat_sites.size]
    rows.alive = 1
    rows.layer = LUMEN
    rows.row, rows.column = np.divmod(flat_sites, sites.kind.shape[1])
    rows.uid = identities(stream_key(0, "initial/endothelium"), flat_sites)
    population.book = new_book(population.rows)
    population.flows[SETTLED] = flat_sites.size
    sites.endothelium.ravel()[flat_sites] = np.arange(flat_sites.size, dtype=np.int32)


class EndothelialCell(LiverCell):
    """One segment of the wall of a sinusoid: agents, DataCollectors and tables count segments, of which an LSEC spans about
    six (`sites_per_cell`); courses, `repr` and measures count LSECs."""

    species = Species(
        name="endothelium",
        code=ENDOTHELIAL,
        words="LSECs",
        parameters=EndotheliumParameters,
        columns=(
            Column("e_selectin", "f4", "expression of E-selectin, 0 .. 1", within=(0, 1), mapped="E-selectin"),
            Column("vcam1", "f4", "expression of VCAM-1, 0 .. 1", within=(0, 1)),
            Column("icam1", "f4", "expression of ICAM-1, 0 .. 1", within=(0, 1)),
            Column("retraction", "f4", "1 just opened by a tumor cell .. 0 closed", within=(0, 1)),
        ),
        states=(State("quiescent"), State("activated"), State("retracted")),
        is_wall=True,
        settle=populate,
        cells_per_row="sites_per_cell",
        molecules={
            "e_selectin": Target(
                "antibody to E-selectin, C-raf antisense",
                "Khatib 2002, Cancer Res 62:5393: -86 % metastases",
                "checked",
            ),
            "vcam1": Target(
                "antibody to VCAM-1", "Khatib 1999, Cancer Res 59:1356: expressed on tumor arrival", "unverified"
            ),
            "icam1": Target("antibody to ICAM-1", "Spicer 2012, 10.1158/0008-5472.CAN-11-2393", "checked"),
        },
        charts=(Chart("LSEC (activated)", "activated"), Chart("LSEC (retracted)", "retracted")),
        ink="#d9538a",
        synonyms="lsec lsecs endothelial endothelialcells",
    )
