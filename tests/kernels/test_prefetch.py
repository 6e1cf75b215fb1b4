"""Asking memory ahead changes nothing and never fails."""

import numpy as np

from abm.kernels.jit import jit
from abm.kernels.prefetch import prefetch


@jit
def total(values, ahead):
    found = 0.0
    for i in range(values.size):
        prefetch(values, i + ahead)
        found += values[i]
    return found


def test_results_stay_and_places_outside_of_the_array_are_no_fault():
    values = np.arange(1000.0)
    for column in (values, values.reshape(-1, 2)[:, 1], values[::-3]):
        assert [total(column, ahead) for ahead in (0, 8, -5000, 1 << 40)] == [column.sum()] * 4
