"""The declaration of a population: everything that the rest of the simulator needs to know about it.

Configs and their schema, the tables of cells, pictures and movies, snapshots, measures, interventions, invariants and
the catalogue read it; no population is listed anywhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ..target import Target
from ..tissue.sites import INTERSTITIUM, LUMEN
from ..units import Parameters

Colour = tuple[int, int, int]
Shape = Literal["round", "ring", "tile", "diamond", "lobed", "amoeboid", "starred", "engulfing", "spindle", "burst"]
"""How a cell can be drawn: round with a nucleus, hollow, cobbled, on its edge, with a lobed nucleus, with short arms, with long
ones, with short arms around what it has eaten, long and thin, burst open."""

_STATES_OF_A_CODE = 10
"""How many numbers in pictures are reserved for the states of one population."""
MOST_CODES = 25
"""The highest code of a population: the numbers of its states in pictures must fit into one byte."""


LEVEL_AT_ITS_SITE = "level that one steadily secreting cell keeps at its own site, in units of the half-maximal effect"
"""The meaning of the amount that cells secrete of a signal."""


class Appearance(NamedTuple):
    """How cells in a state are drawn.

    label, group : the words of the state, and of its population, in a legend
    colour : red, green and blue, 0 to 255
    shape : one of `Shape`
    radius : in sites
    glow : strength of the halo of fluorescence around the cell, 0 to 1
    state : the name of the state
    """

    label: str
    colour: Colour
    shape: Shape
    radius: float
    glow: float = 0.0
    group: str = ""
    state: str = ""

    def refuse_what_cannot_be_drawn(self, whose: str) -> None:
        """Raise ValueError for a shape or a colour that does not exist."""
        if self.shape not in get_args(Shape):
            raise ValueError(f"{whose} is drawn as {self.shape!r}; shapes are {', '.join(get_args(Shape))}")
        if not (
            isinstance(self.colour, tuple) and len(self.colour) == 3 and all(0 <= part <= 255 for part in self.colour)
        ):
            raise ValueError(f"the colour of {whose} is {self.colour!r}; it must be (red, green, blue), each 0 to 255")


class Column(NamedTuple):
    """One number that is known of each cell.

    kind : its NumPy type
    unit : "" for none
    within : its lowest and highest value, where it has both
    signed : whether it may be negative (times before 0, numbers of clones)
    mapped : what legends call it, for a column of the wall that frames keep as a lattice
    nominal : whether its values are only labels, such as numbers of clones, without an order
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    within: tuple[float, float] | None = None
    signed: bool = False
    mapped: str = ""
    nominal: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Its lowest and highest possible value."""
        if self.within is not None:
            return self.within
        whole = np.dtype(self.kind).kind != "f"
        most = np.iinfo(self.kind).max if whole else np.inf
        least = np.iinfo(self.kind).min if whole else -np.inf
        return (least if self.signed else 0), most


WHERE = (
    Column("alive", "u1", "whether the row holds a cell: 0 or 1", within=(0, 1)),
    Column("state", "u1", "number of its state"),
    # int64, as all indices of lattices, so that kernels are compiled for one type of index
    Column("layer", "i8", "number of the layer in which it stands"),
    Column("row", "i8", "row of its site"),
    Column("column", "i8", "column of its site"),
    Column("uid", "u8", "the identity that it keeps for life"),
)
"""The first columns of every population."""


class State(NamedTuple):
    """A state of cells; its number is its index among the states of the population.

    look : how it is drawn; None for cells that are part of the tissue (the wall)
    stands : the layers in which cells in this state can stand, the usual one first; () for cells that the blood carries;
        None: the layers of the population
    """

    name: str
    look: Appearance | None = None
    stands: tuple[int, ...] | None = None


class Aspect(NamedTuple):
    """What pictures show of some cells in a state, beyond the state: those beside little of something, or with much of something.

    state : theirs; look : how they are drawn
    field, below : a field, and the level under which it lies at their site: in a species the key of the config that holds it, in
        what a run says of itself the level
    column, least : a column, and from which value on
    """

    state: str
    look: Appearance
    field: str = ""
    below: str | float = ""
    column: str = ""
    least: float = 0.0


class Secretes(NamedTuple):
    """A field that the cells of a population secrete.

    amount : the key of the config that holds the amount, such as "secretion.kupffer_tnf": for a signal the level that one
        steadily secreting cell keeps at its own site, for a metabolite a rate
    states : the states in which cells secrete; by default all
    weight : a column by which the amount is multiplied, or a function of the rows (structured array) and the config
    only_hypoxic : whether only cells with less oxygen than `secretion.hypoxia_below` secrete it
    """

    field: str
    amount: str
    states: tuple[str, ...] = ()
    weight: str | Callable[[np.ndarray, Any], np.ndarray] | None = None
    only_hypoxic: bool = False


class Knowing(NamedTuple):
    """A way in which cells know tumor cells when they meet them.

    column : it is 1 in the cells that have it
    shown : keys of the config whose product is the chance that such a cell recognises a tumor cell, for one pair always or never
    """

    column: str
    shown: tuple[str, ...] = ()


class Walk(NamedTuple):
    """How the cells of a population walk in the sinusoids or in the interstitium, and stop at tumor cells.

    speed, persistence : the keys of the config that hold the speed, and the time for which a cell keeps its direction
    states : the states in which they walk, all in the lumen or all in the interstitium; by default all
    up, chemotaxis : the signal that they follow, and the key of the config that says how strongly
    receptor : the molecule by which they do, if that is not one of the receptors of the field
    contact : the state that a cell takes when it meets a tumor cell. It remembers which (column `target`) and ignores it when
        it walks on; the ledger enters the encounter
    knowing : the ways in which some of them know tumor cells, of which the best counts; the others pass by, and who recognises nothing
        remembers that and passes by, too. (): all know every tumor cell
    touching : the column that is 1 while a cell touches a tumor cell
    exclusion : the key of the config that holds the chance with which a cell turns back before a site that is full of tumor
    hindrance, crowding : the keys of the config that hold the share that full matrix, and a tumor cell at the site, take from the chance
        with which a cell in the interstitium gets in there

    Cells that walk have a column `heading`.
    """

    speed: str
    persistence: str
    states: tuple[str, ...] = ()
    up: str | None = None
    chemotaxis: str = ""
    receptor: str = ""
    contact: str | None = None
    knowing: tuple[Knowing, ...] = ()
    touching: str | None = None
    exclusion: str = ""
    hindrance: str = ""
    crowding: str = ""


class Crossing(NamedTuple):
    """How leukocytes leave a sinusoid for the interstitium, and come back.

    patrolling, searching : their states in the lumen and in the interstitium
    up : the signal that calls them out, or the signals that do together; where tumor cells are touched they need none
    returns : whether they come back at all
    marked, otherwise : the column that is 1 in those that are `searching` in the interstitium, and the state of the others there; by
        default all are
    """

    patrolling: str
    searching: str
    up: str | tuple[str, ...]
    returns: bool = True
    marked: str = ""
    otherwise: str = ""

    @property
    def signals(self) -> tuple[str, ...]:
        return (self.up,) if isinstance(self.up, str) else self.up


class Called(NamedTuple):
    """A signal that stops leukocytes of the blood in the sinusoids, at a rate of its own.

    up : the signal
    rate : the key of the config that holds how many enter each sinusoid site per hour in a saturating signal, at average flow
    column, value : the column that says which of them it brings, and its value in these
    receptor : the molecule by which they come, if that is not one of the receptors of the field
    """

    up: str
    rate: str
    column: str = ""
    value: int = 0
    receptor: str = ""


class Raised(NamedTuple):
    """A level in the blood that brings more leukocytes, or lets them live longer: its name, the key of the config that holds how much
    more where it saturates, and the molecules by which it does."""

    level: str
    gain: str
    ligand: str = ""
    receptor: str = ""


class Supply(NamedTuple):
    """How the blood replaces leukocytes that leave and die, so that their density in the sinusoids holds.

    density, residence, life : the keys of the config that hold the density in the sinusoids, the mean stay there, and the mean life
        outside of them
    up : the signal that stops more of them, in proportion to the density, by the molecule `receptor` if that is not
        one of the receptors of the field
    called : signals that stop more of them at rates of their own
    raised : levels in the blood that bring more of all kinds
    kept : levels in the blood that lengthen their life outside of the sinusoids
    """

    density: str
    residence: str
    life: str
    up: str = ""
    receptor: str = ""
    called: tuple[Called, ...] = ()
    raised: tuple[Raised, ...] = ()
    kept: tuple[Raised, ...] = ()


class Resident(NamedTuple):
    """Cells outside of the sinusoids that do not go back to the blood: the column that is 1 in them, and the key of the config that
    holds their mean life."""

    column: str
    life: str


class Drawn(NamedTuple):
    """A column of a newcomer that is drawn with its random number `number`: one of `choices` values, equally likely, or 1 with
    the probability that the config has at the key `chance` and the level `level` in the blood adds to, if one is named, else 0."""

    column: str
    number: int
    choices: int = 0
    chance: str = ""
    level: str = ""


class FromBlood(NamedTuple):
    """The properties of cells that enter from the blood: their state (by default the first), the columns that are drawn, and
    the column, if any, that holds the hour of entry. All other columns are zero."""

    state: str = ""
    drawn: tuple[Drawn, ...] = ()
    dated: str | None = None


_LIKE_THE_FIRST = FromBlood()


class Product(NamedTuple):
    """Cells that are made outside of the body to be infused: the target, and the columns that are drawn besides those of newcomers."""

    target: Target
    drawn: tuple[Drawn, ...] = ()


HEADING = Column("heading", "u1", "direction of its walk, 0-7 clockwise from straight up", within=(0, 7))
"""The column of cells that walk."""
DRAWN_HEADING = Drawn("heading", 2, choices=8)
"""A newcomer begins to walk in any direction."""


class Chart(NamedTuple):
    """A course through time that figures show: the number of cells in a state, or of all cells. Where there is room for only
    one course of a population, it is the first."""

    words: str
    state: str | None = None


class Shown(NamedTuple):
    """What pictures and figures need to know about a population. A run stores it, so that it can be drawn later even when
    the population is no longer declared.

    looks : number in pictures -> how cells in that state are drawn
    charts, ink : the courses through time, and their colour on white
    """

    name: str
    words: str
    looks: Mapping[int, Appearance]
    charts: tuple[Chart, ...]
    ink: str

    @property
    def courses(self) -> list[tuple[str, str]]:
        """The columns of timeseries.parquet that are drawn, each with its label; the most important first."""
        return [(f"{self.name}_{chart.state}" if chart.state else self.name, chart.words) for chart in self.charts]

    @property
    def plain(self) -> dict[str, Any]:
        """As plain data, for a file."""
        looks = {str(code): list(look) for code, look in self.looks.items()}
        return self._asdict() | {"looks": looks, "charts": [list(chart) for chart in self.charts]}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Shown":
        """The inverse of `plain`. Raises KeyError, TypeError or ValueError for other data."""
        looks = {int(code): Appearance(*look)._replace(colour=tuple(look[1])) for code, look in plain["looks"].items()}
        return cls(
            plain["name"], plain["words"], looks, tuple(Chart(*chart) for chart in plain["charts"]), plain["ink"]
        )

    def colour_of(self, column: str) -> Colour | None:
        """The colour of a course on dark ground: that of its state, else of the first state; None when nothing is drawn."""
        looks = list(self.looks.values())
        chart = next(chart for chart, (name, _) in zip(self.charts, self.courses, strict=True) if name == column)
        candidates = [look for look in looks if chart.state is not None and look.state == chart.state] or looks
        return candidates[0].colour if candidates else None


@dataclass(frozen=True, kw_only=True)
class Species:
    """The declaration of one population.

    name, words : as in configs and tables ("natural_killer"), and in sentences ("NK cells")
    code : its number in the lattices of occupancy, 1 to 25; in plugins 20 to 25
    parameters : its group in the config, under `cells`
    states : the states in which a cell can be
    columns : what is known of each cell, besides `WHERE`
    aspects : what pictures tell apart among the cells in a state; of several that are true the last is shown
    stands : the layers in which its cells can stand; they settle in the first
    is_wall : whether it is the wall of the vessels, which stands in no layer and cannot be removed
    settle : places the cells at the beginning: a function of the population, the sites, its parameters, the area in mm2 and
        the seed; None when there are none at the beginning
    stays : whether the blood brings no new cells. After a depletion they come back to their places of the beginning
    cells_per_row : the parameter that says how many cells one row stands for, if there is one
    secretes : what its cells secrete
    secretion : the parameters with the amounts, in the group `secretion` of the config
    walks : how its cells walk, in the sinusoids and in the interstitium; (): they do not
    crosses : how they leave the vessels and come back; None: they do not
    newcomer : the properties of cells that enter from the blood
    supply : how the blood replaces those that leave and die; None: a rule of their own says so
    resident : which of its cells stay outside of the sinusoids, and live otherwise long; None: none do
    suppresses, suppressing : the key of the config that holds the share of their killing that one of its cells takes from lymphocytes
        nearby, and the states in which it does, by default all; "": it takes none
    suppresses_within : the key of how near those are; "": as `immune_suppression` has it
    molecules : its molecules that can be blocked
    depleted, infused : how its cells are depleted and infused in the laboratory; None: they cannot be
    products : its cells as they are made to be infused, by their name
    charts, ink : the courses that figures show, and their colour on white
    synonyms : other names that people write for it, in lower case, separated by spaces
    """

    name: str
    code: int
    words: str
    parameters: type[Parameters]
    states: tuple[State, ...]
    columns: tuple[Column, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    stands: tuple[int, ...] = (LUMEN,)
    is_wall: bool = False
    settle: Callable[..., Any] | None = None
    stays: bool = False
    cells_per_row: str = ""
    secretes: tuple[Secretes, ...] = ()
    secretion: type[Parameters] | None = None
    walks: tuple[Walk, ...] = ()
    crosses: Crossing | None = None
    newcomer: FromBlood = _LIKE_THE_FIRST
    supply: Supply | None = None
    resident: Resident | None = None
    suppresses: str = ""
    suppressing: tuple[str, ...] = ()
    suppresses_within: str = ""
    molecules: Mapping[str, Target] = field(default_factory=dict)
    depleted: Target | None = None
    infused: Target | None = None
    products: Mapping[str, Product] = field(default_factory=dict)
    charts: tuple[Chart, ...] = ()
    ink: str = "#50565e"
    synonyms: str = ""

    def __post_init__(self):
        self._refuse_other_types()
        if not 1 <= self.code <= MOST_CODES:
            raise ValueError(
                f"the code of the {self.name} population is {self.code}; it must be between 1 and {MOST_CODES}"
            )
        most = self.first_picture_code - self.first_picture_code // _STATES_OF_A_CODE * _STATES_OF_A_CODE
        if not 1 <= len(self.states) <= _STATES_OF_A_CODE - most - len(self.aspects):
            raise ValueError(
                f"the {self.name} population has {len(self.states)} states; it must have 1 to "
                f"{_STATES_OF_A_CODE - most - len(self.aspects)}"
            )
        for kind, names in (
            ("column", [column.name for column in self.all_columns]),
            ("state", [state.name for state in self.states]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"the {self.name} population has two {kind}s named {', '.join(sorted(twice))}")
        for column, use in self._named_columns():
            if column not in self.column:
                raise ValueError(f"the {self.name} population has no column '{column}', which {use}")
        for state, use in self._named_states():
            if state not in self.state_names:
                raise ValueError(f"the {self.name} population has no state '{state}', {use}")
        for walk in self.walks:
            if bool(walk.up) != bool(walk.chemotaxis):
                raise ValueError(
                    f"the {self.name} population walks up a signal by its chemotaxis: give both `up` and `chemotaxis`"
                )
            self._refuse_walks_elsewhere(walk)
        for drawn in self.all_drawn:
            if bool(drawn.choices) == bool(drawn.chance):
                raise ValueError(
                    f"'{drawn.column}' of newcomers of the {self.name} population is drawn from either `choices` values or by a `chance`"
                )

    def _refuse_walks_elsewhere(self, walk: Walk) -> None:
        """Raise ValueError for a walk in a layer, or in layers, where nobody can walk."""
        for state in walk.states or self.state_names:
            layers = self.layers_of(self.number_of(state))
            if layers not in ((LUMEN,), (INTERSTITIUM,)) or layers[0] != self.layer_of(walk):
                raise ValueError(
                    f"the {self.name} population walks in the state '{state}', in which it stands elsewhere; cells walk in the "
                    "lumen or in the interstitium: name the `states` of each walk, those of one layer"
                )

    def layer_of(self, walk: Walk) -> int:
        """The layer in which a walk of its cells leads."""
        layers = self.layers_of(self.number_of((walk.states or self.state_names)[0]))
        return layers[0] if layers else LUMEN

    def _refuse_other_types(self) -> None:
        """Raise TypeError or ValueError for what would only fail later, or be drawn as something else."""
        for name, values, kind in (
            ("states", self.states, State),
            ("columns", self.columns, Column),
            ("aspects", self.aspects, Aspect),
            ("stands", self.stands, int),
            ("secretes", self.secretes, Secretes),
            ("charts", self.charts, Chart),
            ("walks", self.walks, Walk),
            ("suppressing", self.suppressing, str),
            ("drawn", self.all_drawn, Drawn),
            *(
                (f"states of {secreted.field}", secreted.states, str)
                for secreted in self.secretes
                if isinstance(secreted, Secretes)
            ),
            *(("states of its walk", walk.states, str) for walk in self.walks if isinstance(walk, Walk)),
            *(("knowing", walk.knowing, Knowing) for walk in self.walks if isinstance(walk, Walk)),
        ):
            if not isinstance(values, tuple) or not all(isinstance(value, kind) for value in values):
                raise TypeError(
                    f"the {self.name} population: `{name}` must be a tuple of {kind.__name__}, also for one: (x,); got {values!r}"
                )
        for name, target in (("depleted", self.depleted), ("infused", self.infused)):
            if not isinstance(target, Target | None):
                raise TypeError(f"the {self.name} population: `{name}` must be a Target, got {target!r}")
        for state in self.states:
            if state.look is not None:
                state.look.refuse_what_cannot_be_drawn(f"the state '{state.name}' of the {self.name} population")
        for aspect in self.aspects:
            aspect.look.refuse_what_cannot_be_drawn(f"an aspect of the {self.name} population")

    def _named_columns(self) -> Iterator[tuple[str, str]]:
        """The columns that its declaration speaks of, and for what they are needed."""
        for walk in self.walks:
            yield "heading", "cells that walk need"
            if walk.contact is not None:
                yield "target", "cells that remember whom they met need"
            for column in (*(way.column for way in walk.knowing), *([walk.touching] if walk.touching else [])):
                yield column, "its walk speaks of"
        for aspect in self.aspects:
            if aspect.column:
                yield aspect.column, "pictures look at"
        for drawn in self.all_drawn:
            yield drawn.column, "its newcomers draw"
        if self.newcomer.dated is not None:
            yield self.newcomer.dated, "its newcomers keep the hour in"
        if self.crosses is not None and self.crosses.marked:
            yield self.crosses.marked, "says in which state they are outside of the vessels"
        if self.resident is not None:
            yield self.resident.column, "says which of them stay outside of the vessels"
        for called in self.supply.called if self.supply is not None else ():
            if called.column:
                yield called.column, f"tells those that {called.up} brings"
        for secreted in self.secretes:
            if isinstance(secreted.weight, str):
                yield secreted.weight, f"weighs its secretion of {secreted.field}"

    def _named_states(self) -> Iterator[tuple[str, str]]:
        """The states that its declaration speaks of, and where."""
        for walk in self.walks:
            yield from ((state, "in which it should walk") for state in walk.states)
            if walk.contact is not None:
                yield walk.contact, "to which a meeting should lead"
        if self.crosses is not None:
            ends = (self.crosses.patrolling, self.crosses.searching, self.crosses.otherwise)
            yield from ((state, "between which it should cross") for state in ends if state)
        yield from ((aspect.state, "of which it has an aspect") for aspect in self.aspects)
        yield from ((state, "in which it should suppress") for state in self.suppressing)
        if self.newcomer.state:
            yield self.newcomer.state, "in which its newcomers should be"
        for secreted in self.secretes:
            yield from ((state, f"in which it should secrete {secreted.field}") for state in secreted.states)
        for chart in self.charts:
            if chart.state is not None:
                yield chart.state, "of which it has a chart"

    def named_keys(self) -> Iterator[tuple[str, str, str | None]]:
        """The keys of the config that its declaration names, what for, and in which unit; None for any."""
        for aspect in self.aspects:
            if aspect.field:
                yield str(aspect.below), f"the level of {aspect.field} under which it is shown", None
        for secreted in self.secretes:
            yield secreted.amount, f"the amount of {secreted.field} that it secretes", None
        for walk in self.walks:
            yield walk.speed, "its speed", "um/min"
            yield walk.persistence, "the persistence of its walk", "h"
            for key, what in (
                (walk.chemotaxis, "its chemotaxis"),
                (walk.exclusion, "what turns it back"),
                (walk.hindrance, "what hinders its walk"),
                (walk.crowding, "what hinders its walk"),
                *((key, "the chance that it recognises a tumor cell") for way in walk.knowing for key in way.shown),
            ):
                if key:
                    yield key, what, None
        if self.supply is not None:
            yield self.supply.density, "the density that the blood holds", "/mm^2"
            yield self.supply.residence, "its stay in the sinusoids", "h"
            yield self.supply.life, "its life outside of them", "h"
            for called in self.supply.called:
                yield called.rate, f"how many of them {called.up} brings", "/h"
        if self.resident is not None:
            yield self.resident.life, "the life of those that stay", "h"
        if self.suppresses:
            yield self.suppresses, "what it takes from lymphocytes", None
        if self.suppresses_within:
            yield self.suppresses_within, "how near it takes that", "um"
        for drawn in self.all_drawn:
            if drawn.chance:
                yield drawn.chance, f"the chance of '{drawn.column}' in newcomers", ""

    @property
    def all_drawn(self) -> tuple[Drawn, ...]:
        """What is drawn of newcomers, and of products."""
        return (*self.newcomer.drawn, *(drawn for product in self.products.values() for drawn in product.drawn))

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of its table."""
        return (*WHERE, *self.columns)

    @cached_property
    def dtype(self) -> np.dtype:
        """The type of a row of its table."""
        return np.dtype([(column.name, column.kind) for column in self.all_columns])

    @cached_property
    def column(self) -> dict[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in self.all_columns}

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        return tuple(state.name for state in self.states)

    def number_of(self, state: str) -> int:
        """The number of a state by its name. Raises ValueError for an unknown state."""
        if state not in self.state_names:
            raise ValueError(f"{self.name} cells are in no state {state!r}; there is {', '.join(self.state_names)}")
        return self.state_names.index(state)

    def layers_of(self, state: int) -> tuple[int, ...]:
        """The layers in which cells in the state of that number can stand, the usual one first."""
        stands = self.states[state].stands
        return self.stands if stands is None else stands

    def settles_in(self, layer: int) -> bool:
        """Whether its cells are settled in this layer at a given density."""
        return (
            self.settle is not None
            and not self.is_wall
            and self.stands[0] == layer
            and "density" in self.parameters.model_fields
        )

    @property
    def called_by(self) -> tuple[str, ...]:
        """The signals that stop its cells in the blood, or call them across the wall."""
        supply, crosses = self.supply, self.crosses
        brought = [] if supply is None else [*([supply.up] if supply.up else []), *(one.up for one in supply.called)]
        return tuple(dict.fromkeys([*brought, *(crosses.signals if crosses is not None else ())]))

    @property
    def brought_by(self) -> tuple[str, ...]:
        """The levels in the blood that say how many of its cells come, and what they are like."""
        raised = (*self.supply.raised, *self.supply.kept) if self.supply is not None else ()
        drawn = [drawn.level for drawn in self.newcomer.drawn if drawn.level]
        return tuple(dict.fromkeys([*drawn, *(by.level for by in raised)]))

    @property
    def stopped_by(self) -> tuple[str, ...]:
        """The molecules that its walks and its `supply` name, by which it is called."""
        by = [walk.receptor for walk in self.walks]
        if self.supply is not None:
            by += [self.supply.receptor]
            by += [
                name for raised in (*self.supply.raised, *self.supply.kept) for name in (raised.ligand, raised.receptor)
            ]
        return tuple(name for name in by if name)

    @property
    def first_picture_code(self) -> int:
        """The number of its first state in pictures; the others follow. 0 is nobody."""
        return max(1, (self.code - 1) * _STATES_OF_A_CODE)

    @property
    def looks(self) -> dict[int, Appearance]:
        """Number in pictures -> how cells in that state, or of that aspect, are drawn. Cells that the blood carries are not drawn."""
        looks = {}
        for number, state in enumerate(self.states):
            if state.look is not None and self.layers_of(number):
                looks[self.first_picture_code + number] = state.look._replace(group=self.words, state=state.name)
            for code, aspect in self.aspect_codes:
                if aspect.state == state.name:
                    looks[code] = aspect.look._replace(group=self.words)
        return looks

    @property
    def aspect_codes(self) -> list[tuple[int, Aspect]]:
        """Its aspects, with their numbers in pictures: those behind the numbers of its states."""
        return list(enumerate(self.aspects, start=self.first_picture_code + len(self.states)))

    @property
    def shown(self) -> Shown:
        return Shown(self.name, self.words, self.looks, self.charts, self.ink)

    @property
    def mapped(self) -> dict[str, Column]:
        """The columns that frames keep as lattices, by name."""
        return {column.name: column for column in self.columns if column.mapped}
