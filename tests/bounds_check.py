"""Does any kernel reach beyond an array? `python -m tests.bounds_check` runs the tests with kernels that look at the bounds
of every access (NUMBA_BOUNDSCHECK=1), which compiled code does not do otherwise; takes about three times as long as the
tests do. `python -m tests.bounds_check tests/rules -k netosis` runs some: what stands behind is handed to pytest.

Such kernels are kept in a cache of their own. Ends with the status of pytest; an access out of bounds is an IndexError of
the test in which it happens.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(asked: list[str]) -> int:
    """Run pytest with what was asked for, all tests by default; returns its exit status."""
    environment = os.environ | {
        "NUMBA_BOUNDSCHECK": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    environment.pop("NUMBA_DISABLE_JIT", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "0", *asked]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
