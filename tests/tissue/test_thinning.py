import numpy as np

from abm.tissue.measure import in_blocks
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from abm.tissue.thinning import reached, thin


def test_thinning_keeps_loops_and_removes_dead_ends():
    kind = np.full((12, 14), PARENCHYMA, np.uint8)
    kind[0, 5], kind[11, 5] = PORTAL_TRACT, CENTRAL_VEIN
    kind[1:11, 5:7] = SINUSOID  # a vessel two sites wide
    kind[4, 7:11] = kind[7, 7:11] = kind[4:8, 10] = SINUSOID  # a loop beside it
    kind[2, 2:5] = SINUSOID  # a dead end
    thin(kind, False, np.uint64(5))
    thinned = kind == SINUSOID
    assert not in_blocks(kind, False).any() and not thinned[2, 2:4].any()
    assert np.array_equal(reached(kind, thinned, PORTAL_TRACT, False), thinned)
    assert np.array_equal(reached(kind, thinned, CENTRAL_VEIN, False), thinned)
    assert thinned[:, 8].sum() == 2  # both arms of the loop
