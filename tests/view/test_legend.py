"""The legend: what it shows, and that it fits however many populations there are."""

import numpy as np
import pytest

from abm.cells.species import Appearance, Shown
from abm.record.scene import Scene
from abm.tissue.sites import PARENCHYMA, SINUSOID
from abm.view.legend import Legend
from abm.view.painter import Painter
from abm.view.palette import BORDERS, PAPER, SHOWN
from abm.view.tint import Tint

FIELD = ("TNF", "× half-maximal", (0.0, 2.0))


def crowd(populations: int, states: int = 3) -> tuple[Shown, ...]:
    """The shipped populations and so many others."""
    others = [
        Shown(
            f"other{k}",
            f"Other cells {k}",
            {10 * (k + 6) + n: Appearance(f"state {n}", (90, 90, 200), "round", 0.5) for n in range(states)},
            (),
            "#000000",
        )
        for k in range(populations)
    ]
    return (*SHOWN, *others)


def painter(cast=SHOWN, tint=None) -> Painter:
    kind = np.full((20, 20), PARENCHYMA, np.uint8)
    kind[::3] = SINUSOID
    return Painter(kind, 10.0, pixels=800, cast=cast, tint=tint)


def scene(codes: dict) -> Scene:
    standing, nothing = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.float32)
    for place, code in codes.items():
        standing[place] = code
    return Scene(
        0.0, {"lumen": standing, "tissue": np.zeros_like(standing)}, standing, standing, nothing, nothing, nothing
    )


def lowest_ink(image: np.ndarray) -> int:
    return int(np.flatnonzero((image != np.array(PAPER)).any(axis=(1, 2)))[-1])


@pytest.mark.parametrize("populations", [0, 4, 8, 13])
@pytest.mark.parametrize("height", [560, 800, 1200])
def test_it_fits_however_many_populations_there_are(populations, height):
    tint = Tint("tumor", "emt", "tumor: emt", "", False, (0.0, 1.0))
    legend = Legend(painter(crowd(populations), tint), height, height / 800, title="A long title of a run", field=FIELD)
    rows = [y for _, y in legend._counters]
    assert rows == sorted(rows) and np.diff(rows).min() >= 9
    assert rows[-1] < height - 60 and lowest_ink(legend.image) < height - 1


def test_every_state_has_its_line_where_there_is_room():
    some = SHOWN[:6]
    legend = Legend(painter(some), 800, 1.0)
    codes = [what for (kind, what), _ in legend._counters if kind == "cells"]
    assert codes == [(code,) for shown in some for code in shown.looks]


def test_of_many_populations_each_has_one_line_and_tumor_cells_all_of_theirs():
    legend = Legend(painter(crowd(12)), 800, 1.0)
    counted = [what for (kind, what), _ in legend._counters if kind == "cells"]
    assert counted[: len(SHOWN[0].looks)] == [(code,) for code in SHOWN[0].looks]
    assert counted[len(SHOWN[0].looks)] == tuple(SHOWN[1].looks)


def test_only_populations_that_are_seen_are_shown():
    legend = Legend(painter(), 800, 1.0, present={"kupffer"})
    shown = {code for (kind, what), _ in legend._counters if kind == "cells" for code in what}
    assert shown == {code for one in SHOWN if one.name in ("tumor", "kupffer") for code in one.looks}


def test_numbers_of_the_moment_are_written_beside():
    legend = Legend(painter(), 800, 1.0)
    code = next(iter(SHOWN[0].looks))
    images = []
    for codes in ({}, {(0, 0): code}, {(0, 0): code, (3, 3): code}):
        image = legend.image.copy()
        legend.write_counts(image, scene(codes))
        images.append(image)
    assert not np.array_equal(images[0], images[1]) and not np.array_equal(images[1], images[2])


def test_the_patterns_of_borders_are_told_where_they_are_shown():
    plain = painter()
    without = Legend(plain, 900, 1.0).image
    plain.borders = True
    shown = Legend(plain, 900, 1.0).image
    assert lowest_ink(shown) > lowest_ink(without) + 20
    for colour in BORDERS.values():
        assert (shown == np.array(colour)).all(axis=2).any() and not (without == np.array(colour)).all(axis=2).any()


def test_scars_are_told_where_there_are_any():
    plain = painter()
    for name, number in (("ablated", 1), ("cavity", 2)):
        legend, moment = Legend(plain, 900, 1.0, present={name}), scene({})
        assert ("share", name) in [key for key, _ in legend._counters]
        images = []
        for sites in (0, 4):
            moment.scars = np.zeros((20, 20), np.uint8)
            moment.scars[:sites, :5] = number
            legend.write_counts(image := legend.image.copy(), moment)
            images.append(image)
        assert not np.array_equal(*images), "their area is written beside"
    for present in (None, set(), {"kupffer"}):
        assert not {"ablated", "cavity"} & {what for (_, what), _ in Legend(plain, 900, 1.0, present=present)._counters}
