"""Figures that compare the arms of an experiment, one kind per file; all are made of plain tables and numbers."""

from .cascades import ArmCascade, cascades_figure
from .courses import CoursePanel, Curve, courses_figure
from .doses import DosePanel, DoseResponse, doses_figure
from .influences import Influence, InfluencePanel, influences_figure
from .numbers import Interval, rounded, short, times
from .ratios import Ratio, ratios_figure

__all__ = [
    "ArmCascade",
    "CoursePanel",
    "Curve",
    "DosePanel",
    "DoseResponse",
    "Influence",
    "InfluencePanel",
    "Interval",
    "Ratio",
    "cascades_figure",
    "courses_figure",
    "doses_figure",
    "influences_figure",
    "ratios_figure",
    "rounded",
    "short",
    "times",
]
