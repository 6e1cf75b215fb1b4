"""Rules against their mathematics, where the tests of the single rules look at one moment: whole distributions of waiting
and division times, drift, courses in time and decay lengths. What is covered where: the list in tests/trust/__init__.py.

Statistical tests at 99.9 % and fixed seeds.
"""

import numpy as np
import pytest
from scipy import stats

from abm.cells.tumor import ADHERENT
from abm.fields import FIELDS
from abm.fields.field import Signal
from abm.fields.solver import decay_length_um
from abm.ledger import event
from abm.tissue.sites import PARENCHYMA, SINUSOID
from tests.rules.test_arrest import held_cells
from tests.rules.test_extravasation import RATE as CROSSING
from tests.rules.test_extravasation import run as cross_walls
from tests.rules.test_growth import STILL, scattered
from tests.rules.test_migration import climb
from tests.rules.test_nk_killing import encounters
from tests.rules.test_phagocytosis import eaters
from tests.worlds import (
    again,
    assert_mean,
    compiled_only,
    every,
    lattice,
    liver,
    run_rule,
    settle,
    sized,
    state_of,
    wall,
)

ALPHA = 1e-3


def assert_waiting_times(steps, trials: int, rate: float, hours: float, last: int) -> None:
    """The numbers of the steps (of `hours`) in which something happened to each of `trials` are those of the exponential
    distribution with `rate`, also in how many are still waiting after `last` steps."""
    edges = np.unique(np.linspace(0, last, 11).round().astype(int))
    seen = np.append(np.histogram(steps, edges)[0], trials - len(steps))
    lasting = np.append(np.exp(-rate * hours * edges), 0.0)
    expected = -np.diff(lasting) * trials
    assert expected.min() > 5, "too few trials for the test"
    p = stats.chisquare(seen, expected).pvalue
    assert p > ALPHA, f"p = {p:.2g}: {seen} instead of {expected.round(1)}"


def steps_of(entries, minutes_per_step: float, begun: float, *codes: int) -> np.ndarray:
    entries = entries[np.isin(entries.event, codes)]
    return np.rint((entries.time_min - begun) / minutes_per_step).astype(int)


def waits(model, rule: str, hours: float, rounds: int, *codes: int):
    """Steps in which events happened, and their causes, over rounds of `hours` with different chances."""
    start, steps, events, trials = state_of(model), [], [], 0
    for n in range(rounds):
        run_rule(again(model, start, 0), rule, 0.0)
        for population in model.populations.values():
            population.used.uid += np.uint64(1_000_000_007 * n)  # other cells, so other chances at the same time
        model.natural_killer.used.target += np.uint64(1_000_000_007 * n)
        trials += model.tumor.count
        run_rule(model, rule, hours)
        entries = model.ledger.entries
        steps.append(steps_of(entries, model.dt_minutes, 0.0, *codes))
        events.append(entries.event[np.isin(entries.event, codes)])
    return np.concatenate(steps), np.concatenate(events), trials


def assert_independent(steps, kinds) -> None:
    """Which of several things happens does not depend on when."""
    early = steps < np.median(steps)
    counts = np.array(
        [[np.count_nonzero((kinds == kind) & (early == half)) for kind in np.unique(kinds)] for half in (True, False)]
    )
    assert stats.chi2_contingency(counts).pvalue > ALPHA, counts


# --- Waiting times ----------------------------------------------------------------------------------------------------


@compiled_only
@pytest.mark.parametrize(("step", "rounds"), [("5 min", 10), ("20 min", 60)])
def test_waiting_for_phagocytosis(step, rounds):
    model = eaters(step)
    steps, _, trials = waits(model, "phagocytosis", 20.0, rounds, event.PHAGOCYTOSED)
    assert_waiting_times(steps, trials, 0.1, model.dt_hours, round(20 / model.dt_hours))


