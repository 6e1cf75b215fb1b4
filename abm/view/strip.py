"""The strip under the picture: how the counts run, drawn whole once and uncovered as time goes on."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..cells.species import Colour, Shown
from .palette import FAINT, FATES_ON_DARK, INK, PAPER, RULE, SHOWN, STATE_WORDS, as_hex

_HEIGHT = 168  # pixels at a width of 1084
ROUND = (1, 2, 5, 10)
"""Steps between the counts at an axis, times a power of ten."""
_DIM = 5  # what is still to come is so many times fainter
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue
_LETTERS = (1.0, 0.9, 0.8, 0.7, 0.6)
_MOST_ROWS = 2  # of words above a diagram
_ROOM = 1.06  # of the diagram's width, for its title and labels
_BEFORE = 0.25  # of the time axis, for what happens before time 0


class Trace(NamedTuple):
    """One line: its label, colour and values at the strip's times."""

    label: str
    colour: Colour
    values: np.ndarray


class Panel(NamedTuple):
    """One diagram of the strip; `stacked` fills the areas between the lines."""

    title: str
    courses: Sequence[Trace]
    stacked: bool = False


def shown_from(times: np.ndarray) -> float:
    """Where the axis of these times begins: with them, but what happens before time 0 takes a quarter of it at most."""
    first, last = float(np.min(times)), float(np.max(times))
    return max(first, -last * _BEFORE / (1 - _BEFORE)) if last > 0 else first


