"""The liver: its state, and one step of it."""

import base64
import html
import inspect
import io
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import cached_property, partial
from typing import Any

import mesa
import numpy as np

from .blood import Blood
from .cells import endothelium, kupffer, natural_killer, neutrophil, stellate, tumor
from .cells.population import (
    ENDOTHELIAL,
    KUPFFER,
    NATURAL_KILLER,
    NEUTROPHIL,
    STELLATE,
    TUMOR,
    WHERE,
    LiverCell,
    Population,
)
from .config.loading import with_changes
from .config.schema import Config
from .fields.fields import Field, exchanging, is_due
from .fields.layers import LAYERS, MARKS
from .fields.multigrid import is_zero
from .fields.oxygen import Oxygen
from .fields.secretion import secrete
from .interventions import Intervention
from .interventions.moments import moments_of
from .kernels.random import hash64, stream_key
from .kernels.sites import Sites, lift, place
from .kernels.tables import free_slot, take_slot
from .ledger import cause, event
from .ledger.ledger import Ledger, enter, lose
from .rules import Rule
from .rules.arrest import NO_GRIP, Grip
from .tissue import anatomy as lobules
from .tissue.flow import Flow
from .tissue.grid import SiteGrid
from .tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE

_RECEPTORS = {"cxcl1": ("cxcr2",)}
"""The receptors by which signals are felt, where they can be blocked apart from their ligands."""
_HALF = 2**64 - 1
_SEEDS_REPETITIONS = "rng" in inspect.signature(mesa.batch_run).parameters
"""Whether this version of Mesa hands over a seed for each repetition."""