@compiled_only
@pytest.mark.parametrize(("step", "rounds"), [("5 min", 10), ("20 min", 40)])
def test_held_cells_bind_detach_or_die_in_competition(step, rounds):
    """The first of three exponential times: exponential with the sum of their rates, whichever it is."""
    model = held_cells(step)
    hours = 10.0
    steps, kinds, trials = waits(model, "arrest", hours, rounds, event.ADHERENT, event.DETACHED, event.DIED)
    bond, detachment, death = 0.02, 0.1, 0.01
    assert_waiting_times(steps, trials, bond + detachment + death, model.dt_hours, round(hours / model.dt_hours))
    assert_independent(steps, kinds)


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "20 min"])
def test_contacts_with_nk_cells_end_by_a_kill_or_without(step):
    """Kill rate 2 /h against an end of the contact after 0.5 h on average: the kills are exponential with 4 /h."""
    model = encounters(step)
    hours = 1.0
    steps, _, trials = waits(model, "nk_killing", hours, 40, event.KILLED)
    last = round(hours / model.dt_hours)
    edges = np.arange(last + 1) * model.dt_hours
    expected = -np.diff(np.exp(-4.0 * edges)) * trials * 0.5
    seen = np.bincount(steps, minlength=last)
    p = stats.chisquare(np.append(seen, trials - seen.sum()), np.append(expected, trials - expected.sum())).pvalue
    assert p > ALPHA, (seen, expected.round(1))


@compiled_only
@pytest.mark.parametrize("minutes", [5, 20])
def test_waiting_for_the_way_out(minutes):
    size, last = 90, 180 // minutes
    sites = lattice(size, size)
    cells = settle(sites, "tumor", every(size, size, 2), state=ADHERENT, emt=1.0)
    segments, ecm, hepatocytes, steps = (
        wall(sites),
        np.zeros((size, size), np.float32),
        np.ones((size, size), np.uint8),
        [],
    )
    for step in range(last):
        ledger = cross_walls(cells, segments, sites, ecm, hepatocytes, step=step, hours=minutes / 60)
        steps += [step] * ledger.entries.size
    assert_waiting_times(steps, cells.count, CROSSING, minutes / 60, last)


@compiled_only
@pytest.mark.parametrize(
    ("what", "fate", "rate"),
    [
        (event.DORMANT, {"dormancy": 0.12}, 0.12),
        (event.DIED, {"death": 0.05, "dormant_death": 0.05}, 0.05),
    ],
)
@pytest.mark.parametrize("hours", [1 / 12, 1.0])
def test_waiting_for_rest_and_death(what, fate, rate, hours):
    tissue, last = scattered(150), round(20 / hours)
    trials = tissue.cells.count
    tissue.grow(STILL._replace(**fate), hours=hours, steps=last)
    assert_waiting_times(steps_of(tissue.ledger.entries, 60 * hours, 0.0, what), trials, rate, hours, last)


@compiled_only
@pytest.mark.parametrize("hours", [1 / 12, 0.5])
def test_times_between_divisions(hours):
    """Cycle speeds spread uniformly by 15 % around 1/(22 h), so P(T <= t) = (1.15 - 22 h/t)/0.3."""
    tissue, spread, cycle = scattered(240, 4), 0.15, 22.0
    trials, last = tissue.cells.count, round(cycle / (1 - spread) / hours) + 2
    tissue.grow(STILL._replace(cycle=1 / cycle, cycle_spread=spread), hours=hours, steps=last)
    steps = steps_of(tissue.ledger.entries, 60 * hours, 0.0, event.DIVIDED)
    assert len(steps) == trials, "the daughters have not divided yet"
    edges = np.unique(
        np.linspace(cycle / (1 + spread), cycle / (1 - spread), 13).__truediv__(hours).round().astype(int)
    )
    times = np.concatenate([[0.1], edges[1:-1] * hours, [1e9]])
    expected = np.diff(np.clip((1 + spread - cycle / times) / (2 * spread), 0, 1)) * trials
    # a division is entered with the step in which the clock comes round, that is before its end
    seen = np.histogram((steps + 1) * hours, np.concatenate([[0], edges[1:-1] * hours + 1e-6, [1e9]]))[0]
    p = stats.chisquare(seen, expected).pvalue
    assert p > ALPHA, (seen, expected.round(1))


# --- Motion -----------------------------------------------------------------------------------------------------------


