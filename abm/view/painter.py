"""The tissue as seen through the microscope: a scene becomes an RGB picture.

What does not change (the course of the vessels, the texture of the plates, the pictures of cells) is drawn once; a frame
is one pass over the pixels and one stamp per cell.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..cells.species import Appearance, Shown
from ..kernels.random import stream_key
from ..record.borders import PATTERNS, Surface, borders
from ..record.scene import SCARS, Scene
from ..tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from . import palette, raster
from .region import Part, as_part
from .sprites import VARIANTS, CellAtlas, fibre_atlas, net_atlas, padding, vessel_atlas
from .tint import Tint

_SINUSOID_RADIUS = 0.40  # sites
_LARGE_RADIUS = 0.62  # sites: half a diagonal, so that tracts and veins are filled
_WALL = 0.17  # sites: thickness of the drawn wall
_WALL_OPACITY = 0.5
_REACH = 1.4  # sites
_ROUNDS = 2  # of smoothing the course of vessels
_SOFTENED = 0.45  # sites: the corners of tracts and veins are rounded so far
_BORDER = 4  # sites around a part of the liver that its vessels depend on
_HEPATOCYTE = 2.2  # sites
_FAINTEST_NET, _FAINTEST_ECM = 0.04, 0.06
_FILLING_NET = 0.5  # from which on a net is why a sinusoid carries no blood
_NET_OVER_CELLS = 0.18  # opacity of the threads that lie over the cells they wrap
_FROM_BELOW = ("tissue", "interstitium", "lumen")
_GROW_BELOW = 3  # pixels per site under which everything but cells and vessels would be noise
_NEVER = 255  # no state of a hepatocyte or of blood flow
_GRAIN = 509  # pixels after which the grain of the picture begins again


class Painter:
    """Paints scenes of one liver.

    site_kind : uint8 [row, column] of the whole liver; region : the rows and columns that are painted, by default all; pixels :
    wanted size of the longer side. The picture has a whole number of pixels per site (`scale`), so its size (`height`,
    `width`) may differ a little. A part of a liver looks as it does in the whole. cast : the populations that may be seen;
    tint : by what cells are coloured, if the scenes say so; borders : whether that of nodules is coloured by how it grows; both may be
    changed; texture : whether plates have cells, sinusoids walls and
    the picture a grain, which take most of the size of a file.

    Raises ValueError for less than 16 pixels, and for a region without sites.
    """

    def __init__(
        self,
        site_kind: np.ndarray,
        spacing_um: float,
        *,
        region: Part | None = None,
        pixels: int = 800,
        cast: Sequence[Shown] = palette.SHOWN,
        tint: Tint | None = None,
        borders: bool = False,
        texture: bool = True,
    ):
        if pixels < 16:
            raise ValueError(f"a picture of {pixels} pixels shows nothing; take 16 or more")
        self.whole = site_kind.shape
        self.part = as_part(region, self.whole)
        self.first = tuple(side.start for side in self.part)
        self.shape = tuple(side.stop - side.start for side in self.part)
        self.spacing_um = float(spacing_um)
        self.scale = max(1, round(pixels / max(self.shape)))
        self.height, self.width = (side * self.scale for side in self.shape)
        kind = site_kind[self.part]
        self._parenchyma = np.ascontiguousarray(kind == PARENCHYMA, dtype=np.uint8)
        self._sinusoid = np.ascontiguousarray(kind == SINUSOID)
        self.sinusoids = int(self._sinusoid.sum())
        self._pad = padding(self.scale)
        self.cast = tuple(cast)
        self._cells = CellAtlas(self.scale, self.looks)
        self._nets, self._fibres = net_atlas(self.scale), fibre_atlas(self.scale)
        self._vessels = vessel_atlas(self.scale)
        self.tint, self.borders, self._site_kind = tint, borders, site_kind
        self._tinted: dict[bool, CellAtlas] = {}
        self._texture = texture
        self._draw_tissue(site_kind)
        self._bare = np.empty((self.height, self.width, 3), np.uint8)
        never = np.full(self.shape, _NEVER, np.uint8)
        self._bare_of = never, never

    @property
    def looks(self) -> dict[int, Appearance]:
        """How cells are drawn, by their number."""
        return {code: look for shown in self.cast for code, look in shown.looks.items()}

    @property
    def pixels_per_um(self) -> float:
        return self.scale / self.spacing_um

    def share_of_sinusoids(self, perfused: np.ndarray) -> float:
        """Share of the sinusoid sites of the region where `perfused` is not 0."""
        return int(np.count_nonzero((perfused != 0) & self._sinusoid)) / max(1, self.sinusoids)

    def site_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column in the whole liver of the site that is shown at a pixel (from the left, from above); None outside."""
        row, column = math.floor(y / self.scale), math.floor(x / self.scale)
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            return None
        return self.first[0] + row, self.first[1] + column

    def pixel_of(self, row: Any, column: Any) -> tuple[Any, Any]:
        """Where the middle of a site of the whole liver is shown: pixels from the left, from above; it may lie outside. Of
        numbers or of arrays."""
        return (column - self.first[1] + 0.5) * self.scale, (row - self.first[0] + 0.5) * self.scale

    def paint(
        self, scene: Scene, limits: tuple[float, float] | None = None, hidden: Collection[str] = ()
    ) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of the tissue; `scene` is of the whole liver; `limits` are those of the overlay (by
        default its lowest and highest level); `hidden` : populations that are not drawn."""
        border = self._border(scene)[self.part] if self.borders else None
        scene = scene.cut(self.part)
        image = self._paint_bare(scene)
        if scene.scars is not None:
            self._colour_scars(image, scene.scars)
        self._stamp_levels(image, scene.ecm, _FAINTEST_ECM, self._fibres)
        if scene.field is not None:
            low, high = limits if limits is not None else (float(scene.field.min()), float(scene.field.max()))
            level = np.clip((scene.field - low) * (255.0 / max(high - low, 1e-12)), 0, 255).astype(np.float32)
            raster.overlay(image, level, overlay_colours(low > 0.0), self.scale)
        if border is not None:
            self._colour_borders(image, border)
        self._stamp_levels(image, scene.nets, _FAINTEST_NET, self._nets)
        self._stamp_standing(image, scene, hidden)
        if scene.vessels is not None:
            self._stamp_levels(image, np.sign(scene.vessels, dtype=np.float32), 0.0, self._vessels)
        self._stamp_levels(image, scene.nets * _NET_OVER_CELLS, _NET_OVER_CELLS * _FAINTEST_NET, self._nets)
        return image

    def _border(self, scene: Scene) -> np.ndarray:
        """How the borders of all groups of tumor cells grow (see `record.borders.borders`); a sinusoid that a net fills is open, and
        what stands at an edge ends there."""
        codes = [code for shown in self.cast if shown.name == palette.TUMOR for code in shown.looks]
        tumor = np.any([np.isin(each, codes) for each in scene.standing.values()], axis=0)
        is_open = (scene.perfused != 0) | (scene.nets >= _FILLING_NET)
        return borders(
            Surface(self._site_kind, tumor, scene.hepatocyte != 0, is_open, scene.ecm, periodic=False), tumor
        )

    def _colour_borders(self, image: np.ndarray, border: np.ndarray) -> None:
        blocks = image.reshape(self.shape[0], self.scale, self.shape[1], self.scale, 3)
        for number, name in enumerate(PATTERNS, start=1):
            row, column = np.nonzero(border == number)
            under = blocks[row, :, column].astype(np.float32)
            blocks[row, :, column] = under + palette.BORDER_OPACITY * (
                np.array(palette.BORDERS[name], np.float32) - under
            )

    def _colour_scars(self, image: np.ndarray, scars: np.ndarray) -> None:
        """Dead tissue and cavities with their edges; large vessels in them stay as they are."""
        from scipy import ndimage

        blocks = image.reshape(self.shape[0], self.scale, self.shape[1], self.scale, 3)
        tissue = np.isin(self._site_kind[self.part], (SINUSOID, PARENCHYMA))
        for number, name in enumerate(SCARS):
            if name not in palette.SCARS:
                continue
            inside, rim, opacity = palette.SCARS[name]
            left = scars == number
            whole = ndimage.binary_fill_holes(left)
            edge = left & ~ndimage.binary_erosion(whole, np.ones((3, 3)), border_value=1)
            for where, colour, share in ((left & ~edge, inside, opacity), (edge, rim, 0.7 * opacity)):
                row, column = np.nonzero(where & tissue)
                under = blocks[row, :, column].astype(np.float32)
                blocks[row, :, column] = under + share * (np.array(colour, np.float32) - under)

    def _paint_bare(self, scene: Scene) -> np.ndarray:
        """The tissue without cells: painted anew where it is another than when it was painted last."""
        before_hepatocyte, before_perfused = self._bare_of
        changed = (scene.hepatocyte != before_hepatocyte) | (scene.perfused != before_perfused)
        raster.tissue(
            self._bare,
            self._living,
            self._stroma,
            self._blood,
            np.array(palette.WALL, np.int32),
            self._blood_alpha,
            self._wall_alpha,
            self._sinusoid,
            self._parenchyma,
            scene.hepatocyte,
            scene.perfused,
            np.array(palette.NO_FLOW, np.int32),
            changed,
            self.scale,
        )
        self._bare_of = scene.hepatocyte.copy(), scene.perfused.copy()
        return self._bare.copy()

    def _stamp_levels(self, image: np.ndarray, level: np.ndarray, faintest: float, atlas: np.ndarray) -> None:
        raster.stamp_levels(image, level, np.float32(faintest), atlas, self.first, self.scale, self._pad)

    def _stamp_standing(self, image: np.ndarray, scene: Scene, hidden: Collection[str]) -> None:
        """Draw the cells of all layers; who shares the site of a tumor cell stands aside."""
        is_hidden, is_tumor = np.zeros(256, bool), np.zeros(256, bool)
        for shown in self.cast:
            is_hidden[list(shown.looks)] = shown.name in hidden
            is_tumor[list(shown.looks)] = shown.name == palette.TUMOR and shown.name not in hidden
        tumor = np.any([is_tumor[codes] for codes in scene.standing.values()], axis=0)
        for layer in _FROM_BELOW:
            if layer not in scene.standing:
                continue
            codes = scene.standing[layer]
            if hidden:
                codes = np.where(is_hidden[codes], 0, codes).astype(np.uint8)
            tint = None if scene.tint is None else np.where(codes != 0, scene.tint[layer], 0).astype(np.uint8)
            aside = tumor & ~is_tumor[codes]
            if tint is not None:
                codes = np.where(tint == 0, codes, 0).astype(np.uint8)
            self._stamp(image, codes, aside, self._cells)
            if tint is not None and self.tint is not None:
                if self.tint.nominal not in self._tinted:
                    self._tinted[self.tint.nominal] = CellAtlas(self.scale, self.tint.looks())
                self._stamp(image, tint, aside, self._tinted[self.tint.nominal])

    def _stamp(self, image: np.ndarray, codes: np.ndarray, aside: np.ndarray, atlas: CellAtlas) -> None:
        pictures, place = atlas.showing(codes)
        raster.stamp_cells(image, codes, aside, pictures, place, VARIANTS, self.first, self.scale, self._pad)

    def _draw_tissue(self, whole_kind: np.ndarray) -> None:
        size = self.height, self.width
        around = tuple(
            slice(max(0, side.start - _BORDER), min(length, side.stop + _BORDER))
            for side, length in zip(self.part, self.whole, strict=True)
        )
        inside = tuple(
            slice((side.start - wide.start) * self.scale, (side.stop - wide.start) * self.scale)
            for side, wide in zip(self.part, around, strict=True)
        )
        kind = whole_kind[around]
        large = (kind == PORTAL_TRACT) | (kind == CENTRAL_VEIN)
        sinusoid = self._network(kind == SINUSOID, large)[inside]
        portal = self._softened(kind == PORTAL_TRACT, kind == SINUSOID)[inside]
        vein = self._softened(kind == CENTRAL_VEIN, kind == SINUSOID)[inside]
        soft = 0.5 / self.scale

        tube = _cover(_SINUSOID_RADIUS - sinusoid, soft)
        wall = _cover(_WALL / 2 - np.abs(sinusoid - _SINUSOID_RADIUS), max(soft, 0.06))
        hidden = np.maximum(_cover(_LARGE_RADIUS - portal, soft), _cover(_LARGE_RADIUS - vein, soft))
        self._blood_alpha = np.rint(255 * tube * (1 - hidden)).astype(np.uint8)
        self._wall_alpha = np.rint(255 * _WALL_OPACITY * self._texture * wall * (1 - hidden)).astype(np.uint8)

        grain = self._grain()
        middle = np.clip(1.0 - sinusoid / _SINUSOID_RADIUS, 0, 1) if self._texture else np.float32(0.5)
        self._blood = _shade(palette.BLOOD, 0.82 + 0.30 * middle + grain)

        edge, nucleus, tone = (np.zeros(size, np.float32) for _ in range(3))
        top, left = (side * self.scale for side in self.first)
        raster.hepatocytes(top, left, self.scale, stream_key(0, "view/hepatocytes"), _HEPATOCYTE, edge, nucleus, tone)
        weak = 0.0 if not self._texture else 1.0 if self.scale >= _GROW_BELOW else 0.35
        plate = _shade(palette.HEPATOCYTE, 1.0 + weak * 0.34 * (tone - 0.5) + grain)
        plate = _mix(plate, _shade(palette.HEPATOCYTE_EDGE, 1.0 + grain), 0.85 * weak * edge)
        plate = _mix(plate, _shade(palette.HEPATOCYTE_NUCLEUS, 1.0 + grain), 0.75 * weak * nucleus)
        stroma = _shade(palette.STROMA, 1.0 + 0.2 * weak * (tone - 0.5) + grain)
        for image in (plate, stroma):
            self._draw_large(image, portal, vein, soft, grain)
        self._living, self._stroma = (image.clip(0, 255).astype(np.uint8) for image in (plate, stroma))
        self._blood = self._blood.clip(0, 255).astype(np.uint8)

    def _grain(self) -> np.ndarray:
        """Noise of the film, float32 [height, width]; each place of the liver keeps its own."""
        if not self._texture:
            return np.zeros((self.height, self.width), np.float32)
        tile = np.random.default_rng(3).normal(0.0, 0.035, (_GRAIN, _GRAIN)).astype(np.float32)
        rows, columns = (np.arange(side.start * self.scale, side.stop * self.scale) % _GRAIN for side in self.part)
        return tile[np.ix_(rows, columns)]

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

    def _network(self, member: np.ndarray, partner: np.ndarray) -> np.ndarray:
        """Distance (sites) of each pixel to the lines of a network of vessels."""
        distance = np.full([side * self.scale for side in member.shape], 9.0, np.float32)
        place = raster.smooth_places(member, partner, _ROUNDS)
        raster.vessel_distance(member, partner, place, self.scale, _REACH, distance)
        return distance

    def _softened(self, member: np.ndarray, partner: np.ndarray) -> np.ndarray:
        """The same of wide vessels, whose corners are rounded."""
        from scipy import ndimage

        distance = np.minimum(self._network(member, partner), _REACH)
        return ndimage.gaussian_filter(distance, _SOFTENED * self.scale)


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
