"""The pixel kernels of the picture: vessels as smooth tubes, the tissue, and cells stamped onto it.

Images are uint8 [height, width, 3]; `scale` is pixels per site.
"""

import math
from typing import Any

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import hash64

_BENDS = 4
"""Pieces of a curve."""


@jit(inline=True)
def _joined(member, partner, i, j, di, dj):
    """Whether a line leads from the member site (i, j) to its neighbour: diagonally only where no straight way exists."""
    rows, columns = member.shape
    a, b = i + di, j + dj
    if (di == 0 and dj == 0) or a < 0 or b < 0 or a >= rows or b >= columns:
        return False
    if not (member[a, b] or partner[a, b]):
        return False
    return di == 0 or dj == 0 or not (member[i, b] or partner[i, b] or member[a, j] or partner[a, j])


@jit
def smooth_places(member, partner, rounds):
    """Where the lines of a vessel network turn: the middles of its `member` sites (row, column; sites), drawn towards the
    middle between their neighbours so that staircases become curves; float64 [row, column, 2]. `partner` sites stay."""
    rows, columns = member.shape
    place = np.empty((rows, columns, 2))
    for i in range(rows):
        for j in range(columns):
            place[i, j, 0] = i + 0.5
            place[i, j, 1] = j + 0.5
    for _ in range(rounds):
        before = place.copy()
        for i in range(rows):
            for j in range(columns):
                if not member[i, j]:
                    continue
                y, x, links = 0.0, 0.0, 0
                for di in range(-1, 2):
                    for dj in range(-1, 2):
                        if _joined(member, partner, i, j, di, dj):
                            y += before[i + di, j + dj, 0]
                            x += before[i + di, j + dj, 1]
                            links += 1
                if links > 1:
                    place[i, j, 0] = 0.5 * before[i, j, 0] + 0.5 * y / links
                    place[i, j, 1] = 0.5 * before[i, j, 1] + 0.5 * x / links
    return place


@jit
def vessel_distance(member, partner, place, scale, reach, distance):
    """Distance (sites) from every pixel to the centre lines of a vessel network, where it is at most `reach`.

    The lines join neighbouring `member` sites with each other and with `partner` sites (both bool lattices) where they are
    drawn, `place`; a line that goes through a site bends there. `distance` (float32 [height, width]) is written where this
    network is nearer than what it holds.
    """
    rows, columns = member.shape
    ends = np.empty((8, 2))
    for i in range(rows):
        for j in range(columns):
            if not member[i, j]:
                continue
            y, x = place[i, j, 0], place[i, j, 1]
            links = 0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    if _joined(member, partner, i, j, di, dj):
                        ends[links, 0] = 0.5 * (y + place[i + di, j + dj, 0])
                        ends[links, 1] = 0.5 * (x + place[i + di, j + dj, 1])
                        links += 1
            if links == 2:  # a quadratic curve from middle to middle
                before_y, before_x = ends[0, 0], ends[0, 1]
                for k in range(1, _BENDS + 1):
                    t = k / _BENDS
                    at_y = (1 - t) ** 2 * ends[0, 0] + 2 * t * (1 - t) * y + t * t * ends[1, 0]
                    at_x = (1 - t) ** 2 * ends[0, 1] + 2 * t * (1 - t) * x + t * t * ends[1, 1]
                    _segment(before_y, before_x, at_y, at_x, scale, reach, distance)
                    before_y, before_x = at_y, at_x
                continue
            if links == 0:
                _segment(y, x, y, x, scale, reach, distance)
            for k in range(links):
                _segment(y, x, ends[k, 0], ends[k, 1], scale, reach, distance)


@jit
def _segment(y0, x0, y1, x1, scale, reach, distance):
    height, width = distance.shape
    dy, dx = y1 - y0, x1 - x0
    length2 = dy * dy + dx * dx
    top = max(0, math.floor((min(y0, y1) - reach) * scale))
    bottom = min(height, math.ceil((max(y0, y1) + reach) * scale) + 1)
    left = max(0, math.floor((min(x0, x1) - reach) * scale))
    right = min(width, math.ceil((max(x0, x1) + reach) * scale) + 1)
    for p in range(top, bottom):
        y = (p + 0.5) / scale - y0
        for q in range(left, right):
            x = (q + 0.5) / scale - x0
            t = 0.0
            if length2 > 0.0:
                t = min(1.0, max(0.0, (y * dy + x * dx) / length2))
            away = math.sqrt((y - t * dy) ** 2 + (x - t * dx) ** 2)
            if away <= reach and away < distance[p, q]:
                distance[p, q] = away


