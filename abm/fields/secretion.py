"""Secretion: adds what the cells secrete, as their populations declare it, to the sources of the fields.

A signal's secretion is given as the level that one steadily secreting cell keeps at its own site in open tissue, in
units of the half-maximal effect; that of a metabolite as a rate of production.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..kernels.jit import jit
from ..units import value_at
from .field import Diffusing, Field


def secrete(populations: Mapping[str, Any], fields: Mapping[str, Field], oxygen: np.ndarray, config: Any) -> None:
    """Fill the `source` of each of `fields`, given by name, and set `secreted` where there is any.

    `oxygen` is the lattice in mmHg.
    """
    for field in fields.values():
        if isinstance(field, Diffusing) and field.secreted:
            field.source[:] = 0.0
            field.secreted = False
    hypoxia_below = np.float32(config.secretion.hypoxia_below)
    for population in populations.values():
        if population.count == 0:
            continue
        for secreted in population.species.secretes:
            filled = fields.get(secreted.field)
            amount = value_at(config, secreted.amount)
            if not isinstance(filled, Diffusing) or amount == 0.0:
                continue
            cells = population.plain
            if callable(secreted.weight):
                weight = secreted.weight(cells, config)
            else:
                weight = np.ones(cells.size, np.float32) if secreted.weight is None else cells[secreted.weight].copy()
            states = population.species.state_names
            filled.secreted |= deposit(
                cells["alive"],
                cells["state"],
                _secreting(secreted.states or states, states),
                cells["row"],
                cells["column"],
                weight,
                oxygen,
                hypoxia_below if secreted.only_hypoxic else np.float32(np.inf),
                np.float32(filled.rate_for(amount)),
                filled.source,
            )


@lru_cache
def _secreting(chosen: tuple[str, ...], states: tuple[str, ...]) -> np.ndarray:
    """Which of the `states` are among the `chosen` (bool; do not write to it)."""
    return np.isin(states, chosen)


@jit(counted=False)
def deposit(alive, state, secreting, row, column, weight, oxygen, hypoxia_below, rate, source):
    """Add rate*weight to `source` (float32 lattice) at the site of each living cell in a `secreting` state (bool, by
    state) whose `oxygen` is below `hypoxia_below`; whether there was anything to add."""
    any_secreted = False
    for i in range(row.size):
        if alive[i] == 0 or not secreting[state[i]] or weight[i] == np.float32(0.0):
            continue
        if oxygen[row[i], column[i]] < hypoxia_below:
            source[row[i], column[i]] += rate * weight[i]
            any_secreted = True
    return any_secreted
