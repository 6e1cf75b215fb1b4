"""The liver: everything that rules and interventions may read and change, without the rules themselves.

Its arrays are the whole state: nothing is remembered anywhere else, so that a checkpoint of them is a checkpoint of all.
"""

import math
import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from .blood import Blood
from .cells.line import of_line
from .cells.own import free_sites
from .cells.population import LiverCell, Population
from .cells.tumor import TUMOR
from .fields.field import Field, exchanging
from .fields.layers import MARKS
from .fields.multigrid import is_zero
from .kernels.flows import ADDED, DESTROYED, REMOVED
from .kernels.random import hash64, stream_key
from .kernels.sites import Sites, lift, place, ways_along
from .kernels.tables import free_slot, take_slot
from .kernels.walk import Ground, paces, turns_at
from .ledger import cause, event
from .ledger.ledger import Ledger, enter, lose, lose_each
from .moments import moments_of
from .pharmacology import Medication
from .tissue import anatomy as lobules
from .tissue.flow import Flow
from .tissue.sites import CAVITY, LUMEN, PARENCHYMA, ROOM, SINUSOID, STANDING, TISSUE
from .units import LONGEST


class Liver:
    """A slab of liver with its cells.

    config, seed : what it was made from
    anatomy, flow : tissue and blood flow
    sites : the lattices of occupancy, kinds and perfusion
    sinusoids : the sinusoid sites, as row * columns + column, ascending (int64)
    shape, spacing_um, periodic : of the lattice
    area_mm2 : the area of this slab
    standard_area_mm2 : the area that the same volume of liver has in a slab of 10 um, for which cells per mm2 are given
    populations : name -> Population; each is an attribute too: liver.tumor
    fields : name -> field with `.values` (float32 [row, column])
    layers : name -> lattice (float32 [row, column]) of what lies in the tissue; each is an attribute too: liver.ecm
    hepatocytes, collapsed : uint8 [row, column], 1 where a hepatocyte lives, and where a sinusoid has collapsed
    cavity, ablated : uint8 [row, column], 1 where an operation has taken the tissue out, and where it has left it dead
    blood : systemic levels
    ledger : what happened to the tumor cells
    rules : name -> rule, without those that are off
    interventions : name -> what the experimenter does
    drugs : the drugs in the patient, and what is left of what they act on
    looks : what was seen of the lesions where interventions hang on them, as `abm.interventions.condition` keeps it: arrays by name
    laid_colonies : the sites (int64 [n, 2]) of each colony that the file of the tissue has
    residents : name -> the rows that a population which stays had at the beginning
    minutes, hours : simulated time, negative before time 0
    dt_minutes, dt_hours : the length of a step
    first_step, step_number : the step with which the run began (0 or negative), and the present one
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A population or a layer by its name."""

    def __init__(self, config: Any):
        registry = type(config).registry
        self.config = config
        self.seed = config.seed
        self.dt_hours = config.step
        self.dt_minutes = round(config.step * 60.0, 9)
        self.first_step = self.step_number = math.floor(config.begins / self.dt_hours + 1e-9)
        self._keys: dict[str, np.uint64] = {}
        self._moments_of_step: tuple[int, Any] = (0, None)
        self.rules: dict[str, Any] = {}
        self.interventions: dict[str, Any] = {}
        self.looks: dict[str, np.ndarray] = {}

        self.anatomy = lobules.grow(config.tissue, self.seed)
        self.shape = self.anatomy.shape
        self.spacing_um = self.anatomy.spacing_um
        self.periodic = self.anatomy.periodic
        self.area_mm2 = self.shape[0] * self.shape[1] * (self.spacing_um / 1000.0) ** 2
        self.standard_area_mm2 = self.area_mm2 * config.tissue.slabs
        self._make_lattices(registry.layers)
        self._make_flow()
        self._make_cells(registry.populations)
        self._make_fields(registry.fields)
        self.blood = Blood(registry.levels)
        self.drugs = Medication(
            config.prescriptions,
            config.regimens,
            config.drugs,
            config.patient,
            LONGEST,
            self.shape,
            config.loads,
        )
        self.ledger = Ledger()

    # --- construction ---------------------------------------------------------------------------------------------

    def lattice(self, name: str, value: float, dtype: type) -> np.ndarray:
        """A new lattice, full of `value`."""
        return np.full(self.shape, value, dtype)

    def _make_lattices(self, layers) -> None:
        kind, zone = self.lattice("kind", 0, np.uint8), self.lattice("zone", 0, np.uint8)
        kind[:], zone[:] = self.anatomy.kind, self.anatomy.zone
        self.hepatocytes = self.lattice("hepatocytes", 1, np.uint8)
        self.collapsed = self.lattice("collapsed", 0, np.uint8)
        self.cavity, self.ablated = (self.lattice(name, 0, np.uint8) for name in ("cavity", "ablated"))
        self._grounds: dict[int, Ground] = {}
        self.layers = {layer.name: self.lattice(layer.name, 0.0, np.float32) for layer in layers}
        vars(self).update(self.layers)
        layers_of_standing = (len(STANDING), *self.shape)
        self.sites = Sites(
            kind,
            zone,
            self.lattice("perfused", 1, np.uint8),
            np.full(layers_of_standing, -1, np.int32),
            np.zeros(layers_of_standing, np.uint8),
            np.full(self.shape, -1, np.int32),
            self.periodic,
        )
        self.sinusoids = np.flatnonzero(kind == SINUSOID)

    def _make_flow(self) -> None:
        self.flow = Flow(self.anatomy, self.config.tissue.sinusoid_velocity)
        self.open_pressure = self.flow.pressure.copy()
        self.shear = (self.flow.speed_um_per_s / np.float32(self.config.tissue.sinusoid_velocity)).astype(np.float32)
        self._flow_perfused = self.sites.perfused.copy()

    def _make_cells(self, agent_classes: tuple[type[LiverCell], ...]) -> None:
        self.populations = {}
        for agent_class in agent_classes:
            species = agent_class.species
            parameters = getattr(self.config.cells, species.name)
            rows = getattr(parameters, species.cells_per_row) if species.cells_per_row else 1.0
            population = Population(agent_class, sites_per_cell=rows)
            self.populations[species.name] = population
            setattr(self, species.name, population)
        self._settle()
        self.laid_colonies = _pieces(self.tumor.given, self.shape)
        self.wall = next(population for population in self.populations.values() if population.species.is_wall)
        self.residents = {
            name: population.alive_rows() for name, population in self.populations.items() if population.species.stays
        }

    def _settle(self) -> None:
        """Settle the residents: first those whose sites are given, so that chance leaves these free, and then the others. The
        sites of tumor cells, which are set in later, are kept free meanwhile."""
        wanted = self.config.laid()
        for name in sorted(self.populations, key=lambda name: name not in wanted):
            population, species = self.populations[name], self.populations[name].species
            if name in wanted:
                population.given = np.sort(free_sites(wanted[name], species, self.sites, self.spacing_um))
            if species.settle is not None:
                parameters = getattr(self.config.cells, name)
                species.settle(population, self.sites, parameters, self.standard_area_mm2, self.seed)
            elif population.given is not None:
                self.sites.population[TISSUE].flat[population.given] = population.code
        if self.tumor.given is not None:
            self.sites.population[TISSUE].flat[self.tumor.given] = 0

    def _make_fields(self, declared: tuple[type[Field], ...]) -> None:
        exchange = exchanging(self.sites.kind, self.sites.perfused)
        self.fields: dict[str, Field] = {}
        for field_class in sorted(declared, key=operator.attrgetter("rank")):
            self.fields[field_class.name] = field_class(
                self.lattice(field_class.name, 0.0, np.float32),
                getattr(self.config.fields, field_class.name),
                spacing_um=self.spacing_um,
                periodic=self.periodic,
                step_s=self.dt_minutes * 60.0,
                exchange=exchange,
            )
        for field in self.fields.values():
            field.begin(self)

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def minutes(self) -> float:
        """Simulated minutes since time 0; negative before it."""
        return self.step_number * self.dt_minutes

    @property
    def hours(self) -> float:
        """Simulated hours since time 0; negative before it."""
        return self.minutes / 60.0

    def key(self, name: str) -> np.uint64:
        """The random stream of a rule (or a part of one) by name."""
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = stream_key(self.seed, name)
        return key

    def is_due(self, moment: float) -> bool:
        """Whether a moment (hours) falls into the present step."""
        return self.step_number == math.floor(moment / self.dt_hours + 1e-9)

    # --- what the experimenter leaves and gives -------------------------------------------------------------------

    @property
    def under_way(self) -> Mapping[str, Any]:
        """The interventions, without those whose condition does not hold."""
        if not self.looks:
            return self.interventions
        is_off = np.isfinite(self.looks["verdicts"]["hours"]) & (self.looks["verdicts"]["holds"] == 0)
        named = self.interventions.items()
        return {name: entry for (name, entry), off in zip(named, is_off.tolist(), strict=True) if not off}

    def follow_verdicts(self) -> None:
        """Let no drugs be given whose condition does not hold."""
        for number, name in enumerate(self.interventions):
            if name not in self.under_way:
                self.drugs.call_off(number)

    @property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The moments (hours) of the present step at which interventions are evaluated, and their weights."""
        step, moments = self._moments_of_step
        if step != self.step_number or moments is None:
            begin, end = self.hours, self.hours + self.dt_hours
            courses = self.under_way.values()
            if not courses:
                return np.array([begin]), np.ones(1)
            moments = moments_of(
                begin,
                end,
                (moment for course in courses for moment in course.changes(begin, end)),
                min(course.shortest for course in courses),
            )
            self._moments_of_step = self.step_number, moments
        return moments

    def over_step(self, course: Callable[[float], float]) -> tuple[np.ndarray, np.ndarray]:
        """The values of `course`, a function of the hours, at some moments of the present step, and the weights of these
        moments (float64, sum 1). For the mean of what saturates, which differs from the saturation of the mean."""
        moments, weights = self._moments
        return np.array([course(hours) for hours in moments.tolist()], np.float64), weights

    def mean(self, course: Callable[[float], float]) -> float:
        """The mean over the present step of `course`, a function of the hours; exact where it is constant."""
        values, weights = (part.tolist() for part in self.over_step(course))
        return values[0] + sum(weight * (value - values[0]) for value, weight in zip(values, weights, strict=True))

    def left(self, name: str, hours: float | None = None) -> float:
        """The fraction that interventions leave of the effect of a molecule, the supply of a population or the rates of a
        rule; 1 without any. The mean over the present step, or the value at `hours` (drugs count with their mean)."""
        return self._left_by_hand(name, hours) * self.drugs.left(name) if self.interventions else 1.0

    def left_at(self, name: str, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """As `left`, of a molecule at sites (two integer arrays), as far as drugs reach them: float64 array."""
        if not self.interventions:
            return np.ones(row.size)
        return self._left_by_hand(name, None) * self.drugs.left_at(name, row, column)

    def _left_by_hand(self, name: str, hours: float | None) -> float:
        """What the interventions leave that are no therapies."""
        if hours is None:
            return self.mean(lambda hours: self._left_by_hand(name, hours))
        return math.prod(entry.left(name, hours) for entry in self.under_way.values())

    def given(self, name: str, hours: float | None = None) -> float:
        """What interventions add to a level in the blood: the mean over the present step, or the value at `hours`."""
        if not self.interventions:
            return 0.0
        if hours is None:
            return self.mean(lambda hours: self.given(name, hours))
        by_hand = sum(entry.given(name, hours) for entry in self.under_way.values())
        return by_hand + self.drugs.given(name)

    def saturation(self, *names: str, more: float = 0.0) -> float:
        """The joint effect of levels that are given, x / (1 + x) of their sum x, with `more` of them: the mean over the present step."""
        if not self.interventions:
            return more / (1.0 + more)
        return self.mean(lambda hours: 1.0 - 1.0 / (1.0 + more + sum(self.given(name, hours) for name in names)))

    # --- what rules ask for ---------------------------------------------------------------------------------------

    def signal(self, name: str) -> np.ndarray:
        """A field as cells sense it (float32 [row, column]): less where the ligand or its receptor is blocked."""
        field = self.fields[name]
        left = math.prod(self.left(molecule) for molecule in (name, *field.receptors)) if self.interventions else 1.0
        return field.values if left == 1.0 else field.values * np.float32(left)

    def sticky_nets(self) -> np.ndarray:
        """All nets to which cells stick, including what DNase leaves of them on the wall (float32 lattice)."""
        return self.nets if is_zero(self.net_residue) else self.nets + self.net_residue

    def tumor_sites(self) -> np.ndarray:
        """Where a tumor cell stands, in the lumen or in the tissue: bool lattice."""
        return (self.sites.population[LUMEN] == TUMOR) | (self.sites.population[TISSUE] == TUMOR)

    def living_hepatocytes(self) -> np.ndarray:
        """Where a hepatocyte lives: bool lattice."""
        return (self.hepatocytes != 0) & (self.sites.kind == PARENCHYMA)

    def perfused_sinusoids(self) -> np.ndarray:
        """Where a sinusoid carries blood: bool lattice."""
        return (self.sites.perfused != 0) & (self.sites.kind == SINUSOID)

    def open_vessels(self) -> np.ndarray:
        """How well new vessels carry (float32 lattice): 0 also where an embolus closes them."""
        if is_zero(self.occlusion):
            return self.vessels
        return np.where(self.occlusion > self.hours - self.config.begins, np.float32(0.0), self.vessels)

    def ground(self, layer: int) -> Ground:
        """The ways that lead through a layer of standing."""
        if layer not in self._grounds:
            is_open = np.isin(self.sites.kind, ROOM[layer])
            ways = ways_along(is_open.astype(np.uint8), 1, self.periodic)
            self._grounds[layer] = Ground(ways, turns_at(), paces(ways[is_open]), TUMOR)
        return self._grounds[layer]

    def on_the_wall(self, column: str) -> np.ndarray:
        """A column of the wall as a lattice (float32), 0 where there is none."""
        wall, lattice = self.wall.alive_rows(), np.zeros(self.shape, np.float32)
        lattice[wall.row, wall.column] = wall[column]
        return lattice

    def lattices(self) -> dict[str, np.ndarray]:
        """The lattices of all fields and layers, by name."""
        return {name: field.values for name, field in self.fields.items()} | self.layers

    @property
    def perfused_sites(self) -> np.ndarray:
        """Perfused sinusoid sites, int64 [n, 2], as of the last solution of the flow."""
        return self._perfused_sites

    @cached_property
    def _perfused_sites(self) -> np.ndarray:
        perfused = self.sinusoids[self._flow_perfused.ravel()[self.sinusoids] != 0]
        return np.stack(np.divmod(perfused, self.shape[1]), axis=1)

    def update_flow(self) -> None:
        """Solve the flow, and update what depends on it, if perfusion has changed since the last solution."""
        if np.array_equal(self.sites.perfused, self._flow_perfused):
            return
        self._flow_perfused[:] = self.sites.perfused
        self._follow_perfusion()

    def _follow_perfusion(self) -> None:
        self.flow.update((self.sites.kind == SINUSOID) & (self._flow_perfused != 0))
        self.__dict__.pop("_perfused_sites", None)
        self.update_exchange()

    def update_exchange(self) -> None:
        """Let the fields exchange with the blood where it flows, and with that of new vessels as well as these carry."""
        exchange = exchanging(self.sites.kind, self._flow_perfused)
        if not is_zero(self.vessels):
            exchange = np.maximum(exchange, self.open_vessels())
        for field in self.fields.values():
            field.set_perfusion(exchange)

    # --- what operations do -------------------------------------------------------------------------------------------

    def empty(self, where: np.ndarray, reason: int, flow: int) -> None:
        """Let all cells die that stand `where` (bool lattice), but for the wall: tumor cells of a cause of the ledger, `reason`; others
        go by `flow`."""
        for population in self.populations.values():
            if population.species.is_wall:
                continue
            rows = population.plain
            slots = np.flatnonzero((rows["alive"] != 0) & where[rows["row"], rows["column"]])
            if population is self.tumor:
                book = self.ledger.book(slots.size)
                lose_each(population.table, self.sites, book, self.minutes, event.DIED, reason, slots)
            elif slots.size:
                population.remove(self.sites, slots, flow)
        self.hepatocytes[where] = 0

    def kill_tissue(self, where: np.ndarray, reason: int) -> None:
        """Let all tissue die that lies `where` (bool lattice). It stays, without flow: what grows in it lives on what diffuses there. What
        is left of the wall of its sinusoids expresses nothing."""
        self.empty(where, reason, DESTROYED)
        for layer in (self.nets, self.net_residue, self.vessels):
            layer[where] = 0.0
        wall = self.wall.used
        dead = (wall.alive != 0) & where[wall.row, wall.column]
        for column in self.wall.species.columns:
            wall[column.name][dead] = 0
        wall.state[dead] = 0
        self.ablated[where] = 1
        self.sites.perfused[where & (self.sites.kind == SINUSOID)] = 0
        self.update_flow()

    def take_out(self, where: np.ndarray, reason: int) -> None:
        """Take all tissue out that lies `where` (bool lattice), with the wall of its sinusoids: a cavity is left, in which no blood flows
        and no cell can stand. Large vessels stay."""
        self.empty(where, reason, REMOVED)
        for lattice in self.layers.values():
            lattice[where] = 0.0
        gone = where & np.isin(self.sites.kind, (SINUSOID, PARENCHYMA))
        wall = self.wall.plain
        for slot in np.flatnonzero((wall["alive"] != 0) & gone[wall["row"], wall["column"]]):
            free_slot(self.wall.table, slot, REMOVED)
        self.cavity[gone] = 1
        self.ablated[gone] = self.sites.perfused[gone] = 0
        self._follow_cavity()
        self.update_flow()

    def _follow_cavity(self) -> None:
        """Let kinds of site, wall and ways be those of the tissue that is left."""
        self.sites.kind[:] = np.where(self.cavity != 0, CAVITY, self.anatomy.kind)
        slots = np.flatnonzero(self.wall.used.alive)
        rows = self.wall.used[slots]
        self.sites.endothelium[:] = -1
        self.sites.endothelium[rows.row, rows.column] = slots
        self._grounds.clear()

    # --- cells added, removed and moved by the user ---------------------------------------------------------------------

    def remove_cell(self, population: Population, slot: int) -> None:
        """Take one cell out of the liver; the ledger enters a tumor cell as died of another cause. Raises ValueError for a
        segment of the wall."""
        if population is self.tumor:
            lose(self.tumor.table, self.sites, self.ledger.book(1), self.minutes, event.DIED, cause.OTHER, slot)
            self.ledger.count()
            return
        row = population.rows[slot]
        if population.species.is_wall:
            raise ValueError("the wall of a sinusoid cannot be removed; switch its expression off instead")
        lift(self.sites, row.layer, row.row, row.column)
        free_slot(population.table, slot, REMOVED)

    def add(
        self, agent_class: type[LiverCell] | str, at: tuple[int, int], *, state: str | None = None, **columns
    ) -> LiverCell:
        """Add a cell on a free site: `model.add(TumorCell, at=(20, 31), state="extravasated")`; its class, or the name of its
        population ("tumor").

        It stands in the first layer in which a cell of that state can stand. A tumor cell (by default extravasated) has the
        properties of the line, is entered in the ledger as arrived, and founds a clone with a negative number. Columns that
        are not given are zero.

        Raises ValueError when the site is occupied or no such cell can stand there, and for an unknown column or state.
        """
        meant = (each for each in self.populations.values() if agent_class in (each.agent_class, each.name))
        population = next(meant, None)
        if population is None or population.species.is_wall:
            raise ValueError(
                f"a {getattr(agent_class, '__name__', agent_class)} cannot be added to a liver, only cells of the populations "
                f"{', '.join(name for name, each in self.populations.items() if not each.species.is_wall)}"
            )
        is_tumor = population is self.tumor
        number = 0 if state is None and not is_tumor else population.number_of(state or "extravasated")
        layers = population.species.layers_of(number)
        if not layers:
            raise ValueError("circulating tumor cells come with the rule 'arrival'")
        free = {column.name for column in population.species.columns} - ({"clone"} if is_tumor else set())
        if not columns.keys() <= free:
            raise ValueError(
                f"no column {', '.join(sorted(columns.keys() - free))} of a {population.agent_class.__name__} can be given, only "
                f"{', '.join(sorted(free))}"
            )
        layer, (row, column) = layers[0], map(operator.index, at)
        in_tissue = layer == TISSUE
        self._refuse_place(layer, row, column)
        columns = {name: population.checked(name, value) for name, value in columns.items()}
        population.reserve(1)
        slot = take_slot(population.table, ADDED)
        cell = population.rows[slot]
        site, again, stream = row * self.shape[1] + column, 0, stream_key(0, f"added/{population.name}")
        while (uid := hash64(stream, np.uint64(site), self.step_number, again)) in population.rows.uid:
            again += 1
        cell.state, cell.layer, cell.row, cell.column, cell.uid = number, layer, row, column, uid
        if is_tumor:
            now = self.hours
            given = {"arrived_h": now, "settled_h": now, "held_by": cause.OTHER} | of_line(self.config.cells.tumor)
            columns = given | columns
            cell.clone = min(0, int(self.tumor.used.clone.min())) - 1 - self.ledger.total(event.ARRIVED, cause.OTHER)
        for name, value in columns.items():
            cell[name] = value
        place(self.sites, population.code, layer, row, column, slot)
        if in_tissue and self.sites.kind[row, column] == PARENCHYMA and is_tumor:
            self.hepatocytes[row, column] = 0
        if is_tumor:
            for code in (event.ARRIVED, *((event.EXTRAVASATED,) if in_tissue else ())):
                enter(self.ledger.book(1), self.minutes, code, cause.OTHER, cell, self.sites.zone[row, column])
            self.ledger.count()
        return population.handle(self, slot)

    def move_cell(self, population: Population, slot: int, to: tuple[int, int]) -> None:
        """Move a cell to another site of its layer. Raises ValueError when that is occupied or no such cell can stand there."""
        cell, (row, column) = population.rows[slot], map(operator.index, to)
        if population.species.is_wall or not population.species.layers_of(cell.state):
            raise ValueError("the wall stays where it is, and who circulates is moved by the blood")
        if (row, column) == (cell.row, cell.column):
            return
        self._refuse_place(int(cell.layer), row, column)
        lift(self.sites, cell.layer, cell.row, cell.column)
        cell.row, cell.column = row, column
        place(self.sites, population.code, cell.layer, row, column, slot)
        if population is self.tumor and cell.layer == TISSUE and self.sites.kind[row, column] == PARENCHYMA:
            self.hepatocytes[row, column] = 0

    def _refuse_place(self, layer: int, row: int, column: int) -> None:
        """Raise ValueError unless cells can stand on this site of the layer, and it is free."""
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            raise ValueError(
                f"there is no site ({row}, {column}): the lattice has {self.shape[0]} rows and {self.shape[1]} columns"
            )
        name = STANDING[layer]
        if self.sites.kind[row, column] not in ROOM[layer]:
            raise ValueError(f"at site ({row}, {column}) no cell can stand in the {name}")
        if self.sites.population[layer, row, column]:
            raise ValueError(f"in the {name} of site ({row}, {column}) somebody stands already")

    # --- checkpoints ----------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, np.ndarray]:
        """The arrays of a checkpoint, by name: all that does not follow from config and seed."""
        state = {f"cells/{name}": population.plain.copy() for name, population in self.populations.items()}
        state |= {f"flows/{name}": population.flows.copy() for name, population in self.populations.items()}
        state |= {f"fields/{name}": field.excess for name, field in self.fields.items()}
        state |= {f"layers/{name}": lattice for name, lattice in self.layers.items()}
        state |= {f"layers/{name}": getattr(self, name) for name in MARKS}
        return state | {
            "sites/perfused": self.sites.perfused,
            "sites/occupant": self.sites.occupant,
            "sites/population": self.sites.population,
            "flow/perfused": self._flow_perfused,
            "blood/levels": self.blood.levels,
            "ledger/totals": self.ledger.totals,
            **self.drugs.state_arrays(),
            **{f"looks/{name}": array for name, array in self.looks.items()},
            "clock/step_number": np.array([self.step_number], np.int64),
        }

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays of `state_arrays`: the run goes on from there.

        Raises KeyError or ValueError when they are those of another kind of liver.
        """
        for name, population in self.populations.items():
            population.load(state[f"cells/{name}"], state[f"flows/{name}"])
        for name in (*self.layers, *MARKS):
            getattr(self, name)[:] = state[f"layers/{name}"]
        self.sites.perfused[:] = state["sites/perfused"]
        self.sites.occupant[:] = state["sites/occupant"]
        self.sites.population[:] = state["sites/population"]
        self.step_number = int(state["clock/step_number"][0])
        self._follow_cavity()
        self._flow_perfused[:] = state["flow/perfused"]
        self._follow_perfusion()
        for name, field in self.fields.items():
            field.load(state[f"fields/{name}"])
        self.blood.levels[:] = state["blood/levels"]
        self.ledger.load(state["ledger/totals"])
        self.drugs.load_state(state)
        self.looks = {name[len("looks/") :]: state[name].copy() for name in state if name.startswith("looks/")}
        self.follow_verdicts()


def _pieces(flat_sites: np.ndarray | None, shape: tuple[int, int]) -> list[np.ndarray]:
    """Sites (flat indices) in pieces that stand side by side, each int64 [n, 2]; the first one is the uppermost."""
    if flat_sites is None:
        return []
    lattice = np.zeros(shape, bool)
    lattice.flat[flat_sites] = True
    pieces, count = ndimage.label(lattice, structure=np.ones((3, 3)))
    places = np.argwhere(lattice)
    whose = pieces[lattice]
    return [places[whose == number] for number in range(1, count + 1)]
