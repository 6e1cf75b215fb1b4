"""Newcomers of the cell line: what a tumor cell is like that the blood brings, or that somebody implants."""

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import normal, uniform
from ..kernels.tables import Rows, blank_row
from .population import Population
from .tumor import TumorParameters

_OF_THE_LINE = ("emt", "cd47", "cd24", "pdl1", "calreticulin", "autonomy")


def of_line(line: TumorParameters) -> dict[str, float]:
    """What every cell of the line has in common, by column."""
    return {"diameter_um": line.diameter} | {name: getattr(line, name) for name in _OF_THE_LINE}


def cell_of_line(tumor: Population, line: TumorParameters, **columns) -> Rows:
    """One row: a cell of the line of median size, with the other `columns` that are given (see `kernels.tables.born`)."""
    return blank_row(tumor.rows.dtype, **of_line(line), **columns)


@jit(counted=False)
def draw_size(cell, key, log_sd):
    """Make a cell of median diameter one of the lognormal distribution, by its numbers 1 and 2 of the stream `key`."""
    cell.diameter_um *= np.float32(np.exp(log_sd * normal(key, 0, cell.uid, 1)))


@jit(counted=False)
def draw_founder(cell, key, share):
    """Whether a cell is one of the `share` that can found a metastasis, by its number 5 of the stream `key`; others lose the
    autonomy of their line."""
    if uniform(key, 0, cell.uid, 5) < share:
        return True
    cell.autonomy = np.float32(0.0)
    return False


@jit(inline=True, counted=False)
def stemness_of(emt, most):
    """Stemness of a cell (0 to 1) whose EMT is so far: none at either end, `most`, that of the line, halfway."""
    return most * 4.0 * np.float64(emt) * (1.0 - np.float64(emt))


@jit(counted=False)
def drawn_log(log_sd, key, step, uid, number):
    """Logarithm (float32) of a lognormal trait that is inherited, as vigour and hardiness are: what a founder has, or what a daughter
    gets besides; by the draws `number` and the next one of the stream `key`."""
    return np.float32(log_sd * normal(key, step, uid, number)) if log_sd > 0.0 else np.float32(0.0)
