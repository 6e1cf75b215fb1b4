"""The points of a sweep: a grid, or drawn."""

import itertools

import numpy as np

from ..extras import how_to_install
from .experiment import Point, Sweep


class DesignError(ValueError):
    """A sweep from which no points can be drawn; the text says why."""


def points_of(sweep: Sweep | None) -> tuple[Point, ...]:
    """The points, each key path -> value as written. Raises DesignError."""
    if sweep is None:
        return ({},)
    if sweep.method in ("grid", "listed"):
        lengths = {len(swept.values) for swept in sweep.parameters}
        if sweep.method == "listed" and lengths | ({len(sweep.seeds)} if sweep.seeds else set()) != {max(lengths)}:
            raise DesignError("listed takes lists of one length: the values of all parameters, and the seeds")
        paths = [swept.path for swept in sweep.parameters]
        together = itertools.product if sweep.method == "grid" else zip
        return tuple(
            dict(zip(paths, values, strict=True)) for values in together(*(swept.values for swept in sweep.parameters))
        )
    return tuple(
        {swept.path: swept.written(value) for swept, value in zip(sweep.parameters, values, strict=True)}
        for values in _held(sweep, samples(sweep))
    )


def problem(sweep: Sweep) -> dict:
    """The sweep as SALib's functions take it: names and bounds of the sampled coordinates (log10 of logarithmic ones)."""
    return {
        "num_vars": len(sweep.parameters),
        "names": [swept.path for swept in sweep.parameters],
        "bounds": [list(_bounds(swept)) for swept in sweep.parameters],
    }


def samples(sweep: Sweep) -> np.ndarray:
    """The sampled coordinates, float64 [points, parameters], in the bounds of `problem`. Raises DesignError."""
    if sweep.method == "latin_hypercube":
        from scipy.stats import qmc

        drawn = qmc.LatinHypercube(len(sweep.parameters), rng=sweep.seed).random(sweep.points)
        low, high = np.array(problem(sweep)["bounds"]).T
        return low + drawn * (high - low)
    try:
        from SALib.sample import morris, sobol
    except ImportError:
        raise DesignError(f"the method '{sweep.method}' needs SALib: {how_to_install('sensitivity')}") from None
    if sweep.method == "sobol":
        if sweep.points & (sweep.points - 1):
            raise DesignError(
                f"sobol needs a power of 2 as points, such as {1 << sweep.points.bit_length() - 1} or "
                f"{1 << sweep.points.bit_length()}, got {sweep.points}"
            )
        return sobol.sample(problem(sweep), sweep.points, calc_second_order=False, seed=sweep.seed)
    if sweep.levels % 2:
        raise DesignError(f"morris needs an even number of levels, got {sweep.levels}")
    return morris.sample(problem(sweep), sweep.points, num_levels=sweep.levels, seed=sweep.seed)


def _bounds(swept) -> tuple[float, float]:
    if swept.log:
        return float(np.log10(swept.low)), float(np.log10(swept.high))
    # a whole number is the floor of what is drawn, so that each is as likely as the others
    return swept.low, swept.high + (1.0 - 1e-9 if swept.whole else 0.0)


def _held(sweep: Sweep, coordinates: np.ndarray) -> list[list[float]]:
    """The values, in the held units, that sampled coordinates mean."""
    values = coordinates.copy()
    for column, swept in enumerate(sweep.parameters):
        if swept.log:
            # rounding must not lead out of the bounds
            values[:, column] = np.clip(10.0 ** values[:, column], swept.low, swept.high)
        if swept.whole:
            values[:, column] = np.floor(values[:, column])
    return values.tolist()
