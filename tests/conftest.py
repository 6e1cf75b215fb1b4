"""For all tests: an arithmetic that fails is an error, what the worlds assert is explained, and nobody waits for the disk."""

import os

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.worlds")

np.seterr(all="raise", under="ignore")

os.fsync = (
    os.fstat
)  # no test cuts the power: files need not have reached the disk; an fsync takes milliseconds, runs call hundreds
