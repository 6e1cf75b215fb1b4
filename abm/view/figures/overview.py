"""A run at a glance: the tissue at the end, a close look at four moments, and the courses of the most important counts."""

import math
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...cells.species import Shown
from .. import lettering
from ..frames import Film
from ..inset import outline, place_of_interest
from ..legend import SCAR_WORDS, VESSELS, lay, swatch
from ..movie import first_arrested
from ..palette import INK, PAPER, SCARS, TUMOR
from ..recording import Recording
from ..region import around
from ..sprites import cell_picture
from ..style import WORDS, new_figure, save_figure
from .run_folder import timeseries
from .timecourses import draw_burden, draw_fates, draw_host, draw_tumor, told_by

_WHOLE = 1100  # pixels of the longer side of the tissue
_PART_UM = 500.0  # of its close look
_GAP = 8


def write_overview(run_dir: Path | str) -> Path:
    """overview.png from the snapshots and the timeseries. Raises FileNotFoundError when one of them is missing."""
    run_dir = Path(run_dir)
    return save_figure(overview_figure(run_dir), run_dir / "overview.png")


def overview_figure(run_dir: Path | str) -> Figure:
    """The tissue at the end of the run, beside it four moments of the part with the largest colony, and below the courses of the
    most important counts."""
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    courses, told = timeseries(run_dir), told_by(run_dir)
    picture = _pictures(recording, run_dir)
    key = _key(picture.shape[1], recording.charted, recording.present)
    picture = np.concatenate((picture, key))

    width = 13.4
    high = width * picture.shape[0] / picture.shape[1]
    figure = new_figure(width, high + 3.75)
    total = figure.get_figheight()
    axes = figure.add_axes((0, 1 - (high + 0.5) / total, 1, high / total))
    axes.imshow(picture, interpolation="antialiased")
    axes.axis("off")
    figure.text(
        0.012, 1 - 0.25 / total, recording.title or run_dir.name, fontsize=15, weight="bold", color=WORDS, va="center"
    )
    panels = (draw_tumor, draw_fates, draw_host, draw_burden)
    for k, draw in enumerate(panels):
        draw(figure.add_axes((0.036 + 0.245 * k, 0.55 / total, 0.185, 2.2 / total)), courses, told)
    return figure


def _pictures(recording: Recording, run_dir: Path) -> np.ndarray:
    """The whole at the end with a frame around a part, and that part at four moments in two lines, RGB."""
    chosen = [int(recording.regular[k]) for k in _moments(recording.times_min[recording.regular])]
    whole = Film.of_recording(recording, pixels=_WHOLE, texture=False, legend=False)
    large = whole.frame(recording.scene(chosen[-1]))
    sites = max(8, min(round(_PART_UM / recording.spacing_um), round(0.6 * min(recording.site_kind.shape))))
    part = around(*place_of_interest(recording, first_arrested(run_dir)), sites, recording.site_kind.shape)
    x, y = whole.painter.pixel_of(part[0].start - 0.5, part[1].start - 0.5)
    outline(
        large, round(y), round(x), round(y) + sites * whole.painter.scale, round(x) + sites * whole.painter.scale, 2
    )
    close = Film.of_recording(recording, region=part, pixels=round((large.shape[0] - _GAP) / 2), legend=False)
    close.since = ""
    side = max(close.height, close.width)
    image = np.empty((max(large.shape[0], 2 * side + _GAP), large.shape[1] + 2 * (side + _GAP), 3), np.uint8)
    image[:] = PAPER
    image[: large.shape[0], : large.shape[1]] = large
    for k, frame in enumerate(chosen):
        i, j = divmod(k, 2)
        top, left = i * (side + _GAP), large.shape[1] + _GAP + j * (side + _GAP)
        image[top : top + close.height, left : left + close.width] = close.frame(recording.scene(frame))
    return image


def _moments(times_min: np.ndarray) -> list[int]:
    """Frames for the overview: soon after the beginning, a third, two thirds and the end, on a scale that favours early times."""
    last = len(times_min) - 1
    wanted = times_min[0] + (times_min[-1] - times_min[0]) * np.array([0.04, 0.25, 0.6, 1.0])
    return [int(k) for k in np.unique([min(last, int(np.argmin(np.abs(times_min - t)))) for t in wanted])]


def _key(width: int, cast: Sequence[Shown], present: Collection[str]) -> np.ndarray:
    """Lines that say what is what: every state of tumor cells, of the others the first and the most telling, vessels and scars."""
    height = max(36, round(width / 62))
    size, scale = round(0.42 * height), round(0.42 * height)
    entries: list[tuple[str, np.ndarray]] = []
    for shown in cast:
        if not shown.looks:
            continue
        first, *others = shown.looks.values()
        told = {chart.state for chart in shown.charts[:1]}
        entries.append((first.label if shown.name == TUMOR else shown.words, cell_picture(first, scale, 2)))
        entries += [
            (look.label, cell_picture(look, scale, 2)) for look in others if shown.name == TUMOR or look.state in told
        ]
    entries += [(label, swatch(inside, rim, scale)) for label, inside, rim in VESSELS]
    entries += [(label, swatch(*SCARS[name][:2], scale)) for name, label in SCAR_WORDS.items() if name in present]
    rooms = [round(3.0 * scale) + lettering.width(label, size) for label, _ in entries]
    fair = sum(rooms) / math.ceil(sum(rooms) / (0.98 * width))  # so that all lines are of about the same width
    lines: list[list[tuple[str, np.ndarray, int]]] = []
    for (label, picture), before, room in zip(entries, np.cumsum([0, *rooms]), rooms, strict=False):
        if before >= len(lines) * fair - 0.5 * room:
            lines.append([])
        lines[-1].append((label, picture, room))
    image = np.empty((height * len(lines), width, 3), np.uint8)
    image[:] = PAPER
    for number, line in enumerate(lines):
        row, left = image[number * height : (number + 1) * height], 0.4 * scale
        space = (width - sum(room for *_, room in line)) / len(line)
        for label, picture, room in line:
            cut = max(0, (picture.shape[0] - height) // 2 + 1)
            picture = picture[cut : picture.shape[0] - cut, cut : picture.shape[1] - cut]
            lay(
                row, picture, (height - picture.shape[0]) // 2, max(0, round(left) + scale // 2 - picture.shape[1] // 2)
            )
            lettering.write(row, label, (height - round(1.2 * size)) // 2, round(left) + round(1.7 * scale), size, INK)
            left += room + space
    return image
