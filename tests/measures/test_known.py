"""A user's own measures."""

import pickle

import pytest

from abm.config.plugins import PluginError
from abm.measures.known import load_measures
from abm.measures.request import read_request
from abm.measures.topics import MEASURES
from tests.worlds import liver

from .topics.worlds import look, put_tumors

OWN_FILE = '''
from typing import Literal
from abm.measures.measure import Share, measure
from abm.units import Hours

@measure(unit="cells", kind="share")
def young(look, younger: Hours = "1 h", also: Literal["yes", "no"] = "no") -> Share:
    """Share of the cells that arrived lately."""
    age = look.hours - look.cells["arrived_h"]
    return Share((age < younger).sum(), age.size)
'''


@pytest.fixture
def own_file(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN_FILE)
    return path


def test_a_users_own_measure(own_file):
    measures = load_measures([own_file])
    assert set(measures) == {*MEASURES, "young"}
    request = read_request({"measure": "young", "younger": "30 min"}, measures)
    assert pickle.loads(pickle.dumps(request)).parameters == {"younger": 0.5, "also": "no"}
    model = liver(empty=True)
    put_tumors(model, [(1, 1), (3, 3)])
    model.tumor.rows.arrived_h[:2] = -1.0, 0.0
    assert request(look(model)) == (0.5, 1.0, 2.0)
    assert "young" not in MEASURES


@pytest.mark.parametrize(
    "text, said",
    [
        ("x = 1", "no measure inside"),
        ("from abm.measures.topics.nodules import nodules", "no measure inside"),
        (OWN_FILE.replace("def young", "def nodules"), "there is already a measure named 'nodules'"),
        (
            OWN_FILE.replace("younger: Hours", "until: Hours"),
            r"fails while it is imported \(line \d+\): ValueError: a parameter",
        ),
        ("def (", "not valid Python"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, text, said):
    path = tmp_path / "own.py"
    path.write_text(text)
    with pytest.raises(PluginError, match=said):
        load_measures([path])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PluginError, match="there is no such file"):
        load_measures([tmp_path / "none.py"])
