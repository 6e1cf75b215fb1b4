"""A toy that offers what recorders and simulations ask of a model, in a few milliseconds per run.

Tumor cells appear, turn adherent, divide and die by the numbers of a generator seeded by (seed, step).
"""

from types import SimpleNamespace

import numpy as np

from abm.cells import EndothelialCell, KupfferCell, NaturalKillerCell, Neutrophil, StellateCell, TumorCell
from abm.cells.population import Population
from abm.config.recording import RecordParameters
from abm.kernels.tables import new_book
from abm.ledger import cause, event
from abm.ledger.ledger import ENTRY, Ledger
from abm.tissue.sites import PARENCHYMA, SINUSOID

AGENTS = {
    "tumor": TumorCell,
    "kupffer": KupfferCell,
    "endothelium": EndothelialCell,
    "natural_killer": NaturalKillerCell,
    "neutrophil": Neutrophil,
    "stellate": StellateCell,
}
BLOOD = np.dtype([("neutrophils", "f8"), ("g_csf", "f8")])


class FakeConfig(SimpleNamespace):
    """The keys that a run looks at; `model_dump` is what config.yaml is made of."""

    def model_dump(self, **_):
        return {
            "name": self.name,
            "seed": self.seed,
            "duration": f"{self.duration} h",
            "record": self.record.model_dump(mode="json"),
            "plugins": list(self.plugins),
        }


class FakeModel:
    """See the module."""

    def __init__(self, seed: int = 1, shape=(20, 30), periodic=True, duration=10.0, plugins=(), **record):
        self.config = FakeConfig(
            name="a toy",
            seed=seed,
            duration=duration,
            plugins=plugins,
            record=RecordParameters(**{"checkpoint": "3 h", "nodules": "2 h", **record}),
        )
        self.seed, self.shape, self.periodic = seed, shape, periodic
        self.spacing_um, self.dt_minutes, self.dt_hours = 10.0, 10.0, 10.0 / 60
        self.area_mm2 = shape[0] * shape[1] * 1e-4
        self.step_number, self.first_step, self.threads = 0, 0, 1
        self.collects = self.has_own_collector = False
        kind = np.full(shape, PARENCHYMA, np.uint8)
        kind[::3] = SINUSOID
        self.anatomy = SimpleNamespace(kind=kind, zone=(1 + np.indices(shape)[1] * 3 // shape[1]).astype(np.uint8))
        self.sites = SimpleNamespace(
            perfused=(kind == SINUSOID).astype(np.uint8),
            kind=kind,
            zone=self.anatomy.zone,
            occupant=np.full((2, *shape), -1, np.int32),
            population=np.zeros((2, *shape), np.uint8),
        )
        self.populations = {
            name: Population(name, code, agent, sites_per_cell=6.0 if name == "endothelium" else 1.0)
            for code, (name, agent) in enumerate(AGENTS.items(), start=1)
        }
        self.fields = {
            name: SimpleNamespace(values=np.zeros(shape, np.float32), unit=unit)
            for name, unit in (("tnf", "K"), ("oxygen", "mmHg"))
        }
        self.ecm, self.nets, self.net_residue, self.exosomes = (np.zeros(shape, np.float32) for _ in range(4))
        self.hepatocytes = (kind == PARENCHYMA).astype(np.uint8)
        self.blood = SimpleNamespace(levels=np.zeros(1, BLOOD))
        self.ledger = Ledger()
        wall = self.endothelium
        flat = np.flatnonzero(kind == SINUSOID)
        wall.reserve(flat.size)
        rows = wall.rows[: flat.size]
        rows.alive, rows.uid = 1, flat
        rows.row, rows.column = np.divmod(flat, shape[1])
        wall.book = new_book(wall.rows)

    def __getattr__(self, name):
        if name in AGENTS:
            return self.populations[name]
        raise AttributeError(name)

    @property
    def minutes(self) -> float:
        return self.step_number * self.dt_minutes

    def add_tumor_cell(self, row, column, layer=0, clone=0, uid=1, state=1):
        """Put a tumor cell on a free site."""
        tumor = self.tumor
        tumor.reserve(1)
        slot = int(np.flatnonzero(tumor.rows.alive == 0)[0])
        cell = tumor.rows[slot]
        cell.alive, cell.row, cell.column, cell.layer, cell.clone, cell.uid, cell.state = (
            1,
            row,
            column,
            layer,
            clone,
            uid,
            state,
        )
        tumor.book = new_book(tumor.rows)
        self.sites.occupant[layer, row, column], self.sites.population[layer, row, column] = slot, 1
        return cell

    def enter(self, code, reason, cell):
        book = self.ledger.book(1)
        entry = np.zeros((), ENTRY)
        entry["time_min"], entry["event"], entry["cause"], entry["zone"] = self.minutes, code, reason, 1
        for name in ("uid", "clone", "row", "column"):
            entry[name] = cell[name]
        book.entries[book.cursor[0]] = entry
        book.cursor[0] += 1

    def step(self) -> None:
        random = np.random.default_rng([self.seed, self.step_number])
        for k in range(3):
            layer, row, column = (
                int(random.integers(2)),
                int(random.integers(self.shape[0])),
                int(random.integers(self.shape[1])),
            )
            if self.sites.population[layer, row, column] == 0:
                cell = self.add_tumor_cell(
                    row, column, layer, 3 * self.step_number + k, 1000 * self.step_number + k, 2 * layer + 1
                )
                self.enter(event.ARRIVED, cause.NONE, cell)
                self.enter(event.HELD, cause.KUPFFER, cell)
        for slot in np.flatnonzero(self.tumor.rows.alive):
            cell = self.tumor.rows[slot]
            draw = random.random()
            if draw < 0.05:
                self.enter(event.DIED, cause.SHEAR, cell)
                cell.alive = 0
                (
                    self.sites.occupant[cell.layer, cell.row, cell.column],
                    self.sites.population[cell.layer, cell.row, cell.column],
                ) = -1, 0
        self.tumor.book = new_book(self.tumor.rows)
        for field in self.fields.values():
            field.values += random.random(self.shape, np.float32)
        self.endothelium.rows.e_selectin[:5] = random.random(5, np.float32)
        self.blood.levels["neutrophils"] += random.random()
        self.ledger.count()
        self.step_number += 1

    def state_arrays(self):
        state = {f"rows/{name}": population.rows for name, population in self.populations.items()}
        state |= {f"fields/{name}": field.values for name, field in self.fields.items()}
        return state | {
            "occupant": self.sites.occupant,
            "population": self.sites.population,
            "blood": self.blood.levels,
            "totals": self.ledger.totals,
            "step": np.int64(self.step_number),
        }

    def load_state(self, state):
        for name, population in self.populations.items():
            population.load(state[f"rows/{name}"])
        for name, field in self.fields.items():
            field.values = state[f"fields/{name}"]
        self.sites.occupant, self.sites.population = state["occupant"], state["population"]
        self.ledger = Ledger()
        self.ledger.totals[:] = state["totals"]
        self.blood.levels, self.step_number = state["blood"], int(state["step"])
