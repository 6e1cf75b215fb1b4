"""Irradiate: a field gets a dose of radiation in fractions, as in stereotactic radiotherapy.

Of tumor cells the share exp(-alpha d - beta d^2) survives a fraction of d Gy (Fowler 1989, 10.1259/0007-1285-62-740-679), more where
oxygen is missing (Gray 1953, 10.1259/0007-1285-26-312-638); the others divide no more and die later (`treatment_damage`). Of liver tumors
84 % were controlled after one year, most after 45 Gy in 3 fractions (10.1186/1748-717X-7-166, 2012). Lymphocytes and macrophages in the
field die at once, and with the macrophages their FasL, by which T cells die (Yang 2025, 10.3892/or.2025.8963, ref 148).
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..cells.tumor import CIRCULATING
from ..kernels.flows import DESTROYED
from ..kernels.random import uniform_each
from ..units import Grays, Hours, MillimetersOfMercury, Number, PerGray, Positive, parameter, written
from .operation import Operation

_YANG = "Yang 2025, 10.3892/or.2025.8963"
LYMPHOCYTES = ("cd8", "cd4", "treg", "natural_killer", "inkt")
MACROPHAGES = ("kupffer", "macrophage")


class Irradiate(Operation):
    kind: ClassVar[str] = "irradiate"
    events: ClassVar = {"died": ("therapy",)}

    irradiate: Literal["all", "largest", "tissue"] = Field(
        description="the field: nodules that are seen, with the margin, or the whole tissue"
    )
    dose: Annotated[Grays, Positive] = Field(default=written("15 Gy"), description="dose of a fraction")
    fractions: Annotated[int, Field(ge=1, le=100)] = Field(default=3, description="how many fractions")
    every: Annotated[Hours, Positive] = Field(default=written("2 d"), description="time between fractions")
    alpha: PerGray = parameter(
        "0.25 /Gy",
        low="0.1 /Gy",
        high="0.5 /Gy",
        mark="unverified",
        source="Fowler 1989, 10.1259/0007-1285-62-740-679 (form); the number from memory",
        description="linear part of the sensitivity of tumor cells",
    )
    alpha_beta: Annotated[Grays, Positive] = parameter(
        "10 Gy",
        low="3 Gy",
        high="20 Gy",
        mark="unverified",
        source="10.1186/1748-717X-7-166: biologically effective doses of liver metastases are told with 10 Gy",
        description="dose at which the quadratic part kills as much as the linear one",
    )
    oxygen_enhancement: Annotated[Number, Field(ge=1, le=10)] = parameter(
        3.0,
        low=2,
        high=3.5,
        mark="checked",
        source="about 3 for x rays (ICRP Publication 127, 2014)",
        description="by how much smaller a dose acts without oxygen",
    )
    hypoxic_below: Annotated[MillimetersOfMercury, Positive] = parameter(
        "8 mmHg",
        low="3 mmHg",
        high="15 mmHg",
        mark="assumed",
        source="Gray 1953, 10.1259/0007-1285-26-312-638 (direction)",
        description="partial pressure below which oxygen is missing; from there to 0 a dose acts less and less",
    )
    lymphocyte_alpha: PerGray = parameter(
        "0.7 /Gy",
        low="0.3 /Gy",
        high="1 /Gy",
        mark="assumed",
        source="lymphocytes are among the cells that radiation kills most readily",
        description="sensitivity of T, NK and iNKT cells in the field",
    )
    macrophage_alpha: PerGray = parameter(
        "0.3 /Gy",
        low="0.05 /Gy",
        high="0.7 /Gy",
        mark="assumed",
        source=f"{_YANG}, ref 148 (direction): radiation takes macrophages of the liver away",
        description="sensitivity of macrophages and Kupffer cells in the field",
    )

    @model_validator(mode="after")
    def _one_field(self):
        if self.target != "tissue":
            return self
        usual = type(self)(irradiate="all")  # a config that is written in full says both
        if (self.margin, self.seen) != (usual.margin, usual.seen):
            raise PydanticCustomError(
                "field", "margin and seen are of nodules: write irradiate: all or largest, or leave them out"
            )
        return self

    @property
    def moments(self) -> list[float]:
        """Hours of the fractions."""
        return [self.start + number * self.every for number in range(self.fractions)]

    def apply(self, liver, stream):
        due = [number for number, moment in enumerate(self.moments) if liver.is_due(moment)]
        if not due:
            return
        zone, key = self.field(liver, stream, due[0]), liver.key(stream)
        for number in due:
            self.hit(liver, zone, key, 2 * number)
            for names, alpha in ((LYMPHOCYTES, self.lymphocyte_alpha), (MACROPHAGES, self.macrophage_alpha)):
                for name in names:
                    kill_in(liver, name, zone, key, 2 * number, np.exp(-alpha * self.dose))

    def field(self, liver, stream: str, number: int) -> np.ndarray:
        """Where a fraction goes (bool lattice): it is planned at the first one, and stays."""
        irradiations = [name for name, entry in liver.interventions.items() if isinstance(entry, Irradiate)]
        bit = np.float32(2 ** irradiations.index(stream))
        if number == 0:
            liver.radiation_fields[self.zone(liver)] += bit
        return liver.radiation_fields // bit % 2 == 1

    def survival(self, oxygen: np.ndarray) -> np.ndarray:
        """The share of tumor cells that survives a fraction at a partial pressure of oxygen (mmHg): float64 array."""
        missing = np.maximum(1.0 - oxygen.astype(float) / self.hypoxic_below, 0.0)
        acting = self.dose * (1.0 - missing * (1.0 - 1.0 / self.oxygen_enhancement))
        return np.exp(-self.alpha * acting * (1.0 + acting / self.alpha_beta))

    def hit(self, liver, zone: np.ndarray, key: np.uint64, number: int) -> None:
        """Doom the tumor cells in the zone that do not survive a fraction, by their draws `number` and the next one."""
        cells, damage = liver.tumor.used, liver.config.rules.drug_killing
        survives = self.survival(liver.fields["oxygen"].values[cells.row, cells.column])
        there = (cells.alive != 0) & (cells.state != CIRCULATING) & zone[cells.row, cells.column]
        hit = there & (cells.doomed_h == 0.0) & (uniform_each(key, liver.step_number, cells.uid, number) >= survives)
        late = 2.0 * uniform_each(key, liver.step_number, cells.uid, number + 1) - 1.0
        cells.doomed_h[hit] = (damage.delay * (1.0 + damage.delay_spread * late[hit])).astype(np.float32)


def kill_in(liver, name: str, zone: np.ndarray, key: np.uint64, number: int, survives: float) -> None:
    """Each cell of a population in the zone dies at once, by its draw `number`, but for the share that survives."""
    population = liver.populations[name]
    rows = population.plain
    there = (rows["alive"] != 0) & zone[rows["row"], rows["column"]]
    dies = there & (uniform_each(key, liver.step_number, rows["uid"], number) >= survives)
    population.remove(liver.sites, np.flatnonzero(dies), DESTROYED)
