"""Made-up courses, doses and cascades, and what is asked of every figure."""

import numpy as np

from abm.comparison.figures import ArmCascade, Curve, DoseResponse, Interval

ARMS = ("control", "no_kupffer")
STAGES = ("arrived", "arrested", "alive_24h", "extravasated", "micrometastasis", "macrometastasis")


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def inside(figure):
    """Whether nothing that is written leaves the sheet."""
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [
        text.get_window_extent()
        for axes in figure.axes
        for text in (*axes.texts, axes.title, *axes.get_yticklabels())
        if text.get_text()
    ] + [text.get_window_extent() for text in figure.texts]
    return all(box.x0 > -1 and box.x1 < width + 1 and box.y0 > -1 and box.y1 < height + 1 for box in boxes)


def course(arm, start=0.0):
    hours = np.arange(start, 97.0, 6.0)
    return Curve(arm, hours, hours**2, hours**2 - 5, np.full(hours.size, np.nan) if arm == "control" else hours**2 + 5)


def dose(arm, mean=(0.1, 0.2, 0.5)):
    return DoseResponse(arm, np.array([0.05, 0.1, 0.5]), np.array(mean), np.array(mean) - 0.05, np.array(mean) + 0.05)


def cascade(arm, reached):
    shares = [
        Interval(count / reached[0], 0.8 * count / reached[0], min(1.0, 1.2 * count / reached[0] + 0.01))
        for count in reached
    ]
    ends = [
        {"passed": 30, "phagocytosed": 20},
        {"killed_by_trail": 5, "killed_by_fasl": 5, "died_by_shear": 1},
        {},
        {"alive": 3},
        {},
        {},
    ]
    return ArmCascade(arm, STAGES, reached, shares, ends)
