"""The anatomy of a slab of liver: lobules, portal tracts, central veins, sinusoids and the plates between them.

Blood enters a lobule at its portal tracts and at the terminal portal venules that run from them along its border
(Rappaport 1954, doi:10.1002/ar.1091190103), flows through sinusoids that converge on the central vein, and leaves.
Neighbouring sinusoids lie a hepatocyte plate apart, join where they converge, and anastomose: a plexus that fills the
tissue and still leads almost straight to the vein (Karschau 2020, doi:10.1371/journal.pcbi.1007965).

The network is grown, not labelled. From every central vein a ring of tips walks outwards, bent by the same smooth
noise and pushed apart by their neighbours; where two have come too far apart a new one sprouts, and every 60-100 um
two neighbours are cross-linked (outward growth with branching: Wambaugh 2010, doi:10.1371/journal.pcbi.1000756).
Of a tissue of one's own (`own`) the vessels that are labelled are taken, and others grow where they are missing.
Then everything is thinned to vessels one site wide without dead ends, and what blood cannot reach becomes parenchyma.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..kernels.jit import jit
from ..kernels.random import stream_key, uniform
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, shifted
from .distances import distance_to, nearest, zones
from .lobules import OUTSIDE, Lobule, lay_out, lay_out_around
from .noise import coarse_noise, uniforms
from .own import TUMOR
from .parameters import TissueParameters
from .sinusoids import Habit, grow_sinusoids
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from .strokes import draw_blob, draw_border
from .thinning import keep_perfusable, thin

_BORDER_SWING = 1.5  # sites by which the border between two lobules leaves the straight line at most
_EDGE_MARGIN = 4.0  # sites by which tips may overshoot the corners of their lobule before growth stops
_CHANCES_PER_AREA = 3  # random numbers per square of a lobule's radius; a few times what its sprouts and links use


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
    labels = parameters.labels()
    veins, tracts = _middles(labels, CENTRAL_VEIN), _middles(labels, PORTAL_TRACT)
    if len(veins):
        lobules = lay_out_around(veins, rows, columns, periodic)
    else:
        lobules = lay_out(rows, columns, radius, jitter, periodic, stream_key(seed, "tissue/lobules"))
    if not len(tracts):
        tracts = _portal_tracts(lobules, rows, columns, periodic, 0.8 * parameters.portal_tract_diameter / site)
    kind = np.full((rows, columns), PARENCHYMA, np.uint8)
    noise = coarse_noise(rows, columns, parameters.tortuosity_wavelength / site, stream_key(seed, "tissue/noise"))
    _draw_borders(kind, lobules, parameters.venule_reach, noise, periodic)
    _draw_vessels(kind, lobules, tracts, parameters, seed, labels)
    border = (kind == PORTAL_TRACT) | (kind == SINUSOID)
    habit = Habit(
        parameters.widest_plate / site,
        parameters.link_spacing_low / site,
        parameters.link_spacing_high / site,
        parameters.tortuosity,
    )
    for number, lobule in enumerate(lobules):
        reach = lobule.radius + _EDGE_MARGIN
        chances = uniforms(stream_key(seed, "tissue/sinusoids"), number, int(_CHANCES_PER_AREA * reach**2))
        grow_sinusoids(
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
    if labels is not None:
        _as_labelled(kind, labels)
    thin(kind, periodic, stream_key(seed, "tissue/thinning"))
    keep_perfusable(kind, periodic)
    if not (kind == SINUSOID).any():
        raise ValueError(
            "no sinusoid leads from a portal tract to a central vein; make the tissue larger, or lobule_jitter smaller"
        )

    portal_distance = distance_to(kind, PORTAL_TRACT, periodic)
    central_distance = distance_to(kind, CENTRAL_VEIN, periodic)
    centres = np.array([lobule.centre for lobule in lobules])
    widest = max(lobule.radius for lobule in lobules)
    return Anatomy(
        shape=(rows, columns),
        spacing_um=site,
        periodic=periodic,
        kind=kind,
        zone=zones(portal_distance, central_distance),
        lobule=nearest(rows, columns, centres, widest + 2.0, periodic),
        portal_distance_um=portal_distance * np.float32(site),
        central_distance_um=central_distance * np.float32(site),
        radius_um=_radii(
            kind,
            parameters.sinusoid_radius,
            parameters.sinusoid_radius_log_sd,
            uniforms(stream_key(seed, "tissue/radius"), 0, 2 * kind.size),
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
                draw_border(kind, row, column, across[0], across[1], reach, swing, noise, periodic)


def _draw_vessels(
    kind: np.ndarray,
    lobules: list[Lobule],
    tracts: np.ndarray,
    parameters: TissueParameters,
    seed: int,
    labels: np.ndarray | None,
) -> None:
    """Portal tracts (three-cornered, as their vessels leave along three borders) and central veins (oval); those that are
    labelled are as they are."""
    periodic, site = parameters.edges == "periodic", parameters.site
    key = stream_key(seed, "tissue/vessels")
    groups = (
        (PORTAL_TRACT, tracts, 0.5 * parameters.portal_tract_diameter / site, 3),
        (CENTRAL_VEIN, [lobule.centre for lobule in lobules], 0.5 * parameters.central_vein_diameter / site, 2),
    )
    for code, centres, radius, lobes in groups:
        if labels is not None and (labels == code).any():
            kind[labels == code] = code
            continue
        for i, (row, column) in enumerate(centres):
            size = radius * (1.0 + 0.25 * (2 * uniform(key, code, np.uint64(i), 0) - 1))
            turn = 2 * math.pi * uniform(key, code, np.uint64(i), 1)
            draw_blob(kind, row, column, size, lobes, turn, code, periodic)


def _middles(labels: np.ndarray | None, code: int) -> np.ndarray:
    """The middle of each labelled vessel of a kind, float64 [n, 2]."""
    if labels is None or not (labels == code).any():
        return np.empty((0, 2))
    pieces, count = ndimage.label(labels == code, structure=np.ones((3, 3)))
    return np.array(ndimage.center_of_mass(pieces > 0, pieces, range(1, count + 1)))


def _as_labelled(kind: np.ndarray, labels: np.ndarray) -> None:
    """Put what is labelled over what has grown. Where no sinusoid is labelled at all, the small vessels were too narrow to be seen:
    sinusoids and terminal venules that have grown stay in what is labelled as parenchyma or tumor."""
    if (labels == SINUSOID).any():
        kind[(labels == PARENCHYMA) | (labels == TUMOR)] = PARENCHYMA
        kind[labels == SINUSOID] = SINUSOID
    for code in (PORTAL_TRACT, CENTRAL_VEIN):
        kind[labels == code] = code


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
