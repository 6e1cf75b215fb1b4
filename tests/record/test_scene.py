"""The numbers of pictures against a plain loop over the tables, and the levels that are shown."""

import numpy as np
import pytest

from abm.cells.tumor import DORMANT, EXTRAVASATED
from abm.config.schema import SHIPPED
from abm.kernels.tables import new_book
from abm.record.scene import levels, scene_of, standing
from abm.tissue.sites import STANDING, TISSUE
from tests.worlds import FakeLiver


def crowd(model, seed=3):
    """Cells of every moving population in random places and states, some of them on no site of their own."""
    random = np.random.default_rng(seed)
    for population in model.populations.values():
        if population.species.is_wall:
            continue
        population.reserve(40)
        for slot in range(40):
            cell = population.rows[slot]
            cell.row, cell.column = random.integers(model.shape[0]), random.integers(model.shape[1])
            cell.layer = random.choice(population.species.stands)
            cell.state, cell.alive = random.integers(len(population.states)), slot % 5 > 0
            free = model.sites.population[cell.layer, cell.row, cell.column] == 0
            if cell.alive and free:
                model.sites.population[cell.layer, cell.row, cell.column] = population.code
                model.sites.occupant[cell.layer, cell.row, cell.column] = slot
        population.book = new_book(population.rows)


def test_who_stands_where_is_the_first_number_of_a_population_plus_the_state():
    model = FakeLiver()
    crowd(model)
    by_code = {population.code: population for population in model.populations.values()}
    expected = np.zeros_like(model.sites.population)
    for layer, row, column in np.argwhere(model.sites.population):
        population = by_code[model.sites.population[layer, row, column]]
        state = population.rows.state[model.sites.occupant[layer, row, column]]
        expected[layer, row, column] = population.species.first_picture_code + state
    shown = standing(model)
    assert expected.any() and np.count_nonzero(expected) == sum(map(np.count_nonzero, shown.values()))
    for name, codes in shown.items():
        np.testing.assert_array_equal(codes, expected[STANDING.index(name)])


def test_layers_in_which_nobody_can_stand_are_not_shown():
    species = list(SHIPPED.species)
    stood_in = {layer for one in species for state in range(len(one.states)) for layer in one.layers_of(state)}
    assert list(standing(FakeLiver())) == [name for layer, name in enumerate(STANDING) if layer in stood_in]


def test_an_empty_liver_shows_nobody():
    for codes in standing(FakeLiver()).values():
        assert codes.dtype == np.uint8 and not codes.any()


def test_no_two_states_have_one_number_and_only_whom_the_blood_carries_has_none():
    numbers = [code for species in SHIPPED.species for code in species.looks]
    assert len(set(numbers)) == len(numbers) and 0 not in numbers and max(numbers) < 256
    for species in SHIPPED.species:
        carried = sum(not species.layers_of(state) for state in range(len(species.states)))
        drawn = 0 if species.is_wall else len(species.states) - carried
        assert len(species.looks) == drawn + len(species.aspects)


def test_tumor_cells_in_the_tissue_are_shown_as_cycling_resting_hypoxic_and_dying():
    model = FakeLiver()
    rows, tumor = [], model.tumor
    tumor.reserve(8)
    oxygen = model.fields["oxygen"].values
    oxygen[:] = 40.0
    for column, (state, cycle, level) in enumerate(
        [
            (EXTRAVASATED, 0.5, 40),
            (EXTRAVASATED, 0.9, 40),
            (EXTRAVASATED, 1.0, 40),
            (EXTRAVASATED, 1.0, 7),
            (EXTRAVASATED, 0.2, 1),
            (DORMANT, 1.0, 1),
        ]
    ):
        cell = tumor.rows[column]
        cell.alive, cell.state, cell.layer, cell.row, cell.column, cell.cycle = 1, state, TISSUE, 2, column, cycle
        model.sites.population[TISSUE, 2, column], model.sites.occupant[TISSUE, 2, column] = tumor.code, column
        oxygen[2, column] = level
        rows.append(tumor.species.first_picture_code + state)
    tumor.book = new_book(tumor.rows)
    kept, scene = standing(model)["tissue"][2, :6], scene_of(model)
    assert kept.tolist() == rows  # files keep the states
    labels = [tumor.species.looks[code].label for code in scene.standing["tissue"][2, :6]]
    assert labels == [
        "in the tissue, cycling",
        "about to divide",
        "resting, no room",
        "hypoxic",
        "dying of hypoxia",
        "dormant",
    ]


def test_levels_are_those_that_have_words():
    model = FakeLiver()
    model.wall.rows.e_selectin[7] = 0.5
    model.fields["tnf"].values[3, 4] = 2.0
    shown = levels(model)
    assert set(shown) == set(SHIPPED.words())
    assert all(values.shape == model.shape and values.dtype == np.float32 for values in shown.values())
    assert shown["tnf"] is model.fields["tnf"].values and shown["ecm"] is model.ecm
    assert shown["e_selectin"][model.wall.rows.row[7], model.wall.rows.column[7]] == 0.5 == shown["e_selectin"].sum()


def test_a_scene_with_a_level_laid_over_it():
    model = FakeLiver()
    crowd(model)
    model.fields["tnf"].values[3, 4] = 2.0
    scene = scene_of(model, "tnf")
    assert scene.field[3, 4] == 2.0 and scene_of(model).field is None
    assert scene.counts()[1:].sum() == np.count_nonzero(model.sites.population)
    part = scene.cut((slice(2, 9), slice(3, 5)))
    assert part.field.shape == part.ecm.shape == part.standing["lumen"].shape == (7, 2) and part.field[1, 1] == 2.0
    with pytest.raises(ValueError, match="there is no field 'ink'"):
        scene_of(model, "ink")
