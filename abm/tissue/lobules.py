"""Where the lobules lie: a jittered hexagonal pattern of central veins, and the polygon that each of them drains.

The classic lobule is a hexagon with the central vein in its middle and a portal tract at every corner (Kiernan 1833,
Philos Trans R Soc Lond 123:711); the distance from corner to middle is the porto-central distance. Real lobules are
irregular polygons, so the veins are shifted at random and each drains the tissue that is nearest to it (its Voronoi
polygon). All lengths here are in sites, positions are (row, column).
"""

import math
from dataclasses import dataclass

import numpy as np

from ..kernels.random import uniform

OUTSIDE = -1
"""In place of a neighbour's number: this side of the lobule is the closed edge of the domain."""

_NEIGHBOURS = 24  # nearest veins that can take part in a polygon; a hexagonal pattern needs 6, a distorted one 12
_TIE = 1e-9  # patterns whose distortions differ by less are equally good
_SIZE_OVER_SHAPE = 4.0  # a hexagon may rather be oblong than have another size than the configured one


@dataclass(frozen=True)
class Lobule:
    """The polygon drained by one central vein at `centre`.

    `corners` float64 [k, 2] are (row, column) offsets from the centre, counter-clockwise or clockwise; the side from
    corner i to corner i+1 is shared with lobule `neighbours[i]` (its own number where it meets its periodic image).
    """

    centre: tuple[float, float]
    corners: np.ndarray
    neighbours: np.ndarray

    @property
    def radius(self) -> float:
        """Distance from the centre to the farthest corner."""
        return math.sqrt((self.corners**2).sum(axis=1).max())


def lay_out(rows: int, columns: int, radius: float, jitter: float, periodic: bool, key: np.uint64) -> list[Lobule]:
    """Lobules of about `radius` (centre to corner) that fill the domain, centres moved by up to `jitter`; in sites."""
    arrange = _hexagons_on_torus if periodic else _hexagons_in_box
    centres = arrange(rows, columns, radius, key)
    for i in range(len(centres)):
        distance = jitter * math.sqrt(uniform(key, 1, np.uint64(i), 0))
        angle = 2 * math.pi * uniform(key, 1, np.uint64(i), 1)
        centres[i] += distance * math.sin(angle), distance * math.cos(angle)
    if periodic:
        centres %= (rows, columns)
    return _polygons(centres, rows, columns, periodic)


def lay_out_around(centres: np.ndarray, rows: int, columns: int, periodic: bool) -> list[Lobule]:
    """The lobules of central veins that lie at `centres` (float64 [n, 2], in sites)."""
    return _polygons(centres, rows, columns, periodic)


def _hexagons_on_torus(rows: int, columns: int, radius: float, key: np.uint64) -> np.ndarray:
    """Centres of the hexagonal pattern that closes on the periodic domain with the least distortion.

    Two lattice vectors u and v (whole numbers of steps along the pattern) become the two sides of the domain; all
    pairs are tried. Equally good patterns (mirror images, turned ones) and the offset are left to chance.
    """
    step = math.sqrt(3) * radius
    along_columns = _lattice_vectors_of_length(columns / step)
    along_rows = _lattice_vectors_of_length(rows / step)
    a, b = (along_columns[:, None, k] for k in (0, 1))
    c, d = (along_rows[None, :, k] for k in (0, 1))
    lobules = a * d - b * c
    with np.errstate(divide="ignore", invalid="ignore"):
        # The linear map from the ideal pattern to the stretched one: its singular values measure the distortion.
        half, height = 0.5, math.sqrt(0.75)
        x = columns / step / (lobules * height)
        y = rows / step / (lobules * height)
        frobenius = x**2 * ((d * height) ** 2 + (c + d * half) ** 2) + y**2 * ((b * height) ** 2 + (a + b * half) ** 2)
        area = x * y * lobules * height
        spread = np.sqrt(np.maximum(frobenius**2 - 4 * area**2, 0.0))
        longest, shortest = (frobenius + spread) / 2, np.maximum(frobenius - spread, _TIE) / 2
        distortion = _distortion(np.log(longest) / 2, np.log(shortest) / 2)
    distortion = np.where(lobules > 0, distortion, np.inf)
    best = np.argwhere(distortion < distortion.min() + _TIE)
    i, j = best[int(uniform(key, 0, np.uint64(0), 0) * len(best))]
    a, b = along_columns[i].tolist()
    c, d = along_rows[j].tolist()
    count = a * d - b * c
    p, q = np.meshgrid(
        np.arange(min(0, a, c, a + c), max(0, a, c, a + c) + 1), np.arange(min(0, b, d, b + d), max(0, b, d, b + d) + 1)
    )
    across, down = d * p - c * q, a * q - b * p
    inside = (across >= 0) & (across < count) & (down >= 0) & (down < count)
    offset = uniform(key, 0, np.uint64(0), 1), uniform(key, 0, np.uint64(0), 2)
    return np.column_stack(
        ((down[inside] / count + offset[0]) % 1.0 * rows, (across[inside] / count + offset[1]) % 1.0 * columns)
    )


