"""Parts of the liver that are shown."""

import math

from ..units import Quantity

Part = tuple[slice, slice]
"""Rows and columns of the lattice, as numpy.s_[20:60, 10:50] gives them."""

_LENGTH = Quantity("um", "a length", "200 um")
_CORNERS = (
    "the distances of its left and lower edge from those of the tissue, and its width, such as 0.2 mm,100 um,400 um"
)


def as_part(region: Part | None, shape: tuple[int, int]) -> Part:
    """The rows and columns of `region`, each from a first to behind a last one; None: all. Raises ValueError for one without
    sites, or that leaves sites out."""
    if region is None:
        return slice(0, shape[0]), slice(0, shape[1])
    sides = [
        side.indices(length)
        for side, length in zip(region, shape, strict=True)
        if isinstance(side, slice) and side.step in (None, 1)
    ]
    if len(sides) != 2 or any(first >= last for first, last, _ in sides):
        raise ValueError(
            f"there are no sites in rows and columns {region}; the lattice has {shape[0]} x {shape[1]}, of which a picture "
            "shows a rectangle"
        )
    (top, bottom, _), (left, right, _) = sides
    return slice(top, bottom), slice(left, right)


def square(text: str, shape: tuple[int, int], spacing_um: float) -> Part:
    """The square "X,Y,WIDTH": um (or with units) from the left and from below, as in snapshots. What lies beyond the edges of
    the tissue is left out. Raises ValueError."""
    parts = text.split(",")
    if len(parts) != 3:
        raise ValueError(f"'{text}' is no region; give {_CORNERS}")
    x, y, width = (_micrometers(part) / spacing_um for part in parts)
    if width < 1:
        raise ValueError(f"the region '{text}' is smaller than a site ({spacing_um:g} um)")
    rows, columns = shape
    left, right = max(0, math.floor(x)), min(columns, math.ceil(x + width))
    bottom, top = min(rows, rows - math.floor(y)), max(0, rows - math.ceil(y + width))
    if left >= right or top >= bottom:
        raise ValueError(
            f"the region '{text}' lies outside of the tissue, which is {columns * spacing_um:g} um wide and "
            f"{rows * spacing_um:g} um high"
        )
    return slice(top, bottom), slice(left, right)


def around(row: float, column: float, size: int, shape: tuple[int, int]) -> Part:
    """The square of `size` sites around a site, moved so far that it lies within the lattice."""
    sides = []
    for middle, length in zip((row, column), shape, strict=True):
        size_here = min(size, length)
        first = min(max(0, round(middle - size_here / 2)), length - size_here)
        sides.append(slice(first, first + size_here))
    return sides[0], sides[1]


def _micrometers(text: str) -> float:
    return _LENGTH.parse(f"{text} um" if text.strip().replace(".", "", 1).isdigit() else text.strip())
