"""Fields, layers and the blood."""

import math

import numpy as np
import pytest

from abm.measures.request import read_request
from abm.measures.topics.fields import blood_level, field_max, field_mean
from tests.worlds import liver, put

from .worlds import look


def test_means_and_maxima():
    model = liver(empty=True)
    model.fields["tnf"].values[3, 4] = 5.0
    model.nets[7, 7] = 0.5
    put(model, "tumor", 3, 5)
    run = look(model)
    assert field_mean(run, field="tnf") == pytest.approx(5.0 / model.nets.size)
    assert field_max(run, field="tnf") == 5.0
    assert field_mean(run, field="tnf", within="10 um") == pytest.approx(1.0)  # the site and its four nearest
    assert field_max(run, field="nets") == 0.5
    assert field_max(run, field="nets", within="20 um") == 0.0
    assert math.isnan(field_mean(run, field="nets", within="20 um", states="dormant"))
    assert field_mean(run, field="oxygen") == pytest.approx(model.fields["oxygen"].values.mean(dtype=np.float64))


@pytest.mark.parametrize("field, unit", [("oxygen", "mmHg"), ("lactate", "mM"), ("tnf", "K"), ("ecm", "")])
def test_the_unit_is_that_of_the_field(field, unit):
    model = liver(empty=True)
    assert read_request({"measure": "field_max", "field": field}).unit == unit
    assert field not in model.fields or model.fields[field].unit == unit


def test_the_blood():
    model = liver(empty=True)
    model.blood.levels["g_csf"] = 0.7
    assert blood_level(look(model), level="g_csf") == 0.7