class LiverModel(mesa.Model):
    """A slab of liver, the cells in it, and the rules by which they live: a Mesa model whose state is arrays.

    Parameters
    ----------
    config : a `Config` (from `load_config`), the path of a file, the name of a shipped config, its keys as a mapping, or
        None for the defaults
    rng, seed : the seed, overriding the config's; either name, as Mesa users are used to (a whole number or its text)
    overrides : keys of a config, presets among them, over those of `config`, as values or mappings:
        `LiverModel("quickstart", line="mc38", duration="3 d", rules={"emt": "off"})`

    Attributes
    ----------
    anatomy, flow, grid : tissue, blood flow, and the Mesa grid over them
    populations : name -> Population, also as attributes: tumor, kupffer, endothelium, natural_killer, neutrophil, stellate
    fields : name -> field with `.values` (float32 [row, column]): tnf, tgf_beta, cxcl1, oxygen, lactate, vegf
    area_mm2, standard_area_mm2 : area of this slab, and of one of 10 um that holds as much liver: for such a one numbers of
        cells per mm2 are given
    sinusoids : where the sinusoid sites are, row * columns + column, rising (int64)
    ecm, nets, net_residue, exosomes, hepatocytes, collapsed : lattices [row, column]
    interventions : name -> what the experimenter does; `left(name)` says what of a molecule, a supply or a rule is left
    blood : systemic levels; ledger : what happened to the tumor cells
    datacollector : Mesa's, collects after every step (hours and counts; replace it by your own), as long as `collects`;
        a Simulation, which has recorders, does without, unless the collector is your own
    running : False once `duration` is reached, for those of Mesa's runners that ask
    minutes, hours : simulated time, negative before time 0 (Mesa's `time` counts steps)
    first_step, step_number : the step with which the run began (0, or before), and the present one
    watch : called, if it is set, with the name of each part of a step right after it (see `abm.invariants`)

    Raises ConfigError for what is no config, ValueError for one that makes no liver: a tissue that blood cannot pass, or
    more cells than sites.
    """

    def __init__(self, config: Any = None, *, rng: Any = None, seed: Any = None, **overrides: Any):
        before = set(vars(self))
        seeded = _SEEDS_REPETITIONS and (rng is not None or seed is not None)
        if not seeded and _is_repeated_by_mesa():
            raise ValueError(
                "mesa.batch_run makes each repetition with the same arguments, so that all of them would be one and the same "
                "run: name the seeds among the parameters, {'seed': [1, 2, 3]}, and leave out the iterations"
            )
        config = _configured(config, rng if rng is not None else seed, overrides)
        super().__init__(rng=config.seed)
        self.config = config
        self.seed = config.seed
        self.dt_hours = config.step
        self.dt_minutes = round(config.step * 60.0, 9)
        self.first_step = self.step_number = math.floor(config.begins / self.dt_hours + 1e-9)
        self.threads = 1
        self.watch: Callable[[str], None] | None = None
        self._keys: dict[str, np.uint64] = {}
        self._moments_of_step: tuple[int, Any] = (0, None)

        self.anatomy = lobules.grow(config.tissue, self.seed)
        self.shape = self.anatomy.shape
        self.spacing_um = self.anatomy.spacing_um
        self.periodic = self.anatomy.periodic
        self.area_mm2 = self.shape[0] * self.shape[1] * (self.spacing_um / 1000.0) ** 2
        self.standard_area_mm2 = self.area_mm2 * config.tissue.slabs
        self._make_lattices()
        self._make_flow()
        self._make_cells()
        self._make_fields()
        self.blood = Blood(config.blood)
        self.ledger = Ledger()
        self.rules: dict[str, Rule] = {}
        for rule in type(config).rule_classes:
            parameters = getattr(config.rules, rule.name)
            if parameters.enabled:
                self.rules[rule.name] = rule(parameters)
                self.rules[rule.name].prepare(self)
        self._prepared = {name: dict(vars(rule)) for name, rule in self.rules.items()}
        self.interventions = _named(config.interventions)
        self._inhibitable = [
            rule
            for rule in self.rules.values()
            if any(entry.target == rule.name for entry in self.interventions.values())
        ]
        for name, entry in self.interventions.items():
            entry.prepare(self, name)
        self.blood.receive(lambda name: self.given(name, self.hours))
        self.datacollector = self._counts = mesa.DataCollector(
            {"hours": "hours"} | {name: partial(_count_of, name) for name in self.populations}
        )
        self.collects = True
        self._within_step = False
        self._made = set(vars(self)) - before

    # --- construction ---------------------------------------------------------------------------------------------

    def _make_lattices(self) -> None:
        self.grid = SiteGrid(self.shape, torus=self.periodic, random=self.random, agents_at=self._agents_at)
        share = self.grid.share
        kind, zone = share("kind", 0, np.uint8), share("zone", 0, np.uint8)
        kind[:], zone[:] = self.anatomy.kind, self.anatomy.zone
        self.hepatocytes = share("hepatocytes", 1, np.uint8)
        self.collapsed = share("collapsed", 0, np.uint8)
        for name in LAYERS:
            setattr(self, name, share(name, 0.0, np.float32))
        self.sites = Sites(
            kind,
            zone,
            share("perfused", 1, np.uint8),
            np.full((2, *self.shape), -1, np.int32),
            np.zeros((2, *self.shape), np.uint8),
            np.full(self.shape, -1, np.int32),
            self.periodic,
        )
        self.sinusoids = np.flatnonzero(kind == SINUSOID)

    def _make_flow(self) -> None:
        self.flow = Flow(self.anatomy, self.config.tissue.sinusoid_velocity)
        self.open_pressure = self.flow.pressure.copy()
        self.shear = (self.flow.speed_um_per_s / np.float32(self.config.tissue.sinusoid_velocity)).astype(np.float32)
        self._flow_perfused = self.sites.perfused.copy()

    def _make_cells(self) -> None:
        cells = self.config.cells
        self.tumor = Population("tumor", TUMOR, tumor.TumorCell)
        self.kupffer = Population("kupffer", KUPFFER, kupffer.KupfferCell)
        self.endothelium = Population(
            "endothelium", ENDOTHELIAL, endothelium.EndothelialCell, sites_per_cell=cells.endothelium.sites_per_cell
        )
        self.natural_killer = Population("natural_killer", NATURAL_KILLER, natural_killer.NaturalKillerCell)
        self.neutrophil = Population("neutrophil", NEUTROPHIL, neutrophil.Neutrophil)
        self.stellate = Population("stellate", STELLATE, stellate.StellateCell)
        everybody = (self.tumor, self.kupffer, self.endothelium, self.natural_killer, self.neutrophil, self.stellate)
        self.populations = {population.name: population for population in everybody}
        endothelium.populate(self.endothelium, self.sites, self.sinusoids)
        area, seed = self.standard_area_mm2, self.seed
        kupffer.populate(self.kupffer, self.sites, cells.kupffer, area, seed)
        natural_killer.populate(self.natural_killer, self.sites, cells.natural_killer, area, seed)
        neutrophil.populate(self.neutrophil, self.sites, cells.neutrophil, area, seed)
        stellate.populate(self.stellate, self.sites, cells.stellate, area, seed)
        self.residents = {population.name: population.alive_rows() for population in (self.kupffer, self.stellate)}

    def _make_fields(self) -> None:
        p = self.config.fields
        how = {"spacing_um": self.spacing_um, "periodic": self.periodic, "step_s": self.dt_minutes * 60.0}
        exchange = exchanging(self.sites.kind, self.sites.perfused)
        self.fields: dict[str, Field | Oxygen] = {}
        for name in ("tnf", "tgf_beta", "cxcl1", "vegf", "lactate"):
            parameters = getattr(p, name)
            rest, unit = (p.lactate.blood, "mM") if name == "lactate" else (0.0, "K")
            values = self.grid.share(name, 0.0, np.float32)
            self.fields[name] = Field(
                name, unit, values, parameters, rest=rest, perfused_fraction=float(exchange.mean()), **how
            )
            self.fields[name].set_perfusion(exchange)
        self.fields["oxygen"] = Oxygen(self.grid.share("oxygen", 0.0, np.float32), p.oxygen, **how)
        self.fields["oxygen"].start(self.flow, self.sites, self.hepatocytes, self._tumor_sites())

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

    def step(self) -> None:
        """One step of dt: blood, interventions, the rules in their order, then the fields."""
        line = self.config.cells.tumor
        self._within_step = True
        self.blood.advance(
            self.dt_hours, line.g_csf * self.tumor.count / self.standard_area_mm2, self.given, self.left("g_csf")
        )
        self._done("the blood")
        if self.interventions:
            self._intervene()
        for rule in self.rules.values():
            try:
                rule.apply(self)
            except Exception as error:
                error.add_note(f"in the rule '{rule.name}', step {self.step_number}")
                raise
            self._done(f"the rule '{rule.name}'")
        self._advance_fields()
        self._done("the fields")
        self.ledger.count()
        self.step_number += 1
        self._within_step = False
        if self.collects:
            self.datacollector.collect(self)
        if self.hours >= self.config.duration:
            self.running = False

    def _done(self, part: str) -> None:
        if self.watch is not None:
            self.watch(part)

    def _intervene(self) -> None:
        for name, entry in self.interventions.items():
            try:
                entry.apply(self, name)
            except Exception as error:
                error.add_note(f"in the intervention '{name}', step {self.step_number}")
                raise
            self._done(f"the intervention '{name}'")
        for rule in self._inhibitable:
            rule.slow_down(self.left(rule.name))

    def _advance_fields(self) -> None:
        due = {name: field for name, field in self.fields.items() if is_due(field, self.step_number)}
        oxygen = due.pop("oxygen", None)
        if due:
            values = self.fields["oxygen"].values
            secrete(self.populations, due, values, self.config.secretion, self.config.cells.tumor.cxcl1)
        if self._pool is None:
            for field in due.values():
                field.advance()
        else:
            list(self._pool.map(Field.advance, due.values()))
        if oxygen is not None and self.tumor.count:
            oxygen.solve(self.flow, self.sites, self.hepatocytes, self._tumor_sites())

    @property
    def _pool(self) -> ThreadPoolExecutor | None:
        """Threads that advance fields side by side: each field by one thread, so their number changes no byte."""
        return self._threads_pool if self.threads > 1 else None

    @cached_property
    def _threads_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix="crlm-field")

    def _tumor_sites(self) -> np.ndarray:
        return (self.sites.population == TUMOR).any(axis=0)

    # --- what rules ask for ---------------------------------------------------------------------------------------

    @property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The moments (hours) of the present step at which interventions are looked at, and their weights."""
        step, moments = self._moments_of_step
        if step != self.step_number or moments is None:
            begin, end = self.hours, self.hours + self.dt_hours
            courses = self.interventions.values()
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
        """What changes with the hours as interventions do, at some moments of the present step, and their shares in it
        (float64, summing to 1): for means of what saturates, which is not what the mean does."""
        moments, weights = self._moments
        return np.array([course(hours) for hours in moments.tolist()], np.float64), weights

    def mean(self, course: Callable[[float], float]) -> float:
        """The mean over the present step of what changes with the hours as interventions do; exact for what stays."""
        values, weights = (part.tolist() for part in self.over_step(course))
        return values[0] + sum(weight * (value - values[0]) for value, weight in zip(values, weights, strict=True))

    def left(self, name: str, hours: float | None = None) -> float:
        """What interventions leave of the effect of a molecule, the supply of a population or the rates of a rule: a
        fraction, 1 when nobody touches it; the mean over the present step, or what is left at some time."""
        if not self.interventions:
            return 1.0
        if hours is None:
            return self.mean(lambda hours: self.left(name, hours))
        return math.prod(entry.left(name, hours) for entry in self.interventions.values())

    def given(self, name: str, hours: float | None = None) -> float:
        """What interventions add to a level in the blood: the mean over the present step, or at some time."""
        if not self.interventions:
            return 0.0
        if hours is None:
            return self.mean(lambda hours: self.given(name, hours))
        return sum(entry.given(name, hours) for entry in self.interventions.values())

    def saturation(self, *names: str) -> float:
        """What given levels in the blood do together, x / (1 + x) of their sum x: the mean over the present step."""
        if not self.interventions:
            return 0.0
        return self.mean(lambda hours: 1.0 - 1.0 / (1.0 + sum(self.given(name, hours) for name in names)))

    def signal(self, name: str) -> np.ndarray:
        """A diffusing signal as cells feel it: the field, less what is blocked of the ligand or its receptor."""
        values = self.fields[name].values
        left = (
            math.prod(self.left(molecule) for molecule in (name, *_RECEPTORS.get(name, ())))
            if self.interventions
            else 1.0
        )
        return values if left == 1.0 else values * np.float32(left)

    def sticky_nets(self) -> np.ndarray:
        """Everything of nets to which cells stick: the nets, and what DNase leaves of them on the wall (float32 lattice)."""
        return self.nets if is_zero(self.net_residue) else self.nets + self.net_residue

    def grip(self) -> Grip:
        """What holds a passing tumor cell: by the rules `arrest` and `net_trapping`, as far as they are on."""
        arrest, trapping = self.rules.get("arrest"), self.rules.get("net_trapping")
        if arrest is None:
            return NO_GRIP
        net_fold = trapping.parameters.capture_fold if trapping is not None else 0.0
        return arrest.grip(self.config.tissue.portal_central_distance, net_fold)

    @property
    def perfused_sites(self) -> np.ndarray:
        """Perfused sinusoid sites, int64 [n, 2], as of the last solution of the flow."""
        return self._perfused_sites

    @cached_property
    def _perfused_sites(self) -> np.ndarray:
        perfused = self.sinusoids[self._flow_perfused.ravel()[self.sinusoids] != 0]
        return np.stack(np.divmod(perfused, self.shape[1]), axis=1)

    def update_flow(self) -> None:
        """Solve the flow again, and what depends on it, if other sites are perfused than at the last solution."""
        if np.array_equal(self.sites.perfused, self._flow_perfused):
            return
        self._flow_perfused[:] = self.sites.perfused
        self._follow_perfusion()

    def _follow_perfusion(self) -> None:
        self.flow.update((self.sites.kind == SINUSOID) & (self._flow_perfused != 0))
        self.__dict__.pop("_perfused_sites", None)
        exchange = exchanging(self.sites.kind, self._flow_perfused)
        for field in self.fields.values():
            if isinstance(field, Field):
                field.set_perfusion(exchange)

    def remove_cell(self, population: Population, slot: int) -> None:
        """Take one cell out of the liver; a tumor cell's end is entered in the ledger (died, other)."""
        if population is self.tumor:
            lose(self.tumor.table, self.sites, self.ledger.book(1), self.minutes, event.DIED, cause.OTHER, slot)
            self.ledger.count()
            return
        row = population.rows[slot]
        if population is self.endothelium:
            raise ValueError("the wall of a sinusoid cannot be removed; switch its expression off instead")
        lift(self.sites, row.layer, row.row, row.column)
        free_slot(population.table, slot)

    def add(
        self, agent_class: type[LiverCell], at: tuple[int, int], *, state: str | None = None, **columns
    ) -> LiverCell:
        """A new cell on a free site: `model.add(TumorCell, at=(20, 31), state="extravasated")`.

        In the lumen of a sinusoid, or in the tissue for stellate cells and for extravasated and dormant tumor cells. Tumor
        cells (by default extravasated) are like those of the line, enter the ledger as arrived, and found a clone of their
        own with a negative number. Columns that are not named are zero.

        Raises ValueError where somebody stands, or no such cell can, and for columns or states that there are not.
        """
        population = next((one for one in self.populations.values() if one.agent_class is agent_class), None)
        if population is None or population is self.endothelium:
            raise ValueError(f"a {getattr(agent_class, '__name__', agent_class)} cannot be added to a liver")
        is_tumor = population is self.tumor
        number = 0 if state is None and not is_tumor else population.number_of(state or "extravasated")
        if is_tumor and number == tumor.CIRCULATING:
            raise ValueError("circulating tumor cells come with the rule 'arrival'")
        free = set(population.rows.dtype.names) - {*(name for name, _ in WHERE), *(("clone",) if is_tumor else ())}
        if not columns.keys() <= free:
            raise ValueError(
                f"no column {', '.join(sorted(columns.keys() - free))} of a {agent_class.__name__} can be given, only "
                f"{', '.join(sorted(free))}"
            )
        in_tissue = population is self.stellate or (is_tumor and number in (tumor.EXTRAVASATED, tumor.DORMANT))
        layer, (row, column) = (TISSUE if in_tissue else LUMEN), map(operator.index, at)
        self._refuse_place(layer, row, column)
        columns = {name: population.checked(name, value) for name, value in columns.items()}
        population.reserve(1)
        slot = take_slot(population.table)
        cell = population.rows[slot]
        site, again, stream = row * self.shape[1] + column, 0, stream_key(0, f"added/{population.name}")
        while (uid := hash64(stream, np.uint64(site), self.step_number, again)) in population.rows.uid:
            again += 1
        cell.state, cell.layer, cell.row, cell.column, cell.uid = number, layer, row, column, uid
        if is_tumor:
            line, now = self.config.cells.tumor, self.hours
            given = {name: getattr(line, name) for name in ("emt", "cd47", "cd24", "pdl1", "calreticulin")}
            columns = (
                {"diameter_um": line.diameter, "arrived_h": now, "settled_h": now, "held_by": cause.OTHER}
                | given
                | columns
            )
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
        """Let a cell stand on another site of its layer. Raises ValueError where somebody stands, or no such cell can."""
        cell, (row, column) = population.rows[slot], map(operator.index, to)
        if population is self.endothelium or (population is self.tumor and cell.state == tumor.CIRCULATING):
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
        """Raise ValueError unless a cell can stand on a site of the layer, and nobody does."""
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            raise ValueError(
                f"there is no site ({row}, {column}): the lattice has {self.shape[0]} rows and {self.shape[1]} columns"
            )
        name = ("lumen", "tissue")[layer]
        if self.sites.kind[row, column] not in ((SINUSOID,) if layer == LUMEN else (SINUSOID, PARENCHYMA)):
            raise ValueError(f"at site ({row}, {column}) no cell can stand in the {name}")
        if self.sites.population[layer, row, column]:
            raise ValueError(f"in the {name} of site ({row}, {column}) somebody stands already")

    # --- the Mesa face --------------------------------------------------------------------------------------------

    def _agents_at(self, row: int, column: int) -> list[LiverCell]:
        """The agents on a site: lumen, wall, tissue."""
        by_code = {population.code: population for population in self.populations.values()}
        found = []
        for layer in (LUMEN, TISSUE):
            code = int(self.sites.population[layer, row, column])
            if code:
                found.append(by_code[code].handle(self, int(self.sites.occupant[layer, row, column])))
            if layer == LUMEN and self.sites.endothelium[row, column] >= 0:
                found.append(self.endothelium.handle(self, int(self.sites.endothelium[row, column])))
        return found

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All cells as Mesa agents, made now; an AgentSet of its own that can be changed freely."""
        everybody = [agent for population in self.populations.values() for agent in population.agents(self)]
        return mesa.agent.AgentSet(everybody, random=self.random)

    @property
    def agents_by_type(self) -> Mapping[type[LiverCell], mesa.agent.AgentSet]:
        """Agent class -> AgentSet of its living cells; a set is made when it is looked up."""
        return _AgentsByType(self)

    def register_agent(self, agent) -> None:
        """Mesa's agents register themselves here; those that are no cells would do nothing, and are refused."""
        raise TypeError(
            f"a {type(agent).__name__} is no cell of a liver, which runs rules instead of agents: let it act in a rule "
            "of your own (`abm.rule`)"
        )

    def remove_all_agents(self) -> None:
        """As Mesa's, refused: the walls of the sinusoids stay."""
        raise TypeError(
            "the walls of the sinusoids cannot be removed; take out the other cells, class by class: "
            "for cell in model.agents_by_type[KupfferCell]: cell.remove()"
        )

    @property
    def agent_types(self) -> list[type[LiverCell]]:
        return [population.agent_class for population in self.populations.values()]

    # --- checkpoints ----------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Every array that a checkpoint needs, by name; what follows from config and seed is left out."""
        state = {f"cells/{name}": np.asarray(population.used).copy() for name, population in self.populations.items()}
        state |= {f"fields/{name}": field.excess for name, field in self.fields.items()}
        state |= {f"layers/{name}": getattr(self, name) for name in (*LAYERS, *MARKS)}
        state |= {
            "sites/perfused": self.sites.perfused,
            "sites/occupant": self.sites.occupant,
            "sites/population": self.sites.population,
            "flow/perfused": self._flow_perfused,
            "blood/levels": self.blood.levels,
            "ledger/totals": self.ledger.totals,
            "clock/step_number": np.array([self.step_number], np.int64),
        }
        return state | _chance_of(self)

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Put the arrays of `state_arrays` back; the next step is the one that would have followed then.

        Raises KeyError or ValueError when the state is not of such a model.
        """
        for name, population in self.populations.items():
            population.load(state[f"cells/{name}"])
        for name in (*LAYERS, *MARKS):
            getattr(self, name)[:] = state[f"layers/{name}"]
        self.sites.perfused[:] = state["sites/perfused"]
        self.sites.occupant[:] = state["sites/occupant"]
        self.sites.population[:] = state["sites/population"]
        self._flow_perfused[:] = state["flow/perfused"]
        self._follow_perfusion()
        for name, field in self.fields.items():
            field.load(state[f"fields/{name}"])
        self.blood.levels[:] = state["blood/levels"]
        self.ledger.load(state["ledger/totals"])
        self.step_number = int(state["clock/step_number"][0])
        self.steps = self.step_number - self.first_step
        self.running = self.hours < self.config.duration
        _restore_chance(self, state)

    @property
    def has_own_collector(self) -> bool:
        """Whether `datacollector` was replaced by one of the user's."""
        return self.datacollector is not self._counts

    # --- copies -----------------------------------------------------------------------------------------------------

    def copy(self) -> "LiverModel":
        """Another liver in the same state, with the same future to the byte: to try what would be if.

            branch = model.copy()
            for cell in branch.agents_by_type[KupfferCell]:
                cell.remove()

        Whatever you have hung on the model is copied too. `watch` is not: it looks at one liver. Takes as long as making a
        liver. Raises RuntimeError in the middle of a step, and TypeError when rules or interventions are not those of the
        config.
        """
        return deepcopy(self)

    __copy__ = copy

    def __reduce__(self):
        """Copies and pickles are made anew from config and state: tables, lattices and solvers share their memory."""
        if self._within_step:
            raise RuntimeError(
                f"step {self.step_number} has not ended: a liver can be copied or pickled between steps only"
            )
        self._refuse_changed_by_hand()
        cached = {name for name in vars(self) if isinstance(getattr(type(self), name, None), cached_property)}
        carried = {"datacollector", "_counts", "collects", "threads", "running"}
        rest = {name: value for name, value in vars(self).items() if name not in self._made - carried | cached}
        return _rebuilt, (type(self), self.config, self.state_arrays(), self.ledger.entries.copy()), rest

    def _refuse_changed_by_hand(self) -> None:
        """Raise TypeError unless rules, interventions and tissue are those of the config, and everything is in the state."""
        written = {rule.name: getattr(self.config.rules, rule.name) for rule in type(self.config).rule_classes}
        written = {name: parameters for name, parameters in written.items() if parameters.enabled}
        if [(name, rule.uninhibited) for name, rule in self.rules.items()] != list(written.items()):
            raise TypeError(
                "the rules are not those of the config, from which a copy is made: write the change into the config"
            )
        for name, rule in self.rules.items():
            prepared = self._prepared[name]
            own = [
                key for key, value in vars(rule).items() if key != "parameters" and prepared.get(key, rule) is not value
            ]
            if own:
                raise TypeError(
                    f"the rule '{name}' remembers {', '.join(own)} by itself, which neither copies nor checkpoints keep: "
                    "what a rule remembers belongs into the tables and lattices of the liver"
                )
        if not np.array_equal(self.sites.kind, self.anatomy.kind):
            raise TypeError("the tissue is not that of the config, from which a copy is made")
        if list(self.interventions.values()) != list(self.config.interventions):
            raise TypeError(
                "the interventions are not those of the config, from which a copy is made: write the change there"
            )

    # --- for people -----------------------------------------------------------------------------------------------

    def show(self, field: str | None = None, **how):
        """A picture of the liver as it is now (a PIL image, which Jupyter displays); `field` as overlay. `how`: pixels,
        legend, region, limits of `abm.view.frames.picture`. The first one takes a second, those that follow hardly any time."""
        from .view.frames import picture

        return picture(self, field, **how)

    def _repr_html_(self) -> str:
        """What Jupyter shows: a small picture, and the tree."""
        image = io.BytesIO()
        self.show(pixels=400, legend=False).save(image, "JPEG", quality=85)
        picture = base64.b64encode(image.getvalue()).decode()
        return f'<img src="data:image/jpeg;base64,{picture}"><pre>{html.escape(repr(self))}</pre>'

    def __repr__(self) -> str:
        rows, columns = self.shape
        branches = {
            f"tissue: {rows} x {columns} sites of {self.spacing_um:g} um ({self.area_mm2:.3g} mm2), "
            f"{'periodic' if self.periodic else 'closed'} edges": [],
            "cells": [str(population)[1:-1] for population in self.populations.values()],
            "fields": [str(field)[1:-1] for field in self.fields.values()],
            str(self.blood)[1:-1]: [],
            str(self.ledger)[1:-1]: [],
            "interventions": [entry.title for entry in self.interventions.values()],
            "rules, in this order": [
                rule.name + ("" if rule.name in self.rules else " (off)") for rule in type(self.config).rule_classes
            ],
        }
        lines = [
            f"LiverModel '{self.config.name}', seed {self.seed}, at {self.hours:g} h, step {self.dt_minutes:g} min"
        ]
        if not self.interventions:
            del branches["interventions"]
        for branch, leaves in branches.items():
            last = branch == "rules, in this order"
            lines.append(f"{'└─' if last else '├─'} {branch}")
            lines += [f"{'   ' if last else '│  '}{'└─' if leaf == leaves[-1] else '├─'} {leaf}" for leaf in leaves]
        return "\n".join(lines)


