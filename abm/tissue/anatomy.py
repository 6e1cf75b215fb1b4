"""The anatomy of a slab of liver: lobules, portal tracts, central veins, sinusoids and the plates between them.

Blood enters a lobule at its portal tracts and at the terminal portal venules that run from them along its border
(Rappaport 1954, doi:10.1002/ar.1091190103), flows through sinusoids that converge on the central vein, and leaves.
Neighbouring sinusoids lie a hepatocyte plate apart, join where they converge, and anastomose: a plexus that fills the
tissue and still leads almost straight to the vein (Karschau 2020, doi:10.1371/journal.pcbi.1007965).

The network is grown, not labelled. From every central vein a ring of tips walks outwards, bent by the same smooth
noise and pushed apart by their neighbours; where two have come too far apart a new one sprouts, and every 60-100 um
two neighbours are cross-linked (outward growth with branching: Wambaugh 2010, doi:10.1371/journal.pcbi.1000756).
Then everything is thinned to vessels one site wide without dead ends, and what blood cannot reach becomes parenchyma.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from ..kernels.jit import jit
from ..kernels.random import stream_key, uniform
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, shifted
from ..units import Fraction, Micrometers, MicrometersPerSecond, Number, Parameters, Positive, misfit, parameter
from .lobules import OUTSIDE, Lobule, lay_out
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID

SLAB_OF_DENSITIES = 10.0
"""Thickness (um) of the slab for which numbers of cells per mm2 are given."""

_GALACTOSE = "Koenig, multiscale-galactose model (fits of Koo 1975, Puhl 2003)"

_HISTORY = 4  # sites: how far back a tip remembers where it was, so that sprouts and links leave obliquely
_REPULSION = 0.4  # share of the difference between its two gaps that a tip gives way per site of growth
_BORDER_SWING = 1.5  # sites by which the border between two lobules leaves the straight line at most
_EDGE_MARGIN = 4.0  # sites by which tips may overshoot the corners of their lobule before growth stops
_CHANCES_PER_AREA = 3  # random numbers per square of a lobule's radius; a few times what its sprouts and links use
_LEFT_BY_VESSELS = (
    0.75  # share of the tissue that no portal tract or central vein takes, where they are widest and closest
)
_SMALLEST_PLATE = 4  # sites of tissue between portal tract and central vein in the smallest lobule that makes sense


class TissueParameters(Parameters):
    """The slab of tissue: its size, its lobules and its sinusoids. Defaults are those of the mouse."""

    width: Annotated[Micrometers, Positive] = parameter(
        "2 mm",
        low="0.3 mm",
        high="10 mm",
        mark="assumed",
        source="choice of the experimenter",
        description="extent along the columns, rounded up to whole sites",
    )
    height: Annotated[Micrometers, Positive] = parameter(
        "2 mm",
        low="0.3 mm",
        high="10 mm",
        mark="assumed",
        source="choice of the experimenter",
        description="extent along the rows, rounded up to whole sites",
    )
    site: Annotated[Micrometers, Field(ge=1, le=100)] = parameter(
        "10 um",
        low="8 um",
        high="12 um",
        mark="derived",
        source="sinusoid diameter 8.8 um; one small cell per site",
        description="spacing of the lattice: a sinusoid is one site wide, a hepatocyte 2 x 2 sites",
    )
    edges: Literal["periodic", "closed"] = parameter(
        "periodic",
        mark="assumed",
        source="choice of the experimenter",
        description="periodic: what leaves on one side enters on the other; closed: nothing passes, sinusoids end",
    )
    slab_thickness: Annotated[Micrometers, Field(gt=0, le=50)] = parameter(
        "10 um",
        low="8 um",
        high="12 um",
        mark="assumed",
        source="one layer of sites",
        description="thickness of the slab: counts per liver become counts per area by it, and numbers of cells per mm2, which "
        "are given for 10 um, grow with it",
    )
    portal_central_distance: Annotated[Micrometers, Field(gt=0, le=5000)] = parameter(
        "300 um",
        low="200 um",
        high="600 um",
        mark="unverified",
        source="textbook; Hoehme 2010 PNAS 107:10371",
        description="from portal tract to central vein, centre to centre (mouse 300 um, human 500 um)",
    )
    lobule_jitter: Fraction = parameter(
        "0.1",
        low="0",
        high="0.2",
        mark="assumed",
        source="real lobules are irregular polygons",
        description="largest shift of a central vein out of the hexagonal pattern, per porto-central distance",
    )
    portal_tract_diameter: Annotated[Micrometers, Positive] = parameter(
        "50 um",
        low="30 um",
        high="100 um",
        mark="assumed",
        source="by eye in sections of mouse",
        description="mean width of a portal tract, rounded up to a site; single tracts differ by a quarter",
    )
    central_vein_diameter: Annotated[Micrometers, Positive] = parameter(
        "60 um",
        low="40 um",
        high="100 um",
        mark="assumed",
        source="by eye in sections of mouse",
        description="mean width of a central vein, rounded up to a site; single veins differ by a quarter",
    )
    venule_reach: Fraction = parameter(
        "0.35",
        low="0",
        high="0.5",
        mark="assumed",
        source="Rappaport 1954, doi:10.1002/ar.1091190103 (qualitative)",
        description="share of a lobule's side that terminal portal venules follow from each of its ends",
    )
    widest_plate: Annotated[Micrometers, Field(le=200)] = parameter(
        "45 um",
        low="30 um",
        high="60 um",
        mark="derived",
        source="one to two hepatocytes of 20-30 um (textbook) between neighbouring sinusoids",
        description="where diverging sinusoids leave a wider plate between them, a new one sprouts",
    )
    link_spacing_low: Micrometers = parameter(
        "60 um",
        low="40 um",
        high="100 um",
        mark="assumed",
        source="chosen for the share of sinusoids in sections",
        description="shortest distance between two cross-links of the same pair of sinusoids",
    )
    link_spacing_high: Micrometers = parameter(
        "100 um",
        low="60 um",
        high="200 um",
        mark="assumed",
        source="chosen for the share of sinusoids in sections",
        description="longest distance between two cross-links of the same pair of sinusoids",
    )
    tortuosity_wavelength: Annotated[Micrometers, Positive] = parameter(
        "160 um",
        low="50 um",
        high="300 um",
        mark="assumed",
        source="by eye in sections",
        description="distance over which the course of the sinusoids swings, at least two sites",
    )
    tortuosity: Annotated[Number, Field(le=10)] = parameter(
        "0.9",
        low="0",
        high="1.5",
        mark="assumed",
        source="by eye in sections",
        description="largest sideways drift of a growing sinusoid per length",
    )
    sinusoid_radius: Annotated[Micrometers, Positive] = parameter(
        "4.33 um",
        low="3.9 um",
        high="4.9 um",
        mark="checked",
        source=_GALACTOSE,
        description="median radius of a sinusoid (lognormal)",
    )
    sinusoid_radius_log_sd: Annotated[Number, Field(le=2)] = parameter(
        "0.102",
        low="0",
        high="0.3",
        mark="checked",
        source=_GALACTOSE,
        description="standard deviation of the logarithm of the sinusoid radius",
    )
    sinusoid_velocity: Annotated[MicrometersPerSecond, Positive] = parameter(
        "234 um/s",
        low="90 um/s",
        high="600 um/s",
        mark="checked",
        source=_GALACTOSE,
        description="velocity of the blood: median over all sinusoid sites of the unobstructed network",
    )

    @property
    def slabs(self) -> float:
        """How many slabs of the thickness for which cells per mm2 are given make up this one."""
        return self.slab_thickness / SLAB_OF_DENSITIES

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (max(1, math.ceil(size / self.site - 1e-9)) for size in (self.height, self.width))
        return rows, columns

    @property
    def fewest_sinusoid_sites(self) -> float:
        """Sites of sinusoids per mm2 of which there are at least so many, however wide the larger vessels: sinusoids lie no
        farther apart than the widest plate."""
        return _LEFT_BY_VESSELS * self.site / (self.site + self.widest_plate) / (self.site / 1000.0) ** 2

    @model_validator(mode="after")
    def _one_lobule(self):
        vessels, site = self.central_vein_diameter + self.portal_tract_diameter, self.site
        smallest = vessels + 2 * _SMALLEST_PLATE * site
        for side, size in zip(("height", "width"), self.shape, strict=True):
            if size * site < smallest - 1e-9:
                raise misfit(
                    self,
                    f"the tissue is too small for one lobule: with these vessels {side} must be at least {smallest:g} um, "
                    f"got {getattr(self, side):g} um",
                    side,
                )
        nearest = 0.5 * vessels + _SMALLEST_PLATE * site
        if self.portal_central_distance < nearest - 1e-9:
            raise misfit(
                self,
                f"there is no room between these vessels: portal_central_distance must be at least {nearest:g} um, "
                f"got {self.portal_central_distance:g} um",
                "portal_central_distance",
            )
        if self.tortuosity_wavelength < 2 * site - 1e-9:
            raise misfit(
                self,
                f"sinusoids cannot swing within less than two sites: must be at least {2 * site:g} um, "
                f"got {self.tortuosity_wavelength:g} um",
                "tortuosity_wavelength",
            )
        return self


@dataclass(frozen=True)
class Anatomy:
    """What the tissue is made of, site by site; all lattices are [row, column] of `shape`.

    `inlets` are the sinusoid sites (row, column) that touch a portal tract or venule: there blood and cells enter.
    Distances are between the middle of a site and that of the nearest portal or central vein site.
    """

    shape: tuple[int, int]
    spacing_um: float
    periodic: bool
    kind: np.ndarray  # uint8, see abm.tissue.sites
    zone: np.ndarray  # uint8: 1 periportal, 2 midzonal, 3 pericentral; 1 in portal tracts, 3 in central veins
    lobule: np.ndarray  # int32: number of the lobule (its nearest central vein)
    portal_distance_um: np.ndarray  # float32
    central_distance_um: np.ndarray  # float32
    radius_um: np.ndarray  # float32: radius of the sinusoid at this site, 0 elsewhere
    inlets: np.ndarray  # int32 [n, 2]
    centres_um: np.ndarray  # float64 [lobules, 2]: middle of every central vein
    portal_tracts_um: np.ndarray  # float64 [tracts, 2]: middle of every portal tract
    portal_central_um: np.ndarray  # float64: distance from every central vein to each corner of its lobule


def grow(parameters: TissueParameters, seed: int) -> Anatomy:
    """The anatomy that `seed` grows; raises ValueError when no sinusoid leads from a portal tract to a central vein."""
    site, (rows, columns) = parameters.site, parameters.shape
    radius = parameters.portal_central_distance / site
    periodic = parameters.edges == "periodic"

    jitter = parameters.lobule_jitter * radius
    lobules = lay_out(rows, columns, radius, jitter, periodic, stream_key(seed, "tissue/lobules"))
    tracts = _portal_tracts(lobules, rows, columns, periodic, 0.8 * parameters.portal_tract_diameter / site)
    kind = np.full((rows, columns), PARENCHYMA, np.uint8)
    noise = _noise(rows, columns, parameters.tortuosity_wavelength / site, stream_key(seed, "tissue/noise"))
    _draw_borders(kind, lobules, parameters.venule_reach, noise, periodic)
    _draw_vessels(kind, lobules, tracts, parameters, seed)
    border = (kind == PORTAL_TRACT) | (kind == SINUSOID)
    habit = Habit(
        parameters.widest_plate / site,
        parameters.link_spacing_low / site,
        parameters.link_spacing_high / site,
        parameters.tortuosity,
    )
    for number, lobule in enumerate(lobules):
        reach = lobule.radius + _EDGE_MARGIN
        chances = _uniforms(stream_key(seed, "tissue/sinusoids"), number, int(_CHANCES_PER_AREA * reach**2))
        _grow_sinusoids(
            kind,
            border,
            *lobule.centre,
            periodic,
            0.5 * parameters.central_vein_diameter / site,
            reach,
            habit,
            noise,
            chances,
        )
    _thin(kind, periodic, stream_key(seed, "tissue/thinning"))
    _keep_perfusable(kind, periodic)
    if not (kind == SINUSOID).any():
        raise ValueError(
            "no sinusoid leads from a portal tract to a central vein; make the tissue larger, or lobule_jitter smaller"
        )

    portal_distance = _distance_to(kind, PORTAL_TRACT, periodic)
    central_distance = _distance_to(kind, CENTRAL_VEIN, periodic)
    centres = np.array([lobule.centre for lobule in lobules])
    widest = max(lobule.radius for lobule in lobules)
    return Anatomy(
        shape=(rows, columns),
        spacing_um=site,
        periodic=periodic,
        kind=kind,
        zone=_zones(portal_distance, central_distance),
        lobule=_nearest(rows, columns, centres, widest + 2.0, periodic),
        portal_distance_um=portal_distance * np.float32(site),
        central_distance_um=central_distance * np.float32(site),
        radius_um=_radii(
            kind,
            parameters.sinusoid_radius,
            parameters.sinusoid_radius_log_sd,
            _uniforms(stream_key(seed, "tissue/radius"), 0, 2 * kind.size),
        ),
        inlets=np.argwhere(_beside_portal(kind, periodic)).astype(np.int32),
        centres_um=centres * site,
        portal_tracts_um=tracts * site,
        portal_central_um=site * np.concatenate([np.sqrt((lobule.corners**2).sum(axis=1)) for lobule in lobules]),
    )


def _portal_tracts(lobules: list[Lobule], rows: int, columns: int, periodic: bool, merge: float) -> np.ndarray:
    """Positions of the portal tracts, float64 [n, 2]: the corners of all lobules; those closer than `merge` are one."""
    corners = np.concatenate([lobule.corners + lobule.centre for lobule in lobules])
    size = np.array([rows, columns], float)
    corners = corners % size if periodic else np.clip(corners, 0, size - 1)
    tracts = np.empty((0, 2))
    for corner in corners:
        apart = np.abs(tracts - corner)
        if periodic:
            apart = np.minimum(apart, size - apart)
        if not (apart[:, 0] ** 2 + apart[:, 1] ** 2 < merge * merge).any():
            tracts = np.concatenate((tracts, corner[None]))
    return tracts


def _draw_borders(kind: np.ndarray, lobules: list[Lobule], reach: float, noise: np.ndarray, periodic: bool) -> None:
    """Terminal portal venules along both ends of every border, and a septal sinusoid that joins them in its middle.

    A closed edge is a border too, as if the tissue were mirrored there.
    """
    for number, lobule in enumerate(lobules):
        following = np.roll(lobule.corners, -1, axis=0)
        for start, end, neighbour in zip(lobule.corners, following, lobule.neighbours, strict=True):
            across = end - start
            own_copy = neighbour == number and (across[0] > 0 or (across[0] == 0 and across[1] > 0))
            if neighbour == OUTSIDE or number < neighbour or own_copy:
                row, column = start + lobule.centre
                swing = 0.0 if neighbour == OUTSIDE else _BORDER_SWING
                _draw_border(kind, row, column, across[0], across[1], reach, swing, noise, periodic)


def _draw_vessels(
    kind: np.ndarray, lobules: list[Lobule], tracts: np.ndarray, parameters: TissueParameters, seed: int
) -> None:
    """Portal tracts (three-cornered, as their vessels leave along three borders) and central veins (oval)."""
    periodic, site = parameters.edges == "periodic", parameters.site
    key = stream_key(seed, "tissue/vessels")
    groups = (
        (PORTAL_TRACT, tracts, 0.5 * parameters.portal_tract_diameter / site, 3),
        (CENTRAL_VEIN, [lobule.centre for lobule in lobules], 0.5 * parameters.central_vein_diameter / site, 2),
    )
    for code, centres, radius, lobes in groups:
        for i, (row, column) in enumerate(centres):
            size = radius * (1.0 + 0.25 * (2 * uniform(key, code, np.uint64(i), 0) - 1))
            turn = 2 * math.pi * uniform(key, code, np.uint64(i), 1)
            _draw_blob(kind, row, column, size, lobes, turn, code, periodic)


@jit
def _wrap(i, n, periodic):
    """Row or column `i`, however far out, on a lattice of `n`; -1 when it lies beyond a closed edge."""
    if periodic:
        return i % n
    return i if 0 <= i < n else -1


@jit
def _nearest_site(x):
    return math.floor(x + 0.5)


@jit
def _mark(kind, row, column, code, periodic):
    """Turn the parenchyma at (row, column) into `code`."""
    i = _wrap(row, kind.shape[0], periodic)
    j = _wrap(column, kind.shape[1], periodic)
    if i >= 0 and j >= 0 and kind[i, j] == PARENCHYMA:
        kind[i, j] = code


@jit
def _draw_line(kind, row0, column0, row1, column1, code, periodic):
    """A vessel one site wide from one position to another, both included."""
    i0, j0, i1, j1 = _nearest_site(row0), _nearest_site(column0), _nearest_site(row1), _nearest_site(column1)
    steps = max(abs(i1 - i0), abs(j1 - j0), 1)
    for k in range(steps + 1):
        t = k / steps
        _mark(kind, _nearest_site(i0 + t * (i1 - i0)), _nearest_site(j0 + t * (j1 - j0)), code, periodic)


@jit
def _draw_sinusoid(kind, row0, column0, row1, column1, periodic):
    _draw_line(kind, row0, column0, row1, column1, np.int64(SINUSOID), periodic)


@jit
def _draw_blob(kind, row, column, radius, lobes, turn, code, periodic):
    """A vessel cut across: a disc of `radius` with as many shallow `lobes`, turned by `turn` (radians); at least a site."""
    a = _wrap(_nearest_site(row), kind.shape[0], periodic)
    b = _wrap(_nearest_site(column), kind.shape[1], periodic)
    if a >= 0 and b >= 0:
        kind[a, b] = code
    reach = math.ceil(1.3 * radius) + 1
    for i in range(math.floor(row) - reach, math.floor(row) + reach + 1):
        for j in range(math.floor(column) - reach, math.floor(column) + reach + 1):
            down, across = i - row, j - column
            limit = radius * (1.0 + 0.18 * math.cos(lobes * (math.atan2(down, across) - turn)))
            a = _wrap(i, kind.shape[0], periodic)
            b = _wrap(j, kind.shape[1], periodic)
            if a >= 0 and b >= 0 and down * down + across * across <= limit * limit:
                kind[a, b] = code


@jit
def _draw_border(kind, row, column, down, across, reach, swing, noise, periodic):
    """One border of a lobule from (row, column) on by (down, across), at most `swing` sites off the straight line."""
    length = math.sqrt(down * down + across * across)
    steps = max(2, math.ceil(length))
    previous_row, previous_column = row, column
    if not periodic:
        previous_row = min(row, kind.shape[0] - 1.0)
        previous_column = min(column, kind.shape[1] - 1.0)
    for k in range(1, steps + 1):
        t = k / steps
        aside = swing * 4.0 * t * (1.0 - t) * _noise_at(noise, row + t * down, column + t * across, kind.shape) / length
        next_row, next_column = row + t * down - aside * across, column + t * across + aside * down
        if not periodic:  # the outermost half site of a closed domain rounds outwards
            next_row = min(next_row, kind.shape[0] - 1.0)
            next_column = min(next_column, kind.shape[1] - 1.0)
        code = PORTAL_TRACT if t <= reach or t > 1.0 - reach else SINUSOID
        _draw_line(kind, previous_row, previous_column, next_row, next_column, code, periodic)
        previous_row, previous_column = next_row, next_column


def _noise(rows: int, columns: int, wavelength: float, key: np.uint64) -> np.ndarray:
    """Independent numbers in [-1, 1) on a coarse periodic lattice, two nodes per wavelength, float64."""
    shape = max(2, round(2 * rows / wavelength)), max(2, round(2 * columns / wavelength))
    return 2.0 * _uniforms(key, 0, shape[0] * shape[1]).reshape(shape) - 1.0


@jit
def _uniforms(key, stream, n):
    """The first `n` numbers in [0, 1) that `stream` may use, float64 [n]."""
    numbers = np.empty(n)
    for i in range(n):
        numbers[i] = uniform(key, 0, np.uint64(stream), i)
    return numbers


@jit
def _noise_at(noise, row, column, shape):
    """Smooth noise at a position of a lattice of `shape`: `noise` interpolated with zero slope at its nodes."""
    rows, columns = noise.shape
    y, x = row / shape[0] * rows, column / shape[1] * columns
    i, j = math.floor(y), math.floor(x)
    t, u = y - i, x - j
    t, u = t * t * (3.0 - 2.0 * t), u * u * (3.0 - 2.0 * u)
    above = (1.0 - u) * noise[i % rows, j % columns] + u * noise[i % rows, (j + 1) % columns]
    below = (1.0 - u) * noise[(i + 1) % rows, j % columns] + u * noise[(i + 1) % rows, (j + 1) % columns]
    return (1.0 - t) * above + t * below


@jit
def _touches(border, row, column, periodic):
    """Whether this position lies beyond a closed edge, or on or beside a site of `border` (bool lattice)."""
    i, j = _nearest_site(row), _nearest_site(column)
    if _wrap(i, border.shape[0], periodic) < 0 or _wrap(j, border.shape[1], periodic) < 0:
        return True
    for a in range(i - 1, i + 2):
        for b in range(j - 1, j + 2):
            y = _wrap(a, border.shape[0], periodic)
            x = _wrap(b, border.shape[1], periodic)
            if y >= 0 and x >= 0 and border[y, x]:
                return True
    return False


class Habit(NamedTuple):
    """How sinusoids grow; lengths in sites."""

    widest_plate: float
    link_low: float
    link_high: float
    tortuosity: float


class Ring(NamedTuple):
    """The growing tips around one central vein, in circular order; arrays with room for more than there ever are.

    angle: radians, rising; ended: the border was met, so the tip draws no more but keeps its place, lest its
    neighbours spread into other lobules; next_link: distance from the vein at which the tip is linked with its
    follower; row, column: where the tip is (number 0) and was, one site of growth ago and more.
    """

    angle: np.ndarray  # float64 [room]
    ended: np.ndarray  # bool [room]
    next_link: np.ndarray  # float64 [room]
    row: np.ndarray  # float64 [room, _HISTORY]
    column: np.ndarray  # float64 [room, _HISTORY]
    chances: np.ndarray  # float64: random numbers, used one after the other
    used: np.ndarray  # int64 [1]: how many have been used


@jit
def _chance(ring):
    """The next random number in [0, 1) of this ring."""
    ring.used[0] = (ring.used[0] + 1) % ring.chances.size
    return ring.chances[ring.used[0]]


@jit
def _between(ring, low, high):
    return low + (high - low) * _chance(ring)


@jit
def _grow_sinusoids(kind, border, row, column, periodic, vein_radius, reach, habit, noise, chances):
    """Grow the sinusoids of one lobule outwards from the middle of its central vein at (row, column), in sites.

    Should noise push one tip past the next, their vessels cross and repulsion drives them apart again.
    """
    room = 32 + int(4.0 * math.pi * reach)
    ring = Ring(
        np.empty(room),
        np.zeros(room, np.bool_),
        np.empty(room),
        np.empty((room, _HISTORY)),
        np.empty((room, _HISTORY)),
        chances,
        np.zeros(1, np.int64),
    )
    distance = max(vein_radius - 1.0, 1.0)
    tips = max(4, int(2.0 * math.pi * vein_radius / (0.8 * (habit.widest_plate + 1.0)) + 0.5))
    _first_tips(ring, tips, row, column, distance, habit)
    growing = True
    while growing and distance < reach:
        distance += 1.0
        _bend(ring, tips, distance, habit, noise, kind.shape)
        growing = _advance(ring, tips, kind, border, row, column, distance, periodic)
        for i in range(tips - 1, -1, -1):  # backwards, as a sprout moves those that follow it
            if _gap(ring, tips, i) * distance > habit.widest_plate + 1.0 and tips < room:
                _sprout(ring, tips, i, kind, border, row, column, distance, periodic, habit)
                tips += 1
            elif distance >= ring.next_link[i]:
                _link(ring, i, (i + 1) % tips, kind, distance, periodic, habit)


@jit
def _gap(ring, tips, i):
    """Angle between tip `i` and its follower in the ring."""
    if i + 1 < tips:
        return ring.angle[i + 1] - ring.angle[i]
    return ring.angle[0] + 2.0 * math.pi - ring.angle[i]


@jit
def _first_tips(ring, tips, row, column, distance, habit):
    """Tips all around the vein, unevenly spaced."""
    turn = _chance(ring)
    for i in range(tips):
        ring.angle[i] = 2.0 * math.pi * (i + turn + _between(ring, -0.2, 0.2)) / tips
        ring.next_link[i] = distance + _between(ring, habit.link_low, habit.link_high)
        for k in range(_HISTORY):
            ring.row[i, k] = row + distance * math.sin(ring.angle[i])
            ring.column[i, k] = column + distance * math.cos(ring.angle[i])


@jit
def _bend(ring, tips, distance, habit, noise, shape):
    """Turn every tip: away from the nearer of its neighbours, and with the noise where it is."""
    first_angle = ring.angle[0]
    behind = first_angle + 2.0 * math.pi - ring.angle[tips - 1]
    for i in range(tips):
        following = ring.angle[i + 1] if i + 1 < tips else first_angle + 2.0 * math.pi
        ahead = following - ring.angle[i]
        drift = habit.tortuosity * _noise_at(noise, ring.row[i, 0], ring.column[i, 0], shape)
        ring.angle[i] += 0.5 * _REPULSION * (ahead - behind) + drift / distance
        behind = ahead


@jit
def _advance(ring, tips, kind, border, row, column, distance, periodic):
    """Move all tips out to `distance` and draw those that have not met the border; whether there were any."""
    growing = False
    for i in range(tips):
        for k in range(_HISTORY - 1, 0, -1):
            ring.row[i, k] = ring.row[i, k - 1]
            ring.column[i, k] = ring.column[i, k - 1]
        ring.row[i, 0] = row + distance * math.sin(ring.angle[i])
        ring.column[i, 0] = column + distance * math.cos(ring.angle[i])
        if not ring.ended[i]:
            growing = True
            _draw_sinusoid(kind, ring.row[i, 1], ring.column[i, 1], ring.row[i, 0], ring.column[i, 0], periodic)
            ring.ended[i] = _touches(border, ring.row[i, 0], ring.column[i, 0], periodic)
    return growing


@jit
def _sprout(ring, tips, i, kind, border, row, column, distance, periodic, habit):
    """Put a new tip between tip `i` and its follower; it leaves the nearer one that still grows, two sites back."""
    place = _between(ring, 0.35, 0.65)
    angle = ring.angle[i] + place * _gap(ring, tips, i)
    follower = (i + 1) % tips
    mother = i if (place < 0.5 and not ring.ended[i]) or ring.ended[follower] else follower
    ended, from_row, from_column = ring.ended[mother], ring.row[mother, 2], ring.column[mother, 2]
    new = i + 1
    for k in range(tips, new, -1):
        ring.angle[k] = ring.angle[k - 1]
        ring.ended[k] = ring.ended[k - 1]
        ring.next_link[k] = ring.next_link[k - 1]
        for m in range(_HISTORY):
            ring.row[k, m] = ring.row[k - 1, m]
            ring.column[k, m] = ring.column[k - 1, m]
    new_row, new_column = row + distance * math.sin(angle), column + distance * math.cos(angle)
    ring.angle[new] = angle
    ring.ended[new] = ended
    for m in range(_HISTORY):
        ring.row[new, m] = new_row
        ring.column[new, m] = new_column
    if not ended:
        _draw_sinusoid(kind, from_row, from_column, new_row, new_column, periodic)
        ring.ended[new] = _touches(border, new_row, new_column, periodic)
    # The first link after a sprout may come sooner than usual: the sprout itself linked nobody.
    ring.next_link[i] = distance + _between(ring, 0.5 * habit.link_low, habit.link_high)
    ring.next_link[new] = distance + _between(ring, 0.5 * habit.link_low, habit.link_high)


@jit
def _link(ring, i, follower, kind, distance, periodic, habit):
    """Join tip `i` and its follower by an oblique vessel, and set where the next one is due."""
    ring.next_link[i] = distance + _between(ring, habit.link_low, habit.link_high)
    if ring.ended[i] or ring.ended[follower]:
        return
    back = _HISTORY - 1 if _chance(ring) < 0.5 else 0
    there = _HISTORY - 1 - back
    _draw_sinusoid(
        kind, ring.row[i, back], ring.column[i, back], ring.row[follower, there], ring.column[follower, there], periodic
    )


def _thin(kind: np.ndarray, periodic: bool, key: np.uint64) -> None:
    """Thin the sinusoids to one site: sites that nothing hangs on are removed in random order until none is left.

    Such a site is simple: without it the vessels around it still form one piece and enclose the same plates
    (Hilditch crossing number 1 for eight-connected vessels). Dead ends vanish from their tips; loops stay.
    """
    places = np.flatnonzero(kind == SINUSOID)
    order = np.argsort(_uniforms(key, 0, kind.size)[places], kind="stable")
    _remove_simple(kind, places[order], periodic)


@jit
def _remove_simple(kind, places, periodic):
    """Remove simple sinusoid sites, visiting `places` (row * columns + column) in order until none is left."""
    columns = kind.shape[1]
    removed = 1
    while removed > 0:
        removed = 0
        for place in places:
            i, j = place // columns, place % columns
            if kind[i, j] == SINUSOID and _is_simple(kind, i, j, periodic):
                kind[i, j] = PARENCHYMA
                removed += 1


@jit
def _is_simple(kind, row, column, periodic):
    """Whether removing this site leaves its vessel neighbours in one piece, or it has none."""
    vessels = 0
    ring = 0  # bit k: neighbour k is a vessel
    for k in range(8):
        i = shifted(row, ROW_OFFSET[k], kind.shape[0], periodic)
        j = shifted(column, COLUMN_OFFSET[k], kind.shape[1], periodic)
        if i >= 0 and j >= 0 and kind[i, j] != PARENCHYMA:
            ring |= 1 << k
            vessels += 1
    crossings = 0
    for k in range(0, 8, 2):
        if not ring >> k & 1 and (ring >> (k + 1) & 1 or ring >> ((k + 2) % 8) & 1):
            crossings += 1
    return crossings == 1 or vessels == 0


@jit
def reached(kind, passable, source, periodic):
    """The `passable` (bool lattice) sinusoid sites that are connected with a site of kind `source`, bool lattice."""
    rows, columns = kind.shape
    seen = np.zeros((rows, columns), np.bool_)
    stack = np.empty(rows * columns, np.int32)
    size = 0
    for i in range(rows):
        for j in range(columns):
            if kind[i, j] == source:
                stack[size] = i * columns + j
                size += 1
    while size > 0:
        size -= 1
        i, j = stack[size] // columns, stack[size] % columns
        for k in range(8):
            a, b = shifted(i, ROW_OFFSET[k], rows, periodic), shifted(j, COLUMN_OFFSET[k], columns, periodic)
            if a >= 0 and b >= 0 and kind[a, b] == SINUSOID and passable[a, b] and not seen[a, b]:
                seen[a, b] = True
                stack[size] = a * columns + b
                size += 1
    return seen


def _keep_perfusable(kind: np.ndarray, periodic: bool) -> None:
    """Turn into parenchyma what blood from a portal tract, or on its way to a central vein, cannot reach."""
    sinusoid = kind == SINUSOID
    fed = reached(kind, sinusoid, PORTAL_TRACT, periodic)
    drained = reached(kind, sinusoid, CENTRAL_VEIN, periodic)
    kind[sinusoid & ~(fed & drained)] = PARENCHYMA


@jit
def _distance_to(kind, code, periodic):
    """Exact distance (sites, float32) from every site to the nearest of kind `code`: first along columns, then rows."""
    rows, columns = kind.shape
    far = rows + columns
    vertical = np.full((rows, columns), far, np.int64)
    for j in range(columns):
        for start, step in ((0, 1), (rows - 1, -1)):
            last = far
            for k in range(2 * rows if periodic else rows):
                i = (start + step * k) % rows
                last = 0 if kind[i, j] == code else min(last + 1, far)
                vertical[i, j] = min(vertical[i, j], last)
    distance = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            best = vertical[i, j] ** 2
            k = 1
            while k * k < best and k < columns:
                for other in (j - k, j + k):
                    b = _wrap(other, columns, periodic)
                    if b >= 0:
                        best = min(best, k * k + vertical[i, b] ** 2)
                k += 1
            distance[i, j] = np.float32(math.sqrt(best))
    return distance


@jit
def _zones(portal_distance, central_distance):
    """Thirds of the way from the portal tract or venule to the central vein, uint8 1..3."""
    zone = np.empty(portal_distance.shape, np.uint8)
    for i in range(zone.shape[0]):
        for j in range(zone.shape[1]):
            to_portal = np.float64(portal_distance[i, j])
            position = to_portal / (to_portal + np.float64(central_distance[i, j]))
            zone[i, j] = 1 + min(2, int(3.0 * position))
    return zone


@jit
def _nearest(rows, columns, centres, reach, periodic):
    """Number of the nearest of `centres` for every site, int32; those farther than `reach` are not considered."""
    nearest = np.full((rows, columns), -1, np.int32)
    least = np.full((rows, columns), np.inf)
    span = math.ceil(reach)
    for n in range(centres.shape[0]):
        top, left = _nearest_site(centres[n, 0]), _nearest_site(centres[n, 1])
        for i in range(top - span, top + span + 1):
            a = _wrap(i, rows, periodic)
            for j in range(left - span, left + span + 1):
                b = _wrap(j, columns, periodic)
                if a >= 0 and b >= 0:
                    distance = (i - centres[n, 0]) ** 2 + (j - centres[n, 1]) ** 2
                    if distance < least[a, b]:
                        least[a, b] = distance
                        nearest[a, b] = n
    return nearest


@jit
def _radii(kind, median, log_sd, chances):
    """Lognormal radius of every sinusoid site (um, float32) from two random numbers per site (Box and Muller 1958)."""
    radius = np.zeros(kind.shape, np.float32)
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            if kind[i, j] == SINUSOID:
                place = i * kind.shape[1] + j
                length = math.sqrt(-2.0 * math.log(1.0 - chances[2 * place]))
                normal = length * math.cos(2.0 * math.pi * chances[2 * place + 1])
                radius[i, j] = np.float32(median * math.exp(log_sd * normal))
    return radius


@jit
def _beside_portal(kind, periodic):
    """Sinusoid sites that touch a portal tract or venule, bool lattice."""
    beside = np.zeros(kind.shape, np.bool_)
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            if kind[i, j] == SINUSOID:
                for k in range(8):
                    a = shifted(i, ROW_OFFSET[k], kind.shape[0], periodic)
                    b = shifted(j, COLUMN_OFFSET[k], kind.shape[1], periodic)
                    if a >= 0 and b >= 0 and kind[a, b] == PORTAL_TRACT:
                        beside[i, j] = True
    return beside
