"""What is true of every liver at every time. `crlm run --check` looks for it after every part of every step.

    check(model)                              # raises BrokenInvariant
    Simulation(model, check=True).run()       # after every rule, so that the error names the one that broke it

A look costs up to as much as a step of all rules, and less where little has changed since the last; nothing in the liver is changed
by it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .cells.population import Population
from .fields.layers import MARKS
from .kernels import flows
from .kernels.tables import FLOWS, columns_in, new_book
from .ledger import event
from .ledger.ledger import FLOWS as FLOWS_OF_EVENTS
from .liver import Liver
from .tissue.sites import KINDS, PARENCHYMA, ROOM, SINUSOID, STANDING, TISSUE

if TYPE_CHECKING:
    from .model import LiverModel

_ROUNDING = np.float32(1e-5)
_FIELD_ROUNDING = 1e-3  # above the highest level that a field can have; its solver iterates to a tolerance
_SHOWN = 3


class BrokenInvariant(RuntimeError):
    """The state of a liver is not one that a liver can be in; the message says when, after what, and what is wrong."""


class Census(NamedTuple):
    """Who is alive, ascending by uid (uint64), and how many came and went until then (see `kernels.flows`)."""

    uids: np.ndarray
    flows: np.ndarray


def census(model: Liver) -> dict[str, Census]:
    """Of each population."""
    return {
        name: Census(np.sort(population.plain["uid"][population.plain["alive"] != 0]), population.flows.copy())
        for name, population in model.populations.items()
    }


class Unchanged:
    """What a look has found to be sound: what has not changed by a byte since need not be looked at again."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, ...]] = {}

    def since(self, name: str, *arrays: np.ndarray) -> bool:
        """Whether the arrays are what they were when they were last asked about under that name."""
        now = tuple(array.tobytes() for array in arrays)
        same = self._last.get(name) == now
        self._last[name] = now
        return same


