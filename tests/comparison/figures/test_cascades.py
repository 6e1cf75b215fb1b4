"""The cascade of arms side by side."""

from abm.comparison.figures import cascades_figure

from .made_up import ARMS, cascade, inside, words


def test_cascades():
    figure = cascades_figure(
        [cascade("control", [100, 50, 39, 10, 0, 0]), cascade("no_kupffer", [100, 80, 60, 20, 5, 1])], "cascade"
    )
    assert inside(figure)
    assert words(figure).count("none") == 2  # nobody reached these stages in the control
    assert words(figure).count("none; < 1 %") == 2
    assert {"went on", "left by the vein", "engulfed", "killed", "died", "alive, no further"} == {
        text.get_text() for text in figure.legends[1].get_texts()
    }


def test_the_ladder_ends_where_the_shares_do():
    figure = cascades_figure([cascade(arm, [1000, 900, 400, 400, 120, 0]) for arm in ARMS])
    axes = figure.axes[0]
    figure.canvas.draw()
    floor = axes.get_ylim()[0]
    assert 0.04 < floor < 0.1  # the smallest share is 0.12, though none of 1000 would be 0.01
    arrows = [line for line in axes.lines if line.get_marker() == "v"]
    assert len(arrows) == 2 and all(line.get_ydata()[0] > floor for line in arrows)
    assert axes.transData.transform((0, arrows[0].get_ydata()[0]))[1] - axes.bbox.y0 > 4  # above the axis
