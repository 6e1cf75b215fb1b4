"""Which parameters matter: sensitivity indices of Sobol and Morris designs, computed by SALib.

A design is recognised by its points, so that it does not matter who made it, and blocks (of Sobol's design) or
trajectories (of Morris's) of which a point failed are left out as wholes. The measure at a point is its mean over the
replicates; what is left of their chance counts like the influence of one more parameter (`noise`).

Sobol: Saltelli et al. 2010, Comput Phys Commun 181:259. Morris: Campolongo et al. 2007, Environ Model Softw 22:1509.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..statistics import LEVEL, Estimate

RESAMPLES = 1000
_SEED = 20_240_229
_FEWEST_BLOCKS = 4
_ROUNDING = 1e-9  # intervals narrower than this share of the value are rounding


@dataclass(frozen=True)
class Index:
    """What one parameter does, each as (value, low, high).

    Sobol: `first`, the share of the measure's variance that is due to it alone, and `total`, with all its interactions.
    Morris: `first` is µ*, the mean absolute change of the measure when the parameter goes through its range, and
    `total` is σ, the spread of that change over the design, without an interval.

    Low and high are nan where all blocks say the same, so that nothing is known of how they vary.
    """

    parameter: str
    first: tuple[float, float, float]
    total: tuple[float, float, float]


@dataclass(frozen=True)
class Sensitivity:
    """Indices of all parameters for one measure in one arm; `blocks` were used of `of`; `noise` is the share of the
    variance between points that is due to chance between replicates (nan from single replicates)."""

    method: str
    indices: tuple[Index, ...]
    blocks: int
    of: int
    noise: float


def sensitivity(
    method: str, names: Sequence[str], points: np.ndarray, values: np.ndarray, levels: int = 4
) -> Sensitivity | None:
    """Indices of a "sobol" or "morris" design.

    points : float [points, parameters], in the order of the design
    values : float [points, replicates], nan where a run failed
    levels : of the grid of a Morris design

    None when the measure did not vary or too few blocks are whole. Raises ValueError when the points are no such
    design.
    """
    size = _block(method, points)
    blocks = len(points) // size
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    means = np.divide(
        np.where(known, values, 0.0).sum(axis=1), counts, out=np.full(len(points), np.nan), where=counts > 0
    )
    whole = np.isfinite(means.reshape(blocks, size)).all(axis=1)
    kept = np.repeat(whole, size)
    if whole.sum() < _FEWEST_BLOCKS or np.ptp(means[kept]) <= 1e-12 * np.abs(means[kept]).max():
        return None
    analyse = _sobol if method == "sobol" else _morris
    indices = analyse(list(names), points[kept], means[kept], size, levels)
    return Sensitivity(method, tuple(indices), int(whole.sum()), blocks, _noise(values[kept], means[kept]))


def _sobol(names, points, means, size, levels) -> list[Index]:
    from SALib.analyze import sobol

    indices = sobol.analyze(
        _problem(names, points),
        means,
        calc_second_order=size == 2 * len(names) + 2,
        num_resamples=RESAMPLES,
        conf_level=LEVEL,
        seed=_SEED,
    )
    return [
        Index(name, *(_around(indices[index][k], indices[f"{index}_conf"][k]) for index in ("S1", "ST")))
        for k, name in enumerate(names)
    ]


def _morris(names, points, means, size, levels) -> list[Index]:
    from SALib.analyze import morris

    indices = morris.analyze(
        _problem(names, points), points, means, num_resamples=RESAMPLES, conf_level=LEVEL, num_levels=levels, seed=_SEED
    )
    return [
        Index(
            name,
            _around(indices["mu_star"][k], indices["mu_star_conf"][k], 0.0),
            (float(indices["sigma"][k]), math.nan, math.nan),
        )
        for k, name in enumerate(names)
    ]


def _problem(names: list[str], points: np.ndarray) -> dict:
    return {
        "num_vars": len(names),
        "names": names,
        "bounds": [[low, high] for low, high in zip(points.min(0), points.max(0), strict=True)],
    }


def _around(value: float, half: float, floor: float = -math.inf) -> tuple[float, float, float]:
    """Nothing is resampled from what does not vary: that gives no interval, not one without width."""
    if not half > _ROUNDING * abs(value):
        return float(value), math.nan, math.nan
    return float(value), max(floor, float(value - half)), float(value + half)


def _noise(values: np.ndarray, means: np.ndarray) -> float:
    counts = np.isfinite(values).sum(axis=1)
    if counts.min() < 2:
        return math.nan
    return min(1.0, float((np.nanvar(values, axis=1, ddof=1) / counts).mean() / means.var(ddof=1)))


def rank_correlation(x: np.ndarray, y: np.ndarray, level: float = LEVEL) -> Estimate:
    """Spearman's rank correlation over points (nan are left out) with its interval of that `level` (Bonett and Wright 2000)."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y, n = x[known], y[known], int(known.sum())
    if n < 5 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Estimate(math.nan, -1.0, 1.0, n)
    correlation = float(stats.spearmanr(x, y).statistic)
    reach = stats.norm.ppf((1 + level) / 2) * math.sqrt((1 + correlation**2 / 2) / (n - 3))
    middle = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, correlation)))
    return Estimate(correlation, math.tanh(middle - reach), math.tanh(middle + reach), n)


def _block(method: str, points: np.ndarray) -> int:
    """How many points belong together."""
    count, parameters = points.shape
    if method == "morris":
        sizes = [parameters + 1]
        fits = _is_trajectory
    else:
        sizes = [parameters + 2, 2 * parameters + 2]
        fits = _is_saltelli
    for size in sizes:
        if count and count % size == 0 and all(fits(block) for block in points.reshape(-1, size, parameters)):
            return size
    raise ValueError(f"the {count} points of the sweep are no {method} design")


def _is_trajectory(block: np.ndarray) -> bool:
    """Each point differs from the one before in one parameter, each time in another."""
    changed = np.diff(block, axis=0) != 0
    return bool((changed.sum(axis=0) == 1).all() and (changed.sum(axis=1) == 1).all())


def _is_saltelli(block: np.ndarray) -> bool:
    """The first point, then with each parameter alone from the last point (and the other way round), then the last."""
    first, last, parameters = block[0], block[-1], block.shape[1]
    expected = np.tile(first, (parameters, 1))
    np.fill_diagonal(expected, last)
    if not (block[1 : parameters + 1] == expected).all():
        return False
    swapped = np.tile(last, (parameters, 1))
    np.fill_diagonal(swapped, first)
    return bool(len(block) == parameters + 2 or (block[parameters + 1 : -1] == swapped).all())
