"""The display codes against a plain loop over the tables."""

import numpy as np

from abm.kernels.tables import new_book
from abm.record.display import FIRST_CODE, display_codes

from .fake_model import FakeModel


def crowd(model, seed=3):
    """Cells of every population in random places and states, some of them on no site of their own."""
    random = np.random.default_rng(seed)
    for name in FIRST_CODE:
        population = model.populations[name]
        population.reserve(40)
        for slot in range(40):
            cell = population.rows[slot]
            cell.row, cell.column = random.integers(model.shape[0]), random.integers(model.shape[1])
            cell.layer = name == "stellate" or (name == "tumor" and random.random() < 0.5)
            cell.state, cell.alive = random.integers(len(population.states)), slot % 5 > 0
            free = model.sites.population[cell.layer, cell.row, cell.column] == 0
            if cell.alive and free:
                model.sites.population[cell.layer, cell.row, cell.column] = population.code
                model.sites.occupant[cell.layer, cell.row, cell.column] = slot
        population.book = new_book(population.rows)


def test_codes_are_first_code_plus_state():
    model = FakeModel()
    crowd(model)
    expected = np.zeros((2, *model.shape), np.uint8)
    for layer, row, column in np.argwhere(model.sites.population):
        name = next(
            name
            for name, population in model.populations.items()
            if population.code == model.sites.population[layer, row, column]
        )
        expected[layer, row, column] = (
            FIRST_CODE[name] + model.populations[name].rows.state[model.sites.occupant[layer, row, column]]
        )
    assert expected.any()
    np.testing.assert_array_equal(np.stack(display_codes(model)), expected)


def test_an_empty_liver_shows_nobody():
    lumen, tissue = display_codes(FakeModel())
    assert lumen.dtype == tissue.dtype == np.uint8
    assert not lumen.any()
    assert not tissue.any()