def check(
    model: Liver, after: str = "", before: Mapping[str, Census] | None = None, unchanged: Unchanged | None = None
) -> None:
    """Raise BrokenInvariant unless everything holds; `after` names what was done last ("the rule 'growth'"), `before` says who lived
    before that, `unchanged` what was sound."""
    wrong = list(violations(model, unchanged))
    if before is not None and not wrong:
        wrong += _replaced(before, census(model))
    if wrong:
        shown = wrong[:_SHOWN] + ([f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else [])
        raise BrokenInvariant(
            f"step {model.step_number} ({model.hours:.4g} h){f', after {after}' if after else ''}: {'; '.join(shown)}"
        )


def watch(model: "LiverModel", every: int = 1) -> None:
    """Check the model now, and from now on after every part of every `every`-th step."""
    unchanged = Unchanged()
    check(model, "the beginning", unchanged=unchanged)
    seen = census(model)

    def look(part: str) -> None:
        nonlocal seen
        if (model.step_number - model.first_step) % every == 0:
            check(model, part, seen, unchanged)
            seen = census(model)

    model.watch = look


def violations(model: Liver, unchanged: Unchanged | None = None) -> Iterator[str]:
    """One sentence for everything that is wrong with the state of the liver, but for what is `unchanged` since it was sound."""
    unchanged = unchanged or Unchanged()
    sites, standing = model.sites, 0
    still = unchanged.since("sites", sites.kind, sites.occupant, sites.population, sites.endothelium)
    for population in model.populations.values():
        same = unchanged.since(f"cells/{population.name}", np.asarray(population.rows), population.book)
        wrong = [] if same else list(_table(population))
        yield from wrong
        if not wrong:  # places can be looked up only where the table is sound
            if not (same and still):
                yield from _places(model, population)
            standing += _standing(population)
    yield from _lattices(model, standing)
    yield from _books(model)
    yield from _fields(model, unchanged)


def _table(population: Population) -> Iterator[str]:
    """The table by itself: its book, identities, states and numbers."""
    name, says, expected = population.name, population.book[:FLOWS].tolist(), new_book(population.rows)[:FLOWS].tolist()
    if says != expected:
        yield f"the book of the {name} table says {says}, its rows say {expected}"
        return
    if population.balance != population.count:
        went = ", ".join(f"{cells} {flow}" for flow, cells in zip(flows.NAMES, population.flows, strict=True) if cells)
        yield f"{population.count} {name} cells are alive, and {population.balance} by those that came and went ({went or 'nobody'})"
    for flow, cells in zip(flows.NAMES, population.flows, strict=True):
        if cells < 0:
            yield f"{cells} {name} cells {flows.MEANING[flow][1]}"
    rows = population.used[population.used.alive != 0]
    if np.unique(rows.uid).size != rows.size:
        yield f"in the {name} table, two cells have one identity"
    if (population.used.alive > 1).any():
        yield f"in the {name} table, a cell is neither dead (0) nor alive (1)"
    if (rows.state >= len(population.states)).any():
        yield f"in the {name} table, a cell is in state {rows.state.max()}, and there are {len(population.states)}"
        return
    for column in population.species.all_columns:
        values, (least, most) = rows[column.name], column.limits
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            yield f"in the {name} table, '{column.name}' is {values[~np.isfinite(values)][0]}"
        elif (values < least).any():
            yield f"in the {name} table, '{column.name}' is {values.min()}, below {least:g}"
        elif (values > most * (1 + _ROUNDING)).any():
            yield f"in the {name} table, '{column.name}' is {values.max()}, above {most:g}"


def _places(model: Liver, population: Population) -> Iterator[str]:
    """Every cell stands where the lattices say, and where its kind may stand."""
    name, sites = population.name, model.sites
    slots = np.flatnonzero(population.used.alive)
    rows = population.used[slots]
    inside = (rows.row < model.shape[0]) & (rows.column < model.shape[1]) & (rows.layer < len(STANDING))
    if not inside.all():
        yield f"in the {name} table, a cell is outside of the lattice"
        return
    if population.species.is_wall:
        if rows.size != np.count_nonzero(sites.kind == SINUSOID) or not np.array_equal(
            sites.endothelium[rows.row, rows.column], slots
        ):
            yield "the wall of a sinusoid is missing or in another place than the lattice says"
        return
    stands = ~np.isin(rows.state, _carried(population))
    slots, rows = slots[stands], rows[stands]
    lost = (sites.occupant[rows.layer, rows.row, rows.column] != slots) | (
        sites.population[rows.layer, rows.row, rows.column] != population.code
    )
    for cell in rows[lost][:1]:
        where = STANDING[cell.layer]
        yield f"{np.count_nonzero(lost)} {name} cells are not where they say, one at site ({cell.row}, {cell.column}) of the {where}"
    possible = _possible(population)
    misplaced = ~possible[rows.state, rows.layer, sites.kind[rows.row, rows.column]]
    for cell in rows[misplaced][:1]:
        yield f"in the {name} table, a cell stands at site ({cell.row}, {cell.column}), where nobody can"


def _standing(population: Population) -> int:
    """How many cells hold a site: not the wall, nor those that the blood carries."""
    if population.species.is_wall:
        return 0
    return population.count - int(population.state_counts()[_carried(population)].sum())


def _carried(population: Population) -> list[int]:
    """The states of cells that the blood carries, and that hold no site."""
    return [state for state in range(len(population.states)) if not population.species.layers_of(state)]


def _possible(population: Population) -> np.ndarray:
    """Where a cell can stand: bool [state, layer, kind of site]."""
    possible = np.zeros((len(population.states), len(STANDING), len(KINDS)), bool)
    for state in range(len(population.states)):
        for layer in population.species.layers_of(state):
            possible[state, layer, ROOM[layer]] = True
    return possible


def _lattices(model: Liver, standing: int) -> Iterator[str]:
    """One cell per site and layer; sites are open or not, hepatocytes there or not."""
    sites = model.sites
    occupied = np.count_nonzero(sites.population)
    if occupied != standing:
        yield f"{occupied} sites are occupied, and {standing} cells stand on them"
    if not np.array_equal(sites.population == 0, sites.occupant < 0):
        yield "a site is free in one of the lattices of occupancy, and not in the other"
    for name, lattice in (("perfused", sites.perfused), *((name, getattr(model, name)) for name in MARKS)):
        if (lattice > 1).any():
            yield f"'{name}' of a site is {lattice.max()}, and can be 0 or 1"
    both = (sites.population[TISSUE] == model.tumor.code) & (sites.kind == PARENCHYMA) & (model.hepatocytes == 1)
    for row, column in np.argwhere(both)[:1]:
        yield f"a tumor cell and a hepatocyte are in one place, at site ({row}, {column})"


def _books(model: Liver) -> Iterator[str]:
    """Tumor cells alive = arrived + divided - every way out, as their table counts them too; who turns stays a cell."""
    model.ledger.count()
    if model.ledger.balance != model.tumor.count:
        yield f"{model.tumor.count} tumor cells are alive, and by the ledger {model.ledger.balance}"
        return
    for code, flow in FLOWS_OF_EVENTS.items():
        written, counted = model.ledger.total(code), model.tumor.flows[flow]
        if written != counted:
            yield f"by the ledger {written} tumor cells {event.NAMES[code]}, and {counted} {flows.MEANING[flows.NAMES[flow]][1]}"
    turned = sum(int(population.flows[flows.TURNED]) for population in model.populations.values())
    arose = sum(int(population.flows[flows.AROSE]) for population in model.populations.values())
    if turned != arose:
        yield f"{turned} cells {flows.MEANING['turned'][1]}, and {arose} {flows.MEANING['arose'][1]}"


def _replaced(before: Mapping[str, Census], now: Mapping[str, Census]) -> Iterator[str]:
    """The identities of who came and went, against how many did."""
    for name, (uids, counts) in now.items():
        if np.array_equal(uids, before[name].uids) and np.array_equal(counts, before[name].flows):
            continue
        came, went = ((counts - before[name].flows) @ (sign == flows.SIGNS) for sign in (1, -1))
        for said, counted, changed in (
            ("new", came, np.setdiff1d(uids, before[name].uids, assume_unique=True)),
            ("gone", went, np.setdiff1d(before[name].uids, uids, assume_unique=True)),
        ):
            if changed.size > counted:  # one that came and went at once is in both counts
                yield (
                    f"in the {name} table, {changed.size} cells are {said}, one with the identity {changed[0]:#x}, "
                    f"and {counted} were counted"
                )


def _fields(model: Liver, unchanged: Unchanged) -> Iterator[str]:
    """Levels are finite, not negative, and within their limits."""
    limits = {layer.name: (0.0, layer.full + _ROUNDING) for layer in type(model.config).registry.layers}
    limits |= {
        name: (float(np.float32(field.least)), field.most + _FIELD_ROUNDING) for name, field in model.fields.items()
    }
    for name, values in model.lattices().items():
        if unchanged.since(f"lattices/{name}", values):
            continue
        least, most = limits[name]
        wrong = ~((values >= least) & (values <= min(most, np.finfo(np.float32).max)))  # true of NaN as well
        for row, column in np.argwhere(wrong)[:1]:
            yield f"{name} is {values[row, column]} at site ({row}, {column})"
    for name in columns_in(model.blood.levels.dtype):
        level = model.blood.levels[name][0]
        if not 0 <= level < np.inf:
            yield f"the level of {name} in the blood is {level}"
