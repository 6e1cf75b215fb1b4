"""What diffuses: by the solver of `abm.fields`, or by SciPy's sparse factorisation.

Both offer the same face: `values`, `source`, `secreted`, `is_due`, `rate_for`, `set_perfusion`, `advance`; oxygen `solve`.
"""

from functools import partial

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu

from abm.fields import CXCL1, TNF, VEGF, LactateField, Oxygen, TGFBeta
from abm.fields.field import REST, steps_of
from abm.fields.solver import own_site_level
from abm.tissue.flow import mix_downstream
from abm.tissue.sites import PORTAL_TRACT, SINUSOID

from .site import DIRECTIONS

SIGNALS = ("tnf", "tgf_beta", "cxcl1", "vegf", "lactate")
"""What cells secrete, lactate among it."""
_NINE_POINT = (4 / 6, 1 / 6) * 4  # weight of each neighbour in the isotropic Laplacian, as in `abm.fields.multigrid`
_STEADY_ROUNDS = 40  # of blood and tissue in turn, from a uniform start


def laplacian(shape: tuple[int, int], periodic: bool) -> sparse.csr_array:
    """The nine-point Laplacian of the lattice with periodic or zero-flux edges, in units of 1/spacing²."""
    rows, columns = shape
    row, column = np.divmod(np.arange(rows * columns), columns)
    matrix = sparse.csr_array((row.size, row.size))
    for (dr, dc), weight in zip(DIRECTIONS, _NINE_POINT, strict=True):
        if periodic:
            r, c = (row + dr) % rows, (column + dc) % columns
        else:  # the lattice is mirrored at its edges
            r, c = np.clip(row + dr, 0, rows - 1), np.clip(column + dc, 0, columns - 1)
        matrix = matrix + sparse.csr_array(
            (np.full(row.size, weight), (np.arange(row.size), r * columns + c)), matrix.shape
        )
    return matrix - sparse.diags_array(np.full(row.size, 20 / 6))


def factorised(matrix):
    """The LU factors of a symmetric, diagonally dominant matrix."""
    return splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


class ScipyField:
    """A signal, advanced by backward Euler with a factorised matrix, new whenever perfusion changes."""

    def __init__(self, values, parameters, *, spacing_um, periodic, step_s, exchange, rest=0.0):
        self.values, self.parameters, self.rest = values, parameters, rest
        self.values[:] = rest
        self.source = np.zeros_like(values)
        self.at_rest, self.secreted = True, False
        mean_sink = parameters.decay / 3600.0 + parameters.washout * float(exchange.mean())
        self._own_site = own_site_level(parameters.diffusion, mean_sink, spacing_um) if mean_sink > 0 else np.inf
        self._spread = parameters.diffusion / spacing_um**2 * laplacian(values.shape, periodic)
        self.every = steps_of(parameters.interval, step_s)
        self._step_s = step_s * self.every
        self.set_perfusion(exchange)

    def is_due(self, step_number: int) -> bool:
        return (step_number + 1) % self.every == 0

    def rate_for(self, level: float) -> float:
        return level / self._own_site

    def set_perfusion(self, perfused: np.ndarray) -> None:
        self._sink = self.parameters.decay / 3600.0 + self.parameters.washout * np.asarray(perfused, float).ravel()
        self._factors = None

    def load(self, excess: np.ndarray) -> None:
        self.values[:] = excess + self.rest
        self.at_rest = not excess.any()

    def advance(self) -> None:
        if self.at_rest and not self.secreted:
            return
        if self._factors is None:
            self._factors = factorised(sparse.diags_array(1.0 / self._step_s + self._sink) - self._spread)
        excess = (self.values - self.rest).ravel() / self._step_s + self.source.ravel()
        excess = self._factors.solve(excess).reshape(self.values.shape)
        excess[excess < REST] = 0.0
        self.at_rest = not excess.any()
        self.values[:] = excess + self.rest


class ScipyOxygen(Oxygen):
    """Oxygen, of which SciPy solves the diffusion in the tissue."""

    def __init__(self, values, parameters, *, spacing_um, periodic, **how):
        super().__init__(values, parameters, spacing_um=spacing_um, periodic=periodic, **how)
        self._spread = parameters.diffusion / spacing_um**2 * laplacian(values.shape, periodic)

    def start(self, flow, sites, hepatocytes, tumor_sites) -> None:
        self.values[:] = 0.5 * self.parameters.portal
        self.solve(flow, sites, hepatocytes, tumor_sites, rounds=_STEADY_ROUNDS)

    def solve(self, flow, sites, hepatocytes, tumor_sites, rounds: int = 1) -> None:
        p = self.parameters
        demand = self.demand(sites, hepatocytes, tumor_sites)
        is_open = ((sites.kind == SINUSOID) & sites.perfused) | (sites.kind == PORTAL_TRACT)
        exchange = np.where(is_open, p.exchange, 0.0)
        for _ in range(rounds):
            mix_downstream(
                flow.entering,
                flow.leaving,
                flow.pressure,
                sites.kind,
                flow.residence_s,
                self._periodic,
                np.float32(p.portal),
                self.values,
                p.exchange / p.capacity,
                self.blood,
            )
            sink = demand / (self.values + p.half_uptake) + exchange
            factors = factorised(sparse.diags_array(sink.ravel()) - self._spread)
            self.values[:] = factors.solve((exchange * self.blood).ravel()).reshape(self.values.shape)


def _of_scipy(name: str, values, parameters, **how):
    if name == "oxygen":
        return ScipyOxygen(values, parameters, **how)
    return ScipyField(values, parameters, rest=parameters.blood if name == "lactate" else 0.0, **how)


_OF_ABM = {field.name: field for field in (TNF, TGFBeta, CXCL1, VEGF, LactateField, Oxygen)}
SOLVERS = {"abm": _OF_ABM, "scipy": {name: partial(_of_scipy, name) for name in _OF_ABM}}
"""How each field is made, by the solver and its name."""
