"""For all tests: an arithmetic that fails is an error, and what the worlds assert is explained."""

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.worlds")

np.seterr(all="raise", under="ignore")
