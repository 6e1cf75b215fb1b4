"""A run at a glance: four moments in pictures, and the courses of the most important counts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...cells.species import Appearance, Shown
from .. import lettering
from ..frames import Film, contact_sheet
from ..painter import Painter
from ..palette import INK, PAPER
from ..recording import Recording
from ..sprites import cell_picture
from ..style import WORDS, new_figure, save_figure
from .run_folder import timeseries
from .timecourses import draw_burden, draw_fates, draw_host, draw_tumor, told_by


def write_overview(run_dir: Path | str) -> Path:
    """overview.png from the snapshots and the timeseries. Raises FileNotFoundError when one of them is missing."""
    run_dir = Path(run_dir)
    return save_figure(overview_figure(run_dir), run_dir / "overview.png")


def overview_figure(run_dir: Path | str) -> Figure:
    """Four moments of the run as pictures, and below them the courses of the most important counts."""
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    courses, told = timeseries(run_dir), told_by(run_dir)
    chosen = _moments(recording.times_min)
    painter = Painter(recording.site_kind, recording.spacing_um, pixels=720, cast=recording.cast)
    film = Film(painter, legend=False)
    frames = [_framed(film.frame(recording.scene(k))) for k in chosen]
    sheet = contact_sheet(frames, len(frames))
    key = _key(sheet.shape[1], recording.charted)
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
    panels = (draw_tumor, draw_fates, draw_host, draw_burden)
    for k, draw in enumerate(panels):
        draw(figure.add_axes((0.036 + 0.245 * k, 0.55 / total, 0.185, 2.2 / total)), courses, told)
    return figure


def _moments(times_min: np.ndarray) -> list[int]:
    """Frames for the overview: soon after the beginning, a third, two thirds and the end, on a scale that favours early times."""
    last = len(times_min) - 1
    wanted = times_min[0] + (times_min[-1] - times_min[0]) * np.array([0.04, 0.25, 0.6, 1.0])
    return [int(k) for k in np.unique([min(last, int(np.argmin(np.abs(times_min - t)))) for t in wanted])]


def _framed(image: np.ndarray) -> np.ndarray:
    """With a margin in the colour of the ground."""
    return np.stack([np.pad(image[..., c], 5, constant_values=PAPER[c]) for c in range(3)], axis=-1)


def _key(width: int, cast: Sequence[Shown]) -> np.ndarray:
    """A line that says which cell is which: every state of tumor cells, and of the others the first and the most telling."""
    entries: list[tuple[str, Appearance]] = []
    for shown in cast:
        if not shown.looks:
            continue
        first, *others = shown.looks.values()
        shown_states = {chart.state for chart in shown.charts[:1]}
        if shown.name == "tumor":
            shown_states = {look.state for look in others}
            entries.append((first.label, first))
        else:
            entries.append((shown.words, first))
        entries += [(look.label, look) for look in others if look.state in shown_states]
    height = max(36, round(width / 56))
    size, scale = round(0.42 * height), round(0.42 * height)
    row = np.empty((height, width, 3), np.uint8)
    row[:] = PAPER
    needed = [2 * scale + lettering.width(label, size) for label, _ in entries]
    space = (width - sum(needed)) / (len(entries) + 1)
    left = space
    for (label, look), room in zip(entries, needed, strict=True):
        sprite = cell_picture(look, scale, 2)
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
