"""The Mesa grid over the lattice: a million sites cost nothing until somebody asks for one.

Cells (in Mesa's sense: sites) are made when looked up, and read who stands on them from the occupancy lattices. The
property layers share their memory with the arrays of the kernels.
"""

import operator
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
from mesa.discrete_space import Cell, CellCollection, DiscreteSpace, PropertyLayer
from mesa.discrete_space.property_layer import HasPropertyLayers


class SiteCell(Cell):
    """One lattice site as a Mesa cell; `coordinate` is (row, column)."""

    __slots__ = ("grid",)

    def __reduce__(self):
        """The copy of a site is that of the copied grid."""
        return operator.getitem, (self.grid, self.coordinate)

    @property
    def _agents(self) -> list:
        return self.grid.agents_at(*self.coordinate)

    @_agents.setter
    def _agents(self, value) -> None:
        """Mesa's constructor sets an empty list; who stands here is read from the tables instead."""

    @property
    def agents(self) -> list:
        """The agents on this site, lumen first."""
        return self._agents

    @property
    def is_empty(self) -> bool:
        return not self._agents

    @property
    def is_full(self) -> bool:
        return len(self._agents) >= 2

    def add_agent(self, agent) -> None:
        """Let a cell of the liver move here; new ones are added with `model.add`."""
        agent.move_to(self)

    def remove_agent(self, agent) -> None:
        raise NotImplementedError("a cell of the liver stands somewhere: let it move_to another site, or remove() it")

    @property
    def connections(self) -> dict:
        """The neighbouring cells by their offset (row, column)."""
        return self.grid.connections_of(self.coordinate)

    @connections.setter
    def connections(self, value) -> None:
        """Set empty by Mesa's constructor; connections follow from the lattice."""

    @property
    def neighborhood(self) -> CellCollection:
        return self.get_neighborhood()

    def get_neighborhood(self, radius: int = 1, include_center: bool = False) -> CellCollection:
        """The cells within `radius` rows and columns (Mesa caches these for ever; here they are made anew)."""
        return self.grid.collect(self.grid.within(self.coordinate, radius, include_center))


class _SitesByCoordinate(dict):
    """Cells that are made when first looked up."""

    def __init__(self, make: Callable, dimensions: tuple[int, int]):
        super().__init__()
        self._make = make
        self._dimensions = dimensions

    def __missing__(self, coordinate):
        row, column = coordinate
        if not (0 <= row < self._dimensions[0] and 0 <= column < self._dimensions[1]):
            raise KeyError(
                f"no site {coordinate}: the lattice has {self._dimensions[0]} rows and {self._dimensions[1]} columns"
            )
        cell = self[coordinate] = self._make((int(row), int(column)))
        return cell


class SiteGrid(DiscreteSpace, HasPropertyLayers):
    """A Mesa discrete space over the liver's lattice, with eight neighbours per site.

    dimensions : rows, columns
    torus : whether the edges are periodic
    random : the model's random generator, which Mesa wants
    agents_at : (row, column) -> list of agents there
    """

    def __init__(
        self, dimensions: tuple[int, int], *, torus: bool, random: Random, agents_at: Callable[[int, int], list]
    ):
        super().__init__(capacity=2, random=random, cell_klass=SiteCell)
        self.dimensions = dimensions
        self.torus = torus
        self.agents_at = agents_at
        self.cell_klass = type("SiteCell", (SiteCell,), {"_mesa_properties": set(), "__slots__": ()})
        self._cells = _SitesByCoordinate(self._make, dimensions)

    def _make(self, coordinate: tuple[int, int]) -> SiteCell:
        cell = self.cell_klass(coordinate, capacity=self.capacity, random=self.random)
        cell.grid = self
        return cell

    def __reduce__(self):
        """The copy of a grid is that of the copied model: its layers are the model's lattices."""
        model = getattr(self.agents_at, "__self__", None)
        if model is None:
            raise TypeError("a grid is copied or pickled with its model only")
        return getattr, (model, "grid")

    @property
    def width(self) -> int:
        return self.dimensions[0]

    @property
    def height(self) -> int:
        return self.dimensions[1]

    def share(self, name: str, default_value, dtype: type) -> np.ndarray:
        """Create a property layer and return its array, whose identity never changes."""
        layer = PropertyLayer(name, self.dimensions, default_value=dtype(default_value), dtype=dtype)
        self.add_property_layer(layer)
        return layer.data

    def layer(self, name: str) -> PropertyLayer:
        """The property layer `name`."""
        return self._mesa_property_layers[name]

    @property
    def property_layers(self) -> dict[str, PropertyLayer]:
        return dict(self._mesa_property_layers)

    def within(self, coordinate: tuple[int, int], radius: int, include_center: bool) -> Iterator[tuple[int, int]]:
        """Coordinates of the sites within `radius` rows and columns, each once."""
        if radius < 1:
            raise ValueError("radius must be at least 1")
        rows, columns = self.dimensions
        row, column = coordinate
        seen = set() if include_center else {coordinate}
        for dr in range(-radius, radius + 1):
            for dc in range(-radius, radius + 1):
                r, c = row + dr, column + dc
                if self.torus:
                    r, c = r % rows, c % columns
                elif not (0 <= r < rows and 0 <= c < columns):
                    continue
                if (r, c) not in seen:
                    seen.add((r, c))
                    yield (r, c)

    def connections_of(self, coordinate: tuple[int, int]) -> dict[tuple[int, int], SiteCell]:
        rows, columns = self.dimensions
        connections = {}
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                r, c = coordinate[0] + dr, coordinate[1] + dc
                if self.torus:
                    r, c = r % rows, c % columns
                if (dr or dc) and 0 <= r < rows and 0 <= c < columns:
                    connections[(dr, dc)] = self._cells[(r, c)]
        return connections

    def collect(self, coordinates) -> CellCollection:
        """A Mesa collection of the sites at the given coordinates."""
        cells = [self._cells[coordinate] for coordinate in coordinates]
        return CellCollection({cell: cell._agents for cell in cells}, random=self.random)

    @property
    def all_cells(self) -> CellCollection:
        """All sites with who stands there now: makes every one of them, some microseconds each."""
        return self.collect((r, c) for r in range(self.dimensions[0]) for c in range(self.dimensions[1]))

    def __iter__(self):
        return iter(self.all_cells)

    def __getitem__(self, key: tuple[int, int]) -> SiteCell:
        return self._cells[key]

    def __len__(self) -> int:
        return self.dimensions[0] * self.dimensions[1]

    def __repr__(self) -> str:
        edges = "periodic" if self.torus else "closed"
        return f"<SiteGrid: {self.dimensions[0]} x {self.dimensions[1]} sites, {edges} edges, {len(self._mesa_property_layers)} layers>"
