"""The pictures of single cells, NETs and fibres: drawn once, enlarged, and averaged down to size."""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ..cells.species import Appearance, Colour
from .palette import ECM, NET, TUMOR_GROUP, VESSEL, look_of

VARIANTS = 8
"""Pictures per look, so that neighbours do not look alike."""
_FINE = 36  # a site is drawn at least so many points wide, and averaged down
_SMALLEST_RADIUS = 1.1  # pixels: below that a cell would vanish in a large field
_BYSTANDER = 0.45  # opacity of the liver's own cells in large fields, where they would drown the tumor cells
_SEED = 11
_EATEN = look_of("tumor", "adherent").colour


def padding(scale: int) -> int:
    """Pixels by which a picture reaches beyond its site on each side."""
    return max(2, scale)


class CellAtlas:
    """The pictures of cells of one size, drawn when a cell is first seen."""

    def __init__(self, scale: int, looks: Mapping[int, Appearance]):
        self._scale, self._looks = scale, dict(looks)
        size = scale + 2 * padding(scale)
        self.pictures = np.zeros((0, size, size, 4), np.uint8)
        self.place = np.full(256, -1, np.int32)

    def showing(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures, uint8 [n, size, size, 4], of at least the numbers in `codes` (uint8) that have a look, and where those of each
        begin, int32 [256], -1: none."""
        seen = np.flatnonzero(np.bincount(codes.ravel(), minlength=256))
        missing = [int(code) for code in seen if code in self._looks and self.place[code] < 0]
        for code in missing:
            self.place[code] = len(self.pictures)
            new = [cell_picture(self._looks[code], self._scale, variant) for variant in range(VARIANTS)]
            self.pictures = np.concatenate((self.pictures, np.stack(new)))
        return self.pictures, self.place


@lru_cache(maxsize=2048)
def cell_picture(look: Appearance, scale: int, variant: int = 0) -> np.ndarray:
    """One cell, uint8 [size, size, 4] (straight alpha); not to be written to."""
    random = np.random.default_rng([_SEED, variant])
    fine = _enlargement(scale)
    size = (scale + 2 * padding(scale)) * fine
    position = ((np.arange(size) + 0.5) / fine - padding(scale)) / scale - 0.5  # sites from the middle of the site
    shift = random.uniform(-0.19, 0.19, 2) if scale > 2 else (0.0, 0.0)
    y, x = np.meshgrid(position - shift[0], position - shift[1], indexing="ij")
    away, angle = np.hypot(y, x), np.arctan2(y, x)
    radius = max(look.radius * random.uniform(0.90, 1.10), _SMALLEST_RADIUS / scale)
    phase = random.uniform(0, 2 * np.pi, 3)
    limit = _outline(look.shape, angle, radius, phase)
    inside = away < limit
    edge = np.clip((limit - away) / 0.13, 0.0, 1.0)  # 0 on the outline, 1 inside
    ratio = away / np.maximum(limit, 1e-6)

    colour = np.array(look.colour, float)
    shade = (0.80 + 0.28 * (1.0 - np.minimum(ratio, 1.0) ** 2)) * (0.42 + 0.58 * edge)
    alpha = np.where(inside, 0.97, 0.0)
    rgb = np.clip(colour * shade[..., None], 0, 255)
    if scale >= 4:
        _details(look, rgb, alpha, away, angle, limit, colour, phase, y, x)
    if look.shape == "ring":
        alpha = np.where(inside, np.where(ratio > 0.55, 0.97, 0.45), 0.0)
        rgb = np.where((ratio > 0.55)[..., None], np.clip(colour * 1.12, 0, 255), colour * 0.55)
    if look.glow:
        halo = look.glow * np.exp(-np.maximum(away - limit, 0.0) / 0.20) * np.clip((1.45 - away) / 0.6, 0, 1)
        rgb = np.where(inside[..., None], rgb, colour)
        alpha = np.where(inside, alpha, halo)
    if scale <= 2 and look.group != TUMOR_GROUP:
        alpha = alpha * _BYSTANDER
    picture = _reduce(rgb, alpha, fine)
    picture.flags.writeable = False
    return picture


def _outline(shape: str, angle: np.ndarray, radius: float, phase: np.ndarray) -> np.ndarray:
    """Distance of the outline from the middle, by direction."""
    if shape in ("amoeboid", "engulfing"):
        arms = 1.0 if shape == "amoeboid" else 0.5
        return radius * (
            0.66
            + arms
            * (
                0.17 * np.cos(2 * angle + phase[0])
                + 0.15 * np.cos(3 * angle + phase[1])
                + 0.10 * np.cos(5 * angle + phase[2])
            )
        )
    if shape == "spindle":
        return radius * (
            0.26 + 0.74 * np.abs(np.cos(angle - phase[0])) ** 5 + 0.42 * np.abs(np.sin(angle - phase[0])) ** 7
        )
    if shape == "starred":
        return radius * (0.30 + 0.70 * np.abs(np.cos(2.5 * angle + phase[0])) ** 5)
    if shape == "diamond":
        return 1.12 * radius / (np.abs(np.cos(angle + 0.15 * phase[0])) + np.abs(np.sin(angle + 0.15 * phase[0])))
    if shape == "burst":
        return radius * (0.55 + 0.40 * np.abs(np.cos(3.5 * angle + phase[0])) ** 2)
    if shape == "tile":
        return radius * (0.95 + 0.06 * np.cos(5 * angle + phase[0]) + 0.06 * np.cos(2 * angle + phase[1]))
    return radius * (0.96 + 0.05 * np.cos(2 * angle + phase[0]) + 0.03 * np.cos(3 * angle + phase[1]))


def _details(look, rgb, alpha, away, angle, limit, colour, phase, y, x) -> None:
    """Nuclei, and what a phagocyte has eaten, drawn into `rgb`."""
    if look.shape == "lobed":
        for k in range(3):
            turn = phase[0] + 2 * np.pi * k / 3
            lobe = np.hypot(y - 0.19 * np.sin(turn), x - 0.19 * np.cos(turn)) < 0.155
            rgb[lobe] = colour * 0.42
    elif look.shape == "engulfing":
        eaten = np.hypot(y - 0.12 * np.sin(phase[2]), x - 0.12 * np.cos(phase[2]))
        rgb[eaten < 0.38] = colour * 0.3
        rgb[eaten < 0.30] = _EATEN
    elif look.shape in ("round", "tile", "diamond"):
        nucleus = np.clip(
            (0.46 * limit - np.hypot(y - 0.05 * np.sin(phase[2]), x - 0.05 * np.cos(phase[2]))) / 0.08, 0, 1
        )
        rgb *= (1.0 - 0.30 * nucleus)[..., None]
    elif look.shape in ("amoeboid", "spindle", "starred"):
        nucleus = np.clip((0.20 - away) / 0.08, 0, 1)
        rgb *= (1.0 - 0.38 * nucleus)[..., None]


def net_atlas(scale: int) -> np.ndarray:
    """Tangles of fine threads, uint8 [VARIANTS, size, size, 4]."""
    return np.stack(
        [_threads(NET, scale, variant, 9, 0.055, 0.85 if scale > 5 else 0.6, True) for variant in range(VARIANTS)]
    )


def fibre_atlas(scale: int) -> np.ndarray:
    """Wavy collagen fibres, mostly along one direction, uint8 [VARIANTS, size, size, 4]."""
    return np.stack([_threads(ECM, scale, 100 + variant, 5, 0.07, 0.62, False) for variant in range(VARIANTS)])


def vessel_atlas(scale: int) -> np.ndarray:
    """New vessels cut across, uint8 [VARIANTS, size, size, 4]."""
    return np.stack([cell_picture(VESSEL, scale, variant) for variant in range(VARIANTS)])


@lru_cache(maxsize=256)
def _threads(
    colour: Colour, scale: int, variant: int, count: int, thickness: float, opacity: float, tangled: bool
) -> np.ndarray:
    random = np.random.default_rng([_SEED, variant])
    fine = _enlargement(scale)
    size = (scale + 2 * padding(scale)) * fine
    position = ((np.arange(size) + 0.5) / fine - padding(scale)) / scale - 0.5
    y, x = np.meshgrid(position, position, indexing="ij")
    away = np.hypot(y, x)
    thickness = max(thickness, 0.28 / scale)
    alpha = 0.19 * opacity * np.exp(-((away / 0.55) ** 2))  # the haze of what is out of focus
    along = random.uniform(0, np.pi)
    for _ in range(count):
        turn = random.uniform(0, np.pi) if tangled else along + random.normal(0, 0.25)
        offset, wave, phase = random.normal(0, 0.33), random.uniform(0.05, 0.16), random.uniform(0, 2 * np.pi)
        u, v = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
        line = np.abs(v - offset - wave * np.sin(4.5 * u + phase))
        alpha = np.maximum(alpha, opacity * np.clip(1.4 - line / thickness, 0, 1) * np.clip((1.15 - away) / 0.7, 0, 1))
    return _reduce(np.broadcast_to(np.array(colour, float), (*alpha.shape, 3)), alpha, fine)


def _enlargement(scale: int) -> int:
    return max(2, min(16, math.ceil(_FINE / scale)))


def _reduce(rgb: np.ndarray, alpha: np.ndarray, fine: int) -> np.ndarray:
    """Average blocks of `fine` x `fine`, colours weighted by their opacity."""
    size = alpha.shape[0] // fine
    weight = alpha.reshape(size, fine, size, fine).mean((1, 3))
    mean = (rgb * alpha[..., None]).reshape(size, fine, size, fine, 3).mean((1, 3)) / np.maximum(weight, 1e-6)[
        ..., None
    ]
    return np.concatenate((mean, 255 * weight[..., None]), axis=-1).round().clip(0, 255).astype(np.uint8)
