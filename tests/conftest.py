"""For all tests: an arithmetic that fails is an error, what the worlds assert is explained, and nobody waits for the disk."""

import os

# for xdist's workers and the processes that tests start (here a plugin of pytest may have loaded NumPy): two workers with two
# threads of BLAS each wait for one another on two cores, up to thirty times as long as they compute
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.worlds")

np.seterr(all="raise", under="ignore")

# no test cuts the power, so that files need not have reached the disk: a run calls this hundreds of times, for milliseconds each
os.fsync = os.fstat
