import pytest

from abm.tissue.parameters import TissueParameters
from abm.units import declared


def test_too_small_a_domain_is_refused_with_the_smallest_size():
    with pytest.raises(ValueError, match=r"height must be at least 190 um, got 180 um"):
        TissueParameters(width="2 mm", height="180 um")


def test_every_parameter_is_declared_with_a_default_inside_its_range():
    names = {parameter.name for parameter in declared(TissueParameters)}
    assert names == set(TissueParameters.model_fields) - {"drawn_from", "pixel", "names", "y_axis"}  # no biology
    defaults = TissueParameters()
    assert not any(parameter.outside(getattr(defaults, parameter.name)) for parameter in declared(TissueParameters))


def test_vessels_that_would_touch_are_refused():
    with pytest.raises(ValueError, match="portal_central_distance must be at least 95 um, got 5 um"):
        TissueParameters(portal_central_distance="5 um")