@jit
def hepatocytes(top, left, scale, key, cell_sites, edge, nucleus, tone):
    """A pavement of cells about `cell_sites` sites wide: how near each pixel is to a border (`edge`) and to a nucleus
    (`nucleus`), both 0-1 float32 [height, width], and the brightness of its cell (`tone`, 0-1). `top`, `left`: the pixel of the
    whole liver with which the picture begins, so that parts of it look as it does."""
    height, width = edge.shape
    pitch = cell_sites * scale
    for v in range(height):
        for u in range(width):
            p, q = top + v, left + u
            row, column = int(p / pitch), int(q / pitch)
            first, second = 1e9, 1e9
            owner = np.uint64(0)
            for a in range(row - 1, row + 2):
                for b in range(column - 1, column + 2):
                    bits = hash64(key, np.uint64((a + 1) * 65536 + b + 1), 0, 0)
                    y = (a + 0.25 + 0.5 * float(bits & np.uint64(255)) / 255.0) * pitch
                    x = (b + 0.25 + 0.5 * float((bits >> np.uint64(8)) & np.uint64(255)) / 255.0) * pitch
                    away = math.sqrt((p + 0.5 - y) ** 2 + (q + 0.5 - x) ** 2) / pitch
                    if away < first:
                        first, second, owner = away, first, bits
                    elif away < second:
                        second = away
            edge[v, u] = max(0.0, 1.0 - (second - first) / 0.16)
            nucleus[v, u] = min(1.0, max(0.0, (0.21 - first) / 0.06))
            tone[v, u] = float((owner >> np.uint64(16)) & np.uint64(255)) / 255.0


@jit
def tissue(
    image,
    living,
    stroma,
    blood,
    wall,
    blood_alpha,
    wall_alpha,
    sinusoid,
    parenchyma,
    hepatocyte,
    perfused,
    no_flow,
    changed,
    scale,
):
    """Paint plates, sinusoids and their walls at sites that are `changed` (bool) and beside them; per site: sinusoid (bool),
    parenchyma, hepatocyte, perfused (uint8). Where blood stops flowing along a vessel, one colour passes into the other."""
    rows, columns = parenchyma.shape
    for p in range(rows * scale):
        i = p // scale
        y = min(rows - 1.0, max(0.0, (p + 0.5) / scale - 0.5))
        top = int(y)
        bottom = min(top + 1, rows - 1)
        for j in range(columns):
            if not changed[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2].any():
                continue
            gone = parenchyma[i, j] != 0 and hepatocyte[i, j] == 0
            for q in range(j * scale, (j + 1) * scale):
                alpha = np.int32(blood_alpha[p, q])
                rim = np.int32(wall_alpha[p, q])
                for c in range(3):
                    image[p, q, c] = stroma[p, q, c] if gone else living[p, q, c]
                if alpha == 0 and rim == 0:
                    continue
                x = min(columns - 1.0, max(0.0, (q + 0.5) / scale - 0.5))
                left = int(x)
                right = min(left + 1, columns - 1)
                down, across = y - top, x - left
                weights, flow = 1e-9, 1e-9
                for a, b, weight in (
                    (top, left, (1 - down) * (1 - across)),
                    (top, right, (1 - down) * across),
                    (bottom, left, down * (1 - across)),
                    (bottom, right, down * across),
                ):
                    if sinusoid[a, b]:
                        weights += weight
                        flow += weight * (perfused[a, b] != 0)
                flows: Any = np.int32(256.0 * flow / weights)
                for c in range(3):
                    vessel = no_flow[c] + ((np.int32(blood[p, q, c]) - no_flow[c]) * flows >> 8)
                    value = _blend(np.int32(image[p, q, c]), vessel, alpha)
                    image[p, q, c] = _blend(value, wall[c], rim)


@jit
def _blend(under, over, alpha):
    """`over` on `under` (int32) with opacity `alpha` in 0-255."""
    return under + ((over - under) * (alpha + (alpha >> 7)) >> 8)


@jit
def overlay(image, level, colours, scale):
    """Lay a field over the picture: `level` float32 per site in 0-255, read from `colours` uint8 [256, 4] (with alpha)."""
    height, width, _ = image.shape
    rows, columns = level.shape
    line = np.empty(columns, np.float32)
    left = np.empty(width, np.int32)
    part = np.empty(width, np.float32)
    for q in range(width):
        x = min(columns - 1.0, max(0.0, (q + 0.5) / scale - 0.5))
        left[q] = min(int(x), max(columns - 2, 0))
        part[q] = x - left[q]
    for p in range(height):
        y = min(rows - 1.0, max(0.0, (p + 0.5) / scale - 0.5))
        i = min(int(y), max(rows - 2, 0))
        below = np.float32(y - i)
        k = min(i + 1, rows - 1)
        for j in range(columns):
            line[j] = level[i, j] + below * (level[k, j] - level[i, j])
        for q in range(width):
            j = left[q]
            value = np.int32(line[j] + part[q] * (line[min(j + 1, columns - 1)] - line[j]))
            alpha = np.int32(colours[value, 3])
            if alpha > 0:
                for c in range(3):
                    image[p, q, c] = _blend(np.int32(image[p, q, c]), np.int32(colours[value, c]), alpha)


