"""A tiny world in which everything happens: `python -m tests.trust.tiny STEPS FILE.npz` keeps its state and its events.

Without compiler (NUMBA_DISABLE_JIT=1) a step of it takes a few tenths of a second.
"""

import sys

import numpy as np

from tests.worlds import LIVELY

from .world import liver

RULES = LIVELY | {
    "arrival": {"per_area": "900 /mm^2", "doses": [{"over": "10 min"}]},
    "netosis": {"rate": "20 /h", "duration": "0.2 h"},
}
SIZE = {"width": "0.21 mm", "height": "0.24 mm"}


def state_after(steps: int) -> dict[str, np.ndarray]:
    """Every array of the state, and the entries of the ledger."""
    model = liver(seed=6, tissue=SIZE, rules=RULES)
    for _ in range(steps):
        model.step()
    return model.state_arrays() | {"entries": np.asarray(model.ledger.entries)}


def main(steps: str, path: str) -> None:
    arrays = state_after(int(steps))
    np.savez(path, **{name.replace("/", "."): np.asarray(array) for name, array in arrays.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
