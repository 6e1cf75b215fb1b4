"""Clusters: what holds one, where its cells come to stand, and that none is lost on the way."""

import numpy as np
import pytest

from abm.cells.tumor import CIRCULATING, HELD
from abm.kernels.sites import lift
from abm.ledger import event
from abm.rules.clusters import in_company, led, width
from abm.tissue.sites import LUMEN, SINUSOID, TISSUE
from tests.worlds import (
    LIVELY,
    assert_resumes,
    assert_sound,
    compiled_only,
    later,
    lively,
    liver,
    put,
    sinusoids,
    without,
)

from .carrying import carry_only


def arrived(*, share=1.0, per_area=800, mean=4, arrest=None, passage=None, **overrides):
    """A liver into which cells of many sizes have just come, all in clusters, and its clusters: their slots."""
    overrides = {"cells": {"tumor": {"diameter_log_sd": 0.2}}} | overrides
    model = liver(
        "arrival",
        "passage",
        "arrest",
        parameters={
            "arrival": {"per_area": f"{per_area} /mm^2", "cluster_share": share, "cluster_cells": mean},
            "arrest": arrest or {},
            "passage": passage or {},
        },
        **overrides,
    )
    model.rules["arrival"].apply(model)
    of = model.tumor.used.cluster
    return model, [np.flatnonzero(of == cluster) for cluster in np.unique(of[of != 0])]


def outcome(model, slot):
    """Whether the cell lives, and where it is."""
    cell = model.tumor.rows[slot]
    return int(cell.alive), int(cell.row), int(cell.column)


@pytest.mark.parametrize("unfolding", [0.0, 0.5, 1.0])
def test_a_cluster_goes_the_way_of_one_cell_of_its_width(unfolding):
    """With `unfolding` 1 so of its widest cell, with 0 of a ball as large as all its cells."""
    model, clusters = arrived(arrest={"mechanical": 0.3})
    single, _ = arrived(arrest={"mechanical": 0.3})
    fates = []
    for slots in clusters:
        diameters = model.tumor.rows.diameter_um[slots].astype(float)
        ball, widest = np.cbrt((diameters**3).sum()), diameters.max()
        expected = ball ** (1 - unfolding) * widest**unfolding
        assert width(model.tumor.rows, slots[0], led(slots, model.tumor.rows.cluster, unfolding)[1]) == pytest.approx(
            expected
        )
        carry_only(model, slots, unfolding)
        alone = single.tumor.rows[slots[0]]
        alone.cluster, alone.diameter_um = 0, np.float32(expected)
        carry_only(single, slots[:1])
        assert outcome(model, slots[0]) == outcome(single, slots[0])
        if alone.alive:
            lift(single.sites, LUMEN, alone.row, alone.column)
        for slot in slots:
            cell = model.tumor.rows[slot]
            assert cell.alive == alone.alive
            if cell.state == HELD and cell.alive:
                assert cell.held_by == alone.held_by
                lift(model.sites, LUMEN, cell.row, cell.column)
        fates.append(bool(alone.alive))
    assert len(fates) > 30 and 0 < sum(fates) < len(fates)


@compiled_only
@pytest.mark.parametrize(
    ("unfolding", "diameter"), [(1.0, 14.0), (0.5, 14.0 * 4 ** (1 / 6)), (0.0, 14.0 * 4 ** (1 / 3))]
)
def test_clusters_are_held_by_the_square_of_the_misfit_of_their_width(unfolding, diameter):
    """Of four cells of 14 um, in tubes of one width: per length the hazard is that of a cell of the width of the cluster."""
    model, clusters = arrived(
        per_area=16000,
        arrest={"mechanical": 0.2, "kupffer_hold": "0 /um", "wall_hold": "0 /um", "reference_lumen_log_sd": 0},
        passage={"lingering": 0, "unfolding": unfolding},
        cells={"tumor": {"diameter_log_sd": 0}},
        tissue={"sinusoid_radius_log_sd": 0},
    )
    held = []
    for slots in clusters:
        if len(slots) == 4:
            carry_only(model, slots, unfolding)
            cells = model.tumor.rows[slots]
            held.append(bool(cells.alive[0]))
            for cell in cells[(cells.alive == 1) & (cells.state == HELD)]:
                lift(model.sites, LUMEN, cell.row, cell.column)
    misfit = (diameter / 8.66 - 1) / (14.0 / 8.66 - 1)
    # as in the passage of single cells, the network is no tube of the reference length
    assert np.mean(held) == pytest.approx(1 - 0.8 ** (misfit**2), abs=0.09)


def test_a_ball_of_equal_cells_is_as_wide_as_the_cube_root_of_their_number():
    model, clusters = arrived(mean=10)
    model.tumor.rows.diameter_um[:] = 14.0
    for slots in clusters:
        ball = width(model.tumor.rows, slots[0], led(slots, model.tumor.rows.cluster, 0.0)[1])
        chain = width(model.tumor.rows, slots[0], led(slots, model.tumor.rows.cluster, 1.0)[1])
        assert (ball, chain) == (pytest.approx(14.0 * len(slots) ** (1 / 3)), pytest.approx(14.0))


def moves_upstream(model, start, upstream):
    """How many moves through sinusoids it is from `start` to each site, by site, going up the pressure only, if `upstream`."""
    pressure, far, front = model.open_pressure, {start: 0}, [start]
    while front:
        row, column = front.pop(0)
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                site = ((row + dr) % model.shape[0], (column + dc) % model.shape[1])
                if site in far or model.sites.kind[site] != SINUSOID or far[row, column] == 19:
                    continue
                if not upstream or pressure[site] >= pressure[start]:
                    far[site] = far[row, column] + 1
                    front.append(site)
    return far