def _distortion(log_stretch, log_other_stretch):
    """How far a pattern is from the wanted one, given the logarithms of its stretch along two orthogonal directions."""
    size, shape = log_stretch + log_other_stretch, log_stretch - log_other_stretch
    return _SIZE_OVER_SHAPE * size**2 + shape**2


def _lattice_vectors_of_length(length: float) -> np.ndarray:
    """Vectors (i, j) of the unit triangular lattice whose lengths come closest to `length`, int64 [n, 2]."""
    reach = math.ceil(1.2 * length) + 2
    i, j = (n.ravel() for n in np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1)))
    error = np.abs(np.sqrt(i * i + i * j + j * j + 0.0) - length)
    error[(i == 0) & (j == 0)] = np.inf
    near = error <= error.min() + 0.5
    return np.column_stack((i[near], j[near]))


def _hexagons_in_box(rows: int, columns: int, radius: float, key: np.uint64) -> np.ndarray:
    """Centres in offset rows that fill a closed domain; the rows run along the side that distorts them less."""
    layouts = [_best_lines(rows, columns, radius), _best_lines(columns, rows, radius)]
    turned = layouts[1][0] < layouts[0][0] - _TIE
    if abs(layouts[1][0] - layouts[0][0]) <= _TIE:
        turned = uniform(key, 0, np.uint64(0), 0) < 0.5
    _, lines, places = layouts[int(turned)]
    first = 0.25 if uniform(key, 0, np.uint64(0), 1) < 0.5 else 0.75
    centres = []
    for line in range(lines):
        shift = 0.5 if lines == 1 or places == 1 else (first if line % 2 == 0 else 1.0 - first)
        for place in range(places):
            y, x = (line + 0.5) / lines, (place + shift) / places
            centres.append((x * rows, y * columns) if turned else (y * rows, x * columns))
    return np.array(centres)


def _best_lines(down: int, across: int, radius: float) -> tuple[float, int, int]:
    """Distortion, number of lines and number of places per line that fit hexagons best into `down` x `across` sites."""
    height, width = down / (1.5 * radius), across / (math.sqrt(3) * radius)
    return min(
        (float(_distortion(math.log(height / lines), math.log(width / places))), lines, places)
        for lines in {max(1, math.floor(height)), math.ceil(height)}
        for places in {max(1, math.floor(width)), math.ceil(width)}
    )


def _polygons(centres: np.ndarray, rows: int, columns: int, periodic: bool) -> list[Lobule]:
    """The Voronoi polygon of every centre, cut out of a large square side by side."""
    copies = [(i * rows, j * columns) for i in (-1, 0, 1) for j in (-1, 0, 1)] if periodic else [(0, 0)]
    everyone = np.concatenate([centres + np.array(copy, float) for copy in copies])
    lobules = []
    for row, column in centres:
        offsets = everyone - (row, column)
        distances = offsets[:, 0] ** 2 + offsets[:, 1] ** 2
        if periodic:
            size = float(max(rows, columns))
            polygon = [(-size, -size, OUTSIDE), (-size, size, OUTSIDE), (size, size, OUTSIDE), (size, -size, OUTSIDE)]
        else:
            top, left, bottom, right = -0.5 - row, -0.5 - column, rows - 0.5 - row, columns - 0.5 - column
            polygon = [(top, left, OUTSIDE), (top, right, OUTSIDE), (bottom, right, OUTSIDE), (bottom, left, OUTSIDE)]
        for other in np.argsort(distances, kind="stable")[1 : _NEIGHBOURS + 1]:
            down, right = offsets[other].tolist()
            polygon = _cut(polygon, down, right, int(other) % len(centres))
        lobules.append(
            Lobule((float(row), float(column)), np.array([p[:2] for p in polygon]), np.array([p[2] for p in polygon]))
        )
    return lobules


def _cut(polygon: list, row: float, column: float, neighbour: int) -> list:
    """Keep what is nearer to the origin than to (row, column); the new side is shared with `neighbour`."""
    limit = (row * row + column * column) / 2
    kept = []
    for (r0, c0, side), (r1, c1, _) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        here, there = r0 * row + c0 * column - limit, r1 * row + c1 * column - limit
        if here <= 0:
            kept.append((r0, c0, side))
        if (here <= 0) != (there <= 0):
            t = here / (here - there)
            kept.append((r0 + t * (r1 - r0), c0 + t * (c1 - c0), neighbour if here <= 0 else side))
    return kept
