import numpy as np
import pytest

from abm.kernels.memory import zeros


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
@pytest.mark.parametrize("shape", [(3, 5), 7, (700, 1000), (1100, 1000)])
def test_zeros_begin_a_cache_line(shape, dtype):
    array = zeros(shape, dtype)
    assert array.shape == (shape if isinstance(shape, tuple) else (shape,)) and array.dtype == dtype
    assert array.flags.c_contiguous and array.flags.writeable and array.ctypes.data % 64 == 0
    assert not array.any()
