"""For all tests: an arithmetic that fails is an error, what the worlds assert is explained, and nobody waits for the disk."""

import os

# before NumPy is loaded, here and in the processes that tests start: two workers with two threads each on two cores wait for
# one another several times as long as they compute
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.worlds")

np.seterr(all="raise", under="ignore")

# no test cuts the power, so that files need not have reached the disk: a run calls this hundreds of times, for milliseconds each
os.fsync = os.fstat
