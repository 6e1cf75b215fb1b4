"""Figures of a run and of the tissue, for papers and talks."""

from pathlib import Path

from .anatomy import write_anatomy
from .cascade import write_cascade
from .overview import write_overview
from .timecourses import write_timecourses

__all__ = ["plot_run", "write_anatomy", "write_cascade", "write_overview", "write_timecourses"]


def plot_run(run_dir: Path | str) -> list[Path]:
    """overview.png, cascade.png and timecourses.png of a run; returns what was written."""
    return [write_overview(run_dir), write_cascade(run_dir), write_timecourses(run_dir)]