class _AgentsByType(Mapping):
    """Agent class -> AgentSet, looked up in the populations."""

    def __init__(self, model: LiverModel):
        self._model = model
        self._populations = {population.agent_class: population for population in model.populations.values()}

    def __getitem__(self, agent_class):
        return mesa.agent.AgentSet(self._populations[agent_class].agents(self._model), random=self._model.random)

    def __iter__(self):
        return iter(self._populations)

    def __len__(self) -> int:
        return len(self._populations)


def _named(interventions: Iterable[Intervention]) -> dict[str, Intervention]:
    """The interventions by what they do; equal ones are numbered. The names are those of their random streams."""
    named: dict[str, Intervention] = {}
    for entry in interventions:
        same = sum(other.title == entry.title for other in named.values())
        named[f"{entry.title} {same + 1}" if same else entry.title] = entry
    return named


def _count_of(population: str, model: LiverModel) -> int:
    return model.populations[population].count


def _rebuilt(cls: type[LiverModel], config: Config, state: Mapping[str, np.ndarray], entries: np.ndarray) -> LiverModel:
    """A liver in the state of another one; what a subclass adds is put in its place afterwards."""
    model = cls.__new__(cls)
    LiverModel.__init__(model, config)
    model.load_state(state)
    model.ledger.load(model.ledger.totals, entries)
    return model