class Strip:
    """Diagrams side by side over the same times (minutes, ascending)."""

    def __init__(self, times_min: np.ndarray, panels: Sequence[Panel]):
        self.times_min = np.asarray(times_min, float)
        self.panels = panels

    @classmethod
    def of_timeseries(cls, table, cast: Sequence[Shown] = SHOWN) -> "Strip":
        """From the columns of timeseries.parquet (a mapping of names to arrays), of the populations `cast`; columns that are
        missing are not drawn."""
        get = {name: np.asarray(table[name], float) for name in table}
        tumor = [
            Trace(STATE_WORDS.get(look.state, look.state), look.colour, get[f"tumor_{look.state}"])
            for shown in cast
            if shown.name == "tumor"
            for look in shown.looks.values()
            if f"tumor_{look.state}" in get
        ]
        fates = [
            Trace(label, FATES_ON_DARK[fate], get[f"events_{fate}"])
            for fate, label in _FATES
            if f"events_{fate}" in get
        ]
        host = [
            Trace(label, colour, get[name])
            for shown in cast
            for name, label in shown.courses[:1]
            if name in get and (colour := shown.colour_of(name)) is not None
        ]
        panels = [Panel("tumor cells", tumor, True), Panel("lost so far", fates), Panel("liver cells", host)]
        return cls(get["time_min"], [panel for panel in panels if panel.courses])

    @staticmethod
    def height_for(width: int) -> int:
        """Height of a strip of `width` pixels."""
        height = round(_HEIGHT * min(1.3, max(0.6, width / 1084)))
        return height + height % 2

    def draw(self, width: int) -> None:
        """Draw everything; `at` only uncovers it."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        height = self.height_for(width)
        size = 7.6 * height / _HEIGHT
        figure = Figure((width / 100, height / 100), dpi=100, facecolor=as_hex(PAPER))
        canvas = FigureCanvasAgg(figure)
        spans = []
        for k, panel in enumerate(self.panels):
            share = 1.0 / len(self.panels)
            axes = figure.add_axes((k * share + 0.045, 0.21, share - 0.062, 0.62))
            draw_panel(axes, panel, self.times_min, size)
            spans.append(axes)
        canvas.draw()
        self._whole = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        self._dim = (np.array(PAPER) + (self._whole.astype(int) - np.array(PAPER)) // _DIM).astype(np.uint8)
        self._spans = [_pixels(axes, height) for axes in spans]

    def at(self, minutes: float) -> np.ndarray:
        """The strip at this time, RGB uint8: later times are dimmed."""
        image = self._whole.copy()
        first = shown_from(self.times_min)
        last = max(self.times_min[-1], first + 1e-9)
        share = min(1.0, max(0.0, (minutes - first) / (last - first)))
        for top, bottom, left, right in self._spans:
            now = round(left + share * (right - left))
            image[top:bottom, now:right] = self._dim[top:bottom, now:right]
            image[top:bottom, max(left, now - 1) : min(right, now + 1)] = INK
        return image


def draw_panel(axes, panel: Panel, times_min: np.ndarray, size: float) -> None:
    """Draw one diagram in the colours of the dark strip; its title is its legend."""
    hours = times_min / 60.0
    x, unit = (hours / 24.0, "d") if hours[-1] - shown_from(hours) > 72 else (hours, "h")
    if panel.stacked:
        axes.stackplot(
            x,
            [course.values for course in panel.courses],
            lw=0,
            colors=[as_hex(course.colour) for course in panel.courses],
        )
    else:
        for course in panel.courses:
            axes.plot(x, course.values, color=as_hex(course.colour), lw=1.5, solid_capstyle="round")
    axes.set_xlim(shown_from(x), x[-1] if x[-1] > x[0] else x[0] + 1.0)
    axes.set_ylim(bottom=0)
    if axes.get_ylim()[1] < 1:
        axes.set_ylim(0, 1)
    axes.set_facecolor(as_hex(PAPER))
    axes.tick_params(labelsize=size, colors=as_hex(FAINT), length=2.5, width=0.6, pad=2)
    axes.locator_params(axis="y", nbins=4, integer=True, steps=ROUND)
    axes.locator_params(axis="x", nbins=7)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(as_hex(RULE))
    axes.grid(axis="y", color=as_hex(RULE), lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"time ({unit})", fontsize=size, color=as_hex(FAINT), labelpad=1)
    _words(axes, panel, size)


def _words(axes, panel: Panel, size: float) -> None:
    """The title, and the labels of the lines in their colours, above the diagram: on one line, or on two where there are many, in
    letters as small as that takes."""
    from matplotlib.artist import Artist
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea, VPacker

    for share in _LETTERS:
        letters, gap = share * size, 0.7 * share * size
        words: list[TextArea] = [
            TextArea(panel.title, textprops={"color": as_hex(INK), "fontsize": letters, "fontweight": "bold"})
        ]
        words += [
            TextArea(course.label, textprops={"color": as_hex(_bright(course.colour)), "fontsize": 0.93 * letters})
            for course in panel.courses
        ]
        rows = _in_lines(axes, words, gap)
        if len(rows) <= _MOST_ROWS:
            break
    lines: list[Artist] = [HPacker(children=row, pad=0, sep=gap) for row in rows]
    box = AnchoredOffsetbox(
        "lower left",
        child=VPacker(children=lines, pad=0, sep=0.15 * size, align="left"),
        pad=0,
        borderpad=0.15,
        frameon=False,
        bbox_to_anchor=(0, 1.01),
        bbox_transform=axes.transAxes,
    )
    axes.add_artist(box)


def _in_lines(axes, words: Sequence, gap: float) -> list[list]:
    """The words in as few lines as are no wider than the diagram and its margin, of about the same width."""
    renderer = axes.figure.canvas.get_renderer()
    for word in words:
        word.set_figure(axes.figure)
    gap = renderer.points_to_pixels(gap)
    widths = [word.get_bbox(renderer).width + gap for word in words]
    room = _ROOM * axes.get_window_extent(renderer).width + gap
    most = sum(widths) / math.ceil(sum(widths) / room)
    lines: list[list] = [[]]
    filled = 0.0
    for word, width in zip(words, widths, strict=True):
        if lines[-1] and (filled + width > room or filled >= most):
            lines.append([])
            filled = 0.0
        lines[-1].append(word)
        filled += width
    return lines


def _bright(colour: Colour) -> Colour:
    """A colour light enough to be read as letters on the dark ground."""
    lift = max(0.0, 130 - sum(share * part for share, part in zip(_LUMINANCE, colour, strict=True))) / 255
    red, green, blue = (round(part + (255 - part) * (lift + 0.12)) for part in colour)
    return red, green, blue


def _pixels(axes, height: int) -> tuple[int, int, int, int]:
    box = axes.get_window_extent()
    return round(height - box.y1), round(height - box.y0), round(box.x0), round(box.x1)


_FATES = (("passed", "passed"), ("phagocytosed", "engulfed"), ("killed", "killed"), ("died", "died"))
