"""What the tests of single rules ask again and again: is it the right chance, and does the liver still hold together?"""

import numba
import numpy as np
import pytest
from scipy.stats import binomtest

from abm.cells.tumor import CIRCULATING
from abm.ledger import event

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="thousands of trials: too slow in plain Python")


def assert_chance(happened: int, trials: int, probability: float) -> None:
    """`happened` of `trials` lies in the 99.9 % interval of a binomial number of the given probability."""
    assert trials >= 100
    measured = binomtest(int(happened), int(trials), float(np.clip(probability, 0.0, 1.0)))
    assert measured.pvalue > 1e-3, f"{happened}/{trials} = {happened / trials:.4f}, expected {probability:.4f}"


def assert_whole(model) -> None:
    """One cell per site and layer, everybody where the lattices say, and the ledger in balance."""
    sites = model.sites
    standing = 0
    for population in model.populations.values():
        if population is model.endothelium:
            continue
        for slot in np.flatnonzero(population.used.alive):
            cell = population.rows[slot]
            if population is model.tumor and cell.state == CIRCULATING:
                continue
            assert sites.occupant[cell.layer, cell.row, cell.column] == slot
            assert sites.population[cell.layer, cell.row, cell.column] == population.code
            standing += 1
    assert standing == np.count_nonzero(sites.population) == np.count_nonzero(sites.occupant >= 0)
    model.ledger.count()
    assert model.tumor.count == model.ledger.balance


def snapshot(model) -> dict[str, np.ndarray]:
    """A copy of the model's whole state."""
    return {name: array.copy() for name, array in model.state_arrays().items()}


def assert_same_state(model, before: dict[str, np.ndarray], *but: str) -> None:
    """The state is that of `before`, except for the arrays named in `but`."""
    for name, array in model.state_arrays().items():
        if name not in but:
            np.testing.assert_array_equal(array, before[name], err_msg=name)


def again(model, start: dict[str, np.ndarray], step_number: int):
    """The model put back into the state `start`, at another time and so with other chances."""
    model.load_state(start)
    model.step_number = step_number
    return model


def run_rule(model, name: str, hours: float) -> None:
    """Only this rule, step after step, for some hours."""
    for _ in range(round(hours / model.dt_hours)):
        model.rules[name].apply(model)
        model.ledger.count()
        model.step_number += 1


def ending(model, code: int, cause: str | None = None) -> int:
    """How often an event (by code) has happened since the state was loaded."""
    model.ledger.count()
    return model.ledger.total(event.NAMES[code], cause)
