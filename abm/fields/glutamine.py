"""Glutamine: brought by the blood, taken up by tumor cells; without it NK cells and T cells kill less.

Tumor cells take it up by ASCT2 (Schulte 2018, 10.1038/nm.4464), more where exosomes of myofibroblasts nearby bring them PWAR6
(Yang 2025, 10.3892/or.2025.8963, ref 106). Uptake is Michaelis-Menten, so that the level never falls below zero. What is solved, and
kept, is how much is missing: where nobody takes any up nothing is, and nothing is solved. By default nobody does.
"""

from typing import Annotated, Any, ClassVar

import numpy as np

from ..kernels.jit import jit
from ..kernels.sites import reach_within, shifted
from ..target import Target
from ..units import (
    Hours,
    Micrometers,
    Millimolar,
    MillimolarPerHour,
    Number,
    PerHour,
    Positive,
    SquareMicrometersPerSecond,
    parameter,
)
from .field import INTERVAL, Metabolite, SignalParameters


class GlutamineParameters(SignalParameters):
    """Glutamine, in mM."""

    given_as_level: ClassVar[bool] = False

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "500 um^2/s",
        low="200 um^2/s",
        high="760 um^2/s",
        mark="unverified",
        source="water 760 um2/s, tissue less",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="1 /h",
        mark="assumed",
        source="comes with the blood; the glutamine that hepatocytes make is part of its level there",
        description="rate at which the tissue itself makes up for what is missing",
    )
    blood: Annotated[Millimolar, Positive] = parameter(
        "0.6 mM",
        low="0.4 mM",
        high="0.8 mM",
        mark="unverified",
        source="plasma glutamine",
        description="level in blood, and in tissue at rest",
    )
    tumor: MillimolarPerHour = parameter(
        "0 mM/h",
        low="0 mM/h",
        high="100 mM/h",
        mark="assumed",
        source="none by default; 20 (5 to 100) is a guess, a tenth of the lactate that a tumor cell makes",
        description="maximal uptake of a tumor cell, per site volume",
    )
    half_uptake: Annotated[Millimolar, Positive] = parameter(
        "0.1 mM",
        low="0.02 mM",
        high="0.5 mM",
        mark="assumed",
        source="tens to hundreds of uM are usual for transporters of glutamine",
        description="glutamine at which uptake is halved",
    )
    pwar6_gain: Number = parameter(
        1.0,
        low=0,
        high=3,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 106 (direction)",
        description="gain of the uptake of a tumor cell that has an activated stellate cell nearby, a myofibroblast",
    )
    pwar6_reach: Micrometers = parameter(
        "50 um",
        low="20 um",
        high="100 um",
        mark="assumed",
        source="exosomes pass a few cells; were touch needed, a tenth of the tumor cells would take up more, and nothing be seen of it",
        description="how far exosomes of an activated stellate cell act",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; follows growth, over days",
        description=INTERVAL,
    )


class Glutamine(Metabolite):
    """Glutamine, whose level at rest is that of the blood; its `excess` is what is missing, 0 to that level."""

    name = "glutamine"
    words = "glutamine"
    ink = "#3f8f6b"
    Parameters = GlutamineParameters
    molecules: ClassVar = {
        "glutamine_uptake": Target("V-9302, an inhibitor of ASCT2", "Schulte 2018, 10.1038/nm.4464", "checked"),
        "pwar6": Target("antisense to PWAR6", "Yang 2025, 10.3892/or.2025.8963, ref 106", "unverified"),
    }
    synonyms = "gln lglutamine"

    @property
    def level_at_rest(self) -> float:
        return self.parameters.blood

    @property
    def least(self) -> float:
        return 0.0

    @property
    def most(self) -> float:
        return self.level_at_rest

    def set_perfusion(self, exchange: np.ndarray) -> None:
        """As of other fields, and kept: uptake changes the sink whenever the field is solved."""
        self._exchange = exchange
        super().set_perfusion(exchange)

    def advance(self, liver: Any = None) -> None:
        """One interval under the uptake of the tumor cells that are there now."""
        p = self.parameters
        most = 0.0 if liver is None else p.tumor * liver.left("glutamine_uptake")
        if most > 0.0 or not self.at_rest:
            demand = self.demand(liver, most) if most > 0.0 else np.zeros_like(self.values)
            self.uptake = demand / (self.values + np.float32(p.half_uptake))
            np.multiply(self.uptake, self.rest, out=self.source)
            self.secreted = bool(demand.any())
            self._new_perfusion = self._exchange
        super().advance(liver)

    def demand(self, liver: Any, most: float) -> np.ndarray:
        """Maximal uptake per site (float32, mM/s) when that of a tumor cell without activated stellate cells nearby is `most` (mM/h)."""
        demand = np.where(liver.tumor_sites(), np.float32(most / 3600.0), np.float32(0.0))
        gain = self.parameters.pwar6_gain * liver.left("pwar6")
        cells = liver.stellate
        if gain > 0.0 and cells.count:
            near = np.zeros(liver.shape, np.float32)
            reach = self.parameters.pwar6_reach / liver.spacing_um
            mark_around(cells.used, cells.number_of("activated"), near, reach, liver.periodic)
            demand *= np.float32(1.0) + np.float32(gain) * near
        return demand

    def sink(self, perfusion: np.ndarray) -> np.ndarray:
        return super().sink(perfusion) + self.uptake

    def _publish(self) -> None:
        np.minimum(self.excess, self.rest, out=self.excess)
        np.subtract(self.rest, self.excess, out=self.values)


@jit(counted=False)
def mark_around(cells, state, near, reach, periodic):
    """Write at the sites (float32 lattice) within `reach` (in sites) of stellate cells that are in a state (by number) how far the most
    myofibroblastic of them is one, from 0 to 1."""
    rows, columns = near.shape
    top, bottom = reach_within(np.int64(reach), rows, periodic)
    left, right = reach_within(np.int64(reach), columns, periodic)
    for i in range(cells.size):
        if cells[i].alive == 0 or cells[i].state != state:
            continue
        for dr in range(top, bottom + 1):
            r = shifted(cells[i].row, dr, rows, periodic)
            for dc in range(left, right + 1):
                c = shifted(cells[i].column, dc, columns, periodic)
                if r >= 0 and c >= 0 and dr * dr + dc * dc <= reach * reach:
                    near[r, c] = max(near[r, c], np.float32(1.0) - cells[i].inflammatory)
