"""The model: a liver and the rules by which it lives, as a Mesa model."""

import importlib.util
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import cached_property, partial
from typing import Any

import mesa
import numpy as np

from .cells.population import LiverCell
from .config.loading import with_changes
from .config.schema import Config
from .extras import how_to_install
from .fields.secretion import secrete
from .interventions import Intervention
from .interventions.condition import ask
from .interventions.implant import lay_colonies
from .liver import Liver
from .notebook import card
from .tissue.grid import SiteGrid
from .tissue.sites import CAVITY, LUMEN, STANDING

_HALF = 2**64 - 1
_SEEDS_REPETITIONS = "rng" in inspect.signature(mesa.batch_run).parameters
"""Whether this version of Mesa hands over a seed for each repetition."""


class LiverModel(Liver, mesa.Model):
    """A liver, and the rules by which it lives: a Mesa model whose state is arrays.

    It has what an `abm.liver.Liver` has, and:

    grid : the Mesa grid over the lattices
    datacollector : Mesa's; collects the hours and the numbers of cells after every step while `collects` is True. Replace it
        by your own. A Simulation switches it off, because it has recorders, unless the collector is your own
    running : False once `duration` is reached; some of Mesa's runners stop then (Mesa's `time` counts steps)
    threads : how many fields are advanced side by side
    watch : a function, or None; called after each part of a step with the name of that part (see `abm.invariants`)
    """

    def __init__(self, config: Any = None, *, rng: Any = None, seed: Any = None, **overrides: Any):
        """
        config : a `Config` (from `load_config`), the path of a file, the name of a shipped config, its keys as a mapping, or
            None for the defaults
        rng, seed : the seed, instead of the config's; both names mean the same (a whole number or its text)
        overrides : keys of a config, presets among them, that replace those of `config`, as values or mappings:
            `LiverModel("quickstart", line="mc38", duration="3 d", rules={"emt": "off"})`

        Raises ConfigError when this is not a valid config, ValueError when no liver can be made from it: blood cannot pass
        the tissue, or there are more cells than sites.
        """
        before = set(vars(self))
        seeded = _SEEDS_REPETITIONS and (rng is not None or seed is not None)
        if not seeded and _is_repeated_by_mesa():
            raise ValueError(
                "mesa.batch_run makes each repetition with the same arguments, so that all of them would be one and the same "
                "run: name the seeds among the parameters, {'seed': [1, 2, 3]}, and leave out the iterations"
            )
        config = _configured(config, rng if rng is not None else seed, overrides)
        mesa.Model.__init__(self, rng=config.seed)
        Liver.__init__(self, config)
        self.threads = 1
        self.watch: Callable[[str], None] | None = None
        for rule in type(config).registry.rules:
            parameters = getattr(config.rules, rule.name)
            if parameters.enabled:
                self.rules[rule.name] = rule(parameters)
                self.rules[rule.name].prepare(self)
        self._prepared = {name: dict(vars(rule)) for name, rule in self.rules.items()}
        self.interventions = _named(config.interventions)
        inhibited = {entry.target for entry in self.interventions.values()} | self.drugs.inhibited
        self._inhibitable = [rule for rule in self.rules.values() if rule.name in inhibited]
        for name, entry in self.interventions.items():
            entry.prepare(self, name)
        lay_colonies(self)
        self.blood.begin(self)
        self.datacollector = self._counts = mesa.DataCollector(
            {"hours": "hours"} | {name: partial(_count_of, name) for name in self.populations}
        )
        self.collects = True
        self._within_step = False
        self._made = set(vars(self)) - before

    def lattice(self, name: str, value: float, dtype: type) -> np.ndarray:
        """A new lattice, which is a property layer of the grid."""
        return self.grid.share(name, value, dtype)

    @cached_property
    def grid(self) -> SiteGrid:
        return SiteGrid(self.shape, torus=self.periodic, random=self.random, agents_at=self._agents_at)

    # --- time -----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One step of dt: what is asked of the lesions, drugs, blood, interventions, the rules in their order, then the fields."""
        self._within_step = True
        ask(self)
        self.drugs.advance(self.hours, self.dt_hours)
        self.blood.advance(self)
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
        for name, entry in self.under_way.items():
            try:
                entry.apply(self, name)
            except Exception as error:
                error.add_note(f"in the intervention '{name}', step {self.step_number}")
                raise
            self._done(f"the intervention '{name}'")
        for rule in self._inhibitable:
            rule.slow_down(self.left(rule.name))

    def _advance_fields(self) -> None:
        due = {
            name: field for name, field in self.fields.items() if field.is_due(self.step_number) and field.is_felt(self)
        }
        if due:
            secrete(self.populations, due, self.fields["oxygen"].values, self.config)
        if self._pool is None:
            for field in due.values():
                field.advance(self)
        else:
            list(self._pool.map(lambda field: field.advance(self), due.values()))

    @property
    def _pool(self) -> ThreadPoolExecutor | None:
        """Threads that advance fields side by side: each field by one thread, so their number changes no byte."""
        return self._threads_pool if self.threads > 1 else None

    @cached_property
    def _threads_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix="crlm-field")

    # --- the Mesa face --------------------------------------------------------------------------------------------

    def _agents_at(self, row: int, column: int) -> list[LiverCell]:
        """The agents on a site: lumen, wall, tissue."""
        by_code = {population.code: population for population in self.populations.values()}
        agents = []
        for layer in range(len(STANDING)):
            code = int(self.sites.population[layer, row, column])
            if code:
                agents.append(by_code[code].handle(self, int(self.sites.occupant[layer, row, column])))
            if layer == LUMEN and self.sites.endothelium[row, column] >= 0:
                agents.append(self.wall.handle(self, int(self.sites.endothelium[row, column])))
        return agents

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All cells as Mesa agents, made now; an AgentSet of its own that can be changed freely."""
        agents = [agent for population in self.populations.values() for agent in population.agents(self)]
        return mesa.agent.AgentSet(agents, random=self.random)

    @property
    def agents_by_type(self) -> Mapping[type[LiverCell], mesa.agent.AgentSet]:
        """Agent class -> AgentSet of its living cells; a set is made when it is looked up."""
        return _AgentsByType(self)

    def register_agent(self, agent) -> None:
        """Mesa's agents register themselves here. Agents that are not cells would do nothing: raises TypeError."""
        raise TypeError(
            f"a {type(agent).__name__} is no cell of a liver, which runs rules instead of agents: let it act in a rule "
            "of your own (`abm.rule`)"
        )

    def remove_all_agents(self) -> None:
        """Overrides Mesa's method: raises TypeError, because the walls of the sinusoids stay."""
        raise TypeError(
            "the walls of the sinusoids cannot be removed; take out the other cells, class by class: "
            "for cell in model.agents_by_type[KupfferCell]: cell.remove()"
        )

    @property
    def agent_types(self) -> list[type[LiverCell]]:
        return [population.agent_class for population in self.populations.values()]

    # --- checkpoints ----------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Every array that a checkpoint needs, by name: those of the liver, and Mesa's random generators."""
        return super().state_arrays() | _chance_of(self)

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays of `state_arrays`: the run goes on from there.

        Raises KeyError or ValueError when they are those of another kind of model.
        """
        super().load_state(state)
        self.steps = self.step_number - self.first_step
        self.running = self.hours < self.config.duration
        _restore_chance(self, state)

    @property
    def has_own_collector(self) -> bool:
        """Whether `datacollector` was replaced by one of the user's."""
        return self.datacollector is not self._counts

    # --- copies -----------------------------------------------------------------------------------------------------

    def copy(self) -> "LiverModel":
        """Another liver in the same state, which goes on byte for byte as this one: to compare two futures.

            branch = model.copy()
            for cell in branch.agents_by_type[KupfferCell]:
                cell.remove()

        Attributes of your own are copied too; `watch` is not, as it belongs to one liver. Takes as long as making a liver.
        Raises RuntimeError in the middle of a step, TypeError when rules or interventions are not those of the config.
        """
        return deepcopy(self)

    __copy__ = copy

    def __reduce__(self):
        """A copy or a pickle is made anew from config and state, since tables, lattices and solvers share memory."""
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
        written = {rule.name: getattr(self.config.rules, rule.name) for rule in type(self.config).registry.rules}
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
        if not np.array_equal(self.sites.kind, np.where(self.cavity != 0, CAVITY, self.anatomy.kind)):
            raise TypeError("the tissue is not that of the config, from which a copy is made")
        if list(self.interventions.values()) != list(self.config.interventions):
            raise TypeError(
                "the interventions are not those of the config, from which a copy is made: write the change there"
            )

    # --- for the eye -----------------------------------------------------------------------------------------------

    def show(self, field: str | None = None, **how):
        """A picture of the liver as it is now (a PIL image, which Jupyter displays), with `field` as overlay. `how` : pixels,
        legend, region, limits, colour_by, hidden, borders of `abm.view.frames.picture`. The first picture takes a second, later ones some
        milliseconds."""
        from .view.frames import picture

        return picture(self, field, **how)

    def widget(self, steps: int = 12, **how):
        """The liver in a notebook, with play, pause and step, `steps` steps between two pictures; `how` as for `show`. Raises
        ModuleNotFoundError where the extra `notebook` is not installed."""
        if importlib.util.find_spec("anywidget") is None:
            raise ModuleNotFoundError(
                f"a widget needs what is installed only when it is asked for: {how_to_install('notebook')}"
            )
        from .view.widget import LiverWidget

        return LiverWidget(self, steps, **how)

    def _repr_html_(self) -> str:
        """What Jupyter shows: a small picture, a table, and the tree to unfold."""
        facts = {
            "moment": f"{self.hours:g} h",
            "tissue": f"{self.area_mm2:.3g} mm2",
            "cells": ", ".join(f"{name} {each.count:,}" for name, each in self.populations.items() if each.count),
            "seed": str(self.seed),
        }
        return card(
            f"LiverModel '{self.config.name}'",
            facts,
            pictures=[self.show(pixels=400, legend=False)],
            more=("everything", str(self)),
        )

    def __repr__(self) -> str:
        return (
            f"<LiverModel '{self.config.name}', seed {self.seed}: at {self.hours:g} h, {self.area_mm2:.3g} mm2, "
            f"{self.tumor.count:,} tumor cells>"
        )

    def __str__(self) -> str:
        """The tree of what will run."""
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
                rule.name + ("" if rule.name in self.rules else " (off)") for rule in type(self.config).registry.rules
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
    """Agent class -> AgentSet of its living cells."""

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
    """The states of Mesa's two random generators, as arrays: the liver draws from neither, a user's own rule may."""
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
    """Whether `mesa.batch_run` makes this model for a repetition other than the first; Mesa does not tell the model."""
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
