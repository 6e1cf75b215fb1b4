"""A population: a table of cells, and Mesa agents that are made from its rows on demand."""

import operator
from collections.abc import Sequence
from typing import Any, ClassVar

import mesa
import numpy as np

from ..kernels.flows import SIGNS
from ..kernels.random import shuffled
from ..kernels.tables import ALIVE, FLOWS, HIGH, Rows, Table, as_rows, blank_row, columns_in, columns_of, new_book
from ..kernels.traffic import Standing, remove
from .species import Species

_FEWEST_ROWS = 16
"""Rows of the smallest table: of fewer than two, columns would be of another type for kernels, which would compile again."""

_KEPT = ("alive", "layer", "row", "column", "uid")
_HANDLE = ("model", "_population", "_slot", "_uid", "unique_id", "pos")
"""The attributes of every agent; others are the user's."""


def _handle(model, population: str, slot: int, uid: int) -> "LiverCell":
    """The agent of a cell of this model, dead or alive."""
    return model.populations[population].handle(model, slot, uid)


class _Attribute:
    """An attribute of an agent that reads and writes its row in place. Its place and its identity are read-only."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, agent, owner=None):
        if agent is None:
            return self
        return agent._row()[self.name].item()

    def __set__(self, agent, value) -> None:
        if self.name in _KEPT:
            raise AttributeError(f"'{self.name}' cannot be set: the lattice knows it too (`remove()` takes a cell out)")
        agent._row()[self.name] = agent._population.checked(self.name, value)


class _StateAttribute(_Attribute):
    """The state of an agent, a number. It can be set, by number or name, to any state that its layer allows."""

    def __set__(self, agent, value) -> None:
        states = agent.states
        if isinstance(value, str) and value in states:
            value = states.index(value)
        if isinstance(value, str) or not 0 <= value < len(states) or value != int(value):
            raise ValueError(f"a {type(agent).__name__} is in no state {value!r}; there is {', '.join(states)}")
        now, value = agent.state, int(value)
        if value != now and not all(agent.layer in agent.species.layers_of(state) for state in (now, value)):
            name = type(agent).__name__
            raise ValueError(
                f"a {name} that is {states[now]} cannot turn {states[value]} where it stands: remove it, and add one with "
                f"model.add({name}, at=(row, column), state='{states[value]}')"
            )
        super().__set__(agent, value)


class LiverCell(mesa.Agent):
    """A Mesa agent that is a view of one row of a population.

    The columns of the table are its attributes. Reading or writing a cell that has died raises LookupError.
    """

    species: ClassVar[Species]
    """The declaration of the population."""
    dtype: ClassVar[np.dtype]
    states: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.dtype, cls.states = cls.species.dtype, cls.species.state_names
        for name in (column.name for column in cls.species.columns):
            if name in _TAKEN:
                raise ValueError(
                    f"the {cls.species.name} population has a column '{name}', which means something else for every agent "
                    "and table; give it another name"
                )
        for name in columns_in(cls.dtype):
            if name not in cls.__dict__:
                setattr(cls, name, _StateAttribute(name) if name == "state" else _Attribute(name))

    def __init__(self, *args, **kwargs):
        name = type(self).__name__
        raise TypeError(
            f"a {name} is a row of the liver's tables and is not made by itself: model.add({name}, at=(row, column)) "
            "adds one"
        )

    @classmethod
    def create_agents(cls, model, n: int, *args, **kwargs):
        """Overrides Mesa's method: raises TypeError, because a cell needs a place."""
        cls(model)

    @classmethod
    def of_row(cls, model, population: "Population", slot: int, uid: int | None = None) -> "LiverCell":
        """The agent of the cell in `slot`, or of the cell with the identity `uid` that lived there. It is not registered with
        Mesa, which would cost time and is not needed."""
        agent = cls.__new__(cls)
        agent.model = model
        agent._population = population
        agent._slot = int(slot)
        agent._uid = population.rows.uid[slot] if uid is None else np.uint64(uid)
        agent.unique_id = int(agent._uid)
        agent.pos = None
        return agent

    def __reduce__(self):
        """The copy of an agent is the agent of the same cell in the copy of its model."""
        rest = {name: value for name, value in vars(self).items() if name not in _HANDLE}
        return _handle, (self.model, self._population.name, self._slot, int(self._uid)), rest or None

    def _row(self):
        rows = self._population.rows
        if self._slot >= rows.size or not rows.alive[self._slot] or rows.uid[self._slot] != self._uid:
            raise LookupError(f"this {type(self).__name__} (unique_id {self.unique_id}) is no longer alive")
        return rows[self._slot]

    @property
    def is_alive(self) -> bool:
        rows = self._population.rows
        slot = self._slot
        return slot < rows.size and bool(rows.alive[slot]) and rows.uid[slot] == self._uid

    @property
    def state_name(self) -> str:
        return self.states[self.state]

    @property
    def cell(self):
        """The Mesa cell (lattice site) where this agent stands."""
        row = self._row()
        return self.model.grid[int(row["row"]), int(row["column"])]

    @cell.setter
    def cell(self, cell) -> None:
        self.move_to(cell)

    def move_to(self, cell) -> None:
        """Move to another site of the same layer: a Mesa cell or (row, column). Raises ValueError when that is occupied or no such
        cell can stand there."""
        self._row()
        self.model.move_cell(self._population, self._slot, getattr(cell, "coordinate", cell))

    def remove(self) -> None:
        """Take the cell out of the liver, as if it had died of another cause."""
        self._row()
        self.model.remove_cell(self._population, self._slot)

    def __repr__(self) -> str:
        if not self.is_alive:
            return f"<{type(self).__name__} {self.unique_id:#x}, gone>"
        return f"<{type(self).__name__} {self.unique_id:#x}, {self.state_name}, at ({self.row}, {self.column})>"


