"""Compile ahead: on a first run, a second process compiles the kernels of fields and pictures meanwhile.

numba compiles on one core only; what this process compiles, the run finds in the cache when it comes to it.
"""

import os
import subprocess
import sys

import numpy as np

_started: list[subprocess.Popen] = []  # Python warns of one that is still running and that nobody holds


def compile_ahead() -> None:
    """Start the second process, if there is a second processor; nobody waits for it."""
    if (os.cpu_count() or 1) > 1:
        _started.append(subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def main() -> None:
    """Use each kernel of the fields and of the pictures once, on next to nothing."""
    from ..fields.solver import DiffusionSolver
    from ..tissue.sites import PARENCHYMA, PORTAL_TRACT, SINUSOID
    from ..view.painter import Painter
    from ..view.scene import Scene

    solver = DiffusionSolver((8, 8), spacing_um=10.0, periodic=True, diffusion_um2_per_s=20.0, step_s=300.0)
    values, ones = np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32)
    solver.set_sink(ones * np.float32(0.01))
    solver.advance(values, ones)
    solver.steady(values, ones)
    kind = np.full((8, 8), PARENCHYMA, np.uint8)
    kind[3], kind[0, 0] = SINUSOID, PORTAL_TRACT
    nothing = np.zeros((8, 8), np.float32)
    codes = np.zeros((8, 8), np.uint8)
    codes[3] = 10
    scene = Scene(0.0, codes, np.where(kind == SINUSOID, 40, 0).astype(np.uint8), np.ones_like(kind), np.ones_like(kind),
                  nothing + np.float32(0.5), nothing + np.float32(0.5), nothing, nothing)
    Painter(kind, 10.0, pixels=64).paint(scene)


if __name__ == "__main__":
    main()
