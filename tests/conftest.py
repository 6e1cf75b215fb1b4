"""For all tests: numbers that are none are errors, not warnings."""

import numpy as np

np.seterr(all="raise", under="ignore")
