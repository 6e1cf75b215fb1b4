"""Random numbers of a stream, and the smooth noise that bends vessels."""

import math

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import uniform


@jit
def uniforms(key, stream, n):
    """The first `n` numbers in [0, 1) that `stream` may use, float64 [n]."""
    numbers = np.empty(n)
    for i in range(n):
        numbers[i] = uniform(key, 0, np.uint64(stream), i)
    return numbers


def coarse_noise(rows: int, columns: int, wavelength: float, key: np.uint64) -> np.ndarray:
    """Independent numbers in [-1, 1) on a coarse periodic lattice, two nodes per wavelength, float64."""
    shape = max(2, round(2 * rows / wavelength)), max(2, round(2 * columns / wavelength))
    return 2.0 * uniforms(key, 0, shape[0] * shape[1]).reshape(shape) - 1.0


@jit
def noise_at(noise, row, column, shape):
    """Smooth noise at a position of a lattice of `shape`: `noise` interpolated with zero slope at its nodes."""
    rows, columns = noise.shape
    y, x = row / shape[0] * rows, column / shape[1] * columns
    i, j = math.floor(y), math.floor(x)
    t, u = y - i, x - j
    t, u = t * t * (3.0 - 2.0 * t), u * u * (3.0 - 2.0 * u)
    above = (1.0 - u) * noise[i % rows, j % columns] + u * noise[i % rows, (j + 1) % columns]
    below = (1.0 - u) * noise[(i + 1) % rows, j % columns] + u * noise[(i + 1) % rows, (j + 1) % columns]
    return (1.0 - t) * above + t * below
