"""Saturation: nothing, a half, nearly all."""

import numpy as np
import pytest

from abm.kernels.saturation import saturation


@pytest.mark.parametrize(("level", "share"), [(0.0, 0.0), (1.0, 0.5), (3.0, 0.75), (1e12, 1.0)])
def test_half_at_one_and_never_more_than_all(level, share):
    assert saturation(np.float32(level)) == pytest.approx(share) and saturation(level) <= 1.0
