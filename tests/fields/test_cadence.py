"""Each field at its own interval: when it is solved, that it stays in between, and how little it then lags behind."""

import numpy as np
import pytest

from abm.cells import POPULATIONS
from abm.cells.macrophage import M2
from abm.fields import CCL2, CXCL1, FIELDS, TNF, VEGF, InterferonGamma, Interleukin10, LactateField, Oxygen, TGFBeta
from abm.fields.field import Diffusing, steps_of
from abm.model import LiverModel
from abm.tissue.sites import PARENCHYMA, TISSUE
from tests.worlds import RESIDENTS, liver, put

DIFFUSING = [field.name for field in FIELDS if issubclass(field, Diffusing)]
SECRETED = {secreted.field for population in POPULATIONS for secreted in population.species.secretes}
KNOWN = [
    field.name for field in (TNF, TGFBeta, CXCL1, VEGF, InterferonGamma, Interleukin10, CCL2, LactateField, Oxygen)
]
EVERY = {  # steps from one solution to the next, in the order of KNOWN
    "10 min": (1, 3, 3, 3, 3, 3, 3, 3, 6),
    "5 min": (2, 6, 6, 6, 6, 6, 6, 6, 12),
    "2.5 min": (4, 12, 12, 12, 12, 12, 12, 12, 24),
    "1 min": (10, 30, 30, 30, 30, 30, 30, 30, 60),
}
SOLVED_EACH_STEP = {name: {"interval": "5 min"} for name in DIFFUSING}


def secreting(**overrides) -> LiverModel:
    """A liver in which nobody does anything but secrete: the host's cells all that they can, and a tumor cell."""
    model = liver(mm=0.4, cells={"cd8": {"density": "40 /mm^2"}}, **overrides)
    for population in (model.populations[name] for name in RESIDENTS):
        for secreted in population.species.secretes:
            if secreted.states:
                population.used.state = population.number_of(secreted.states[0])
            if isinstance(secreted.weight, str):
                population.used[secreted.weight] = 1.0
    place = np.argwhere(model.sites.kind == PARENCHYMA)[300]
    put(model, "tumor", *place, layer=TISSUE, infected_h=1000.0)
    put(model, "macrophage", *place, state=M2, polarisation=1.0)
    return model


def until(model: LiverModel, hours: float) -> LiverModel:
    while model.hours < hours - 1e-9:
        model.step()
    return model


@pytest.fixture
def solved(monkeypatch) -> list[str]:
    """Names of the fields in the order in which they are solved from now on."""
    names: list[str] = []
    for kind, method in ((Diffusing, "advance"), (Oxygen, "solve")):
        original = getattr(kind, method)
        monkeypatch.setattr(
            kind, method, lambda self, *a, original=original, **k: (names.append(self.name), original(self, *a, **k))
        )
    return names


@pytest.mark.parametrize("begin", ["0 h", "-50 min"])
@pytest.mark.parametrize("step", EVERY)
def test_fields_are_solved_at_their_intervals_and_stay_in_between(solved, step, begin):
    model = secreting(step=step, begin=begin)
    assert (model.first_step < 0) == (begin != "0 h")
    every = dict(zip(KNOWN, EVERY[step], strict=True))
    assert {name: model.fields[name].every for name in every} == every
    every = {name: field.every for name, field in model.fields.items()}
    times = dict.fromkeys(every, 0)
    while model.hours < 2:
        before = {name: field.values.tobytes() for name, field in model.fields.items()}
        solved.clear()
        model.step()
        assert set(solved) == {name for name in every if model.step_number % every[name] == 0}  # on the clock
        assert len(solved) == len(set(solved))
        for name, field in model.fields.items():
            times[name] += name in solved
            assert name in solved or field.values.tobytes() == before[name]
    assert min(times.values()) >= 2
    assert all((model.fields[name].values > model.fields[name].rest).any() for name in SECRETED)


def test_an_interval_is_a_whole_number_of_steps_and_at_least_one():
    assert [steps_of(interval / 60, 300.0) for interval in (0.0, 1.0, 5.0, 7.0, 8.0, 12.0, 60.0)] == [
        1,
        1,
        1,
        1,
        2,
        2,
        12,
    ]


def test_the_step_of_the_cells_does_not_matter_to_the_fields_of_cells_that_stand_still():
    one, *others = (until(secreting(step=step), 2.0) for step in ("5 min", "2.5 min", "1 min"))
    for name, field in one.fields.items():
        for other in others:
            assert other.fields[name].values.tobytes() == field.values.tobytes(), name


@pytest.mark.parametrize("begin", ["0 h", "-50 min"])
@pytest.mark.parametrize("pause", range(1, 7))
def test_an_interruption_between_two_solutions_changes_no_byte(begin, pause):
    whole, first, second = (secreting(begin=begin) for _ in range(3))
    start = whole.hours
    until(first, start + 1 + pause / 12)
    second.load_state({name: array.copy() for name, array in first.state_arrays().items()})
    for model in (whole, second):
        until(model, 2.5)
    for name, field in whole.fields.items():
        assert second.fields[name].values.tobytes() == field.values.tobytes(), name


def test_a_course_of_hours_is_followed_as_closely_as_the_interval_allows():
    """TNF of Kupffer cells that rises and falls as after contact, against the same solved at every step: the same when it
    has just been solved, and else behind by no more than secretion rises within five minutes of contact."""
    usual, closely = secreting(), secreting(fields=SOLVED_EACH_STEP)
    peak = lag = error = 0.0
    while usual.hours < 12:
        for model in (usual, closely):
            hours = model.hours
            model.kupffer.rows[: model.kupffer.count].tnf = np.exp(-hours / 4.0) - np.exp(-hours / 0.75)
            model.step()
        a, b = (model.fields["tnf"].values for model in (usual, closely))
        apart = float(np.abs(a - b).max())
        peak, lag = max(peak, float(b.max())), max(lag, apart)
        error = max(error, apart) if usual.step_number % usual.fields["tnf"].every == 0 else error
    assert peak > 0.5
    assert error < 0.03 * peak
    assert lag < 0.15 * peak
    tops = [float(model.fields["cxcl1"].values.max()) for model in (usual, closely)]
    assert tops[0] == pytest.approx(tops[1], rel=0.01)  # a steady source: the same level


@pytest.mark.parametrize(
    ("cells", "felt"),
    [
        ({}, False),
        ({"macrophage": {"entry": "0.001 /h"}}, True),
        ({"suppressor": {"ccl2_entry": "0.001 /h"}}, True),
        ({"suppressor": {"cxcl1_entry": "0.001 /h"}}, False),
        ({"suppressor": {"density": "20 /mm^2"}}, True),
        ({"cd8": {"density": "20 /mm^2"}}, False),
    ],
)
def test_ccl2_is_not_worked_out_where_nobody_follows_it(cells, felt):
    model = liver(mm=0.4, cells=cells)
    put(model, "tumor", *np.argwhere(model.sites.kind == PARENCHYMA)[300], layer=TISSUE)
    model.stellate.used.state = 1
    until(model, 1.0)
    assert model.fields["ccl2"].values.any() == felt == (not model.fields["ccl2"].at_rest)
