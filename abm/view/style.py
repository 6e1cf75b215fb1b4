"""How figures on white look: sizes, greys, and plain axes. Drawn on matplotlib's Figure objects directly: no display,
no global state. All words are drawn as they are written: a `$` in a name is no formula."""

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from ..folder.files import write_whole

DPI = 150
ABOUT, TITLE = 9, 15
"""Points of the letters that say what a figure is about, and of its title."""
_TITLE_LINE = 0.25  # inches of a line of it
WORDS = "#20242a"
QUIET = "#6d747d"
LINE = "#d7dbe0"
BAR = "#3c434c"


class AsWritten(Figure):
    """A figure without formulas, which matplotlib otherwise looks for in every text between two `$`."""

    def draw(self, renderer) -> None:
        for text in self.findobj(Text):
            text.set_parse_math(False)
        super().draw(renderer)


def new_figure(width: float, height: float, title: str = "", about: str = "") -> Figure:
    """An empty white figure (inches) with its title above on the left, and in small letters what it is about; both may have lines."""
    figure = AsWritten((width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    more = _TITLE_LINE * title.count("\n")
    if title:
        y = 1 - (0.26 + more / 2) / height
        figure.text(0.22 / width, y, title, fontsize=TITLE, weight="bold", color=WORDS, va="center")
    if about:
        figure.text(
            0.22 / width, 1 - (0.48 + more) / height, about, fontsize=ABOUT, color=QUIET, va="top", linespacing=1.25
        )
    return figure


def fitted(about: str, width: float) -> tuple[str, float]:
    """What a figure is about, in lines that its width (inches) holds, and the inches that all but the first need."""
    lines = _lines(about, width, FontProperties(size=ABOUT))
    return "\n".join(lines), 0.17 * (len(lines) - 1)


def fitted_title(title: str, width: float) -> tuple[str, float]:
    """The title of a figure, as `fitted`."""
    lines = _lines(title, width, FontProperties(size=TITLE, weight="bold"))
    return "\n".join(lines), _TITLE_LINE * (len(lines) - 1)


def inches(text: str, font: FontProperties) -> float:
    """Width of a text in some letters."""
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def _lines(text: str, width: float, font: FontProperties) -> list[str]:
    """A text in lines that a figure's width (inches) holds."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and inches(longer, font) > width - 0.44:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def save_figure(figure: Figure, path: Path, small: bool = False) -> Path:
    """Write the figure as a png, whole: the same bytes for the same figure. small : whether it is worth more time to make the file
    smaller."""
    how: dict[str, Any] = {"dpi": DPI, "metadata": {"Software": "crlm"}, "pil_kwargs": {"optimize": small}}
    write_whole(path, lambda beside: figure.savefig(beside, format="png", **how))
    return path


def plain(axes, grid: str = "y") -> None:
    """Only the left and the lower edge, small grey numbers, faint lines along `grid`."""
    axes.tick_params(labelsize=8, colors=QUIET, length=2)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(LINE)
    axes.grid(axis=grid, color=LINE, lw=0.6)
    axes.set_axisbelow(True)
