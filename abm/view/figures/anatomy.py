"""The tissue: its vessels, its zones, its blood flow."""

from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ...liver import Liver
from ...record.scene import Scene
from ...tissue.anatomy import Anatomy
from ...tissue.flow import Flow
from ...tissue.sites import PARENCHYMA, SINUSOID
from ..frames import Film
from ..painter import Painter
from ..style import QUIET, WORDS, new_figure, save_figure


def write_anatomy(liver: Liver, path: Path | str) -> Path:
    """The picture of the tissue of `liver` as a png."""
    return save_figure(anatomy_figure(liver.anatomy, liver.flow, str(liver.config.name)), Path(path))


def anatomy_figure(anatomy: Anatomy, flow: Flow, title: str = "") -> Figure:
    """The tissue as it is drawn in movies, its zones, the velocity of its blood, and the pressure."""
    figure = new_figure(14.5, 7.9)
    figure.text(0.014, 0.968, title or "Anatomy", fontsize=15, weight="bold", color=WORDS, va="center")
    kind = anatomy.kind
    painter = Painter(kind, anatomy.spacing_um, pixels=1000)
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
    large = figure.add_axes((0.012, 0.05, 0.47, 0.865))
    large.imshow(film.frame(scene), interpolation="antialiased")
    _map_title(large, "tissue: sinusoids from the portal tracts (grey rim) to the central veins (pale rim)")

    zones = figure.add_axes((0.497, 0.515, 0.218, 0.40))
    zones.imshow(
        np.where(kind == PARENCHYMA, anatomy.zone, anatomy.zone + 3),
        vmin=1,
        vmax=6,
        interpolation="nearest",
        cmap=ListedColormap(["#f3c9a5", "#d9d3c5", "#a9bfd6", "#d98850", "#a79b83", "#5b83b0"]),
    )
    zones.set_anchor("W")
    _map_title(zones, "zones: periportal, midzonal, pericentral")
    shown = np.where(kind == SINUSOID, flow.pressure, np.nan)
    _map(figure, (0.742, 0.515, 0.218, 0.40), shown, "pressure (portal 1, central 0)", "plasma", None)
    moving = np.where((flow.carries != 0) & (flow.speed_um_per_s > 0), flow.speed_um_per_s, np.nan)
    low, high = np.nanpercentile(moving, (2, 99.5)) if np.isfinite(moving).any() else (1.0, 10.0)
    _map(
        figure,
        (0.497, 0.065, 0.218, 0.40),
        moving,
        "velocity of the blood (µm/s)",
        "viridis",
        LogNorm(max(low, 1e-3 * high), high),
    )
    words = figure.add_axes((0.775, 0.065, 0.2, 0.40))
    words.axis("off")
    words.text(0.0, 0.96, _figures_in_words(anatomy, flow), fontsize=9.2, color=WORDS, va="top", linespacing=1.65)
    return figure


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