def _chance_of(model: LiverModel) -> dict[str, np.ndarray]:
    """Mesa's two streams of chance, as arrays: the liver draws from neither, a user's own rule may."""
    _, words, spare = model.random.getstate()
    generator = model.rng.bit_generator.state
    halves = [generator["state"][name] >> shift & _HALF for name in ("state", "inc") for shift in (0, 64)]
    return {
        "chance/random": np.array(words, np.uint32),
        "chance/spare": np.array([np.nan if spare is None else spare]),
        "chance/generator": np.array([*halves, generator["has_uint32"], generator["uinteger"]], np.uint64),
    }


def _restore_chance(model: LiverModel, state: Mapping[str, np.ndarray]) -> None:
    spare = float(state["chance/spare"][0])
    model.random.setstate((3, tuple(map(int, state["chance/random"])), None if math.isnan(spare) else spare))
    low, high, step_low, step_high, held, value = map(int, state["chance/generator"])
    model.rng.bit_generator.state = model.rng.bit_generator.state | {
        "state": {"state": low | high << 64, "inc": step_low | step_high << 64},
        "has_uint32": held,
        "uinteger": value,
    }


def _is_repeated_by_mesa() -> bool:
    """Whether `mesa.batch_run` is making this model for one of several repetitions, of which a model is told nothing."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "mesa.batchrunner":
            runs = frame.f_locals.get("runs_list") or [frame.f_locals.get("run")]
            if any(run is not None and run[1] > 0 for run in runs):  # (run, repetition, arguments)
                return True
        frame = frame.f_back
    return False


def _configured(config: Any, seed: Any, overrides: Mapping[str, Any]) -> Config:
    """The config with seed and overrides applied, validated as a whole."""
    if seed is not None:
        overrides = {
            **overrides,
            "seed": int(seed) if str(seed).isdigit() else seed,
        }  # text is what SolaraViz hands over
    return with_changes(config, overrides)
