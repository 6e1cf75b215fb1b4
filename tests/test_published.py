"""The shipped published experiments: all can be read, and two cheap ones are run as a user would run them."""

import pyarrow.parquet as pq
import pytest

from abm import cli
from abm.commands.reproduce import files_of, load_all
from abm.config.shipped import shipped_configs
from abm.published.calibrate import load_calibration

PUBLISHED = shipped_configs() / "published"
CHEAP = ("V01", "V27")


def test_the_shipped_experiments_set_no_parameters_of_their_own():
    experiments = load_all(files_of([PUBLISHED]))
    identifiers = [experiment.published.id for experiment in experiments]
    assert len(set(identifiers)) == len(identifiers)
    assert {
        "V01",
        "V01b",
        "V03",
        "V07",
        "V10",
        "V10b",
        "V11",
        "V13",
        "V17",
        "V21",
        "V24",
        "V25",
        "V27",
        "V29",
        "V30",
        "V31",
        "V32",
        "V36",
        "V48",
        "V51",
        "V70",
        "W19",
        "W20",
        "W32",
        "W33",
        "W48",
        "W49",
        "W50",
        "W51",
        "W55",
        "W55b",
        "W59",
        "W61",
        "W65",
        "W73",
        "W74",
        "W74b",
        "W77",
        "W78",
        "W79",
    } <= set(identifiers)
    assert {experiment.published.id for experiment in experiments if experiment.calibrated} <= {
        "V01",
        "V09",
        "V10",
        "V10b",
        "V11",
        "V13",
        "V17",
        "V19",
        "V20",
        "V21",
        "V24",
        "V25",
        "V29",
        "V30",
        "V31",
        "V36",
        "V37",
        "W43",
        "W55",
        "W55b",
    }


def test_the_shipped_calibration_is_on_five_experiments():
    calibration = load_calibration(shipped_configs() / "calibration.yaml")
    assert {experiment.published.id for experiment in calibration.experiments} == {"V01", "V11", "V17", "V24", "V29"}


@pytest.mark.published
@pytest.mark.timeout(3600)
def test_two_cheap_ones_are_reproduced_quickly(tmp_path):
    files = [next(PUBLISHED.glob(f"{name}_*.yaml")) for name in CHEAP]
    assert cli.status_of(["reproduce", *map(str, files), "--quick", "-o", str(tmp_path / "out"), "--workers", "2"]) == 0
    table = pq.read_table(tmp_path / "out" / "reproduce.parquet").to_pylist()
    assert {row["id"] for row in table} == set(CHEAP)
    for row in table:
        assert row["verdict"] in ("holds", "fails", "unresolved") and row["failed_runs"] == 0
        assert row["low"] <= row["value"] <= row["high"]