def test_the_others_are_held_at_the_nearest_free_sites_upstream():
    model, clusters = arrived(arrest={"mechanical": 0.9})
    abreast = single = 0
    for slots in clusters:
        free = {tuple(map(int, site)) for site in sinusoids(model) if model.sites.perfused[tuple(site)]}
        carry_only(model, slots)
        first = model.tumor.rows[slots[0]]
        if not first.alive:
            assert not model.tumor.rows.alive[slots].any()
            continue
        start = (int(first.row), int(first.column))
        stands = []
        for cell in model.tumor.rows[slots[1:]]:
            if cell.state == CIRCULATING:
                single += 1
                assert cell.cluster == 0 and (cell.row, cell.column) == start
                continue
            assert (cell.state, cell.held_by, cell.settled_h) == (HELD, first.held_by, first.settled_h)
            stands.append((int(cell.row), int(cell.column)))
        up, anywhere = moves_upstream(model, start, True), moves_upstream(model, start, False)
        room = sorted(d for site, d in up.items() if site in free and site != start and d < len(slots))
        taken = sorted(up[site] for site in stands if site in up)
        assert taken == room[: len(slots) - 1]  # the nearest ones; others only when there is no more room upstream
        beside = [site for site in stands if site not in up]
        abreast += len(beside)
        assert all(anywhere[site] < len(slots) for site in beside)
        assert set(stands) < free and len(set(stands)) == len(stands)
    model.ledger.count()
    assert model.ledger.total("held") > 100 and abreast > 0
    assert_sound(model)


def test_who_finds_no_room_goes_on_alone():
    model, _ = arrived(arrest={"mechanical": 1.0, "wall_hold": "0.01 /um"}, per_area=200)
    for row, column in sinusoids(without(model)):
        if row % 8 or column % 8:
            put(model, "neutrophil", int(row), int(column))
    before = model.tumor.count
    model.rules["passage"].apply(model)
    model.ledger.count()
    cells = model.tumor.alive_rows()
    assert before == model.tumor.count + model.ledger.total("passed")
    alone = cells[(cells.state == CIRCULATING) & (cells.cluster == 0)]
    held = cells[cells.state == HELD]
    assert alone.size and held.size
    # they are where the first of them is held, from where they find their own way
    assert set(zip(alone.row, alone.column, strict=True)) <= set(zip(held.row, held.column, strict=True))
    assert_sound(model)
    model.step_number += 1
    later(model, 1.0)
    assert_sound(model)
    assert np.isin(alone.uid, model.ledger.entries.uid[model.ledger.entries.event == event.HELD]).any()


def test_a_cluster_whose_first_cell_is_gone_is_led_by_the_next():
    model, clusters = arrived()
    slots = clusters[0]
    model.remove_cell(model.tumor, int(slots[0]))
    leading, followers = led(slots[1:], model.tumor.rows.cluster, 0.5)
    assert leading.tolist() == [slots[1]] and followers.slots.tolist() == slots[2:].tolist()
    carry_only(model, slots[1:])
    cells = model.tumor.rows[slots[1:]]
    assert (cells.alive == 0).all() or (cells.state[0] == HELD and not cells.cluster[cells.state == CIRCULATING].any())
    assert_sound(model)


def test_single_cells_all_lead():
    order = np.array([4, 2, 7])
    leading, followers = led(order, np.zeros(9, np.uint64), 0.5)
    assert leading is order and followers.slots.size == 0


def test_company_is_a_touching_cell_of_the_same_cluster_in_either_layer():
    model = without(liver())
    sites = model.sites
    row, column = next((int(r), int(c)) for r, c in sinusoids(model) if 2 < r < 40 and 2 < c < 40)
    cell = put(model, "tumor", row, column, cluster=5)
    assert not in_company(model.tumor.rows, sites, cell)
    other = put(model, "tumor", row, column, layer=TISSUE, cluster=6)
    assert not in_company(model.tumor.rows, sites, cell)
    model.tumor.rows.cluster[other] = 5
    assert in_company(model.tumor.rows, sites, cell) and in_company(model.tumor.rows, sites, other)
    model.tumor.rows.cluster[[cell, other]] = 0
    assert not in_company(model.tumor.rows, sites, cell)


def clustered(**more):
    rules = LIVELY | {"arrival": LIVELY["arrival"] | {"cluster_share": 0.5}} | more
    return lively(mm=0.3, rules=rules)


def test_books_balance_whatever_becomes_of_the_cells_of_clusters():
    model = clustered()
    for _ in range(8):
        later(model, 0.5)
        assert_sound(model)
    assert model.ledger.total("held") and model.ledger.total("detached") and model.ledger.total("divided")
    cells = model.tumor.alive_rows()
    assert cells.cluster.any()
    assert not cells.cluster[cells.state == CIRCULATING].any()  # those that came loose
    founders = np.unique(cells.clone[cells.cluster != 0])
    assert founders.size == (cells.cluster != 0).sum()  # each its own clone; daughters are of no cluster
    arrived_cells = model.ledger.entries[model.ledger.entries.event == event.ARRIVED]
    assert len(arrived_cells) == model.ledger.total("arrived") == clustered_count(model)


def clustered_count(model):
    """The inoculum: 400 /mm2 of 0.09 mm2."""
    return round(400 * model.area_mm2)


def test_resumes():
    assert_resumes(clustered, 0.5, 1.5)
