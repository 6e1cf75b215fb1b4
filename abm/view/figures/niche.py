"""The niche before the metastasis, through time: what a tumor elsewhere sends, whom it educates in the liver, and who waits there when
tumor cells arrive."""

import math
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ...cells.species import Shown
from ...config.schema import SHIPPED
from ..palette import FATES, SHOWN, as_hex
from ..style import BAR, QUIET, WORDS, fitted, new_figure, plain, save_figure
from .run_folder import Done, area_mm2, interventions, settings, timeseries
from .timecourses import told_by

_ACROSS = 3  # diagrams side by side
_WIDTH = 14.0
_TITLE, _LINE = 0.86, 2.72  # inches: of the title, and of a line of diagrams
_ROW, _ROWS = 0.12, 3  # of the highest value: for the letter of what was done, in so many rows
_BEFORE = "#f3f1ec"
_NICHE = ("blood_primary", "blood_exosomes", "blood_timp1", "suppressor", "macrophage")
"""Columns of which one at least is above 0 in a run with a niche to show."""
_CELLS = {"neutrophil": ("n2", "N2"), "suppressor": ("infiltrating", "out of the vessels"), "macrophage": ("m2", "M2")}
"""The populations of the niche, and a state of each that is shown beside all of its cells."""
_INKS = {layer.name: layer.ink for layer in SHIPPED.layers}


class Plotted(NamedTuple):
    """A line of a diagram: its name in the legend, its values [moments], and how it is drawn."""

    label: str
    values: np.ndarray
    ink: str
    style: str = "-"


class Diagram(NamedTuple):
    """What has one axis."""

    title: str
    lines: list[Plotted]


class Niche(NamedTuple):
    """What was ever there of a niche, in diagrams.

    area : mm2; hours : [moments]; arrival : hours at which the first tumor cell was there, None if none came
    """

    area: float
    hours: np.ndarray
    arrival: float | None
    diagrams: list[Diagram]


def write_niche(run_dir: Path | str) -> Path | None:
    """niche.png from the timeseries; nothing, and None, for a run without a niche.
    Raises FileNotFoundError when the run kept no timeseries."""
    run_dir = Path(run_dir)
    found = niche_of(timeseries(run_dir), area_mm2(run_dir), told_by(run_dir).cast)
    if found is None:
        return None
    return save_figure(niche_figure(found, settings(run_dir)[2], interventions(run_dir)), run_dir / "niche.png")


def niche_of(courses: dict[str, np.ndarray], area: float, cast: Sequence[Shown] = SHOWN) -> Niche | None:
    """What is known of the niche in the columns of timeseries.parquet, of an area in mm2; None where nothing makes one."""
    if not any(np.any(courses.get(name, 0)) for name in _NICHE):
        return None
    inks = {shown.name: shown.ink for shown in SHOWN} | {shown.name: shown.ink for shown in cast}
    words = {shown.name: shown.words for shown in (*SHOWN, *cast)}

    def per_area(label: str, name: str, ink: str, style: str = "-") -> list[Plotted]:
        return [Plotted(label, courses[name] / area, ink, style)] if name in courses else []

    def level(label: str, name: str, ink: str) -> list[Plotted]:
        return [Plotted(label, courses[name], ink)] if name in courses else []

    diagrams = [
        Diagram("Primary tumor, mm³", level("", "blood_primary", as_hex(FATES["alive"]))),
        Diagram(
            "In the blood (half-maximal effect = 1)",
            level("exosomes", "blood_exosomes", _INKS["exosomes"])
            + level("G-CSF", "blood_g_csf", inks["neutrophil"])
            + level("TIMP-1", "blood_timp1", inks["stellate"])
            + level("IL-6", "blood_il6", inks["suppressor"]),
        ),
        Diagram("Education of Kupffer cells (full = 1)", _education(courses, inks["kupffer"])),
        Diagram("Activated stellate cells, per mm²", per_area("", "stellate_activated", inks["stellate"])),
        Diagram("Extracellular matrix (full = 1)", level("", "ecm_mean", _INKS["ecm"])),
    ]
    for name, (state, label) in _CELLS.items():
        lines = per_area("all", name, inks[name]) + per_area(label, f"{name}_{state}", inks[name], ":")
        diagrams.append(Diagram(f"{words[name]}, per mm²", lines))
    arrived = per_area("arrived so far", "events_arrived", QUIET) + per_area("alive", "tumor", as_hex(FATES["alive"]))
    diagrams.append(Diagram(f"{words['tumor']}, per mm²", arrived))
    there = [
        Diagram(diagram.title, [line for line in diagram.lines if np.nanmax(line.values, initial=0) > 0])
        for diagram in diagrams
    ]
    hours = np.asarray(courses["time_min"], float) / 60.0
    come = np.flatnonzero(courses.get("events_arrived", np.zeros(1)))
    return Niche(area, hours, float(hours[come[0]]) if come.size else None, [each for each in there if each.lines])


