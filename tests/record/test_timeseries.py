import numpy as np

from abm.cells.tumor import EXTRAVASATED, HELD
from abm.ledger import cause, event
from abm.record.timeseries import CAUSES, Timeseries, by_cause
from tests.worlds import FakeLiver, put


def table_of(model):
    recorder = Timeseries()
    recorder.begin(model, None, [])
    recorder.record(model)
    return recorder.table()


def row_of(model):
    return table_of(model).to_pylist()[0]


def test_counts_by_population_and_state():
    model = FakeLiver()
    put(model, "tumor", 1, 1, state=HELD)
    put(model, "tumor", 1, 2, state=EXTRAVASATED)
    row = row_of(model)
    assert (row["tumor"], row["tumor_held"], row["tumor_extravasated"], row["tumor_dormant"]) == (2, 1, 1, 0)
    assert row["tumor_area_um2"] == 200.0
    assert row["nodules"] == 0
    assert row["endothelium"] == 7 * 30 / 6
    assert row["kupffer_tnf_secreting"] == 0


def test_sites_that_count():
    model = FakeLiver()
    model.hepatocytes[:] = 1
    model.sites.perfused[:] = 1
    row = row_of(model)
    assert row["perfused_sites"] == 7 * 30
    assert row["hepatocyte_sites"] == 13 * 30


def test_events_split_by_cause_add_up():
    model = FakeLiver()
    for _ in range(5):
        model.step()
    row = row_of(model)
    assert row["events_arrived"] > 0
    assert row["events_held"] == row["events_held_by_kupffer"] == row["events_arrived"]
    for code in CAUSES:
        name = event.NAMES[code]
        split = [value for key, value in row.items() if key.startswith(f"events_{name}_by_")]
        assert sum(split) == row[f"events_{name}"]


def test_a_cause_without_a_column_is_other():
    totals = np.zeros((len(event.NAMES), len(cause.NAMES)), np.int64)
    totals[event.DIED, cause.OTHER], totals[event.DIED, cause.SHEAR], totals[event.DIED, cause.ECM] = 2, 3, 4
    assert by_cause(totals, event.DIED) == {
        "shear": 3,
        "anoikis": 0,
        "apoptosis": 0,
        "hypoxia": 0,
        "therapy": 0,
        "resection": 0,
        "ablation": 0,
        "virus": 0,
        "other": 6,
    }


def test_every_column_has_a_unit_and_a_meaning():
    for field in table_of(FakeLiver()).schema:
        assert field.metadata[b"unit"], field.name
        assert field.metadata[b"description"], field.name


def test_lattices_and_blood():
    model = FakeLiver()
    model.fields["tnf"].values[3, 4] = 6.0
    model.ecm[:] = 0.5
    model.blood["g_csf"] = 0.25
    row = row_of(model)
    assert row["tnf_max"] == 6.0
    assert row["tnf_mean"] == 0.01
    assert row["ecm_total"] == 300.0
    assert row["blood_g_csf"] == 0.25
