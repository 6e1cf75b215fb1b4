"""Ablate: nodules and a margin around them are destroyed in place, by heat or by cold.

All cells die and the tissue stays, dead and without flow, and can be grown into. Control is best with margins above 5 mm (Petre 2017,
10.1159/000454697); 17.5 % of 177 metastases recurred at their place, more often beside large vessels (10.3390/jimaging9030066, 2023), whose
blood takes the heat away, so that some cells survive there. Cold leaves the antigens of the dead as they were, and makes neutrophils in the
rim cast nets (Yang 2025, 10.3892/or.2025.8963, ref 78).
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..cells import neutrophil
from ..kernels.random import uniform_each
from ..ledger import cause
from ..tissue.pieces import from_edge
from ..tissue.sites import CENTRAL_VEIN, PORTAL_TRACT, TISSUE
from ..units import Fraction, Micrometers, Positive, parameter
from .operation import Nodules, Operation, how_far


class Ablate(Operation):
    kind: ClassVar[str] = "ablate"
    events: ClassVar = {"died": ("ablation",)}
    scars: ClassVar = True

    ablate: Nodules = Field(description="which of the nodules that are seen")
    mode: Literal["heat", "cryo"] = Field(default="heat", description="by heat or by cold")
    heat_sink: Fraction = parameter(
        0.002,
        low=0,
        high=0.05,
        mark="assumed",
        source="10.3390/jimaging9030066 (direction): recurrence rises with the size of a nearby vessel; a few cells of a lesion patch",
        description="share of the sites beside a portal tract, a venule or a central vein at which everything survives",
    )
    arterial_sink: Fraction = parameter(
        0.0,
        low=0,
        high=0.05,
        mark="assumed",
        source="the new vessels of a nodule are far narrower than the 3 mm from which vessels are said to cool",
        description="the same beside a new vessel of a nodule that carries as a normal one",
    )
    sink_reach: Annotated[Micrometers, Positive] = parameter(
        "30 um",
        low="10 um",
        high="100 um",
        mark="assumed",
        source="no measure is known; a part of the margin",
        description="distance from a vessel at which that share has fallen to 1/e",
    )
    antigen_after_heat: Fraction = parameter(
        0.3,
        low=0,
        high=1,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 78 (direction): heat denatures what cold leaves",
        description="debris that a cell leaves which heat has killed, relative to one that cold has",
    )
    rim: Micrometers = parameter(
        "0.1 mm",
        low="50 um",
        high="0.3 mm",
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 78 (direction)",
        description="how far around what cold has destroyed neutrophils begin to cast nets",
    )
    rim_netosis: Fraction = parameter(
        0.5,
        low=0.1,
        high=1,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 78 (direction)",
        description="share of these neutrophils that do",
    )

    def apply(self, liver, stream):
        if not liver.is_due(self.start):
            return
        zone, key = self.zone(liver), liver.key(stream)
        draws = uniform_each(key, liver.step_number, np.arange(zone.size, dtype=np.uint64), 0).reshape(zone.shape)
        dies = zone & (draws >= self.survival(liver))
        if "debris" in liver.rules and liver.dendritic.count:
            left = 1.0 if self.mode == "cryo" else self.antigen_after_heat
            liver.debris[dies] += np.float32(left) * (liver.sites.population[TISSUE][dies] == liver.tumor.code)
        liver.kill_tissue(dies, cause.ABLATION)
        if self.mode == "cryo" and "netosis" in liver.rules and zone.any():
            self.provoke(liver, zone, key)

    def survival(self, liver) -> np.ndarray:
        """The chance that a site survives, by the vessels that cool it (or warm it, under cold): float64 lattice."""
        sinks = [(self.heat_sink, how_far(liver, np.isin(liver.anatomy.kind, (PORTAL_TRACT, CENTRAL_VEIN))))]
        if self.arterial_sink > 0.0:
            sinks.append((self.arterial_sink * liver.open_vessels().max(), how_far(liver, liver.open_vessels() > 0.0)))
        return np.max([share * np.exp(-distance / self.sink_reach, dtype=float) for share, distance in sinks], axis=0)

    def provoke(self, liver, zone: np.ndarray, key: np.uint64) -> None:
        """Let neutrophils in the rim begin to cast nets."""
        cells = liver.neutrophil.used
        away = from_edge(zone, liver.spacing_um, liver.periodic)[cells.row, cells.column]
        calm = (cells.alive != 0) & (cells.state != neutrophil.NETTING) & (away > 0.0) & (away <= self.rim)
        provoked = calm & (uniform_each(key, liver.step_number, cells.uid, 1) < self.rim_netosis)
        cells.state[provoked] = neutrophil.NETTING
        cells.nets_h[provoked] = np.float32(liver.hours + liver.config.rules.netosis.duration)
