"""The metastatic cascade of a run: how far the founders came, and how tumor cells were lost."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from ...record.fates import ALIVE, STAGE_WORDS, STAGES, End, Fates, fates_of, reached_in_words
from ...record.tables import read_table
from ..palette import FATES, as_hex
from ..style import BAR, LINE, QUIET, WORDS, new_figure, save_figure
from .run_folder import end_minutes, settings

_WAYS = {
    ALIVE: "alive at the end",
    "passed": "left by the central vein",
    "phagocytosed": "engulfed by Kupffer cells",
    "killed": "killed",
    "died": "died",
}
_REASONS = {"other": "other causes"}
_KILLERS = {
    "trail": "NK cells: TRAIL",
    "fasl": "NK cells: FasL",
    "perforin": "NK cells: perforin",
    "cd8": "CD8 T cells",
}


def write_cascade(run_dir: Path | str) -> Path:
    """cascade.png from events.parquet. Raises FileNotFoundError when the run kept no events."""
    run_dir = Path(run_dir)
    events = read_table(run_dir, "events")
    record, spacing_um, title = settings(run_dir)
    fates = fates_of(events, end_minutes(run_dir, events), record, spacing_um)
    return save_figure(cascade_figure(fates, title), run_dir / "cascade.png")


def cascade_figure(fates: Fates, title: str = "", alive: str = _WAYS[ALIVE]) -> Figure:
    """How far the founders came, as streams whose width is their number, with the losses and causes.

    The stages are nested: those that reached a stage reached all before it (see `abm.record.fates`). `alive` : the words for
    those that are left.
    """
    reached, total = fates.reached, max(1, int(fates.reached[0]))
    ends = fates.ends()
    groups = [[end for end in ends if end.stage == k] for k in range(len(STAGES))]
    gap, room = 0.035, 0.19  # heights in units of all founders: between end caps, and what a label needs
    depth = [sum(max(end.count / total + gap, room) for end in group) for group in groups]
    # the ends of a stage stand just below the stream that goes on
    tops = [1.0 - (reached[k + 1] / total if k + 1 < len(STAGES) else 0.0) - 0.10 for k in range(len(STAGES))]
    lowest = min(-0.05, *(top - deep for top, deep in zip(tops, depth, strict=True)))

    figure = new_figure(13.0, 1.63 + 2.45 * (1.0 - lowest))
    inches = figure.get_figheight()
    axes = figure.add_axes((0.015, 0.48 / inches, 0.97, 1 - (1.3 + 0.48) / inches))
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
        _stage_title(axes, k, fates)
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
                _end_words(end, total, alive),
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
    able = int(fates.able.sum())
    if able:
        notes += (
            f"\n{able:,} of the arrived can found a metastasis, more than in an animal where the run looks for them "
            "(founder_enrichment): percentages are of the simulated cells."
        )
    figure.text(0.02, 0.06 / inches, notes, fontsize=7.8, color=QUIET, va="bottom")
    return figure


def _stage_title(axes, k: int, fates: Fates) -> None:
    reached, stage = fates.reached, STAGES[k]
    count = reached_in_words(stage, int(reached[k]), int(fates.followed.sum()))
    colour = WORDS if reached[k] else QUIET
    axes.text(k + 0.04, 1.19, STAGE_WORDS[stage], fontsize=11, weight="bold", color=WORDS, va="bottom", clip_on=False)
    axes.text(k + 0.04, 1.035, count, fontsize=15, color=colour, va="bottom", clip_on=False)
    if k and count[0].isdigit():
        share = f"{100 * reached[k] / reached[0]:.3g} %"
        place = k + 0.075 + 0.058 * len(count)
        axes.text(place, 1.043, share, fontsize=9.5, color=QUIET, va="bottom", clip_on=False)


def _end_words(end: End, total: int, alive: str) -> str:
    way, _, reason = end.way.partition("_by_")
    words = alive if way == ALIVE else _WAYS[way]
    if reason in _KILLERS:
        words += " by " + _KILLERS[reason]
    elif reason:
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
