"""The tissue: its vessels, its zones, its blood flow."""

from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from ...liver import Liver
from ...record.scene import Scene
from ...tissue.anatomy import Anatomy
from ...tissue.flow import Flow
from ...tissue.sites import PARENCHYMA, SINUSOID
from ..frames import Film
from ..painter import Painter
from ..style import DPI, QUIET, WORDS, new_figure, save_figure

_ARROWS_UM = 110.0  # between arrows
_SHADE = 12  # steps of brightness, which nobody sees, for the same reason
_FEWEST_SITES = 8  # of sinusoids, from which on a square tells a direction
_LEAST_FALL = 0.08  # of the pressure across a square, portal to central 1
_ZONES = {"zone 1 (periportal)": "#f3c9a5", "2 (midzonal)": "#d9d3c5", "3 (pericentral)": "#a9bfd6"}
_ZONE_VESSELS = ("#d98850", "#a79b83", "#5b83b0")
"""The colours of the sinusoids of each zone."""


def write_anatomy(liver: Liver, path: Path | str) -> Path:
    """The picture of the tissue of `liver` as a png."""
    return save_figure(anatomy_figure(liver.anatomy, liver.flow, str(liver.config.name)), Path(path), small=True)


def anatomy_figure(anatomy: Anatomy, flow: Flow, title: str = "") -> Figure:
    """The tissue as it is drawn in movies, its zones, the velocity of its blood, and the pressure."""
    figure = new_figure(12.4, 6.6)
    figure.text(0.014, 0.968, title or "Anatomy", fontsize=15, weight="bold", color=WORDS, va="center")
    kind = anatomy.kind
    painter = Painter(kind, anatomy.spacing_um, pixels=800, texture=False)
    film = Film(painter, legend=False, clock=False)
    nothing, zero = np.zeros(kind.shape, np.uint8), np.zeros(kind.shape, np.float32)
    scene = Scene(
        0.0,
        {"lumen": nothing, "tissue": nothing},
        (flow.carries != 0).astype(np.uint8),
        (kind == PARENCHYMA).astype(np.uint8),
        zero,
        zero,
        zero,
    )
    # pixel by pixel, so that even ground stays even: that makes the file small
    width, height = (side * DPI for side in figure.get_size_inches())
    tall = painter.height / height
    large = figure.add_axes((0.012, 0.915 - tall, painter.width / width, tall))
    large.imshow(film.frame(scene) // _SHADE * _SHADE, interpolation="nearest")
    x, y, across, down = directions(kind, flow, max(4, round(_ARROWS_UM / anatomy.spacing_um)))
    arrows = large.quiver(
        *painter.pixel_of(y, x),
        across,
        down,
        color="white",
        alpha=0.85,
        angles="xy",
        pivot="middle",
        units="width",
        width=0.0026,
        scale=38,
        headwidth=4.5,
    )
    arrows.set_zorder(3)
    _map_title(
        large,
        "blood flows from portal tracts (violet) through sinusoids to central veins (blue)",
    )

    zones = figure.add_axes((0.4645, 0.515, 0.213, 0.40))
    zones.imshow(
        np.where(kind == PARENCHYMA, anatomy.zone, anatomy.zone + 3),
        vmin=1,
        vmax=6,
        interpolation="nearest",
        cmap=ListedColormap([*_ZONES.values(), *_ZONE_VESSELS]),
    )
    zones.set_anchor("W")
    _map_title(zones, "")
    zones.legend(
        handles=[Patch(color=colour, label=words) for words, colour in _ZONES.items()],
        fontsize=8,
        frameon=False,
        ncols=3,
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.985),
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=0.9,
        borderpad=0,
        labelcolor=WORDS,
    )
    shown = np.where(kind == SINUSOID, flow.pressure, np.nan)
    _map(figure, (0.722, 0.515, 0.213, 0.40), shown, "pressure (portal 1, central 0)", "plasma", None)
    moving = np.where((flow.carries != 0) & (flow.speed_um_per_s > 0), flow.speed_um_per_s, np.nan)
    low, high = np.nanpercentile(moving, (2, 99.5)) if np.isfinite(moving).any() else (1.0, 10.0)
    _map(
        figure,
        (0.4645, 0.065, 0.213, 0.40),
        moving,
        "velocity of the blood (µm/s)",
        "viridis",
        LogNorm(max(low, 1e-3 * high), high),
    )
    words = figure.add_axes((0.757, 0.065, 0.24, 0.40))
    words.axis("off")
    words.text(0.0, 0.96, _figures_in_words(anatomy, flow), fontsize=8.8, color=WORDS, va="top", linespacing=1.65)
    return figure


def directions(kind: np.ndarray, flow: Flow, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which way the blood flows on the whole: columns and rows of the middles of squares of `size` sites, and how far it goes from
    there to the right and down (length 1). Squares with few sinusoids, or in which it goes nowhere, are left out."""
    found = []
    for top in range(0, kind.shape[0] - size // 2, size):
        for left in range(0, kind.shape[1] - size // 2, size):
            part = np.s_[top : top + size, left : left + size]
            rows, columns = np.nonzero((kind[part] == SINUSOID) & (flow.carries[part] != 0))
            if rows.size < _FEWEST_SITES:
                continue
            places = np.stack((rows, columns, np.ones(rows.size)), axis=1)
            (down, across, _), *_ = np.linalg.lstsq(places, flow.pressure[part][rows, columns])
            steep = np.hypot(down, across)
            if steep * size > _LEAST_FALL:
                found.append((left + (size - 1) / 2, top + (size - 1) / 2, -across / steep, -down / steep))
    x, y, right, lower = np.array(found).reshape(-1, 4).T
    return x, y, right, lower


def _figures_in_words(anatomy: Anatomy, flow: Flow) -> str:
    kind = anatomy.kind
    area = kind.size * (anatomy.spacing_um / 1000) ** 2
    moving = flow.speed_um_per_s[flow.carries != 0]
    return "\n".join(
        (
            f"{kind.shape[1] * anatomy.spacing_um / 1000:g} × {kind.shape[0] * anatomy.spacing_um / 1000:g} mm "
            f"({area:.3g} mm²), {'periodic' if anatomy.periodic else 'closed'} edges",
            f"{len(anatomy.centres_um)} lobules, {len(anatomy.portal_tracts_um)} portal tracts",
            f"sinusoids {100 * (kind == SINUSOID).mean():.1f} %, plates {100 * (kind == PARENCHYMA).mean():.1f} % of the sites",
            f"{len(anatomy.inlets)} inlets",
            f"median velocity {np.median(moving):.0f} µm/s (10–90 %: {np.percentile(moving, 10):.0f}–{np.percentile(moving, 90):.0f})",
            f"{100 * (flow.carries[kind == SINUSOID] != 0).mean():.1f} % of the sinusoid sites carry blood",
        )
    )


def _map(figure, place, values, title, colours, norm) -> None:
    axes = figure.add_axes(place)
    image = axes.imshow(np.ma.masked_invalid(values), cmap=colours, norm=norm, interpolation="nearest")
    axes.set_facecolor("#eceef0")
    _map_title(axes, title)
    axes.set_anchor("W")
    axes.apply_aspect()
    box = axes.get_position()
    bar = figure.colorbar(image, cax=figure.add_axes((box.x1 + 0.006, box.y0, 0.007, box.height)), format="{x:g}")
    bar.ax.yaxis.set_minor_formatter(NullFormatter())  # matplotlib's own writes formulas
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, colors=QUIET, length=2)


def _map_title(axes, title: str) -> None:
    axes.set_title(title, fontsize=9.5, color=WORDS, loc="left", pad=5)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
