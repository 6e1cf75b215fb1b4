"""The liver: its state, and one step of it."""

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
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
    LiverCell,
    Population,
)
from .config.schema import Config, compose
from .fields.fields import Field, exchanging, is_due
from .fields.multigrid import is_zero
from .fields.oxygen import Oxygen
from .fields.secretion import secrete
from .interventions import Intervention
from .kernels.random import stream_key
from .kernels.sites import Sites
from .record import cause, event
from .record.ledger import Ledger, lose
from .rules import Rule
from .rules.arrest import NO_GRIP, Grip
from .tissue import anatomy as lobules
from .tissue.flow import Flow
from .tissue.grid import SiteGrid
from .tissue.sites import LUMEN, SINUSOID, TISSUE

_LAYERS = ("ecm", "nets", "net_residue", "exosomes", "hepatocytes", "collapsed")
_RECEPTORS = {"cxcl1": ("cxcr2",)}
"""The receptors by which signals are felt, where they can be blocked apart from their ligands."""


class LiverModel(mesa.Model):
    """A slab of liver, the cells in it, and the rules by which they live: a Mesa model whose state is arrays.

    Parameters
    ----------
    config : a `Config` (from `load_config`), or None for the defaults
    rng, seed : the seed, overriding the config's; either name, as Mesa users are used to (a whole number or its text)
    overrides : top-level parts of the config, as mappings or values: `LiverModel(duration="3 d", rules={"emt": "off"})`

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
    datacollector : Mesa's, collects after every step (hours and counts; replace it by your own)
    running : False once `duration` is reached, for those of Mesa's runners that ask
    minutes, hours : simulated time, negative before time 0 (Mesa's `time` counts steps)
    first_step, step_number : the step with which the run began (0, or before), and the present one
    watch : called, if it is set, with the name of each part of a step right after it (see `abm.invariants`)

    Raises ValueError for a config that makes no liver: a tissue smaller than a lobule, or more cells than sites.
    """

    def __init__(self, config: Config | None = None, *, rng: Any = None, seed: Any = None, **overrides: Any):
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
        self.interventions = _named(config.interventions)
        self._inhibitable = [rule for rule in self.rules.values() if any(
            entry.target == rule.name for entry in self.interventions.values())]
        for name, entry in self.interventions.items():
            entry.prepare(self, name)
        self.blood.receive(self.given)
        self.datacollector = mesa.DataCollector(
            {"hours": "hours"} | {name: [_count_of, [self, name]] for name in self.populations})

    # --- construction ---------------------------------------------------------------------------------------------

    def _make_lattices(self) -> None:
        self.grid = SiteGrid(self.shape, torus=self.periodic, random=self.random, agents_at=self._agents_at)
        share = self.grid.share
        kind, zone = share("kind", 0, np.uint8), share("zone", 0, np.uint8)
        kind[:], zone[:] = self.anatomy.kind, self.anatomy.zone
        self.hepatocytes = share("hepatocytes", 1, np.uint8)
        self.collapsed = share("collapsed", 0, np.uint8)
        self.ecm = share("ecm", 0.0, np.float32)
        self.nets = share("nets", 0.0, np.float32)
        self.net_residue = share("net_residue", 0.0, np.float32)
        self.exosomes = share("exosomes", 0.0, np.float32)
        self.sites = Sites(
            kind, zone, share("perfused", 1, np.uint8), np.full((2, *self.shape), -1, np.int32),
            np.zeros((2, *self.shape), np.uint8), np.full(self.shape, -1, np.int32), self.periodic,
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
            "endothelium", ENDOTHELIAL, endothelium.EndothelialCell, sites_per_cell=cells.endothelium.sites_per_cell)
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
                name, unit, values, parameters, rest=rest, perfused_fraction=float(exchange.mean()), **how)
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
        self.blood.advance(self.dt_hours, line.g_csf * self.tumor.count / self.standard_area_mm2, self.given, self.left("g_csf"))
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

    def left(self, name: str, hours: float | None = None) -> float:
        """What interventions leave of the effect of a molecule, the supply of a population or the rates of a rule: a
        fraction, 1 when nobody touches it; now, or at another time."""
        if not self.interventions:
            return 1.0
        hours = self.hours if hours is None else hours
        return math.prod(entry.left(name, hours) for entry in self.interventions.values())

    def given(self, name: str) -> float:
        """What interventions add now to a level in the blood."""
        return sum(entry.given(name, self.hours) for entry in self.interventions.values())

    def signal(self, name: str) -> np.ndarray:
        """A diffusing signal as cells feel it: the field, less what is blocked of the ligand or its receptor."""
        values = self.fields[name].values
        left = math.prod(self.left(molecule) for molecule in (name, *_RECEPTORS.get(name, ()))) if self.interventions else 1.0
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
        from .kernels.sites import lift
        from .kernels.tables import free_slot

        if population is self.tumor:
            lose(self.tumor.table, self.sites, self.ledger.book(1), self.minutes, event.DIED, cause.OTHER, slot)
            self.ledger.count()
            return
        row = population.rows[slot]
        if population is self.endothelium:
            raise ValueError("the wall of a sinusoid cannot be removed; switch its expression off instead")
        lift(self.sites, row.layer, row.row, row.column)
        free_slot(population.table, slot)

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

    @property
    def agent_types(self) -> list[type[LiverCell]]:
        return [population.agent_class for population in self.populations.values()]

    # --- checkpoints ----------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Every array that a checkpoint needs, by name; what follows from config and seed is left out."""
        state = {f"cells/{name}": np.asarray(population.used).copy() for name, population in self.populations.items()}
        state |= {f"fields/{name}": field.excess for name, field in self.fields.items()}
        state |= {f"layers/{name}": getattr(self, name) for name in _LAYERS}
        state |= {
            "sites/perfused": self.sites.perfused, "sites/occupant": self.sites.occupant,
            "sites/population": self.sites.population, "flow/perfused": self._flow_perfused,
            "blood/levels": self.blood.levels, "ledger/totals": self.ledger.totals,
            "clock/step_number": np.array([self.step_number], np.int64),
        }
        return state

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Put the arrays of `state_arrays` back; the next step is the one that would have followed then.

        Raises KeyError or ValueError when the state is not of such a model.
        """
        for name, population in self.populations.items():
            population.load(state[f"cells/{name}"])
        for name in _LAYERS:
            getattr(self, name)[:] = state[f"layers/{name}"]
        self.sites.perfused[:] = state["sites/perfused"]
        self.sites.occupant[:] = state["sites/occupant"]
        self.sites.population[:] = state["sites/population"]
        self._flow_perfused[:] = state["flow/perfused"]
        self._follow_perfusion()
        for name, field in self.fields.items():
            field.load(state[f"fields/{name}"])
        self.blood.levels[:] = state["blood/levels"]
        self.ledger = Ledger()
        self.ledger.totals[:] = state["ledger/totals"]
        self.step_number = int(state["clock/step_number"][0])
        self.steps = self.step_number - self.first_step
        self.running = self.hours < self.config.duration

    # --- for people -----------------------------------------------------------------------------------------------

    def show(self, field: str | None = None):
        """A picture of the liver as it is now (a PIL image, which Jupyter displays); `field` as overlay."""
        from .view.frames import picture

        return picture(self, field=field)

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
                rule.name + ("" if rule.name in self.rules else " (off)") for rule in type(self.config).rule_classes],
        }
        lines = [f"LiverModel '{self.config.name}', seed {self.seed}, at {self.hours:g} h, step {self.dt_minutes:g} min"]
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


def _count_of(model: LiverModel, population: str) -> int:
    return model.populations[population].count


def _configured(config: Config | None, seed: Any, overrides: Mapping[str, Any]) -> Config:
    """The config with seed and overrides applied, validated as a whole."""
    if "plugins" in overrides:
        raise ValueError("plugins are named in a config that `load_config` reads, not as an override")
    base = config if config is not None else compose()()
    if seed is not None:
        overrides = {**overrides, "seed": int(seed)}
    if not overrides:
        return base
    return type(base).model_validate(_merged(base.model_dump(mode="json"), overrides))


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        old = merged.get(name)
        if isinstance(old, dict) and "enabled" in old and isinstance(value, bool | str):
            value = {"enabled": value}
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged
