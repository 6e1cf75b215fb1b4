"""iNKT signal: who begins to signal and for how long, which stellate cells answer, and what blocks it."""

import numpy as np
import pytest

from abm.cells.inkt import PATROLLING, SIGNALLING
from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.cells.tumor import CIRCULATING
from abm.rules.surroundings import within
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    later,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)


def alone(*on, mm=0.3, **parameters):
    """An empty liver in which the rule runs."""
    return without(liver("inkt_signal", *on, mm=mm, parameters={"inkt_signal": parameters}))


def distances(model, row, column):
    """Of every site from one (um)."""
    off = [np.abs(np.arange(size) - at) for size, at in zip(model.shape, (row, column), strict=True)]
    rows, columns = (np.minimum(a, size - a) for a, size in zip(off, model.shape, strict=True))
    return model.spacing_um * np.hypot(rows[:, None], columns[None, :])


def fill(model, name, layer, **columns):
    """A cell on every free sinusoid site of the layer."""
    for row, column in sinusoids(model, layer):
        put(model, name, int(row), int(column), layer=layer, **columns)


@pytest.mark.parametrize(
    ("state", "ago", "noticed"), [(None, 0.0, True), (None, 23.0, True), (None, 25.0, False), (CIRCULATING, 0.0, False)]
)
def test_those_in_reach_of_a_tumor_cell_that_has_just_come_begin_to_signal(state, ago, noticed):
    model = alone(rate="1000 /h")
    row, column = (int(number) for number in sinusoids(model)[60])
    cell = model.tumor.rows[put(model, "tumor", row, column, arrived_h=-ago)]
    if state is not None:
        cell.state = state
    fill(model, "inkt", LUMEN)
    run_rule(model, "inkt_signal", model.dt_hours)
    cells = model.inkt.alive_rows()
    near = distances(model, row, column)[cells.row, cells.column] <= 50
    assert 10 < near.sum() < cells.size / 2
    assert ((cells.state == SIGNALLING) == (near & noticed)).all()


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
def test_they_begin_at_their_rate_at_any_step(minutes):
    model = without(liver("inkt_signal", mm=1, step=f"{minutes} min"))
    for row, column in sinusoids(model, TISSUE)[::7]:
        put(model, "tumor", int(row), int(column), layer=TISSUE)
    fill(model, "inkt", LUMEN)
    run_rule(model, "inkt_signal", 0.5)
    near = within(model, model.tumor, model.tumor.plain["alive"] != 0, 50.0)[
        model.inkt.used.row, model.inkt.used.column
    ]
    assert_chance(model.inkt.in_state(SIGNALLING).sum(), near.sum(), 1 - np.exp(-2 * 0.5))


@pytest.mark.parametrize("duration", [2, 5])
def test_they_signal_for_their_time_and_walk_on(duration):
    model = alone(duration=f"{duration} h")
    model.step_number = 12
    slot = put(model, "inkt", *map(int, sinusoids(model)[5]), state=SIGNALLING, signalled_h=model.hours)
    run_rule(model, "inkt_signal", duration)
    assert model.inkt.rows[slot].state == SIGNALLING
    run_rule(model, "inkt_signal", model.dt_hours)
    assert model.inkt.rows[slot].state == PATROLLING


def answering(*blocked, hours=8.0, step="5 min"):
    """A liver full of stellate cells in which one iNKT cell signals, `hours` later; and which of the cells are near it."""
    entries = [{"block": molecule} for molecule in blocked]
    model = without(liver("inkt_signal", mm=1, step=step, interventions=entries))
    middle = sinusoids(model)[::60]
    near = np.zeros(model.shape, bool)
    for row, column in middle:
        put(model, "inkt", int(row), int(column), state=SIGNALLING)
        near |= distances(model, row, column) <= 30
    fill(model, "stellate", TISSUE, state=QUIESCENT)
    run_rule(model, "inkt_signal", hours)
    cells = model.stellate.used
    return cells, near[cells.row, cells.column]


@compiled_only
@pytest.mark.parametrize(
    ("blocked", "left"), [((), 1.0), (("il4",), 0.5), (("il13",), 0.5), (("il4", "il13"), 0.0), (("il4ra",), 0.0)]
)
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
def test_stellate_cells_near_them_activate_at_their_rate_less_what_is_blocked(blocked, left, step):
    cells, near = answering(*blocked, step=step)
    activated = cells.state == ACTIVATED
    assert 300 < near.sum() < near.size and not activated[~near].any()
    if left == 0.0:
        assert not activated.any()
    else:
        assert_chance(activated[near].sum(), near.sum(), 1 - np.exp(-0.05 * left * 8))
        assert (cells.activated_h[activated] > 0).any() and (cells.activated_h <= 8).all()


def test_those_that_signal_stay_and_the_others_walk():
    model = alone("migration")
    places = sinusoids(model)[::20]
    for number, (row, column) in enumerate(places):
        put(model, "inkt", int(row), int(column), state=number % 2)
    later(model, 1.0)
    cells = model.inkt.used
    stayed = (np.column_stack([cells.row, cells.column]) == places).all(axis=1)
    assert stayed[1::2].all() and not stayed[::2].all()
    assert_sound(model)


def test_nothing_changes_without_inkt_cells():
    model = without(liver("inkt_signal", mm=0.3), "inkt")
    put(model, "tumor", *map(int, sinusoids(model)[0]))
    before = state_of(model)
    run_rule(model, "inkt_signal", 1.0)
    assert changed(model, before) <= {"clock/step_number"}


def injected(seed=1, *treated):
    """A liver half a day after tumor cells came."""
    return later(
        liver(
            "arrival",
            "arrest",
            "passage",
            "inkt_signal",
            "stellate_activation",
            "leukocyte_entry",
            "migration",
            mm=0.8,
            seed=seed,
            step="10 min",
            cells={"inkt": {"density": "80 /mm^2"}},
            parameters={"arrival": {"per_area": "200 /mm^2", "doses": [{"over": "1 h"}]}},
            interventions=list(treated),
        ),
        24.0,
    )


@compiled_only
def test_it_is_a_lever_on_activated_stellate_cells_and_on_matrix():
    treatments = {
        "nothing": (),
        "anti-CD1d": ({"deplete": "inkt", "fraction": 1.0},),
        "no receptor": ({"block": "il4ra"},),
    }
    activated, matrix = {}, {}
    for name, treated in treatments.items():
        livers = [injected(seed, *treated) for seed in (1, 2, 3)]
        activated[name] = sum(int(model.stellate.in_state(ACTIVATED).sum()) for model in livers)
        matrix[name] = sum(float(model.ecm.sum()) for model in livers)
    for name in ("anti-CD1d", "no receptor"):
        assert activated["nothing"] - activated[name] > 3 * np.sqrt(activated["nothing"] + activated[name])
        assert matrix["nothing"] > 1.3 * matrix[name]


def test_resumes_in_the_middle():
    def make():
        return liver(
            "arrival",
            "arrest",
            "inkt_signal",
            "leukocyte_entry",
            "migration",
            mm=0.3,
            cells={"inkt": {"density": "200 /mm^2"}},
            parameters={"arrival": {"per_area": "400 /mm^2", "doses": [{"over": "1 h"}]}},
        )

    assert_resumes(make, 2.0, 2.0)
