"""decisions.parquet: what was decided of the treatment, once each, whatever the checkpoints."""

import pyarrow.parquet as pq
import pytest

from abm import Simulation
from abm.model import LiverModel
from abm.simulation import RunInterrupted, default_recorders
from tests.same_bytes import differing
from tests.worlds import liver

LIMITED = [{"therapy": "folfox4", "limits": {"delay": "1 d", "delays": 1}}]


def treated(**keys) -> LiverModel:
    """A patient with few neutrophils, in whom the first cycle is put off."""
    return liver(
        empty=True, mm=0.3, interventions=LIMITED, step="1 h", duration="50 h", patient={"neutrophils": 1.2}, **keys
    )


def test_a_row_for_each_decision():
    simulation = Simulation(treated(), until="50 h").run()
    rows = simulation["decisions"].to_dataframe()
    assert rows.decision.tolist() == ["put off", "stopped"]
    assert rows.intervention.tolist() == ["therapy folfox4"] * 2
    assert rows.time_min.tolist() == [0.0, 1440.0]
    assert rows.neutrophils.tolist() == pytest.approx([1.2, 1.2])
    assert rows.share.tolist() == [1.0, 1.0] and rows.cycle.tolist() == [1, 1]


def test_where_nothing_is_decided_there_is_no_table():
    model = liver(empty=True, mm=0.3, interventions=[{"therapy": "folfox4"}])
    assert "decisions" not in {recorder.name for recorder in default_recorders(model, False)}


def test_a_resumed_run_has_the_same_bytes(tmp_path):
    record = {"checkpoint": "6 h", "movie": False, "figures": False}
    Simulation(treated(record=record), folder=tmp_path / "whole").run()
    with pytest.raises(RunInterrupted):
        simulation = Simulation(treated(record=record), folder=tmp_path / "halves")
        simulation._stop_when = lambda model: model.hours >= 30 and simulation.interrupt()
        simulation.run()
    Simulation(treated(record=record), folder=tmp_path / "halves", resume=True).run()
    assert differing(tmp_path / "whole", tmp_path / "halves") == []
    assert pq.read_schema(tmp_path / "whole" / "decisions.parquet").field("share").metadata[b"unit"] == b"1"
