import numpy as np
import pytest

from abm.tissue.distances import distance_to
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA


@pytest.mark.parametrize("periodic", [True, False])
def test_distance_against_brute_force(periodic):
    rows, columns = 13, 17
    kind = np.full((rows, columns), PARENCHYMA, np.uint8)
    sources = np.array([(0, 1), (11, 15), (5, 6)])
    kind[tuple(sources.T)] = CENTRAL_VEIN
    places = np.stack(np.indices((rows, columns)), axis=-1)[:, :, None]
    apart = np.abs(places - sources)
    if periodic:
        apart = np.minimum(apart, np.array([rows, columns]) - apart)
    expected = np.sqrt((apart**2).sum(axis=-1)).min(axis=-1)
    np.testing.assert_allclose(distance_to(kind, CENTRAL_VEIN, periodic), expected, rtol=1e-6)