_TAKEN = frozenset((*dir(LiverCell), *LiverCell.__annotations__, *_HANDLE, *dir(Rows)))
"""Names that a column cannot have: those of what every agent and every table can do."""


class Population:
    """All cells of one kind.

    agent_class : the class of its Mesa agents, which holds the declaration of the population
    species : that declaration; name, code and states are taken from it
    sites_per_cell : how many rows make one real cell (an LSEC lines about six sites)
    given : the sites (flat indices, ascending) on which the file of the tissue has its cells; None: it says nothing of them
    rows : the table; a row keeps its place as long as its cell lives
    book : where to look in the table, and how many cells came and went (see `kernels.tables`)
    """

    def __init__(self, agent_class: type[LiverCell], *, sites_per_cell: float = 1.0):
        self.agent_class = agent_class
        self.species = agent_class.species
        self.name = self.species.name
        self.code = self.species.code
        self.states: Sequence[str] = self.species.state_names
        self.sites_per_cell = sites_per_cell
        self.given: np.ndarray | None = None
        self.rows = as_rows(np.zeros(_FEWEST_ROWS, agent_class.dtype))
        self.book = new_book(self.rows)
        self._blank = blank_row(agent_class.dtype)
        self._used = self._used_of = self.rows
        self._plain = np.asarray(self.rows)
        self._handles: dict[int, LiverCell] = {}

    @property
    def table(self) -> Table:
        return Table(self.rows, self.book, self._blank)

    @property
    def count(self) -> int:
        """How many rows are alive."""
        return int(self.book[ALIVE])

    @property
    def flows(self) -> np.ndarray:
        """How many rows came and went since the start, in the order of `kernels.flows.NAMES` (int64): a view."""
        return self.book[FLOWS:]

    @property
    def balance(self) -> int:
        """How many rows must be alive by these."""
        return int(SIGNS @ self.flows)

    @property
    def used(self) -> Rows:
        """The rows up to the last one alive, including dead ones: a view."""
        high = self.book[HIGH]
        if len(self._used) != high or self._used_of is not self.rows:
            self._used, self._used_of = self.rows[:high], self.rows
            self._plain = np.asarray(self._used)
        return self._used

    @property
    def plain(self) -> np.ndarray:
        """The same as `used` as a plain structured array, whose columns are looked up ten times faster."""
        _ = self.used
        return self._plain

    def alive_rows(self) -> Rows:
        """A copy of the rows that are alive, in their order."""
        used = self.used
        return used[used.alive != 0]

    def reserve(self, births: int) -> None:
        """Make room for `births` more cells; the table grows by doubling."""
        needed = self.count + births
        if needed > self.rows.size:
            grown = as_rows(np.zeros(max(needed, 2 * self.rows.size), self.rows.dtype))
            grown[: self.rows.size] = self.rows
            self.rows = grown

    def remove(self, sites: Any, slots: np.ndarray, flow: int) -> None:
        """Take the cells in `slots` out of the tissue, `sites` of the liver, and by `flow` out of the table."""
        remove(columns_of(self.rows, Standing), self.book, sites, slots, flow)

    def order(self, key: np.uint64, step: int, among: np.ndarray | None = None) -> np.ndarray:
        """The slots of the living cells in random order (int64), another one for each key and step.

        among : bool, as long as `used`: only these cells, in the order that they have among all
        """
        used = self.plain
        count = self.count if among is None else int(np.count_nonzero(among))
        if count == 0:
            return np.empty(0, np.int64)
        return shuffled(key, step, used["uid"], used["alive"] if among is None else among, count)

    def number_of(self, state: str) -> int:
        """The number of a state by its name. Raises ValueError for an unknown state."""
        return self.species.number_of(state)

    def checked(self, column: str, value: Any) -> float | int:
        """`value` as a number of this column. Raises ValueError when no cell can have it."""
        kind = self.rows.dtype[column]
        try:
            number = float(value) if kind.kind == "f" else operator.index(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"'{column}' of {self.name} cells is a {'' if kind.kind == 'f' else 'whole '}number, not {value!r}"
            ) from None
        least, most = self.species.column[column].limits
        if not (least <= number <= most and abs(number) != np.inf):
            raise ValueError(f"'{column}' of {self.name} cells cannot be {value!r}")
        return number

    def in_state(self, state: int) -> np.ndarray:
        """Which rows are alive and in the state of that number (bool, as long as `used`)."""
        used = self.plain
        return (used["state"] == state) & (used["alive"] != 0)

    def state_counts(self) -> np.ndarray:
        """How many rows are in each state, in the order of `states`."""
        used = self.plain
        return np.bincount(used["state"][used["alive"] != 0], minlength=len(self.states))

    def load(self, rows: np.ndarray, flows: np.ndarray) -> None:
        """Take over the rows of a checkpoint, and how many came and went until then."""
        if rows.dtype != self.agent_class.dtype:
            raise ValueError(f"the checkpoint's table of {self.name} cells has other columns than this version's")
        self.rows = as_rows(np.zeros(max(rows.size, _FEWEST_ROWS), rows.dtype))
        self.rows[: rows.size] = rows
        self.book = new_book(self.rows, flows)
        self._handles.clear()

    def handle(self, model, slot: int, uid: int | None = None) -> LiverCell:
        """The Mesa agent of the cell in `slot`, the same object as long as the cell lives. With `uid`, the agent of the cell
        of this identity, dead or alive."""
        if uid is not None and (slot >= self.rows.size or self.rows.uid[slot] != uid or not self.rows.alive[slot]):
            return self.agent_class.of_row(model, self, slot, uid)
        agent = self._handles.get(slot)
        if agent is None or not agent.is_alive:
            agent = self._handles[slot] = self.agent_class.of_row(model, self, slot)
        return agent

    def agents(self, model) -> list[LiverCell]:
        """Mesa agents of all living cells, lowest row first."""
        return [self.handle(model, int(slot)) for slot in np.flatnonzero(self.used.alive)]

    def to_dataframe(self) -> Any:
        """The living cells as a pandas DataFrame, one column per field of the table, states by name."""
        import pandas as pd

        rows = self.alive_rows()
        frame = pd.DataFrame({name: rows[name] for name in columns_in(rows.dtype) if name != "alive"})
        frame["state"] = pd.Categorical.from_codes(rows.state.astype(np.int64), categories=list(self.states))
        return frame

    def __getstate__(self):
        """A copy has its own rows and book; views and agents are made anew."""
        state = dict(vars(self))
        del state["_used"], state["_used_of"], state["_plain"], state["_handles"]
        return state

    def __setstate__(self, state) -> None:
        vars(self).update(state)
        self._used = self._used_of = self.rows
        self._plain = np.asarray(self.rows)
        self._handles = {}

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{n / self.sites_per_cell:.0f} {state}"
            for n, state in zip(self.state_counts(), self.states, strict=True)
            if n
        )
        return f"<{self.name}: {self.count / self.sites_per_cell:.0f} cells ({counts or 'none'})>"
