import functools

import numpy as np
import pytest

from abm.tissue.anatomy import grow
from abm.tissue.flow import Flow
from abm.tissue.measure import (
    _vessel_length,
    flow_figures,
    in_blocks,
    passage_figures,
    plate_widths,
    touching,
    walk,
)
from abm.tissue.parameters import TissueParameters
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, SINUSOID


def drawn(picture):
    """A lattice of kinds from rows of '#' (sinusoid) and '.' (parenchyma)."""
    return np.array([[SINUSOID if site == "#" else PARENCHYMA for site in row] for row in picture.split()], np.uint8)


@functools.cache
def mouse():
    return Flow(grow(TissueParameters(), 1), 234.0)


def test_plate_widths_of_parallel_sinusoids():
    kind = drawn("#..#...#....# " * 14)
    widths = plate_widths(kind, False)
    assert np.all(widths[7, [1, 2]] == 2) and np.all(widths[7, 4:7] == 3) and np.all(widths[7, 8:12] == 4)
    assert np.all(widths[kind == SINUSOID] == 0)


def test_plate_width_between_diagonal_sinusoids():
    i, j = np.indices((16, 16))
    kind = np.where((i + j) % 8 == 0, SINUSOID, PARENCHYMA).astype(np.uint8)
    middle = plate_widths(kind, True)[kind == PARENCHYMA]
    # Across the plate lie three or four sites, alternately: 4.2 or 5.7 site widths.
    assert set(np.round(middle, 1)) == {np.float32(4.2), np.float32(5.7)}


def test_blocks():
    kind = drawn("..... .##.. .##.. ...#. .....")
    assert in_blocks(kind, False).sum() == 4
    edge = drawn("#...# ..... ..... ..... #...#")
    assert in_blocks(edge, True).sum() == 4 and in_blocks(edge, False).sum() == 0


def test_vessel_length_counts_each_step_once():
    assert _vessel_length(drawn("..... ####. ....."), False) == 3
    assert _vessel_length(drawn("#.... .#... ..#.."), False) == pytest.approx(2 * np.sqrt(2))
    assert _vessel_length(drawn("##... .#... .#..."), False) == 3  # the corner is not cut


def test_touching_reaches_the_eight_neighbours():
    marked = np.zeros((6, 6), np.bool_)
    marked[0, 0] = True
    assert touching(marked, False).sum() == 4 and touching(marked, True).sum() == 9


def test_passages_go_all_the_way_and_take_about_a_second():
    passages = walk(mouse(), 2000, 1)
    figures = passage_figures(passages)
    assert not passages.held.any() and figures["passages"][0] == 2000
    assert 0.5 <= figures["transit_p50"][0] <= 5.0  # the literature's 300 um at 234 um/s, with detours
    assert 1.0 < figures["tortuosity"][0] < 1.6
    anatomy = mouse().anatomy
    for i, j in passages.last[:50]:
        rows, columns = np.arange(i - 1, i + 2) % anatomy.shape[0], np.arange(j - 1, j + 2) % anatomy.shape[1]
        assert np.any(anatomy.kind[np.ix_(rows, columns)] == CENTRAL_VEIN)


def test_bare_wall_holds_with_its_hazard_per_length():
    hazard = 0.003
    free, held = walk(mouse(), 4000, 1), walk(mouse(), 4000, 1, bare_per_um=hazard)
    expected = np.mean(-np.expm1(-hazard * free.path_um))
    assert held.held.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 4000))


def test_only_touching_sites_hold_when_the_wall_does_not():
    anatomy = mouse().anatomy
    marked = np.zeros(anatomy.shape, np.bool_)
    marked[::25, ::25] = True
    passages = walk(mouse(), 2000, 1, marked, touching_per_um=1.0)
    beside = touching(marked, True)[tuple(passages.last.T)]
    assert passages.held.any() and np.all(beside[passages.held])
    assert np.all(passages.touched[passages.held])


def test_flow_figures_of_an_open_network():
    figures = flow_figures(mouse())
    assert figures["speed_p50"][0] == pytest.approx(234.0, rel=1e-3)
    assert figures["carrying_share"][0] == 1.0 and figures["stagnant_share"][0] < 0.01
