"""Oxygen: carried by the portal blood, released in the sinusoids, burnt by hepatocytes and tumor cells.

Diffusion from the portal tract alone would reach a quarter of the way: blood brings the rest. Blood enters at 62 mmHg
and leaves the lobule at about 33 (Jungermann & Kietzmann 2000, 10.1053/he.2000.5352); the level between is one pass
along the flow, in which blood relaxes towards the tissue as fast as exchange and its own capacity (haemoglobin)
allow. New vessels of a colony bring arterial blood, of which each gives as much as its wall lets pass. Uptake is
Michaelis-Menten, larger near the portal tracts (Matsumura & Thurman 1983, 10.1152/ajpgi.1983.244.6.G656). Oxygen relaxes
within seconds, so its steady state is solved, at intervals.
"""

from typing import Annotated, Any

import numpy as np

from ..tissue.flow import mix_downstream
from ..tissue.sites import PARENCHYMA, PORTAL_TRACT, SINUSOID
from ..units import (
    Hours,
    MillimetersOfMercury,
    MillimetersOfMercuryPerSecond,
    Number,
    Parameters,
    PerSecond,
    Positive,
    SquareMicrometersPerSecond,
    parameter,
)
from .field import Field
from .multigrid import is_zero
from .solver import DiffusionSolver

_THURMAN = "Matsumura & Thurman 1983, 10.1152/ajpgi.1983.244.6.G656"
_FIRST_ROUNDS = 40  # of tissue and blood in turn, from a uniform start
_ROUNDS = 1  # later, from the present state


