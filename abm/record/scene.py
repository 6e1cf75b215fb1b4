"""A scene: everything that is seen of the liver at one moment, as pictures show it and snapshots keep it.

Who stands at a site is one number per layer: 0 is nobody, and every state of every population has a number of its own
(`Species.first_picture_code`), which the store of a run explains. Scenes tell apart the aspects of cells in a state, too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..liver import Liver
from ..tissue.sites import STANDING
from ..units import value_at

SCARS = ("none", "ablated", "cavity")
"""What operations leave of a site: dead tissue, or nothing."""


@dataclass
class Scene:
    """One moment; all lattices [row, column].

    standing: numbers (uint8) of the cells, by the name of the layer in which they stand ("lumen", "tissue", "interstitium"
    if anybody can stand there); perfused, hepatocyte: uint8, 1 in sinusoids in which blood flows and where a hepatocyte lives;
    ecm, nets, e_selectin: float32; vessels: float32, new vessels, or None in a store of earlier versions; scars: uint8, what
    operations have left (numbers of `SCARS`), or None where there were none; field: float32
    level to lay over the picture, or None; tint: numbers of colours (uint8, 0 for none) by layer, of the cells that are
    coloured by what is known of them, or None.
    """

    minutes: float
    standing: dict[str, np.ndarray]
    perfused: np.ndarray
    hepatocyte: np.ndarray
    ecm: np.ndarray
    nets: np.ndarray
    e_selectin: np.ndarray
    vessels: np.ndarray | None = None
    scars: np.ndarray | None = None
    field: np.ndarray | None = None
    tint: dict[str, np.ndarray] | None = None

    def cut(self, part: tuple[slice, slice]) -> "Scene":
        """The scene in some rows and columns; itself where these are all."""
        if self.perfused[part].shape == self.perfused.shape:
            return self
        lattices = {each.name: getattr(self, each.name) for each in fields(self)}
        cut: dict[str, Any] = {
            name: np.ascontiguousarray(values[part])
            for name, values in lattices.items()
            if isinstance(values, np.ndarray)
        }
        for each in ("standing", "tint"):
            by_layer = getattr(self, each)
            if by_layer is not None:
                cut[each] = {name: np.ascontiguousarray(codes[part]) for name, codes in by_layer.items()}
        return replace(self, **cut)

    def counts(self) -> np.ndarray:
        """How many cells have each number, int64 [256]."""
        return np.sum([np.bincount(codes.ravel(), minlength=256) for codes in self.standing.values()], axis=0)


def layers_shown(liver: Liver) -> list[int]:
    """The layers in which cells of any population can stand."""
    species = [population.species for population in liver.populations.values()]
    stood_in = {layer for each in species for state in range(len(each.states)) for layer in each.layers_of(state)}
    return sorted(stood_in)


def standing(liver: Liver) -> dict[str, np.ndarray]:
    """Layer -> numbers of the cells that stand there, uint8 [row, column]."""
    codes = np.zeros((len(STANDING), *liver.shape), np.uint8)
    for population in liver.populations.values():
        if not population.species.is_wall:
            first = population.species.first_picture_code
            _mark(population.used, population.code, first, liver.sites.population, liver.sites.occupant, codes)
    return {STANDING[layer]: codes[layer] for layer in layers_shown(liver)}


@jit
def _mark(rows, population_code, first, population, occupant, codes):
    """Write `first` + state at the site of each living cell; cells that hold no site (in the blood) are not drawn."""
    for slot in range(rows.size):
        cell = rows[slot]
        layer, row, column = cell.layer, cell.row, cell.column
        if (
            cell.alive != 0
            and population[layer, row, column] == population_code
            and occupant[layer, row, column] == slot
        ):
            codes[layer, row, column] = first + cell.state


class SeenAs(NamedTuple):
    """An aspect of cells as a scene shows it: cells with the number `code` are shown with the number `becomes` where the level of
    `field` lies below `below`, or where their `column` is at least `least`."""

    population: str
    code: int
    becomes: int
    field: str
    below: float
    column: str
    least: float


def aspects(liver: Liver) -> list[SeenAs]:
    """The aspects that can be seen of this liver, with its levels."""
    return [
        SeenAs(
            species.name,
            species.first_picture_code + species.number_of(aspect.state),
            code,
            aspect.field,
            float(value_at(liver.config, str(aspect.below))) if aspect.field else 0.0,
            aspect.column,
            aspect.least,
        )
        for species in (population.species for population in liver.populations.values())
        for code, aspect in species.aspect_codes
    ]


def show_aspects(
    standing: dict[str, np.ndarray],
    told: Iterable[SeenAs],
    level_of: Callable[[str], np.ndarray],
    cells_of: Callable[[str, str], Any],
) -> dict[str, np.ndarray]:
    """`standing`, with cells numbered by their aspects. level_of : a field by its name [row, column]; cells_of : the living cells
    of a population, with layer, row, column, and a column by its name."""
    shown = {name: codes.copy() for name, codes in standing.items()}
    for one in told:
        if one.column:
            cells = cells_of(one.population, one.column)
            those = np.asarray(cells[one.column]) >= one.least
            layer, row, column = (np.asarray(cells[name])[those] for name in ("layer", "row", "column"))
        for name, codes in shown.items():
            here = standing[name] == one.code
            if one.field:
                if here.any():
                    codes[here & (level_of(one.field) < one.below)] = one.becomes
            else:
                at = layer == STANDING.index(name)
                chosen = np.zeros_like(here)
                chosen[row[at], column[at]] = True
                codes[here & chosen] = one.becomes
    return shown


def scars(liver: Liver) -> np.ndarray | None:
    """What operations have left, numbers of `SCARS` (uint8 [row, column]); None where the config has no such operation."""
    if not any(entry.scars for entry in liver.interventions.values()):
        return None
    return np.maximum(liver.ablated, 2 * liver.cavity)


def levels(liver: Liver) -> dict[str, np.ndarray]:
    """The levels that pictures show: layers that are kept, fields, and what the wall expresses, float32 [row, column]."""
    registry = type(liver.config).registry
    shown = {layer.name: liver.layers[layer.name] for layer in registry.layers if layer.kept}
    shown |= {name: field.values for name, field in liver.fields.items()}
    return shown | {name: liver.on_the_wall(name) for name in liver.wall.species.mapped}


def scene_of(liver: Liver, field: str | None = None) -> Scene:
    """The liver as it is now, with a field or layer as overlay. Raises ValueError for an unknown one."""
    shown = levels(liver)
    if field is not None and field not in shown:
        raise ValueError(f"there is no field '{field}'; there are: {', '.join(sorted(shown))}")
    return Scene(
        minutes=float(liver.minutes),
        standing=show_aspects(
            standing(liver),
            aspects(liver),
            lambda name: liver.fields[name].values,
            lambda name, column: liver.populations[name].alive_rows(),
        ),
        perfused=liver.perfused_sinusoids().astype(np.uint8),
        hepatocyte=liver.living_hepatocytes().astype(np.uint8),
        ecm=shown["ecm"],
        nets=shown["nets"],
        e_selectin=shown["e_selectin"],
        vessels=shown["vessels"],
        scars=scars(liver),
        field=None if field is None else np.asarray(shown[field], np.float32),
    )