def _education(courses: dict[str, np.ndarray], ink: str) -> list[Plotted]:
    """The mean over the Kupffer cells; the layer of exosomes holds the education of each where it stands."""
    if "exosomes_total" not in courses or "kupffer" not in courses:
        return []
    cells = np.asarray(courses["kupffer"], float)
    mean = np.divide(courses["exosomes_total"], cells, out=np.full(cells.size, np.nan), where=cells > 0)
    return [Plotted("", mean, ink)]


def niche_figure(found: Niche, title: str = "", done: Sequence[Done] = ()) -> Figure:
    """A diagram for everything of the niche that was ever there, over the whole run, with what the experimenter did."""
    hours, diagrams = found.hours, found.diagrams
    days = hours[-1] - hours[0] > 72
    unit, per = ("d", 24.0) if days else ("h", 1.0)
    marks = _marks(done, hours)
    about, more = fitted(_about(found, marks, unit, per), _WIDTH)
    head = _TITLE + more
    high = head + math.ceil(len(diagrams) / _ACROSS) * _LINE
    figure = new_figure(_WIDTH, high, title or "Niche", about)
    for k, diagram in enumerate(diagrams):
        i, j = divmod(k, _ACROSS)
        axes = figure.add_axes(
            (0.045 + 0.325 * j, 1 - (head + (i + 1) * _LINE - 0.55) / high, 0.265, (_LINE - 1.16) / high)
        )
        axes.set_title(diagram.title, fontsize=10.5, weight="bold", color=WORDS, loc="left", pad=18)
        top = max(float(np.nanmax(line.values)) for line in diagram.lines)
        axes.set_xlim(hours[0] / per, (hours[-1] if hours[-1] > hours[0] else hours[0] + per) / per)
        axes.set_ylim(0, _top(marks) * top)
        if found.arrival is not None:
            axes.axvspan(hours[0] / per, found.arrival / per, color=_BEFORE, lw=0, zorder=0)
        for line in diagram.lines:
            axes.plot(hours / per, line.values, line.style, color=line.ink, lw=1.8, label=line.label)
        _draw_marks(axes, marks, per)
        axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=QUIET, labelpad=1)
        plain(axes)
        if len(diagram.lines) > 1:
            _legend(axes)
    return figure


def _marks(done: Sequence[Done], hours: np.ndarray) -> list[tuple[str, Done]]:
    """A letter for each thing that the experimenter did while the run lasted."""
    return list(zip(ascii_lowercase, (each for each in done if hours[0] <= each.start <= hours[-1]), strict=False))


def _about(found: Niche, marks: Sequence[tuple[str, Done]], unit: str, per: float) -> str:
    said = [f"In {found.area:.3g}\u00a0mm² of liver."]
    if marks:
        told = (
            f"({letter}) {each.words}, "
            + " to ".join(_written(time / per, unit) for time in (each.start, each.stop) if time is not None)
            for letter, each in marks
        )
        said.append(f"Dashed: {'; '.join(told)}.")
    if found.arrival is not None:
        said.append("Shaded: before the first tumor cell arrives.")
    said.append("Education is the mean of the Kupffer cells, the matrix that of all sites.")
    return " ".join(said)


def _written(time: float, unit: str) -> str:
    return f"{time:.3g}\u00a0{unit}".replace("-", "−")


def _draw_marks(axes, marks: Sequence[tuple[str, Done]], per: float) -> None:
    """A dashed line where each thing begins, and one where it ends, with a bar between them and its letter."""
    first, last = axes.get_xlim()
    across = axes.get_xaxis_transform()
    for k, (letter, done) in enumerate(marks):
        high = 1 - (k % _ROWS + 1) * _ROW / _top(marks)
        start = done.start / per
        stop = None if done.stop is None else min(done.stop / per, last)
        for time in (start, stop):
            if time is not None and first < time < last:
                axes.axvline(time, color=BAR, lw=0.9, dashes=(4, 3), zorder=1)
        if stop is not None:
            axes.plot((start, stop), (high, high), color=QUIET, lw=1.6, solid_capstyle="butt", transform=across)
        is_late = start > first + 0.94 * (last - first)
        axes.annotate(
            letter,
            (start, high),
            (-3 if is_late else 3, 2),
            xycoords=across,
            textcoords="offset points",
            ha="right" if is_late else "left",
            fontsize=8,
            weight="bold",
            color=BAR,
        )


def _top(marks: Sequence[tuple[str, Done]]) -> float:
    """The height of an axis in units of its highest value, with a row for each mark up to a few."""
    return 1.08 + _ROW * min(len(marks), _ROWS)


def _legend(axes) -> None:
    axes.legend(
        fontsize=7.6,
        frameon=False,
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.985),
        handlelength=1.6,
        handletextpad=0.35,
        columnspacing=0.9,
        borderpad=0,
        labelcolor=WORDS,
    )
