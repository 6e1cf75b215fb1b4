"""Figures of a run and of the tissue, for papers and talks."""

from pathlib import Path

from .anatomy import write_anatomy
from .cascade import write_cascade
from .infiltrate import write_infiltrate
from .niche import write_niche
from .overview import write_overview
from .timecourses import write_timecourses

__all__ = [
    "plot_run",
    "write_anatomy",
    "write_cascade",
    "write_infiltrate",
    "write_niche",
    "write_overview",
    "write_timecourses",
]


def plot_run(run_dir: Path | str) -> list[Path]:
    """overview.png, cascade.png and timecourses.png of a run, infiltrate.png and niche.png if there is such; returns those written."""
    writers = (write_overview, write_cascade, write_timecourses, write_infiltrate, write_niche)
    written = [write(run_dir) for write in writers]
    return [path for path in written if path is not None]
