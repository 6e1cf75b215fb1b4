"""How far every site is from the vessels: distances, zones, and whose lobule it is in."""

import math

import numpy as np

from ..kernels.jit import jit
from .strokes import nearest_site, wrap


@jit
def distance_to(kind, code, periodic):
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
                    b = wrap(other, columns, periodic)
                    if b >= 0:
                        best = min(best, k * k + vertical[i, b] ** 2)
                k += 1
            distance[i, j] = np.float32(math.sqrt(best))
    return distance


@jit
def zones(portal_distance, central_distance):
    """Thirds of the way from the portal tract or venule to the central vein, uint8 1..3."""
    zone = np.empty(portal_distance.shape, np.uint8)
    for i in range(zone.shape[0]):
        for j in range(zone.shape[1]):
            to_portal = np.float64(portal_distance[i, j])
            position = to_portal / (to_portal + np.float64(central_distance[i, j]))
            zone[i, j] = 1 + min(2, int(3.0 * position))
    return zone


@jit
def nearest(rows, columns, centres, reach, periodic):
    """Number of the nearest of `centres` for every site, int32; those farther than `reach` are not considered."""
    nearest = np.full((rows, columns), -1, np.int32)
    least = np.full((rows, columns), np.inf)
    span = math.ceil(reach)
    for n in range(centres.shape[0]):
        top, left = nearest_site(centres[n, 0]), nearest_site(centres[n, 1])
        for i in range(top - span, top + span + 1):
            a = wrap(i, rows, periodic)
            for j in range(left - span, left + span + 1):
                b = wrap(j, columns, periodic)
                if a >= 0 and b >= 0:
                    distance = (i - centres[n, 0]) ** 2 + (j - centres[n, 1]) ** 2
                    if distance < least[a, b]:
                        least[a, b] = distance
                        nearest[a, b] = n
    return nearest
