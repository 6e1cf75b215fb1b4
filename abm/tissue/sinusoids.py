"""Sinusoids that grow outwards from a central vein: a ring of tips that bend, sprout and are cross-linked."""

import math
from typing import NamedTuple

import numpy as np

from ..kernels.jit import jit
from .noise import noise_at
from .strokes import draw_sinusoid, touches

_HISTORY = 4  # sites: how far back a tip remembers where it was, so that sprouts and links leave obliquely
_REPULSION = 0.4  # share of the difference between its two gaps that a tip gives way per site of growth


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
def grow_sinusoids(kind, border, row, column, periodic, vein_radius, reach, habit, noise, chances):
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
def _chance(ring):
    """The next random number in [0, 1) of this ring."""
    ring.used[0] = (ring.used[0] + 1) % ring.chances.size
    return ring.chances[ring.used[0]]


@jit
def _between(ring, low, high):
    return low + (high - low) * _chance(ring)


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
        drift = habit.tortuosity * noise_at(noise, ring.row[i, 0], ring.column[i, 0], shape)
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
            draw_sinusoid(kind, ring.row[i, 1], ring.column[i, 1], ring.row[i, 0], ring.column[i, 0], periodic)
            ring.ended[i] = touches(border, ring.row[i, 0], ring.column[i, 0], periodic)
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
        draw_sinusoid(kind, from_row, from_column, new_row, new_column, periodic)
        ring.ended[new] = touches(border, new_row, new_column, periodic)
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
    draw_sinusoid(
        kind, ring.row[i, back], ring.column[i, back], ring.row[follower, there], ring.column[follower, there], periodic
    )
