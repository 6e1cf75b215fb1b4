"""A toy that offers what recorders and simulations ask of a model, in a few milliseconds per run.

Tumor cells appear, turn adherent, divide and die by the numbers of a generator seeded by (seed, step).
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from abm.blood import Blood
from abm.cells.population import Population
from abm.cells.tumor import EXTRAVASATED, HELD
from abm.config.recording import RecordParameters
from abm.config.schema import SHIPPED, compose
from abm.fields.field import Field
from abm.fields.layers import MARKS
from abm.kernels.flows import DIED
from abm.kernels.sites import lift
from abm.kernels.tables import free_slot
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger, enter
from abm.liver import Liver
from abm.pharmacology import Medication, Patient
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE

from .bare import lattice
from .livers import put


class FakeConfig(SimpleNamespace):
    """The keys that a run looks at; `model_dump` is what config.yaml is made of."""

    registry = SHIPPED
    interventions = prescriptions = ()

    @property
    def companions(self):
        return tuple(map(Path, self.plugins))

    def model_dump(self, **_):
        return {
            "name": self.name,
            "seed": self.seed,
            "duration": f"{self.duration} h",
            "record": self.record.model_dump(mode="json"),
            "plugins": list(self.plugins),
        }


class Still(Field):
    """A field that nobody solves."""

    def __init__(self, declared: type[Field], shape: tuple[int, int]):
        self.name, self.unit, self.values = declared.name, declared.unit, np.zeros(shape, np.float32)


class FakeLiver(Liver):
    """See the module."""

    def __init__(self, seed: int = 1, shape=(20, 30), periodic=True, duration=10.0, plugins=(), **record):
        plain = compose()()
        self.config = FakeConfig(
            name="a toy",
            seed=seed,
            duration=duration,
            plugins=plugins,
            cells=plain.cells,
            secretion=plain.secretion,
            rules=plain.rules,
            record=RecordParameters(**{"checkpoint": "3 h", "nodules": "2 h", **record}),
        )
        self.seed, self.shape, self.periodic = seed, shape, periodic
        self.spacing_um, self.dt_minutes, self.dt_hours = 10.0, 10.0, 10.0 / 60
        self.area_mm2 = shape[0] * shape[1] * 1e-4
        self.step_number, self.first_step, self.threads = 0, 0, 1
        self.collects = self.has_own_collector = False
        kind = np.full(shape, PARENCHYMA, np.uint8)
        kind[::3] = SINUSOID
        self.sites = lattice(*shape, kind, periodic=periodic)
        self.sites.zone[:] = 1 + np.indices(shape)[1] * 3 // shape[1]
        self.sites.perfused[:] = kind == SINUSOID
        self.anatomy = SimpleNamespace(kind=kind, zone=self.sites.zone)
        self._flow_perfused = self.sites.perfused.copy()
        vars(self).update({name: np.zeros(shape, np.uint8) for name in MARKS})
        self.hepatocytes[kind == PARENCHYMA] = 1
        self._grounds, self.interventions, self.looks = {}, {}, {}
        self.layers = {layer.name: np.zeros(shape, np.float32) for layer in SHIPPED.layers}
        self.fields = {field.name: Still(field, shape) for field in SHIPPED.fields}
        self.populations = {agent.species.name: Population(agent) for agent in SHIPPED.populations}
        vars(self).update(self.layers | self.populations)
        self.wall = next(population for population in self.populations.values() if population.species.is_wall)
        about = getattr(self.config.cells, self.wall.name)
        self.wall.species.settle(self.wall, self.sites, about, self.area_mm2, seed)
        self.wall.sites_per_cell = about.sites_per_cell
        self.blood = Blood(SHIPPED.levels)
        self.drugs = Medication((), {}, {}, Patient(), 0.0, shape)
        self.ledger = Ledger()

    def enter(self, code: int, reason: int, slot: int) -> None:
        """Write what happened to a tumor cell into the ledger."""
        enter(self.ledger.book(1), self.minutes, code, reason, self.tumor.rows[slot], 1)

    def step(self) -> None:
        random = np.random.default_rng([self.seed, self.step_number])
        for k in range(3):
            layer, row, column = (int(random.integers(most)) for most in (2, *self.shape))
            if self.sites.population[layer, row, column] == 0:
                state, clone = {LUMEN: HELD, TISSUE: EXTRAVASATED}[layer], 3 * self.step_number + k
                uid = 1000 * self.step_number + k
                slot = put(self, "tumor", row, column, layer=layer, state=state, clone=clone, uid=uid, counted=False)
                self.enter(event.ARRIVED, cause.NONE, slot)
                self.enter(event.HELD, cause.KUPFFER, slot)
        for slot in np.flatnonzero(self.tumor.rows.alive):
            if random.random() < 0.05:
                self.enter(event.DIED, cause.SHEAR, slot)
                cell = self.tumor.rows[slot]
                lift(self.sites, cell.layer, cell.row, cell.column)
                free_slot(self.tumor.table, slot, DIED)
        for field in self.fields.values():
            field.values += random.random(self.shape, np.float32)
        self.wall.rows.e_selectin[:5] = random.random(5, np.float32)
        self.blood["neutrophils"] += random.random()
        self.ledger.count()
        self.step_number += 1

    def _follow_perfusion(self) -> None:
        """Nothing flows here."""
