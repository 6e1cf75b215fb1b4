"""Figures of trials, one kind per file; all are made of the tables of `abm.lesions.response`."""

from .km import survival_figure
from .spider import spider_figure
from .swimmer import swimmer_figure
from .waterfall import waterfall_figure

__all__ = ["spider_figure", "survival_figure", "swimmer_figure", "waterfall_figure"]
