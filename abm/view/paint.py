"""A liver painted as it is now, or as a run kept it: the picture of its tissue alone, and which site each pixel shows."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..cells.species import Shown
from ..record.scene import Scene, scene_of
from . import palette
from .painter import Painter
from .recording import Recording, field_limits
from .region import Part, as_part
from .tint import Tint, column_of, limits_of

if TYPE_CHECKING:
    from ..model import LiverModel

_KEPT_PAINTERS = 6
_painters: WeakKeyDictionary = WeakKeyDictionary()
"""The painters of pictures that were asked for lately, by whose they are: to prepare one takes much longer than a picture."""


class Painted(NamedTuple):
    """A picture of the tissue.

    image : RGB, uint8 [height, width, 3]; scene : what it shows, in the whole liver; painter : who painted it, and tells sites
    from pixels; limits : the levels at the ends of the overlay's colours, None without overlay
    """

    image: np.ndarray
    scene: Scene
    painter: Painter
    limits: tuple[float, float] | None

    def site_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column, in the whole liver, of the site at a pixel (from the left, from above); None outside."""
        return self.painter.site_at(x, y)

    def pixel_of(self, row: float, column: float) -> tuple[float, float]:
        """The pixel (from the left, from above) of the middle of a site of the whole liver; it may lie outside."""
        return self.painter.pixel_of(row, column)

    @property
    def scale(self) -> int:
        """Pixels per site."""
        return self.painter.scale


def paint(
    source: "LiverModel | Recording",
    field: str | None = None,
    *,
    frame: int = -1,
    region: Part | None = None,
    pixels: int = 800,
    colour_by: str | None = None,
    hidden: Collection[str] = (),
    borders: bool = False,
    limits: tuple[float, float] | None = None,
) -> Painted:
    """Paint a model as it is now, or frame `frame` of a recording.

    field : a field or layer to lay over it, between `limits` (by default those of the picture, or of the whole recording);
    region : rows and columns to show, as in `numpy.s_[20:60, 10:50]`; pixels : wanted size of the longer side; colour_by : a
    column of a population, "emt" or "tumor.emt", by which its cells are coloured; hidden : populations that are not drawn;
    borders : whether those of nodules are coloured by how they grow.

    Raises ValueError for a field, column or population that is not there, naming those that are, and for a region without
    sites.
    """
    tint = tint_of(source, colour_by)
    if isinstance(source, Recording):
        source.tint = tint
        scene = source.scene(frame, field)
    else:
        scene = scene_now(source, field, tint)
    painter = painter_of(source, region, pixels, tint)
    painter.borders = borders
    known = [shown.name for shown in painter.cast]
    for name in hidden:
        if name not in known:
            raise ValueError(f"there is no population '{name}'; there are: {', '.join(known)}")
    if field is not None and limits is None:
        limits = limits_in(source, field, scene.cut(painter.part))
    return Painted(painter.paint(scene, limits, hidden), scene, painter, limits)


def painter_of(source: "LiverModel | Recording", region: Part | None, pixels: int, tint: Tint | None) -> Painter:
    """The painter of a model or a recording, kept for the next picture of the same part and size. Raises ValueError."""
    kind = source.site_kind if isinstance(source, Recording) else source.anatomy.kind
    kept = _painters.setdefault(source, {})
    key = pixels, *((side.start, side.stop) for side in as_part(region, kind.shape))
    painter = kept.pop(key, None)
    if painter is None:
        painter = Painter(kind, source.spacing_um, region=region, pixels=pixels, cast=cast_of(source))
    kept[key] = painter
    while len(kept) > _KEPT_PAINTERS:
        del kept[next(iter(kept))]
    painter.tint = tint
    return painter


def cast_of(source: "LiverModel | Recording") -> tuple[Shown, ...]:
    """The populations that may be seen."""
    if isinstance(source, Recording):
        return source.cast
    return tuple(population.species.shown for population in source.populations.values())


def scene_now(model: "LiverModel", field: str | None = None, tint: Tint | None = None) -> Scene:
    """The scene of a model as it is now. Raises ValueError for an unknown field."""
    scene = scene_of(model, field)
    if tint is None:
        return scene
    population = model.populations[tint.population]
    rows = np.asarray(population.alive_rows())
    return replace(scene, tint=tint.lattices(scene.standing, population.species.shown, rows))


def tint_of(source: "LiverModel | Recording", column: str | None) -> Tint | None:
    """How cells are coloured by a column of their population: within the limits of the run, or of what is there now. Raises
    ValueError for one that is not there."""
    if column is None:
        return None
    if isinstance(source, Recording):
        return source.tint_by(column)
    columns = {
        name: [column.name for column in population.species.columns] for name, population in source.populations.items()
    }
    population, name = column_of(column, columns)
    about = source.populations[population].species.column[name]
    limits = limits_of(
        {"valid_range": about.within} if about.within else {}, source.populations[population].alive_rows()[name]
    )
    words = f"{population.replace('_', ' ')}: {name.replace('_', ' ')}"
    return Tint(population, name, words, about.unit, about.nominal, limits, about.within is None)


def limits_in(source: "LiverModel | Recording", field: str, scene: Scene) -> tuple[float, float]:
    """Limits of an overlay: of the whole run, or of what is shown of a model."""
    if isinstance(source, Recording):
        return source.limits(field)
    assert scene.field is not None
    return field_limits([scene.field])


def field_words(source: "LiverModel | Recording", field: str) -> tuple[str, str]:
    """What a field is called, and its unit, for readers."""
    if isinstance(source, Recording):
        return source.words(field), source.unit(field)
    unit = source.fields[field].unit if field in source.fields else ""
    return type(source.config).registry.words()[field], palette.UNITS.get(unit, unit)
