"""`crlm movie`, `crlm plot` and the pictures at the end of a run, drawn from what is in the run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import LiverModel


def draw_movie(folder: Path, field: str | None = None, format: str = "mp4") -> Path:
    """The movie of a run with `field` as overlay; returns what was written."""
    from ..view.movie import write_movie

    return write_movie(folder, field=field, format=format)


def draw_figures(folder: Path) -> list[Path]:
    """overview.png and cascade.png of a run; returns what was written."""
    from ..view.figures import write_cascade, write_overview

    return [write_overview(folder), write_cascade(folder)]


def draw_anatomy(liver: "LiverModel", path: Path) -> Path:
    """The picture of the tissue."""
    from ..view.figures import write_anatomy

    return write_anatomy(liver, path)
