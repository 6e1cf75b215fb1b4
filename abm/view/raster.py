"""The pixel kernels of the picture: vessels as smooth tubes, the tissue, and cells stamped onto it.

Images are uint8 [height, width, 3]; `scale` is pixels per site.
"""

import math
from typing import Any

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import hash64


@jit
def vessel_distance(member, partner, scale, reach, distance, nearest):
    """Distance (sites) from every pixel to the centre lines of a vessel network, where it is at most `reach`.

    The lines join neighbouring `member` sites with each other and with `partner` sites (both bool lattices), diagonally
    only where no straight way exists. `distance` (float32) and `nearest` (int32: row * columns + column of the member
    site on that line) are written where this network is nearer than what they hold.
    """
    rows, columns = member.shape
    for i in range(rows):
        for j in range(columns):
            if not member[i, j]:
                continue
            _segment(i, j, i, j, i * columns + j, scale, reach, distance, nearest)
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    a, b = i + di, j + dj
                    if (di == 0 and dj == 0) or a < 0 or b < 0 or a >= rows or b >= columns:
                        continue
                    if not (member[a, b] or partner[a, b]):
                        continue
                    if di != 0 and dj != 0 and (member[i, b] or partner[i, b] or member[a, j] or partner[a, j]):
                        continue
                    _segment(i, j, a, b, i * columns + j, scale, reach, distance, nearest)


@jit
def _segment(i0, j0, i1, j1, site, scale, reach, distance, nearest):
    """The half of the line from site (i0, j0) to (i1, j1) that belongs to the first."""
    height, width = distance.shape
    y0, x0 = i0 + 0.5, j0 + 0.5
    dy, dx = 0.5 * (i1 - i0), 0.5 * (j1 - j0)
    length2 = dy * dy + dx * dx
    top = max(0, math.floor((min(y0, y0 + dy) - reach) * scale))
    bottom = min(height, math.ceil((max(y0, y0 + dy) + reach) * scale) + 1)
    left = max(0, math.floor((min(x0, x0 + dx) - reach) * scale))
    right = min(width, math.ceil((max(x0, x0 + dx) + reach) * scale) + 1)
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
                nearest[p, q] = site


@jit
def hepatocytes(height, width, scale, key, cell_sites, edge, nucleus, tone):
    """A pavement of cells about `cell_sites` sites wide: how near each pixel is to a border (`edge`) and to a nucleus
    (`nucleus`), both 0-1 float32, and the brightness of its cell (`tone`, 0-1)."""
    pitch = cell_sites * scale
    for p in range(height):
        for q in range(width):
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
            edge[p, q] = max(0.0, 1.0 - (second - first) / 0.16)
            nucleus[p, q] = min(1.0, max(0.0, (0.21 - first) / 0.06))
            tone[p, q] = float((owner >> np.uint64(16)) & np.uint64(255)) / 255.0


@jit
def tissue(
    image,
    living,
    stroma,
    blood,
    blood_alpha,
    wall_alpha,
    vessel_site,
    parenchyma,
    hepatocyte,
    perfused,
    e_selectin,
    no_flow,
    wall,
    active_wall,
    scale,
):
    """Paint plates, sinusoids and their walls; per site: parenchyma, hepatocyte, perfused (uint8), e_selectin 0-1."""
    rows, columns = parenchyma.shape
    for p in range(rows * scale):
        i = p // scale
        for j in range(columns):
            gone = parenchyma[i, j] != 0 and hepatocyte[i, j] == 0
            for q in range(j * scale, (j + 1) * scale):
                alpha = np.int32(blood_alpha[p, q])
                rim = np.int32(wall_alpha[p, q])
                for c in range(3):
                    image[p, q, c] = stroma[p, q, c] if gone else living[p, q, c]
                if alpha == 0 and rim == 0:
                    continue
                site = vessel_site[p, q]
                a = site // columns
                b = site - a * columns
                flows = perfused[a, b] != 0
                level: Any = np.int32(
                    256.0 * math.sqrt(min(1.0, max(0.0, e_selectin[a, b])))
                )  # as the eye sees fluorescence
                strength = rim * (90 + (166 * level >> 8)) >> 8
                for c in range(3):
                    vessel = np.int32(blood[p, q, c]) if flows else no_flow[c]
                    value = _blend(np.int32(image[p, q, c]), vessel, alpha)
                    tint = wall[c] + ((active_wall[c] - wall[c]) * level >> 8)
                    image[p, q, c] = _blend(value, tint, strength)


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
def stamp_cells(image, codes, atlas, place, variants, scale, pad):
    """Draw the cells of one layer. `codes` uint8 per site; `atlas` uint8 [n, size, size, 4]; the pictures of code k are
    the `variants` ones from place[k] (int32 [256], -1: not drawn) on, taken by site so that a cell that stays looks the same."""
    rows, columns = codes.shape
    for i in range(rows):
        for j in range(columns):
            code = codes[i, j]
            if code != 0 and place[code] >= 0:
                _stamp(
                    image,
                    atlas,
                    place[code] + _scattered(i, j) % variants,
                    256,
                    i * scale - pad,
                    j * scale - pad,
                )


@jit
def stamp_levels(image, level, lowest, atlas, scale, pad):
    """Draw something whose opacity is its `level` (float32 per site, 1 is full) wherever it is above `lowest`."""
    rows, columns = level.shape
    for i in range(rows):
        for j in range(columns):
            if level[i, j] > lowest:
                opacity = np.int32(256.0 * min(1.0, level[i, j]))
                _stamp(
                    image,
                    atlas,
                    _scattered(i, j) % atlas.shape[0],
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
