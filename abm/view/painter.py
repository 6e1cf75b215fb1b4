"""The tissue as seen through the microscope: a scene becomes an RGB picture.

What does not change (the course of the vessels, the texture of the plates, the pictures of cells) is drawn once; a frame
is one pass over the pixels and one stamp per cell.
"""

from collections.abc import Sequence

import numpy as np

from ..cells.species import Appearance, Shown
from ..kernels.random import stream_key
from ..record.scene import Scene
from ..tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from . import palette, raster
from .sprites import VARIANTS, cell_atlas, fibre_atlas, net_atlas, padding, vessel_atlas
from .tint import Tint

_SINUSOID_RADIUS = 0.40  # sites
_LARGE_RADIUS = 0.62  # sites: half a diagonal, so that tracts and veins are filled
_WALL = 0.17  # sites: thickness of the drawn wall
_REACH = 1.0  # sites
_HEPATOCYTE = 2.2  # sites
_FAINTEST_NET, _FAINTEST_ECM = 0.04, 0.06
_NET_OVER_CELLS = np.float32(0.18)  # opacity of the threads that lie over the cells they wrap
_FROM_BELOW = ("tissue", "interstitium", "lumen")
_GROW_BELOW = 3  # pixels per site under which everything but cells and vessels would be noise


class Painter:
    """Paints scenes of one liver.

    site_kind : uint8 [row, column]; pixels : wanted size of the longer side. The picture has a whole number of pixels
    per site (`scale`), so its size (`height`, `width`) may differ a little. cast : the populations that may be seen;
    tint : by what cells are coloured, if the scenes say so
    """

    def __init__(
        self,
        site_kind: np.ndarray,
        spacing_um: float,
        *,
        pixels: int = 800,
        cast: Sequence[Shown] = palette.SHOWN,
        tint: Tint | None = None,
    ):
        if pixels < 16:
            raise ValueError(f"a picture of {pixels} pixels shows nothing; take 16 or more")
        rows, columns = site_kind.shape
        self.shape = rows, columns
        self.spacing_um = float(spacing_um)
        self.scale = max(1, round(pixels / max(rows, columns)))
        self.height, self.width = rows * self.scale, columns * self.scale
        self._parenchyma = np.ascontiguousarray(site_kind == PARENCHYMA, dtype=np.uint8)
        self._sinusoid = site_kind == SINUSOID
        self.sinusoids = int(self._sinusoid.sum())
        self._pad = padding(self.scale)
        self.cast = tuple(cast)
        self._cells, self._place = cell_atlas(self.scale, self.looks)
        self._nets, self._fibres = net_atlas(self.scale), fibre_atlas(self.scale)
        self._vessels = vessel_atlas(self.scale)
        self.tint = tint
        if tint is not None:
            self._tinted = cell_atlas(self.scale, tint.looks())
        self._draw_tissue(site_kind)

    @property
    def looks(self) -> dict[int, Appearance]:
        """How cells are drawn, by their number."""
        return {code: look for shown in self.cast for code, look in shown.looks.items()}

    @property
    def pixels_per_um(self) -> float:
        return self.scale / self.spacing_um

    def share_of_sinusoids(self, perfused: np.ndarray) -> float:
        """Share of the sinusoid sites where `perfused` is not 0."""
        return int(np.count_nonzero((perfused != 0) & self._sinusoid)) / max(1, self.sinusoids)

    def paint(self, scene: Scene, limits: tuple[float, float] | None = None) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of the tissue; `limits` are those of the overlay, needed if there is one."""
        image = np.empty((self.height, self.width, 3), np.uint8)
        raster.tissue(
            image,
            self._living,
            self._stroma,
            self._blood,
            self._blood_alpha,
            self._wall_alpha,
            self._vessel_site,
            self._parenchyma,
            scene.hepatocyte,
            scene.perfused,
            scene.e_selectin,
            np.array(palette.NO_FLOW, np.int32),
            np.array(palette.WALL, np.int32),
            np.array(palette.ACTIVE_WALL, np.int32),
            self.scale,
        )
        raster.stamp_levels(image, scene.ecm, _FAINTEST_ECM, self._fibres, self.scale, self._pad)
        if scene.field is not None:
            low, high = limits if limits is not None else (float(scene.field.min()), float(scene.field.max()))
            level = np.clip((scene.field - low) * (255.0 / max(high - low, 1e-12)), 0, 255).astype(np.float32)
            raster.overlay(image, level, overlay_colours(low > 0.0), self.scale)
        raster.stamp_levels(image, scene.nets, _FAINTEST_NET, self._nets, self.scale, self._pad)
        for layer in _FROM_BELOW:
            if layer in scene.standing:
                self._stamp(image, scene.standing[layer], scene.tint[layer] if scene.tint is not None else None)
        if scene.vessels is not None:
            there = np.sign(scene.vessels, dtype=np.float32)
            raster.stamp_levels(image, there, np.float32(0.0), self._vessels, self.scale, self._pad)
        raster.stamp_levels(
            image, scene.nets * _NET_OVER_CELLS, _NET_OVER_CELLS * _FAINTEST_NET, self._nets, self.scale, self._pad
        )
        return image

    def _stamp(self, image: np.ndarray, codes: np.ndarray, tint: np.ndarray | None) -> None:
        """Draw the cells of a layer, those with a tint in its colours."""
        if tint is not None:
            codes = np.where(tint == 0, codes, 0).astype(np.uint8)
        raster.stamp_cells(image, codes, self._cells, self._place, VARIANTS, self.scale, self._pad)
        if tint is not None:
            raster.stamp_cells(image, tint, *self._tinted, VARIANTS, self.scale, self._pad)

    def _draw_tissue(self, kind: np.ndarray) -> None:
        size = self.height, self.width
        large = (kind == PORTAL_TRACT) | (kind == CENTRAL_VEIN)
        sinusoid, site = self._network(kind == SINUSOID, large)
        portal, _ = self._network(kind == PORTAL_TRACT, kind == SINUSOID)
        vein, _ = self._network(kind == CENTRAL_VEIN, kind == SINUSOID)
        soft = 0.5 / self.scale

        tube = _cover(_SINUSOID_RADIUS - sinusoid, soft)
        wall = _cover(_WALL / 2 - np.abs(sinusoid - _SINUSOID_RADIUS), max(soft, 0.06))
        hidden = np.maximum(_cover(_LARGE_RADIUS - portal, soft), _cover(_LARGE_RADIUS - vein, soft))
        self._blood_alpha = np.rint(255 * tube * (1 - hidden)).astype(np.uint8)
        self._wall_alpha = np.rint(255 * wall * (1 - hidden)).astype(np.uint8)
        self._vessel_site = np.maximum(site, 0)

        random = np.random.default_rng(3)
        grain = random.normal(0.0, 0.035, size).astype(np.float32)
        middle = np.clip(1.0 - sinusoid / _SINUSOID_RADIUS, 0, 1)
        self._blood = _shade(palette.BLOOD, 0.82 + 0.30 * middle + grain)

        edge, nucleus, tone = (np.zeros(size, np.float32) for _ in range(3))
        raster.hepatocytes(
            self.height, self.width, self.scale, stream_key(0, "view/hepatocytes"), _HEPATOCYTE, edge, nucleus, tone
        )
        weak = 1.0 if self.scale >= _GROW_BELOW else 0.35
        plate = _shade(palette.HEPATOCYTE, 1.0 + weak * 0.34 * (tone - 0.5) + grain)
        plate = _mix(plate, _shade(palette.HEPATOCYTE_EDGE, 1.0 + grain), 0.85 * weak * edge)
        plate = _mix(plate, _shade(palette.HEPATOCYTE_NUCLEUS, 1.0 + grain), 0.75 * weak * nucleus)
        stroma = _shade(palette.STROMA, 1.0 + 0.2 * (tone - 0.5) + grain)
        for image in (plate, stroma):
            self._draw_large(image, portal, vein, soft, grain)
        self._living, self._stroma = (image.clip(0, 255).astype(np.uint8) for image in (plate, stroma))
        self._blood = self._blood.clip(0, 255).astype(np.uint8)

    def _draw_large(self, image, portal, vein, soft, grain) -> None:
        """Portal tracts: collagen around a vessel; central veins: a wide lumen with a thin bright wall."""
        fibres = 1.0 + 4.0 * grain
        image[:] = _mix(image, _shade(palette.PORTAL, fibres), _cover(_LARGE_RADIUS - portal, soft))
        image[:] = _mix(image, _shade(palette.PORTAL_LUMEN, 1.0 + grain), self._core(portal, soft))
        image[:] = _mix(image, _shade(palette.VEIN_WALL, 1.0 + grain), _cover(_LARGE_RADIUS + 0.22 - vein, soft))
        image[:] = _mix(image, _shade(palette.VEIN, 1.0 + grain), _cover(_LARGE_RADIUS - 0.02 - vein, soft))

    def _core(self, portal, soft) -> np.ndarray:
        """How much of each pixel is the blood-filled part of a portal vessel: the middle of its width."""
        from scipy import ndimage

        depth = ndimage.distance_transform_edt(portal < _LARGE_RADIUS) / self.scale
        return np.where(portal < _LARGE_RADIUS, _cover(depth - 0.32, max(soft, 0.12)), 0.0).astype(np.float32)

    def _network(self, member: np.ndarray, partner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distance = np.full((self.height, self.width), 9.0, np.float32)
        nearest = np.full((self.height, self.width), -1, np.int32)
        raster.vessel_distance(member, partner, self.scale, _REACH, distance, nearest)
        return distance, nearest


def overlay_colours(everywhere: bool) -> np.ndarray:
    """The overlay's colours with opacity, uint8 [256, 4]; `everywhere`: for a level that is nowhere near zero."""
    from matplotlib import colormaps

    first, (start, end) = (
        (0.0, palette.OVERLAY_ALPHA_LEVEL) if everywhere else (palette.OVERLAY_START, palette.OVERLAY_ALPHA)
    )
    colours = np.rint(255 * colormaps[palette.OVERLAY_MAP](np.linspace(first, 1, 256))).astype(np.uint8)
    colours[:, 3] = np.rint(255 * (start + (end - start) * np.linspace(0, 1, 256) ** 0.5))
    return colours


def _cover(depth: np.ndarray, soft: float) -> np.ndarray:
    """1 well inside (depth > soft), 0 well outside, smooth between."""
    t = np.clip(depth / (2 * soft) + 0.5, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def _shade(colour: palette.Colour, brightness: np.ndarray) -> np.ndarray:
    return np.array(colour, np.float32) * brightness[..., None].astype(np.float32)


def _mix(under: np.ndarray, over: np.ndarray, share: np.ndarray) -> np.ndarray:
    return under + (over - under) * share[..., None]