@jit
def stamp_cells(image, codes, aside, atlas, place, variants, first, scale, pad):
    """Draw the cells of one layer. `codes` uint8 per site; `atlas` uint8 [n, size, size, 4]; the pictures of code k are
    the `variants` ones from place[k] (int32 [256], -1: not drawn) on, taken by site so that a cell that stays looks the same.
    Cells at sites that are `aside` (bool) are moved to a corner, so that one can see who else is there. `first`: the
    row and column of the whole liver with which the picture begins."""
    rows, columns = codes.shape
    for i in range(rows):
        for j in range(columns):
            code = codes[i, j]
            if code != 0 and place[code] >= 0:
                number = _scattered(first[0] + i, first[1] + j)
                down = across = 0
                if aside[i, j]:
                    away = (scale + 1) // 2
                    down = away if number & 1 else -away
                    across = away if number & 2 else -away
                _stamp(
                    image,
                    atlas,
                    place[code] + number % variants,
                    256,
                    i * scale - pad + down,
                    j * scale - pad + across,
                )


@jit
def stamp_levels(image, level, lowest, atlas, first, scale, pad):
    """Draw something whose opacity is its `level` (float32 per site, 1 is full) wherever it is above `lowest`. `first`: as
    in `stamp_cells`."""
    rows, columns = level.shape
    for i in range(rows):
        for j in range(columns):
            if level[i, j] > lowest:
                opacity = np.int32(256.0 * min(1.0, level[i, j]))
                _stamp(
                    image,
                    atlas,
                    _scattered(first[0] + i, first[1] + j) % atlas.shape[0],
                    opacity,
                    i * scale - pad,
                    j * scale - pad,
                )


@jit(inline=True)
def _scattered(row, column):
    """A number that differs between neighbouring sites without a visible pattern."""
    return row * 7 + column * 13 + (row * column) % 11


@jit
def _stamp(image, atlas, number, opacity, top, left):
    height, width, _ = image.shape
    size = atlas.shape[1]
    for p in range(max(0, -top), min(size, height - top)):
        for q in range(max(0, -left), min(size, width - left)):
            alpha = np.int32(atlas[number, p, q, 3]) * opacity >> 8
            if alpha > 0:
                for c in range(3):
                    image[top + p, left + q, c] = _blend(
                        np.int32(image[top + p, left + q, c]), np.int32(atlas[number, p, q, c]), alpha
                    )


@jit
def rings(image, rings, thick, colour):
    """Draw rings: float64 [n, 4] with the pixels of their middles (from above, from the left), their radii, and their opacities;
    `thick` pixels wide, in `colour` (int32 [3])."""
    height, width, _ = image.shape
    for k in range(rings.shape[0]):
        y, x, radius, opacity = rings[k, 0], rings[k, 1], rings[k, 2], rings[k, 3]
        reach = radius + thick
        for p in range(max(0, math.floor(y - reach)), min(height, math.ceil(y + reach) + 1)):
            for q in range(max(0, math.floor(x - reach)), min(width, math.ceil(x + reach) + 1)):
                off = abs(math.sqrt((p + 0.5 - y) ** 2 + (q + 0.5 - x) ** 2) - radius)
                _ink(image, p, q, colour, opacity * min(1.0, max(0.0, 0.5 * thick + 0.5 - off)))


@jit
def strokes(image, strokes, thick, colours):
    """Draw straight lines: float64 [n, 5] with the pixels of their ends (from above, from the left) and their opacities; `thick`
    pixels wide, in `colours` (int32 [n, 3])."""
    height, width, _ = image.shape
    reach = 0.5 * thick + 1.0
    for k in range(strokes.shape[0]):
        y0, x0, y1, x1, opacity = strokes[k, 0], strokes[k, 1], strokes[k, 2], strokes[k, 3], strokes[k, 4]
        dy, dx = y1 - y0, x1 - x0
        length2 = max(dy * dy + dx * dx, 1e-9)
        for p in range(max(0, math.floor(min(y0, y1) - reach)), min(height, math.ceil(max(y0, y1) + reach) + 1)):
            for q in range(max(0, math.floor(min(x0, x1) - reach)), min(width, math.ceil(max(x0, x1) + reach) + 1)):
                y, x = p + 0.5 - y0, q + 0.5 - x0
                t = min(1.0, max(0.0, (y * dy + x * dx) / length2))
                off = math.sqrt((y - t * dy) ** 2 + (x - t * dx) ** 2)
                _ink(image, p, q, colours[k], opacity * min(1.0, max(0.0, 0.5 * thick + 0.5 - off)))


@jit(inline=True)
def _ink(image, p, q, colour, opacity):
    alpha = np.int32(255.0 * opacity)
    if alpha > 0:
        for c in range(3):
            image[p, q, c] = _blend(np.int32(image[p, q, c]), colour[c], alpha)