class OxygenParameters(Parameters):
    """Oxygen in blood and tissue."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "1670 um^2/s",
        low="1000 um^2/s",
        high="2500 um^2/s",
        mark="unverified",
        source="1e5 um2/min in published tissue models; Grimes 2014: 2000 um2/s",
        description="diffusion coefficient in tissue",
    )
    portal: MillimetersOfMercury = parameter(
        "62 mmHg",
        low="60 mmHg",
        high="65 mmHg",
        mark="unverified",
        source="Jungermann & Kietzmann 2000, 10.1053/he.2000.5352",
        description="oxygen in the blood that enters the sinusoids",
    )
    exchange: Annotated[PerSecond, Positive] = parameter(
        "10 /s",
        low="1 /s",
        high="50 /s",
        mark="assumed",
        source="thin, fenestrated wall: blood and tissue nearly in equilibrium",
        description="exchange rate between blood and tissue at a perfused sinusoid site",
    )
    capacity: Annotated[Number, Positive] = parameter(
        2.4,
        low=1,
        high=15,
        mark="assumed",
        source="so that 33 mmHg come out at 300 um; the content of blood (90 times that of tissue per mmHg) in 0.59 of a "
        "site at 1/8 of the flow of all sinusoids (1 ml/min/g) would be 6.6",
        description="oxygen that blood gives off per mmHg, relative to tissue, as it effectively flows",
    )
    arterial: MillimetersOfMercury = parameter(
        "70 mmHg",
        low="60 mmHg",
        high="90 mmHg",
        mark="assumed",
        source="blood of the hepatic artery, somewhat used; above that of the portal vein",
        description="oxygen in the blood of new vessels",
    )
    vessel_exchange: SquareMicrometersPerSecond = parameter(
        "13000 um^2/s",
        low="2600 um^2/s",
        high="21000 um^2/s",
        mark="derived",
        source="pi * 2.5 * 1670 um2/s: Sherwood number of a capillary 1 to 4, Hellums 1996, 10.1007/BF02770991 (unverified)",
        description="exchange of oxygen between a new vessel that crosses the slab and the tissue, per length of the vessel",
    )
    hepatocyte_periportal: MillimetersOfMercuryPerSecond = parameter(
        "30 mmHg/s",
        low="28 mmHg/s",
        high="32 mmHg/s",
        mark="derived",
        source=f"{_THURMAN}: 131 umol/g/h * 1.06 g/ml / 1.3 uM/mmHg",
        description="maximal uptake of periportal hepatocytes",
    )
    hepatocyte_pericentral: MillimetersOfMercuryPerSecond = parameter(
        "12.7 mmHg/s",
        low="9.5 mmHg/s",
        high="16 mmHg/s",
        mark="derived",
        source=f"{_THURMAN}: 56 umol/g/h * 1.06 g/ml / 1.3 uM/mmHg",
        description="maximal uptake of pericentral hepatocytes",
    )
    tumor: MillimetersOfMercuryPerSecond = parameter(
        "23 mmHg/s",
        low="8 mmHg/s",
        high="46 mmHg/s",
        mark="derived",
        source="0.03 nmol/s/1e6 cells (Wagner 2011) in 1 pL / 1.3 uM/mmHg",
        description="maximal uptake of a tumor cell",
    )
    half_uptake: MillimetersOfMercury = parameter(
        "3 mmHg",
        low="1 mmHg",
        high="5 mmHg",
        mark="assumed",
        source="Michaelis constant of tissue respiration",
        description="oxygen at which uptake is halved",
    )
    interval: Hours = parameter(
        "1 h",
        low="5 min",
        high="6 h",
        mark="assumed",
        source="short against growth",
        description="how often oxygen is solved again",
    )


class Oxygen(Field):
    """The oxygen field: its steady state is solved, blood and tissue in turn."""

    name = "oxygen"
    words = "oxygen"
    ink = "#c4342d"
    unit = "mmHg"
    Parameters = OxygenParameters
    synonyms = "o2 po2"
    rank = 2

    def __init__(
        self,
        values: np.ndarray,
        parameters: OxygenParameters,
        *,
        spacing_um: float,
        periodic: bool,
        step_s: float,
        exchange: np.ndarray,
    ):
        super().__init__(values, parameters, spacing_um=spacing_um, periodic=periodic, step_s=step_s, exchange=exchange)
        self.blood = np.zeros_like(values)
        self._vessel_exchange = np.float32(parameters.vessel_exchange / spacing_um**2)
        self._periodic = periodic
        self._solver = DiffusionSolver(
            values.shape,
            spacing_um=spacing_um,
            periodic=periodic,
            diffusion_um2_per_s=parameters.diffusion,
            step_s=step_s,
        )

    @property
    def most(self) -> float:
        return max(self.parameters.portal, self.parameters.arterial)

    def begin(self, liver: Any) -> None:
        self.start(liver.flow, liver.sites, liver.hepatocytes, liver.tumor_sites(), liver.open_vessels())

    def advance(self, liver: Any) -> None:
        """The steady state of the liver as it is now; where there is no tumor cell, nothing has changed."""
        if liver.tumor.count:
            self.solve(liver.flow, liver.sites, liver.hepatocytes, liver.tumor_sites(), liver.open_vessels())

    def start(self, flow, sites, hepatocytes, tumor_sites, vessels=None) -> None:
        """The steady state of the given liver, from nothing."""
        self.values[:] = 0.5 * self.parameters.portal
        self.solve(flow, sites, hepatocytes, tumor_sites, vessels, rounds=_FIRST_ROUNDS)

    def solve(self, flow, sites, hepatocytes, tumor_sites, vessels=None, rounds: int = _ROUNDS) -> None:
        """Let blood and tissue settle with each other, from the present values.

        hepatocytes: uint8 lattice of living ones; tumor_sites: bool lattice of sites with a tumor cell in either layer;
        vessels: float32 lattice, how well the new vessel of a site carries; None for no vessels.
        """
        p = self.parameters
        demand = self.demand(sites, hepatocytes, tumor_sites)
        open_sites = ((sites.kind == SINUSOID) & (sites.perfused != 0)) | (sites.kind == PORTAL_TRACT)
        exchange = np.where(open_sites, np.float32(p.exchange), np.float32(0.0))
        arteries = None if vessels is None or is_zero(vessels) else vessels * self._vessel_exchange
        for _ in range(rounds):
            mix_downstream(
                flow.entering,
                flow.leaving,
                flow.pressure,
                sites.kind,
                flow.residence_s,
                self._periodic,
                np.float32(p.portal),
                self.values,
                p.exchange / p.capacity,
                self.blood,
            )
            sink, source = demand / (self.values + np.float32(p.half_uptake)) + exchange, exchange * self.blood
            if arteries is not None:
                sink += arteries
                source += arteries * np.float32(p.arterial)
            self._solver.set_sink(sink, fit=False)
            self._solver.steady(self.values, source)

    def demand(self, sites, hepatocytes, tumor_sites) -> np.ndarray:
        """Maximal uptake per site (float32, mmHg/s)."""
        p = self.parameters
        middle = 0.5 * (p.hepatocyte_periportal + p.hepatocyte_pericentral)
        by_zone = np.array([middle, p.hepatocyte_periportal, middle, p.hepatocyte_pericentral], np.float32)
        demand = np.where((sites.kind == PARENCHYMA) & (hepatocytes != 0), by_zone[sites.zone], np.float32(0.0))
        demand[tumor_sites] = p.tumor
        return demand

    def __repr__(self) -> str:
        return f"<{self.name}: mean {self.values.mean():.3g}, min {self.values.min():.3g} {self.unit}>"
