"""Arrival: how many come, when, where, and as what."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import chisquare

from abm.cells.tumor import CIRCULATING
from abm.kernels.random import hash64, stream_key, uniform
from abm.ledger import cause, event
from abm.rules.arrival import Arrival
from abm.tissue.sites import SINUSOID
from tests.worlds import assert_chance, assert_sound, changed, compiled_only, liver, run_rule, state_of


def injected(**parameters):
    overrides = {name: parameters.pop(name) for name in ("step", "cells", "tissue", "mm") if name in parameters}
    return liver("arrival", parameters={"arrival": parameters}, **overrides)


@pytest.fixture(scope="module")
def bolus():
    """3000 cells that have arrived in one step."""
    model = injected(per_area="12000 /mm^2")
    run_rule(model, "arrival", model.dt_hours)
    return model


def test_inoculum_of_the_paper_becomes_a_density():
    p = Arrival.Parameters(per_liver=5e5, enrichment=10)
    assert p.per_mm2(slab_um=10.0) == pytest.approx(5e5 / 1.3 * 1.06 * 1e-3 * 0.01 * 10)  # cells/g, g/cm3, cm3/mm3, mm
    assert Arrival.Parameters(per_area="30 /mm^2").per_mm2(10.0) == 30.0
    assert Arrival.Parameters().per_mm2(10.0) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_liver": 1e5, "per_area": "3 /mm^2"},
        {"per_liver": 1e5, "liver_mass": 0},
        {"enrichment": 0},
        {"doses": []},
        {"doses": [{"start": "-1 h"}]},
    ],
)
def test_senseless_inocula_are_refused(wrong):
    with pytest.raises(ValidationError):
        Arrival.Parameters(**wrong)


def test_all_arrive_in_the_book_and_the_table(bolus):
    assert bolus.tumor.count == bolus.ledger.total("arrived") == 3000
    assert_sound(bolus)
    cells = bolus.tumor.alive_rows()
    assert set(cells.state) == {CIRCULATING}
    np.testing.assert_array_equal(np.sort(cells.clone), np.arange(3000))
    assert len(set(cells.uid)) == 3000
    entries = bolus.ledger.entries
    assert set(entries.event) == {event.ARRIVED}
    np.testing.assert_array_equal(entries.zone, bolus.sites.zone[entries.row, entries.column])
    assert (bolus.sites.kind[cells.row, cells.column] == SINUSOID).all()


def test_cells_are_what_plain_python_says(bolus):
    line, key = bolus.config.cells.tumor, bolus.key("arrival")
    for cell in bolus.tumor.alive_rows()[::100]:
        uid = hash64(stream_key(0, "arrival"), np.uint64(cell.clone), 0, 0)
        u = [uniform(key, 0, uid, n) for n in range(3)]
        inlet = bolus.flow.inlets[int((bolus.flow.inflow_cumulative <= u[0]).sum())]
        normal = np.sqrt(-2 * np.log(1 - u[1])) * np.cos(2 * np.pi * u[2])
        assert cell.uid == uid
        assert (cell.row, cell.column) == tuple(inlet)
        assert cell.diameter_um == pytest.approx(line.diameter * np.exp(line.diameter_log_sd * normal), rel=1e-5)
        assert (cell.cycle, cell.net, cell.niche, cell.divisions) == (0, 0, 0, 0)
        u = [uniform(key, 0, uid, n) for n in (3, 4)]
        normal = np.sqrt(-2 * np.log(1 - u[0])) * np.cos(2 * np.pi * u[1])
        assert cell.vigour == pytest.approx(line.vigour_log_sd * normal, rel=1e-5)
        assert cell.hardiness == 0.0
        assert cell.autonomy == pytest.approx(line.autonomy)
        assert (cell.emt, cell.cd47, cell.platelets) == pytest.approx((line.emt, line.cd47, 0.0))


def test_diameters_are_lognormal(bolus):
    logs = np.log(bolus.tumor.alive_rows().diameter_um.astype(float))
    assert logs.mean() == pytest.approx(np.log(14.0), abs=3.3 * 0.12 / np.sqrt(3000))
    assert logs.std() == pytest.approx(0.12, rel=3.3 / np.sqrt(2 * 3000))


@pytest.mark.parametrize("trait", ["vigour", "hardiness", "drug_tolerance"])
def test_founders_differ_by_the_lines_standard_deviation(bolus, trait):
    model = injected(per_area="12000 /mm^2", cells={"tumor": {f"{trait}_log_sd": 0.2}})
    run_rule(model, "arrival", model.dt_hours)
    cells = model.tumor.alive_rows()
    values = cells[trait].astype(float)
    assert values.mean() == pytest.approx(0.0, abs=3.3 * 0.2 / np.sqrt(3000))
    assert values.std() == pytest.approx(0.2, rel=3.3 / np.sqrt(2 * 3000))
    assert abs(np.corrcoef(values, np.log(cells.diameter_um))[0, 1]) < 3.3 / np.sqrt(3000)
    names = [name for name in cells.dtype.names if name != trait]
    np.testing.assert_array_equal(
        np.asarray(cells)[names], np.asarray(bolus.tumor.alive_rows())[names]
    )  # all else is as without


def test_vigour_and_hardiness_of_a_founder_have_nothing_to_do_with_each_other():
    model = injected(per_area="12000 /mm^2", cells={"tumor": {"vigour_log_sd": 0.2, "hardiness_log_sd": 0.2}})
    run_rule(model, "arrival", model.dt_hours)
    cells = model.tumor.alive_rows()
    assert abs(np.corrcoef(cells.vigour, cells.hardiness)[0, 1]) < 3.3 / np.sqrt(3000)


def test_founders_are_as_many_as_the_line_has_and_the_enrichment_makes_of_them():
    for enrichment in (1.0, 20.0):
        model = injected(
            per_area="12000 /mm^2",
            founder_enrichment=enrichment,
            cells={"tumor": {"founder_share": 0.1, "autonomy": 0.6}},
        )
        run_rule(model, "arrival", model.dt_hours)
        cells, arrival = model.tumor.alive_rows(), model.config.rules.arrival
        share = 0.1 * enrichment / (0.1 * enrichment + 0.9)
        assert arrival.founders_among(0.1) == pytest.approx(share)
        founders = set(np.unique(cells.autonomy).tolist())
        assert founders == {0.0, np.float32(0.6)}
        assert_chance((cells.autonomy > 0).sum(), cells.size, share)
        entries = model.ledger.entries
        arrived = entries[entries["event"] == event.ARRIVED]
        can = set(arrived["clone"][arrived["cause"] == cause.FOUNDER].tolist())
        assert can == set(cells.clone[cells.autonomy > 0].tolist())
        # what each stands for makes the inoculum of the animal
        assert share * arrival.weight_of_founders(0.1) == pytest.approx(0.1)
        assert (1 - share) * arrival.weight_of_others(0.1) == pytest.approx(0.9)


def test_clusters_come_together_and_leave_the_number_of_cells(bolus):
    model = injected(per_area="12000 /mm^2", cluster_share=0.3)
    run_rule(model, "arrival", model.dt_hours)
    cells, without = np.asarray(model.tumor.alive_rows()), np.asarray(bolus.tumor.alive_rows())
    same = [name for name in cells.dtype.names if name not in ("row", "column", "cluster")]
    np.testing.assert_array_equal(cells[same], without[same])  # each cell is what it is without
    assert not without["cluster"].any()
    alone = cells["cluster"] == 0
    np.testing.assert_array_equal(cells["row"][alone], without["row"][alone])
    first, sizes = np.unique(cells["cluster"][~alone], return_counts=True)
    for cluster in first:
        member = cells[cells["cluster"] == cluster]
        assert cluster == member["uid"][0]
        assert len(np.unique(member[["row", "column"]])) == 1
        np.testing.assert_array_equal(member["clone"], member["clone"][0] + np.arange(member.size))
    assert_chance(first.size, first.size + alone.sum(), 0.3)
    assert sizes.min() == 2 and sizes.max() <= 20
    assert_chance((sizes == 2).sum(), sizes.size, 1 / 3)  # geometric from 2 on, of the mean 4
    assert sizes.mean() == pytest.approx(4.0, abs=3.3 * np.sqrt(6.0 / sizes.size))
    assert_sound(model)


def test_clusters_are_as_large_as_is_said():
    for mean, largest, expected in ((2, 20, {2}), (20, 5, {2, 3, 4, 5})):
        model = injected(per_area="1200 /mm^2", cluster_share=1, cluster_cells=mean, largest_cluster=largest)
        run_rule(model, "arrival", model.dt_hours)
        assert model.tumor.count == 300
        of = model.tumor.alive_rows().cluster
        assert np.count_nonzero(of == 0) <= 1  # the last cell may be left over
        assert set(np.unique(of[of != 0], return_counts=True)[1].tolist()) == expected


def test_those_of_a_cluster_come_in_one_step():
    model = injected(per_area="1200 /mm^2", cluster_share=0.5, doses=[{"over": "10 h"}])
    run_rule(model, "arrival", 10.0)
    cells = model.tumor.alive_rows()
    assert cells.size == 300
    for cluster in np.unique(cells.cluster[cells.cluster != 0]):
        assert len(np.unique(cells.arrived_h[cells.cluster == cluster])) == 1


def test_inlets_are_chosen_by_their_inflow(bolus):
    flow, cells = bolus.flow, bolus.tumor.alive_rows()
    arrived = np.zeros(bolus.shape, int)
    np.add.at(arrived, (cells.row, cells.column), 1)
    share = np.diff(flow.inflow_cumulative, prepend=0.0)
    seen = arrived[flow.inlets[:, 0], flow.inlets[:, 1]]
    assert seen[share == 0.0].sum() == 0
    often = share * 3000 >= 5
    assert (
        chisquare(
            np.append(seen[often], seen[~often].sum()), 3000 * np.append(share[often], share[~often].sum() + 1e-12)
        ).pvalue
        > 1e-3
    )


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_doses_arrive_evenly_by_their_shares(step):
    model = injected(
        per_area="8000 /mm^2",
        step=step,
        doses=[{"start": "1 h", "over": "4 h", "share": 3}, {"start": "10 h", "over": "10 min", "share": 1}],
    )
    seen = {}
    for hour in range(12):
        run_rule(model, "arrival", 1.0)
        seen[hour + 1] = model.ledger.total("arrived")
    assert seen[1] == 0
    assert_chance(seen[3], 2000, 0.75 / 2)
    assert_chance(seen[5], 2000, 0.75)
    assert seen[10] == seen[5]
    assert seen[11] == seen[12] == 2000


def test_the_same_cells_come_at_the_same_time_whatever_the_step_and_the_enrichment():
    few, fine, many = (
        injected(per_area="40 /mm^2", doses=[{"over": "2 h"}], **more)
        for more in ({}, {"step": "2.5 min"}, {"enrichment": 3})
    )
    for model in (few, fine, many):
        run_rule(model, "arrival", 2.0)
    uids = [set(model.tumor.alive_rows().uid) for model in (few, fine, many)]
    assert len(uids[0]) == 10 and uids[0] == uids[1] < uids[2] and len(uids[2]) == 30
    when = [dict(zip(m.ledger.entries.uid, m.ledger.entries.time_min, strict=True)) for m in (few, fine)]
    assert all(0 <= when[1][uid] - when[0][uid] < 5 for uid in uids[0])


@pytest.mark.parametrize(("shunted", "arrive"), [(0.0, 30), (0.4, 18), (1.0, 0)])
def test_those_that_shunts_carry_past_the_sinusoids_do_not_arrive(shunted, arrive):
    whole, part = (injected(per_area="120 /mm^2", tissue={"shunted": share}) for share in (0.0, shunted))
    for model in (whole, part):
        run_rule(model, "arrival", 1.0)
    uids = [set(model.tumor.alive_rows().uid) for model in (whole, part)]
    assert len(uids[1]) == part.ledger.total("arrived") == arrive and uids[1] <= uids[0]


def test_nobody_comes_without_an_inoculum_or_without_blood():
    empty = injected()
    before = state_of(empty)
    run_rule(empty, "arrival", 1.0)
    assert changed(empty, before) <= {"clock/step_number"}

    cut_off = injected(per_area="400 /mm^2")
    cut_off.sites.perfused[:] = 0
    cut_off.update_flow()
    run_rule(cut_off, "arrival", 1.0)
    assert cut_off.tumor.count == 0
    assert_sound(cut_off)
