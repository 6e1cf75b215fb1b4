"""Figures of a run and of the tissue, for papers and talks: cascade, overview, time courses, anatomy."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.ticker import NullFormatter

from ..config.recording import RecordParameters
from ..folder.files import DamagedFile
from ..record.fates import ALIVE, STAGES, End, Fates, fates_of
from ..record.tables import read_table
from ..tissue.sites import PARENCHYMA, SINUSOID
from . import lettering
from .frames import Film, contact_sheet
from .painter import Painter
from .palette import FATES, FIELD_LABELS, INK, LOOKS, PAPER, as_hex
from .recording import Recording
from .scene import Scene
from .sprites import cell_picture
from .strip import shown_from
from .style import BAR, LINE, QUIET, WORDS, new_figure, plain, save_figure

if TYPE_CHECKING:
    from ..model import LiverModel
    from ..tissue.anatomy import Anatomy
    from ..tissue.flow import Flow

_ON_WHITE = {"kupffer": "#3f6fc9", "natural_killer": "#058a57", "neutrophil": "#3aa0c8", "stellate": "#7a45d6"}
_TUMOR = {
    "held": "#e3c700",
    "adherent": as_hex(LOOKS[3].colour),
    "extravasated": as_hex(LOOKS[4].colour),
    "dormant": as_hex(LOOKS[5].colour),
}


def plot_run(run_dir: Path | str) -> list[Path]:
    """overview.png, cascade.png and timecourses.png of a run; returns what was written."""
    return [write_overview(run_dir), write_cascade(run_dir), write_timecourses(run_dir)]


# --- the cascade ----------------------------------------------------------------------------------------------------

_STAGE_WORDS = {"alive_24h": "alive at 24 h"}
_WAYS = {
    ALIVE: "alive at the end",
    "passed": "left by the central vein",
    "phagocytosed": "engulfed by Kupffer cells",
    "killed": "killed by NK cells",
    "died": "died",
}
_REASONS = {"trail": "TRAIL", "fasl": "FasL", "other": "other causes"}


def write_cascade(run_dir: Path | str) -> Path:
    """cascade.png from events.parquet. Raises FileNotFoundError when the run kept no events."""
    run_dir = Path(run_dir)
    events = read_table(run_dir, "events")
    record, spacing_um, title = _settings(run_dir)
    fates = fates_of(events, _end_minutes(run_dir, events), record, spacing_um)
    return save_figure(cascade_figure(fates, title), run_dir / "cascade.png")


def cascade_figure(fates: Fates, title: str = "") -> Figure:
    """How far the founders came, as streams whose width is their number, with the losses and causes.

    The stages are nested: those that reached a stage reached all before it (see `abm.record.fates`).
    """
    reached, total = fates.reached, max(1, int(fates.reached[0]))
    ends = fates.ends()
    groups = [[end for end in ends if end.stage == k] for k in range(len(STAGES))]
    gap, room = 0.035, 0.19  # heights in units of all founders: between end caps, and what a label needs
    depth = [sum(max(end.count / total + gap, room) for end in group) for group in groups]
    # the ends of a stage stand just below the stream that goes on
    tops = [1.0 - (reached[k + 1] / total if k + 1 < len(STAGES) else 0.0) - 0.10 for k in range(len(STAGES))]
    lowest = min(-0.05, *(top - deep for top, deep in zip(tops, depth, strict=True)))

    figure = new_figure(13.0, 1.5 + 2.45 * (1.0 - lowest))
    inches = figure.get_figheight()
    axes = figure.add_axes((0.015, 0.35 / inches, 0.97, 1 - (1.3 + 0.35) / inches))
    axes.set_xlim(0, len(STAGES) + 0.02)
    axes.set_ylim(lowest, 1.0)
    axes.axis("off")
    figure.text(
        0.02,
        1 - 0.2 / inches,
        "The metastatic cascade" + (f": {title}" if title else ""),
        fontsize=15,
        weight="bold",
        color=WORDS,
        va="top",
    )
    if reached[0] == 0:
        axes.text(0.1, 0.5, "No tumor cell has arrived.", fontsize=12, color=QUIET)
        return figure
    hair = 0.006
    for k, group in enumerate(groups):
        x, height = k + 0.04, reached[k] / total
        _stage_title(axes, k, reached)
        axes.add_patch(
            Rectangle((x, 1.0 - max(height, hair)), 0.05, max(height, hair), color=BAR if reached[k] else LINE, lw=0)
        )
        if k + 1 < len(STAGES) and reached[k + 1]:
            through = max(reached[k + 1] / total, hair)
            axes.add_patch(
                Rectangle((x + 0.05, 1.0 - through), 0.95, through, color=as_hex(FATES["alive"]), alpha=0.30, lw=0)
            )
        start = 1.0 - (reached[k + 1] / total if k + 1 < len(STAGES) else 0.0)
        bottom = tops[k]
        for end in group:
            size, colour = end.count / total, as_hex(FATES[end.way.partition("_by_")[0]])
            place = bottom - max(0.0, (room - gap - size) / 2)
            _stream(axes, x + 0.05, start, x + 0.33, place, max(size, hair), colour)
            axes.add_patch(Rectangle((x + 0.33, place - max(size, hair)), 0.03, max(size, hair), color=colour, lw=0))
            axes.text(
                x + 0.38,
                place - size / 2,
                _end_words(end, total),
                fontsize=8.2,
                color=WORDS,
                va="center",
                linespacing=1.25,
            )
            start -= size
            bottom -= max(size + gap, room)
    micro, macro = fates.micrometastasis_cells, fates.macrometastasis_cells
    notes = (
        "A stage counts the founders (with their descendants) that also reached all stages before it; percentages are of all "
        f"arrived.  Micrometastasis: at least {micro:g} living cells of the clone at once in the slab; macrometastasis: {macro}."
    )
    if fates.intravascular(micro):
        notes += (
            f"\nNot among the metastases: colonies that never left the vessel, {fates.intravascular(micro):,} of the size of a "
            f"micrometastasis, of them {fates.intravascular(macro):,} of the size of a macrometastasis."
        )
    figure.text(0.02, 0.06 / inches, notes, fontsize=7.8, color=QUIET, va="bottom")
    return figure


def _stage_title(axes, k: int, reached: np.ndarray) -> None:
    share = 100 * reached[k] / reached[0]
    axes.text(
        k + 0.04,
        1.19,
        _STAGE_WORDS.get(STAGES[k], STAGES[k]),
        fontsize=11,
        weight="bold",
        color=WORDS,
        va="bottom",
        clip_on=False,
    )
    axes.text(
        k + 0.04,
        1.035,
        f"{reached[k]:,}",
        fontsize=15,
        color=WORDS if reached[k] else QUIET,
        va="bottom",
        clip_on=False,
    )
    if k:
        axes.text(
            k + 0.075 + 0.058 * len(f"{reached[k]:,}"),
            1.043,
            f"{share:.3g} %",
            fontsize=9.5,
            color=QUIET,
            va="bottom",
            clip_on=False,
        )


def _end_words(end: End, total: int) -> str:
    way, _, reason = end.way.partition("_by_")
    words = _WAYS[way]
    if reason:
        words += ": " + _REASONS.get(reason, reason.replace("_", " "))
    if len(words) > 20:  # break near the middle
        cut = min((abs(i - len(words) // 2), i) for i, letter in enumerate(words) if letter == " ")[1]
        words = words[:cut] + "\n" + words[cut + 1 :]
    return f"{words}\n{end.count:,}  ({100 * end.count / total:.3g} %)"


def _stream(axes, x0: float, top0: float, x1: float, top1: float, size: float, colour: str) -> None:
    """A bent ribbon from the upper edge (x0, top0) to (x1, top1)."""
    middle = 0.55 * (x0 + x1)
    middle = x0 + 0.5 * (x1 - x0) if middle > x1 else middle
    corners = [
        (x0, top0),
        (middle, top0),
        (middle, top1),
        (x1, top1),
        (x1, top1 - size),
        (middle, top1 - size),
        (middle, top0 - size),
        (x0, top0 - size),
        (x0, top0),
    ]
    codes = [Outline.MOVETO, *[Outline.CURVE4] * 3, Outline.LINETO, *[Outline.CURVE4] * 3, Outline.CLOSEPOLY]
    axes.add_patch(PathPatch(Outline(corners, codes), facecolor=colour, alpha=0.45, lw=0))


# --- the overview ---------------------------------------------------------------------------------------------------


def write_overview(run_dir: Path | str) -> Path:
    """overview.png from the snapshots and the timeseries. Raises FileNotFoundError when one of them is missing."""
    run_dir = Path(run_dir)
    return save_figure(overview_figure(run_dir), run_dir / "overview.png")


def overview_figure(run_dir: Path | str) -> Figure:
    """Four moments of the run as pictures, and below them the courses of the most important counts."""
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    courses = _timeseries(run_dir)
    chosen = _moments(recording.times_min)
    painter = Painter(recording.site_kind, recording.spacing_um, pixels=720)
    film = Film(painter, legend=False)
    frames = [_framed(film.frame(recording.scene(k))) for k in chosen]
    sheet = contact_sheet(frames, len(frames))
    key = _key(sheet.shape[1])
    picture = np.concatenate((sheet, key))

    width = 15.0
    high = width * picture.shape[0] / picture.shape[1]
    figure = new_figure(width, high + 3.75)
    total = figure.get_figheight()
    axes = figure.add_axes((0, 1 - (high + 0.5) / total, 1, high / total))
    axes.imshow(picture, interpolation="antialiased")
    axes.axis("off")
    figure.text(
        0.012, 1 - 0.25 / total, recording.title or run_dir.name, fontsize=15, weight="bold", color=WORDS, va="center"
    )
    panels = (_draw_tumor, _draw_fates, _draw_host, _draw_burden)
    for k, draw in enumerate(panels):
        draw(figure.add_axes((0.036 + 0.245 * k, 0.55 / total, 0.185, 2.2 / total)), courses)
    return figure


def _moments(times_min: np.ndarray) -> list[int]:
    """Frames for the overview: soon after the beginning, a third, two thirds and the end, on a scale that favours early times."""
    last = len(times_min) - 1
    wanted = times_min[0] + (times_min[-1] - times_min[0]) * np.array([0.04, 0.25, 0.6, 1.0])
    return [int(k) for k in np.unique([min(last, int(np.argmin(np.abs(times_min - t)))) for t in wanted])]


def _framed(image: np.ndarray) -> np.ndarray:
    """With a margin in the colour of the ground."""
    return np.stack([np.pad(image[..., c], 5, constant_values=PAPER[c]) for c in range(3)], axis=-1)


def _key(width: int) -> np.ndarray:
    """A line that says which cell is which."""
    entries = [
        ("held tumor cell", 2),
        ("adherent", 3),
        ("extravasated", 4),
        ("dormant", 5),
        ("Kupffer cell", 10),
        ("secreting TNF", 12),
        ("NK cell", 20),
        ("neutrophil", 30),
        ("casting a net", 32),
        ("stellate cell", 40),
        ("activated", 41),
    ]
    height = max(36, round(width / 56))
    size, scale = round(0.42 * height), round(0.42 * height)
    row = np.empty((height, width, 3), np.uint8)
    row[:] = PAPER
    needed = [2 * scale + lettering.width(label, size) for label, _ in entries]
    space = (width - sum(needed)) / (len(entries) + 1)
    left = space
    for (label, code), room in zip(entries, needed, strict=True):
        sprite = cell_picture(LOOKS[code], scale, 2)
        cut = max(0, (sprite.shape[0] - height) // 2 + 1)
        sprite = sprite[cut : sprite.shape[0] - cut, cut : sprite.shape[1] - cut]
        top, start = (height - sprite.shape[0]) // 2, max(0, round(left) + scale // 2 - sprite.shape[1] // 2)
        part = row[top : top + sprite.shape[0], start : start + sprite.shape[1]]
        sprite = sprite[:, : part.shape[1]]
        alpha = sprite[..., 3:] / 255
        part[:] = (part * (1 - alpha) + sprite[..., :3] * alpha).astype(np.uint8)
        lettering.write(row, label, (height - round(1.2 * size)) // 2, round(left) + round(1.6 * scale), size, INK)
        left += room + space
    return row


# --- time courses ---------------------------------------------------------------------------------------------------


def write_timecourses(run_dir: Path | str) -> Path:
    """timecourses.png. Raises FileNotFoundError when the run kept no timeseries."""
    run_dir = Path(run_dir)
    figure = timecourses_figure(_timeseries(run_dir), _settings(run_dir)[2])
    return save_figure(figure, run_dir / "timecourses.png")


def timecourses_figure(courses: dict[str, np.ndarray], title: str = "") -> Figure:
    """Everything that is counted, through time; `courses` are the columns of timeseries.parquet."""
    figure = new_figure(14.0, 9.6)
    figure.text(0.02, 0.975, title, fontsize=15, weight="bold", color=WORDS, va="center")
    panels = (
        _draw_tumor,
        _draw_fates,
        _draw_burden,
        _draw_kupffer,
        _draw_leukocytes,
        _draw_wall,
        _draw_signals,
        _draw_supply,
        _draw_layers,
    )
    for k, draw in enumerate(panels):
        i, j = divmod(k, 3)
        draw(figure.add_axes((0.045 + 0.325 * j, 0.70 - 0.315 * i, 0.255, 0.205)), courses)
    return figure


def _draw_tumor(axes, courses) -> None:
    x = _axis(axes, courses, "tumor cells by state")
    states = [state for state in _TUMOR if f"tumor_{state}" in courses]
    axes.stackplot(
        x,
        [courses[f"tumor_{state}"] for state in states],
        colors=[_TUMOR[state] for state in states],
        labels=states,
        lw=0,
    )
    _finish(axes, reverse=True)


def _draw_fates(axes, courses) -> None:
    x = _axis(axes, courses, "tumor cells lost so far")
    for fate, label in (
        ("passed", "left by the vein"),
        ("phagocytosed", "engulfed"),
        ("killed", "killed by NK"),
        ("died", "died"),
    ):
        if f"events_{fate}" in courses:
            axes.plot(x, courses[f"events_{fate}"], color=as_hex(FATES[fate]), lw=1.8, label=label)
    _finish(axes)


def _draw_host(axes, courses) -> None:
    x = _axis(axes, courses, "cells of the liver")
    for name, label, group, style in (
        ("kupffer_tnf_secreting", "Kupffer (TNF)", "kupffer", "-"),
        ("natural_killer", "NK", "natural_killer", "-"),
        ("neutrophil", "neutrophils", "neutrophil", "-"),
        ("stellate_activated", "act. stellate", "stellate", "-"),
    ):
        if name in courses:
            axes.plot(x, courses[name], style, color=_ON_WHITE[group], lw=1.8, label=label)
    _finish(axes)


def _draw_burden(axes, courses) -> None:
    x = _axis(axes, courses, "nodules, and area of tumor")
    if "nodules" in courses:
        axes.plot(x, courses["nodules"], color=WORDS, lw=1.8, drawstyle="steps-post", label="nodules")
    if "tumor_area_um2" in courses:
        other = axes.twinx()
        other.fill_between(x, courses["tumor_area_um2"] / 1e6, color=as_hex(FATES["alive"]), alpha=0.25, lw=0)
        other.set_ylim(bottom=0)
        other.set_ylabel("mm²", fontsize=8, color=as_hex(FATES["alive"]))
        other.tick_params(labelsize=8, colors=as_hex(FATES["alive"]), length=2)
        for spine in other.spines.values():
            spine.set_visible(False)
        axes.fill_between([], [], color=as_hex(FATES["alive"]), alpha=0.25, lw=0, label="area (right)")
    _finish(axes)


def _draw_kupffer(axes, courses) -> None:
    _draw_states(axes, courses, "Kupffer cells by state", "kupffer", ("engulfing", "tnf_secreting", "reprogrammed"))


def _draw_leukocytes(axes, courses) -> None:
    x = _axis(axes, courses, "leukocytes")
    for name, label, group, style in (
        ("natural_killer", "NK", "natural_killer", "-"),
        ("natural_killer_in_contact", "NK on tumor cells", "natural_killer", ":"),
        ("neutrophil_n1", "neutrophils N1", "neutrophil", "-"),
        ("neutrophil_n2", "neutrophils N2", "neutrophil", ":"),
    ):
        if name in courses:
            axes.plot(x, courses[name], style, color=_ON_WHITE[group], lw=1.6, label=label)
    _finish(axes)


def _draw_wall(axes, courses) -> None:
    x = _axis(axes, courses, "activated stellate and endothelial cells")
    for name, label, colour in (
        ("stellate_activated", "stellate, activated", _ON_WHITE["stellate"]),
        ("endothelium_activated", "LSEC, activated", "#d9538a"),
        ("endothelium_retracted", "LSEC, retracted", "#8a6a55"),
    ):
        if name in courses:
            axes.plot(x, courses[name], color=colour, lw=1.6, label=label)
    _finish(axes)


def _draw_signals(axes, courses) -> None:
    x = _axis(axes, courses, "highest signal (half-maximal effect = 1)")
    for name, colour in (("tnf", "#e08a00"), ("tgf_beta", "#7a45d6"), ("cxcl1", "#3aa0c8"), ("vegf", "#058a57")):
        if f"{name}_max" in courses:
            axes.plot(x, courses[f"{name}_max"], color=colour, lw=1.6, label=FIELD_LABELS[name])
    _finish(axes)


def _draw_supply(axes, courses) -> None:
    x = _axis(axes, courses, "oxygen (mmHg) and lactate (mM), mean")
    for name, colour in (("oxygen", "#c4342d"), ("lactate", "#6d747d")):
        if f"{name}_mean" in courses:
            axes.plot(x, courses[f"{name}_mean"], color=colour, lw=1.6, label=name)
    _finish(axes)


def _draw_layers(axes, courses) -> None:
    x = _axis(axes, courses, "matrix, nets, exosomes, summed over the sites")
    for name, colour in (("ecm", "#6f8797"), ("nets", "#3aa0c8"), ("exosomes", "#b0702a")):
        if f"{name}_total" in courses:
            axes.plot(x, courses[f"{name}_total"], color=colour, lw=1.6, label=FIELD_LABELS[name])
    _finish(axes)


def _draw_states(axes, courses, title: str, population: str, states: tuple[str, ...]) -> None:
    x = _axis(axes, courses, title)
    for state, style in zip(states, ("-", "--", ":"), strict=False):
        if f"{population}_{state}" in courses:
            label = "secreting TNF" if state == "tnf_secreting" else state
            axes.plot(x, courses[f"{population}_{state}"], style, color=_ON_WHITE[population], lw=1.6, label=label)
    _finish(axes)


def _axis(axes, courses, title: str) -> np.ndarray:
    """Prepare the axes; returns the times in the unit of their x axis."""
    hours = np.asarray(courses["time_min"], float) / 60.0
    days = hours[-1] - shown_from(hours) > 72
    x = hours / 24.0 if days else hours
    axes.set_title(title, fontsize=10.5, weight="bold", color=WORDS, loc="left", pad=18)
    axes.set_xlabel(f"time ({'d' if days else 'h'})", fontsize=8.5, color=QUIET, labelpad=1)
    axes.set_xlim(shown_from(x), x[-1] if x[-1] > x[0] else x[0] + 1.0)
    return x


def _finish(axes, reverse: bool = False) -> None:
    top = axes.get_ylim()[1]
    axes.set_ylim(0, top if top > 0 else 1)
    plain(axes)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            handles,
            labels,
            fontsize=7.6,
            frameon=False,
            ncols=len(handles),
            loc="lower left",
            bbox_to_anchor=(-0.02, 0.985),
            handlelength=1.1,
            handletextpad=0.35,
            columnspacing=0.8,
            borderpad=0,
            labelcolor=WORDS,
        )


# --- anatomy --------------------------------------------------------------------------------------------------------


def write_anatomy(liver: "LiverModel", path: Path | str) -> Path:
    """The picture of the tissue of `liver` as a png."""
    return save_figure(anatomy_figure(liver.anatomy, liver.flow, str(liver.config.name)), Path(path))


def anatomy_figure(anatomy: "Anatomy", flow: "Flow", title: str = "") -> Figure:
    """The tissue as it is drawn in movies, its zones, the velocity of its blood, and the pressure."""
    figure = new_figure(14.5, 7.9)
    figure.text(0.014, 0.968, title or "Anatomy", fontsize=15, weight="bold", color=WORDS, va="center")
    kind = anatomy.kind
    painter = Painter(kind, anatomy.spacing_um, pixels=1000)
    film = Film(painter, legend=False, clock=False)
    nothing, zero = np.zeros(kind.shape, np.uint8), np.zeros(kind.shape, np.float32)
    scene = Scene(
        0.0,
        nothing,
        nothing,
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


def _figures_in_words(anatomy: "Anatomy", flow: "Flow") -> str:
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


# --- what a run folder says ------------------------------------------------------------------------------------------


def _timeseries(run_dir: Path) -> dict[str, np.ndarray]:
    table = read_table(run_dir, "timeseries")
    if table.num_rows == 0:
        raise FileNotFoundError(f"the timeseries of {run_dir} is still empty")
    return {name: table[name].to_numpy() for name in table.column_names}


def _settings(run_dir: Path) -> tuple[RecordParameters, float, str]:
    """What the run's manifest says of its records, the spacing of its lattice, and its name."""
    path = run_dir / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(f"{run_dir} is not the folder of a run: it has no manifest.json")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))["config"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error})") from error
    tissue = config.get("tissue", {})
    return (
        RecordParameters.model_validate(config.get("record", {})),
        _micrometers(tissue.get("site", 10.0)),
        str(config.get("name", "")),
    )


def _micrometers(value) -> float:
    from ..units import Quantity

    return Quantity("um", "a length", "10 um").parse(value)


def _end_minutes(run_dir: Path, events) -> float:
    try:
        return float(_timeseries(run_dir)["time_min"][-1])
    except FileNotFoundError:
        return float(events["time_min"].to_numpy().max()) if len(events) else 0.0
