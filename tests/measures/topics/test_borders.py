"""Growth patterns of nodules whose surroundings were made by hand."""

import math

import numpy as np
import pytest

from abm.measures.look import Share
from abm.measures.topics.borders import border_share, growth_pattern
from abm.record.borders import DESMOPLASTIC, PATTERNS, PUSHING, REPLACEMENT, borders, pattern_of_each, surface_of
from abm.tissue.sites import PARENCHYMA, SINUSOID
from tests.worlds import liver, put_disc

from .worlds import look


@pytest.fixture(params=["periodic", "closed"])
def one(request):
    model = liver(empty=True, edges=request.param)
    return model, put_disc(model, (25, 20), 9.0)


def shares(model, **how):
    return [border_share(look(model), pattern=pattern, **how).fraction for pattern in PATTERNS]


def types(model, **how):
    return [growth_pattern(look(model), pattern=pattern, **how).count for pattern in (*PATTERNS, "mixed")]


def test_hepatocytes_and_open_sinusoids_all_round_are_replacement(one):
    model, _ = one
    assert shares(model) == [1, 0, 0]
    assert types(model) == types(model, pure=True) == [1, 0, 0, 0]


def test_a_ring_of_matrix_is_desmoplastic(one):
    model, distance = one
    model.ecm[(distance >= 9) & (distance < 12)] = 0.5
    assert shares(model) == [0, 1, 0]
    assert types(model, pure=True) == [0, 1, 0, 0]
    model.ecm[:] = np.minimum(model.ecm, 0.49)
    assert shares(model) == [1, 0, 0]


@pytest.mark.parametrize("what", ["hepatocytes", "sinusoids"])
def test_a_ring_without_hepatocytes_or_of_closed_sinusoids_is_pushing(one, what):
    model, distance = one
    ring = (distance >= 9) & (distance < 18)
    if what == "hepatocytes":
        model.hepatocytes[ring] = 0
    else:
        model.collapsed[ring & (model.sites.kind == SINUSOID)] = 1
    assert shares(model) == [0, 0, 1]
    assert types(model, pure=True) == [0, 0, 1, 0]


def test_a_border_of_two_halves_is_mixed_only_when_asked_for_pure_ones(one):
    model, distance = one
    model.ecm[:, :26][distance[:, :26] >= 9] = 1.0  # a good half of the border
    replaced, desmoplastic, pushing = shares(model)
    assert desmoplastic > 0.5 and replaced > 0.2 and pushing == 0
    assert types(model) == [0, 1, 0, 0]
    assert types(model, pure=True) == [0, 0, 0, 1]


def test_what_a_nodule_encloses_is_no_border(one):
    model, distance = one
    before = border_share(look(model), pattern="replacement")
    cells = model.tumor.alive_rows()
    innermost = np.argmin(distance[cells.row, cells.column])
    model.remove_cell(
        model.tumor, int(np.flatnonzero(model.tumor.rows.alive)[innermost])
    )  # a gap, without a hepatocyte
    assert border_share(look(model), pattern="replacement") == before
    assert border_share(look(model), pattern="pushing").count == 0


def test_each_nodule_has_its_own_border():
    model = liver(mm=0.8, empty=True)
    put_disc(model, (20, 20), 8.0)
    distance = put_disc(model, (60, 60), 6.0)  # its neighbours are dense matrix
    model.ecm[(distance >= 6) & (distance < 9)] = 1.0
    assert types(model) == [1, 1, 0, 0]
    assert types(model, min_cells=150) == [1, 0, 0, 0]
    assert growth_pattern(look(model), pattern="pushing") == Share(0, 2)
    counts = look(model).borders(50)
    assert counts[:, 2].tolist() == [0, 0] and 1.1 < counts[0, 0] / counts[1, 1] < 1.6


def test_without_nodules():
    run = look(liver(empty=True))
    assert growth_pattern(run, pattern="mixed") == Share(0, 0)
    assert math.isnan(border_share(run, pattern="pushing").fraction)


def test_more_than_half_and_all_of_a_border():
    stretches = np.array([[6, 4, 0], [5, 5, 0], [0, 0, 9], [1, 9, 0], [0, 0, 0]])
    assert pattern_of_each(stretches).tolist() == [REPLACEMENT, 0, PUSHING, DESMOPLASTIC, 0]
    assert pattern_of_each(stretches, pure=True).tolist() == [0, 0, PUSHING, 0, 0]


def test_borders_are_sites_of_liver_beside_the_nodule(one):
    model, distance = one
    pattern = borders(surface_of(model), model.tumor_sites())
    assert set(pattern[distance < 9]) == set(pattern[distance > 11]) == {0}
    assert not pattern[~np.isin(model.sites.kind, (SINUSOID, PARENCHYMA))].any()
    beside = (distance >= 9) & (distance < 9.9) & np.isin(model.sites.kind, (SINUSOID, PARENCHYMA))
    assert (pattern[beside] > 0).mean() > 0.9
