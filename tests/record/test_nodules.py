import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from abm.cells.tumor import CIRCULATING
from abm.kernels.sites import lift
from abm.record.nodules import Nodules, survey, tumor_area_um2
from abm.tissue.pieces import connected
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import FakeLiver, put


def naive(occupied, periodic):
    """The same components, by walking from each site in reading order."""
    rows, columns = occupied.shape
    labels, count = np.zeros(occupied.shape, int), 0
    for start in zip(*np.nonzero(occupied), strict=True):
        if labels[start]:
            continue
        count += 1
        labels[start], waiting = count, [start]
        while waiting:
            row, column = waiting.pop()
            for down in (-1, 0, 1):
                for across in (-1, 0, 1):
                    r, c = row + down, column + across
                    if periodic:
                        r, c = r % rows, c % columns
                    if 0 <= r < rows and 0 <= c < columns and occupied[r, c] and not labels[r, c]:
                        labels[r, c] = count
                        waiting.append((r, c))
    return labels, count


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)), st.booleans())
def test_components_as_found_by_walking(occupied, periodic):
    labels, count = connected(occupied, periodic)
    expected, expected_count = naive(occupied, periodic)
    assert count == expected_count
    np.testing.assert_array_equal(labels, expected)


def test_a_nodule_across_the_corner_of_periodic_edges():
    model = FakeLiver(shape=(20, 30))
    for row, column, layer, clone in [(19, 29, 1, 7), (0, 0, 1, 7), (0, 29, 0, 8), (0, 29, 1, 7)]:
        put(model, "tumor", row, column, layer=layer, clone=clone)
    put(model, "tumor", 10, 10, layer=TISSUE, clone=9)
    (nodule,) = survey(model, 4)
    assert (nodule["nodule"], nodule["cells"], nodule["clones"], nodule["area_um2"]) == (1, 4, 2, 300.0)
    assert min(nodule["row"], 20 - nodule["row"]) == pytest.approx(0.25, abs=0.05)
    assert nodule["column"] == pytest.approx(29.25, abs=0.05)
    assert nodule["zone"] == 3
    assert tumor_area_um2(model) == 400.0


def test_closed_edges_part_what_periodic_ones_join():
    model = FakeLiver(periodic=False)
    put(model, "tumor", 0, 5)
    put(model, "tumor", 19, 5)
    assert survey(model, 1)["cells"].tolist() == [1, 1]
    model.periodic = True
    assert survey(model, 1)["cells"].tolist() == [2]


def test_the_largest_is_number_one_and_small_groups_do_not_count():
    model = FakeLiver()
    for row, column in [(2, 2), (2, 3), (8, 8), (8, 9), (9, 9), (15, 20)]:
        put(model, "tumor", row, column)
    found = survey(model, 2)
    assert found["cells"].tolist() == [3, 2]
    assert found["nodule"].tolist() == [1, 2]
    assert found["row"].tolist() == pytest.approx([25 / 3, 2], abs=0.05)


def test_a_cell_in_the_blood_stream_is_in_no_nodule():
    model = FakeLiver()
    put(model, "tumor", 2, 2, state=CIRCULATING)
    lift(model.sites, LUMEN, 2, 2)
    assert model.tumor.count == 1
    assert survey(model, 1).size == 0


def test_surveys_become_rows():
    model, recorder = FakeLiver(), Nodules(min_cells=1)
    recorder.begin(model, None, [])
    recorder.record(model)
    put(model, "tumor", 2, 2)
    recorder.record(model)
    frame = recorder.to_dataframe()
    assert list(frame.columns) == ["time_min", "nodule", "cells", "area_um2", "clones", "row", "column", "zone"]
    assert frame.cells.tolist() == [1]
