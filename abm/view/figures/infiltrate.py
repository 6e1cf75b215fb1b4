"""The infiltrate of a run at its end: who stands how densely at which distance from the edge of the nodules, with IFN-gamma and PD-L1."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ...cells.species import Shown
from ...cells.tumor import CIRCULATING
from ...fields.ifn_gamma import InterferonGamma
from ...statistics import poisson_interval
from ...tissue.pieces import connected, from_edge
from ...tissue.sites import INTERSTITIUM, LUMEN, STANDING
from ...units import in_time
from ..palette import FATES, as_hex
from ..recording import Recording
from ..style import LINE, QUIET, WORDS, fitted, new_figure, plain, save_figure
from .run_folder import are_edges_periodic, settings

_ACROSS = 3  # diagrams side by side
_WIDTH = 14.0
_TITLE, _LINE = 0.86, 2.72  # inches: of the title, and of a line of diagrams
_BAND = 25.0  # um
_DEEPEST = 12  # bands inside of nodules; in larger ones bands are wider
_LEAST_AREA = 0.01  # mm2 of the innermost band, which is as deep as that takes
_BEYOND = 300.0  # um: what is farther counts as one band
_FEWEST = 10  # tumor cells of which a band tells the PD-L1
_INSIDE = "#f4ece8"
_PDL1 = as_hex(FATES["alive"])
_VESSELS, _TISSUE = "in the vessels", "in the tissue"


class Infiltrate(NamedTuple):
    """What stands in bands of distance from the edge of the nodules at one moment; the last band is all that is farther.

    edges : um, of the bands but the last, negative inside [bands]; area : mm2 [bands]
    reaching : how many nodules have sites in the band, 0 outside [bands]; nodules : how many there are
    cells : of each population that is there, where -> cells [bands]
    ifn_gamma, pdl1 : mean and the range of the middle 80 % of the sites, and of the tumor cells; nan where there are too few [3, bands]
    """

    hours: float
    least: float
    edges: np.ndarray
    area: np.ndarray
    reaching: np.ndarray
    nodules: int
    cells: list[tuple[Shown, dict[str, np.ndarray]]]
    ifn_gamma: np.ndarray | None
    pdl1: np.ndarray | None


def write_infiltrate(run_dir: Path | str) -> Path | None:
    """infiltrate.png from the last snapshot; nothing, and None, where it has no nodule or no leukocyte outside of the vessels. Raises
    FileNotFoundError when the run kept no snapshots."""
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    record, _, title = settings(run_dir)
    found = infiltrate_of(recording, record.micrometastasis_cells, are_edges_periodic(run_dir))
    return None if found is None else save_figure(infiltrate_figure(found, title), run_dir / "infiltrate.png")


def infiltrate_of(recording: Recording, least: float, periodic: bool, index: int = -1) -> Infiltrate | None:
    """The infiltrate of the nodules of at least `least` cells in one frame; None where there is no nodule or nothing else, or no
    leukocyte outside of the vessels."""
    has_ifn_gamma = InterferonGamma.name in recording.fields
    scene = recording.scene(index, InterferonGamma.name if has_ifn_gamma else None)
    if not scene.standing.get(STANDING[INTERSTITIUM], np.zeros(1)).any():
        return None
    tumor = next(shown for shown in recording.cast if shown.name == "tumor")
    standing = np.sum([np.isin(codes, [*tumor.looks]) for codes in scene.standing.values()], axis=0)
    groups, _ = connected(standing > 0, periodic)
    sizes = np.bincount(groups.ravel(), standing.ravel())
    sizes[0] = 0
    inside = (sizes >= least)[groups]
    distance = from_edge(inside, recording.spacing_um, periodic)
    if not np.isfinite(distance).all():  # no nodule, or nothing else
        return None
    depth = -float(distance.min())
    width = _BAND * max(1, math.ceil(depth / (_BAND * _DEEPEST)))
    edges = np.arange(-math.ceil(depth / width) * width, _BEYOND + width, width)
    edges = np.append(edges[edges < _BEYOND], _BEYOND)
    core = np.histogram(distance, edges)[0].cumsum() * (recording.spacing_um / 1000.0) ** 2 < _LEAST_AREA
    edges = np.delete(edges, 1 + np.flatnonzero(core & (edges[1:] < 0)))
    band = np.digitize(distance, edges) - 1
    bands = edges.size

    def counted(marked: np.ndarray) -> np.ndarray:
        return np.bincount(band[marked], minlength=bands)

    cells = []
    for shown in recording.cast:
        where = {_TISSUE: np.zeros(bands, int), _VESSELS: np.zeros(bands, int)}
        for layer, codes in scene.standing.items():
            where[_VESSELS if layer == STANDING[LUMEN] else _TISSUE] += counted(np.isin(codes, [*shown.looks]))
        where = {place: counts for place, counts in where.items() if counts.any()}
        if where and shown is not tumor:
            cells.append((shown, where))
    nodule_of, nodules = connected(distance < 0, periodic)
    return Infiltrate(
        float(recording.times_min[index]) / 60.0,
        least,
        edges,
        counted(np.ones(band.shape, bool)) * (recording.spacing_um / 1000.0) ** 2,
        np.array([np.unique(nodule_of[(band == k) & (nodule_of > 0)]).size for k in range(bands)]),
        nodules,
        cells,
        None if scene.field is None else _spread(scene.field.ravel(), band.ravel(), bands, 1),
        _pdl1(recording, index, band, bands),
    )


def _pdl1(recording: Recording, index: int, band: np.ndarray, bands: int) -> np.ndarray | None:
    if "cells/tumor/pdl1" not in recording:
        return None
    columns = recording.cells("tumor", index, ("pdl1", "state"))
    there = columns["state"] != CIRCULATING
    place = columns["row"][there], columns["column"][there]
    return _spread(columns["pdl1"][there], band[place], bands, _FEWEST)


def _spread(values: np.ndarray, band: np.ndarray, bands: int, fewest: int) -> np.ndarray:
    """Mean, and the 10th and 90th percentile, of the values in each band."""
    told = np.full((3, bands), np.nan)
    for k in range(bands):
        those = values[band == k]
        if those.size >= fewest:
            told[:, k] = those.mean(dtype=np.float64), *np.percentile(those, (10, 90))
    return told


def infiltrate_figure(found: Infiltrate, title: str = "") -> Figure:
    """A diagram for each population that is there, for IFN-gamma and PD-L1, and for the areas in which cells were counted."""
    panels: list[Callable] = [partial(_draw_cells, shown=shown, where=where) for shown, where in found.cells]
    if found.ifn_gamma is not None:
        panels.append(
            partial(_draw_level, title="IFN-γ (half-maximal effect = 1)", told=found.ifn_gamma, ink=InterferonGamma.ink)
        )
    if found.pdl1 is not None:
        panels.append(
            partial(_draw_level, title="PD-L1 of tumor cells (reference line = 1)", told=found.pdl1, ink=_PDL1)
        )
    panels.append(_draw_area)
    about, more = fitted(
        f"At {in_time(found.hours)}: {found.nodules} nodule{'s' * (found.nodules != 1)} of at least {found.least:g} tumor cells. "
        "Distance is from the edge of the nearest, negative inside. Cells per mm² of each band, shaded their 95\u00a0% interval were they "
        f"independent; dashed the density beyond {_BEYOND:g}\u00a0µm. Of IFN-γ and PD-L1 the mean, shaded the middle 80\u00a0%. "
        "The numbers above areas say how many nodules are that deep.",
        _WIDTH,
    )
    lines = math.ceil(len(panels) / _ACROSS)
    head = _TITLE + more
    high = head + lines * _LINE
    figure = new_figure(_WIDTH, high, title or "Infiltrate", about)
    for k, draw in enumerate(panels):
        i, j = divmod(k, _ACROSS)
        axes = figure.add_axes(
            (0.045 + 0.325 * j, 1 - (head + (i + 1) * _LINE - 0.55) / high, 0.265, (_LINE - 1.06) / high)
        )
        axes.axvspan(found.edges[0], 0, color=_INSIDE, lw=0, zorder=0)
        draw(axes, found)
        axes.axvline(0, color=QUIET, lw=0.8, zorder=1)
        axes.set_xlim(found.edges[0], found.edges[-1])
        axes.set_ylim(0, max(axes.get_ylim()[1], 1e-9))
        axes.set_xlabel("µm from the edge of the nodule", fontsize=8.5, color=QUIET, labelpad=1)
        plain(axes)
    return figure


def _draw_cells(axes, found: Infiltrate, shown: Shown, where: dict[str, np.ndarray]) -> None:
    _title(axes, f"{shown.words}, per mm²")
    far = found.area[-1]
    for (place, counts), style in zip(where.items(), ("-", ":"), strict=False):
        density, low, high = (_per_area(values, found.area) for values in (counts, *_interval(counts)))
        axes.stairs(high[:-1], found.edges, baseline=low[:-1], fill=True, color=shown.ink, alpha=0.16, lw=0)
        axes.stairs(density[:-1], found.edges, baseline=None, color=shown.ink, lw=1.8, ls=style, label=place)
        if far > 0:
            axes.axhline(density[-1], color=shown.ink, lw=0.9, dashes=(6, 3) if style == "-" else (2, 3))
    densities = [_per_area(counts, found.area)[:-1] for counts in where.values()]
    axes.set_ylim(0, 1.6 * max(np.nanmax(each, initial=0) for each in densities) or None)
    if len(where) > 1:
        _legend(axes)


def _interval(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = zip(*(poisson_interval(float(count)) for count in counts), strict=True)
    return np.array(low), np.array(high)


def _per_area(values: np.ndarray, area: np.ndarray) -> np.ndarray:
    return np.divide(values, area, out=np.full(area.size, np.nan), where=area > 0)


def _draw_level(axes, found: Infiltrate, title: str, told: np.ndarray, ink: str) -> None:
    _title(axes, title)
    mean, low, high = told
    axes.stairs(high[:-1], found.edges, baseline=low[:-1], fill=True, color=ink, alpha=0.16, lw=0)
    axes.stairs(mean[:-1], found.edges, baseline=None, color=ink, lw=1.8)
    if np.isfinite(mean[-1]):
        axes.axhline(mean[-1], color=ink, lw=0.9, dashes=(6, 3))


def _draw_area(axes, found: Infiltrate) -> None:
    _title(axes, "area of each band, mm²")
    axes.stairs(found.area[:-1], found.edges, fill=True, color=LINE, lw=0)
    axes.set_ylim(0, 1.25 * found.area[:-1].max())
    for left, right, area, nodules in zip(found.edges, found.edges[1:], found.area, found.reaching, strict=False):
        if nodules:
            axes.annotate(
                str(nodules),
                ((left + right) / 2, area),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=6.5,
                color=QUIET,
            )


def _title(axes, words: str) -> None:
    axes.set_title(words, fontsize=10.5, weight="bold", color=WORDS, loc="left", pad=8)


def _legend(axes) -> None:
    axes.legend(fontsize=7.6, frameon=False, loc="upper right", handlelength=1.6, labelcolor=WORDS, borderpad=0.2)