@compiled_only
@pytest.mark.parametrize("minutes", [5, 20])
@pytest.mark.parametrize(("level", "memory"), [(1.0, 0.0), (1.0, 60.0), (9.0, 60.0), (0.25, 150.0)])
def test_chemotactic_drift(level, memory, minutes):
    """Along a vessel, a move goes up the gradient with p = chemotaxis * c/(1 + c), else as the cell was heading; a heading
    is forgotten with f = 1 - exp(-move/memory). The mean direction d of the n-th move is d_n = p + (1 - p)(1 - f) d_(n-1),
    and the drift rises from p to p/(1 - (1 - p)(1 - f)) of the path speed."""
    rows, columns, speed, chemotaxis, hours = 240, 600, 2.0, 0.8, 2.0
    sites = lattice(rows, columns, PARENCHYMA, periodic=False)
    sites.kind[::3] = SINUSOID
    places = [(row, column) for row in range(0, rows, 3) for column in range(150, 450, 30)]
    cells = settle(sites, "neutrophil", places, heading=np.arange(len(places)) % 8)
    cxcl1 = np.tile((level * (1 + 1e-5 * np.arange(columns))).astype(np.float32), (rows, 1))
    before = cells.rows.column.copy()
    for step in range(round(hours * 60 / minutes)):
        climb(cells, sites, cxcl1, step=step, path=speed * minutes, memory=memory, chemotaxis=chemotaxis)
    p = chemotaxis * level / (1 + level)
    forgotten = 1.0 - np.exp(-10.0 / memory) if memory else 1.0
    direction, drift = 0.0, 0.0
    for _ in range(round(speed * hours * 60 / 10.0)):
        direction = p + (1 - p) * (1 - forgotten) * direction
        drift += direction
    assert_mean(cells.rows.column - before, drift)


# --- Courses in time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "tnf"), [("1 min", 1.0), ("5 min", 0.1), ("5 min", 20.0), ("1 h", 1.0)])
def test_e_selectin_follows_the_solution_of_its_equation(step, tnf):
    """de/dt = on c/(1 + c) (1 - e) - off e: up under TNF for six hours, and down without, at every step."""
    model = liver("endothelial_activation", step=step, mm=0.3)
    p, field, wall_rows = model.rules["endothelial_activation"].parameters, model.fields["tnf"], model.endothelium.rows
    signal = tnf / (1 + tnf)
    rate = p.e_selectin_on * signal + p.e_selectin_off
    peak = 0.0
    for hours, level in ((6.0, tnf), (12.0, 0.0)):
        field.values[:], field.at_rest = level, level == 0.0
        interval = field.every * model.dt_hours  # the wall follows over the time in which TNF stays as it is
        for n in range(1, round(hours / interval) + 1):
            run_rule(model, "endothelial_activation", interval)
            t = n * interval
            if level:
                expected = peak = p.e_selectin_on * signal / rate * -np.expm1(-rate * t)
            else:
                expected = peak * np.exp(-p.e_selectin_off * t)
            np.testing.assert_allclose(wall_rows.e_selectin[:5], expected, rtol=2e-4)


@pytest.mark.parametrize("step", ["1 min", "5 min", "1 h"])
def test_nets_halve_every_half_life(step):
    model = liver("netosis", step=step, mm=0.3, parameters={"netosis": {"half_life": "12 h"}})
    model.nets[2:5] = 1.0
    for n in range(1, 13):
        run_rule(model, "netosis", 2.0)
        np.testing.assert_allclose(model.nets[2:5], 0.5 ** (2.0 * n / 12.0), rtol=1e-4)


@pytest.mark.parametrize("washout", [0.0, 0.006])
@pytest.mark.parametrize("kind", [field for field in FIELDS if issubclass(field, Signal)], ids=lambda field: field.name)
def test_decay_lengths_with_and_without_blood(kind, washout):
    """Beside a plane that secretes, a level falls by e over sqrt(D/(decay + washout)); everywhere washed out alike."""
    parameters = kind.Parameters(washout=f"{washout} /s")
    length = decay_length_um(parameters.diffusion, parameters.decay / 3600 + washout)
    columns = 2 * round(max(12 * length / 10.0, 60))
    field = kind(
        np.zeros((8, columns), np.float32),
        parameters,
        spacing_um=10.0,
        periodic=True,
        step_s=300.0,
        exchange=np.ones((8, columns), bool),
    )
    field.source[:, 0], field.secreted = 1.0, True
    for _ in range(sized(800, 60) if length > 200 or washout == 0 else 60):
        field.advance()
    # one to two decay lengths from the plane; of 10 um sites, cosh(site/L) = 1 + site^2/(2 L^2) gives the lattice's length
    from_, to = round(length / 10.0), round(2 * length / 10.0)
    slope = np.polyfit(10.0 * np.arange(from_, to + 1), np.log(field.values[3, from_ : to + 1]), 1)[0]
    lattice_length = 10.0 / np.arccosh(1 + 50.0 / length**2)
    assert -1 / slope == pytest.approx(lattice_length, rel=0.02)
    assert lattice_length == pytest.approx(length, rel=0.03)
