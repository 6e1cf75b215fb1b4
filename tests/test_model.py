"""The liver as a whole: the Mesa face, the invariants of its state, and runs that repeat to the byte."""

import inspect
import textwrap
from functools import partial

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm import (
    EndothelialCell,
    KupfferCell,
    LiverModel,
    NaturalKillerCell,
    Simulation,
    StellateCell,
    TumorCell,
    load_config,
)
from abm.cells import POPULATIONS
from abm.cells.tumor import CIRCULATING
from abm.config.errors import ConfigError
from abm.config.shipped import shipped_configs
from abm.fields.layers import MARKS
from abm.ledger import event
from abm.rules import RULES
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from abm.view import paint
from abm.view.painter import Painter
from tests.worlds import LIVELY, RESIDENTS, after, assert_sound, changed, lively, state_of

TISSUE_SIZE = {"width": "0.5 mm", "height": "0.5 mm"}


@pytest.fixture(scope="module")
def liver():
    """A busy liver after four hours. Tests that change it undo what they do."""
    return after(lively(), 50)


@pytest.fixture
def own_liver():
    """A busy liver after half an hour, to be changed."""
    return after(lively(), 6)


# --- invariants ---------------------------------------------------------------------------------------------------


def test_a_busy_liver_is_busy_and_sound(liver):
    quiet = [name for name in event.NAMES if name != "trapped" and liver.ledger.total(name) == 0]
    assert not quiet, "this liver is too quiet for the tests that follow"
    assert_sound(liver)
    assert liver.steps == liver.step_number == 50
    assert all(field.values is liver.grid.layer(name).data for name, field in liver.fields.items())


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**63 - 1),
    edges=st.sampled_from(["periodic", "closed"]),
    step=st.sampled_from(["1 min", "5 min", "30 min", "1 h"]),
    arriving=st.sampled_from([0, 30, 400, 3000]),
    kupffer=st.sampled_from([0, 180, 700]),
    off=st.sets(st.sampled_from([rule.name for rule in RULES]), max_size=6),
    extravasation=st.sampled_from(["rapid", "intravascular"]),
)
def test_any_liver_stays_sound(seed, edges, step, arriving, kupffer, off, extravasation):
    rules = {name: dict(values) for name, values in LIVELY.items()}
    rules["arrival"]["per_area"] = f"{arriving} /mm^2"
    for name in off:
        rules[name] = {**rules.get(name, {}), "enabled": False}
    model = lively(
        seed=seed,
        tissue={**TISSUE_SIZE, "edges": edges},
        step=step,
        rules=rules,
        cells={"kupffer": {"density": f"{kupffer} /mm^2"}, "tumor": {"extravasation": extravasation}},
    )
    for _ in range(3):
        after(model, 5)
        assert_sound(model)
    assert not off & set(model.rules)


# --- repeatability ------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(liver):
    assert changed(after(lively(), 50), liver) == set()


def test_threads_change_no_byte(liver):
    other = lively()
    other.threads = 2
    assert changed(after(other, 50), liver) == set()


@pytest.mark.parametrize("pause", [1, *range(25, 31), 44])
def test_an_interruption_changes_no_byte(liver, pause):
    """Wherever it falls in the half hour after which all signals have been solved again."""
    first = after(lively(), pause)
    saved = state_of(first)
    second = lively()
    second.load_state(saved)
    assert changed(first, second) == set()
    assert (second.step_number, second.steps, second.minutes) == (pause, pause, 5.0 * pause)
    assert changed(after(second, 50 - pause), liver) == set()
    assert_sound(second)


def test_a_state_can_be_loaded_into_a_liver_that_has_moved_on(liver):
    saved = state_of(liver)
    other = after(lively(), 60)
    other.load_state(saved)
    assert changed(other, liver) == set()
    assert other.ledger.entries.size == 0
    assert len(other.agents) == len(liver.agents)
    assert_sound(other)


def test_a_state_of_another_liver_is_refused(liver):
    larger = LiverModel(tissue={"width": "0.6 mm", "height": "0.6 mm"})
    with pytest.raises((KeyError, ValueError)):
        larger.load_state(liver.state_arrays())
    with pytest.raises(KeyError):
        lively().load_state({})


def test_what_is_left_in_dead_rows_has_no_influence(liver):
    other = after(lively(), 20)
    random = np.random.default_rng(1)
    for population in other.populations.values():
        population.reserve(40)
        dead = np.flatnonzero(population.rows.alive == 0)
        for name in population.rows.dtype.names:
            if name in ("alive", "state", "layer", "row", "column"):
                continue  # masked by `alive`, but still looked up
            population.rows[name][dead] = random.integers(0, 100, dead.size)
    after(other, 30)
    for name, population in other.populations.items():
        assert population.alive_rows().tobytes() == liver.populations[name].alive_rows().tobytes(), name


def test_other_seeds_give_other_livers_and_fates():
    one, other = lively(seed=1), lively(seed=2)
    assert not np.array_equal(one.sites.kind, other.sites.kind)
    after(one, 12), after(other, 12)
    assert {"cells/tumor", "cells/kupffer", "fields/oxygen", "ledger/totals"} <= changed(one, other)


@pytest.mark.parametrize("rule", ["phagocytosis", "netosis"])
def test_a_rule_without_a_rate_changes_nothing(rule):
    """Common random numbers: a rule that does nothing leaves everybody else's chance alone."""
    with_rule = after(lively(rules=LIVELY | {rule: {"rate": "0 /h"}}), 20)
    without = after(lively(rules=LIVELY | {rule: {"enabled": False}}), 20)
    assert rule in with_rule.rules and rule not in without.rules
    assert changed(with_rule, without) == set()


def test_arms_of_one_seed_share_their_chance():
    """Kupffer cells ten times as hungry eat, in the first step, whom the others eat and more."""
    eaten = []
    for rate in ("0.5 /h", "5 /h"):
        arriving = {"per_area": "2000 /mm^2", "doses": [{"over": "5 min"}]}
        model = after(lively(rules=LIVELY | {"arrival": arriving, "phagocytosis": {"rate": rate}}), 1)
        entries = model.ledger.entries
        eaten.append(set(entries.uid[entries.event == event.PHAGOCYTOSED].tolist()))
        assert model.ledger.total("arrived") == 500
    assert eaten[0] and eaten[0] < eaten[1]


# --- making a model -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [{"seed": 7}, {"rng": 7}, {"seed": "7"}, {"rng": np.int64(7)}])
def test_a_seed_is_a_seed_in_whatever_form(seed):
    model = lively(**seed)
    assert model.seed == model.config.seed == 7
    assert changed(model, lively(seed=7)) == set()
    assert model.random.random() == mesa.Model(rng=7).random.random()


def test_the_seed_of_the_config_holds_unless_it_is_overridden(tmp_path):
    (tmp_path / "c.yaml").write_text("seed: 5\ntissue: {width: 0.5 mm, height: 0.5 mm}\nrules: {emt: off}\n")
    config = load_config(tmp_path / "c.yaml")
    assert (LiverModel(config).seed, LiverModel(config, seed=6).seed, config.seed) == (5, 6, 5)
    changed = LiverModel(config, rules={"growth": {"push_depth": 2}}, duration="3 d")
    assert changed.config.rules.growth.push_depth == 2 and "emt" not in changed.rules
    assert (changed.config.duration, config.duration) == (72.0, 336.0)
    assert changed.shape == (50, 50)


def test_switching_a_rule_keeps_its_other_parameters():
    config = lively().config
    for switch in ("on", True, {"enabled": True}):
        assert LiverModel(config, rules={"growth": switch}).config.rules.growth == config.rules.growth
    off = LiverModel(config, rules={"growth": "off"})
    assert "growth" not in off.rules and off.config.rules.growth.cycle_time == 2.0


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"duration": "3 um"}, ConfigError, r"LiverModel\(...\)  duration\n.*wrong dimension"),
        ({"durtion": "3 d"}, ConfigError, "did you mean duration"),
        ({"rules": {"grwth": "off"}}, ConfigError, "did you mean rules.growth"),
        ({"line": "mc39"}, ConfigError, "did you mean 'mc38'"),
        ({"seed": "seven"}, ConfigError, "seven"),
        ({"seed": -1}, ConfigError, "seed"),
        ({"config": 3}, TypeError, "a config is .* not int"),
        ({"config": "quickstrt"}, ConfigError, "no such file"),
        ({"config": {"durations": 3}}, ConfigError, "unknown key"),
        ({"tissue": {"width": "0.1 mm", "height": "0.1 mm"}}, ConfigError, "lobule"),
        ({"cells": {"neutrophil": {"density": "9000 /mm^2"}}}, ConfigError, "make them fewer"),
        ({"plugins": ["mine.py"]}, ConfigError, "no such file"),
    ],
)
def test_a_config_that_makes_no_liver_is_refused(overrides, error, message):
    with pytest.raises(error, match=message):
        LiverModel(**({"tissue": TISSUE_SIZE} | overrides))


def test_a_config_in_whatever_form_is_the_same_config(tmp_path, monkeypatch):
    """A file, its name among the shipped ones, its keys, its Config: also outside of a checkout."""
    shipped = shipped_configs() / "quickstart.yaml"
    monkeypatch.chdir(tmp_path)
    expected = load_config(shipped)
    assert load_config("quickstart") == load_config("configs/quickstart.yaml") == expected
    small = {"tissue": TISSUE_SIZE, "line": "mc38", "host": "nude", "seed": 3}
    (tmp_path / "own.yaml").write_text(
        f"extends: {shipped}\nline: mc38\nhost: nude\nseed: 3\ntissue: {{width: 0.5 mm, height: 0.5 mm}}\n"
    )
    wanted = load_config("own.yaml")
    assert wanted.labels == {"line": "mc38", "host": "nude"}
    for config in ("quickstart", shipped, {"extends": "quickstart"}):
        assert LiverModel(config, **small).config == wanted
    assert LiverModel("own.yaml").config == LiverModel(wanted).config == wanted
    assert (
        LiverModel(line="mc38", tissue=TISSUE_SIZE).config == LiverModel({"line": "mc38", "tissue": TISSUE_SIZE}).config
    )


def test_a_loaded_config_keeps_its_line(own_liver):
    config = load_config("quickstart", ["line=mc38", "tissue.width=0.5 mm", "tissue.height=0.5 mm"])
    with pytest.raises(ConfigError, match=r"has the line 'mc38' already.*load_config"):
        LiverModel(config, line="b16f1")
    with pytest.raises(ConfigError, match="give it to `load_config`"):
        LiverModel(config, plugins=["own.py"])
    assert LiverModel(own_liver.config, line="mc38").config.labels == {"line": "mc38"}


def test_a_thicker_slab_holds_more_of_every_cell():
    """What is given per area of a 10 um slab, what is given per liver, and what is renewed from the blood."""
    counts = {}
    for um in (10, 15):
        model = LiverModel(
            tissue={"width": "1 mm", "height": "1 mm", "slab_thickness": f"{um} um"},
            duration="1 d",
            step="1 h",
            rules={"arrival": {"per_area": "200 /mm^2"}, "migration": "off", "netosis": "off"},
            cells={"neutrophil": {"density": "300 /mm^2", "half_life": "2 h"}},
            interventions=[{"infuse": "natural_killer", "per_area": "100 /mm^2", "over": "5 min", "start": "0.5 h"}],
        )
        counts[um] = [model.kupffer.count, model.natural_killer.count, model.neutrophil.count, model.stellate.count]
        while model.running:
            model.step()
        counts[um] += [model.natural_killer.count, model.neutrophil.count, model.ledger.totals[event.ARRIVED].sum()]
    assert counts[10][:4] == [180, 60, 300, 110] and counts[15][:4] == [270, 90, 450, 165]
    assert counts[10][-1] == 200 and counts[15][-1] == 300
    np.testing.assert_allclose(np.array(counts[15][4:6]) / counts[10][4:6], 1.5, rtol=0.2)


def test_time(own_liver):
    assert (own_liver.step_number, own_liver.minutes, own_liver.hours) == (6, 30.0, 0.5)
    assert (own_liver.dt_minutes, own_liver.dt_hours) == (5.0, pytest.approx(1 / 12))
    assert own_liver.area_mm2 == pytest.approx(0.25)


def test_pictures_of_one_liver_are_prepared_once(own_liver, monkeypatch):
    prepared = []
    monkeypatch.setattr(paint, "Painter", lambda *what, **how: prepared.append(how) or Painter(*what, **how))
    first = own_liver.show(pixels=100)
    after(own_liver, 2)
    again = own_liver.show(pixels=100)
    own_liver.show("tnf", pixels=100, limits=(0.0, 2.0))
    own_liver.show("oxygen", pixels=100)
    assert (
        len(prepared) == 1 and first.size == again.size and np.asarray(first).tobytes() != np.asarray(again).tobytes()
    )
    fresh = np.asarray(own_liver.copy().show(pixels=100))
    assert (np.asarray(own_liver.show(pixels=100)) == fresh).all() and len(prepared) == 2
    close = own_liver.show(pixels=100, legend=False, region=np.s_[10:30, 5:15])
    assert close.size == (50, 100) and own_liver.show(pixels=100, legend=False).size == (100, 100)
    with pytest.raises(ValueError, match="no sites in rows and columns"):
        own_liver.show(region=np.s_[60:70, :])
    text = own_liver._repr_html_()
    assert '<img alt="LiverModel &#x27;experiment&#x27;" src="data:image/jpeg;base64,' in text and len(text) < 200_000
    assert ">LiverModel &#x27;experiment&#x27;</" in text and "rules, in this order" in text


def test_a_liver_shows_itself_as_a_tree(liver):
    text = str(lively(rules={"emt": "off"}))
    for name in (
        *liver.populations,
        *liver.fields,
        *(rule.name for rule in RULES),
        "blood",
        "ledger",
        "periodic edges",
    ):
        assert name in text
    assert "emt (off)" in text and "growth (off)" not in text and "50 x 50 sites of 10 um" in text
    assert f"{liver.tumor.count} cells" in str(liver)
    assert len(repr(liver)) < 120 and f"{liver.tumor.count} tumor cells" in repr(liver)


# --- the Mesa face ------------------------------------------------------------------------------------------------


def test_all_cells_are_agents(liver):
    agents = liver.agents
    assert len(agents) == sum(population.count for population in liver.populations.values())
    assert liver.agent_types == list(liver.agents_by_type) == list(POPULATIONS)
    for kind in POPULATIONS:
        one_kind = liver.agents_by_type[kind]
        assert all(type(agent) is kind and isinstance(agent, mesa.Agent) for agent in one_kind)
        assert len(one_kind) == sum(
            population.count for population in liver.populations.values() if population.agent_class is kind
        )
    assert len({agent.unique_id for agent in agents}) == len(agents)


def test_agents_are_selected_aggregated_and_read(liver):
    tumor, rows = liver.agents_by_type[TumorCell], liver.tumor.alive_rows()
    held = tumor.select(lambda cell: cell.state_name == "held")
    assert len(held) == np.count_nonzero(rows.state == 1)
    assert len(tumor.select(at_most=3)) == 3
    assert tumor.agg("diameter_um", max) == rows.diameter_um.max()
    assert tumor.get("uid") == rows.uid.tolist() == [agent.unique_id for agent in tumor]
    assert tumor.groupby("state_name").count() == {
        name: n for name, n in zip(liver.tumor.states, liver.tumor.state_counts(), strict=True) if n
    }
    assert {type(value) for value in tumor.get(["row", "emt"])[0]} == {int, float}


def test_agents_do_things_to_their_rows(own_liver):
    tumor = own_liver.agents_by_type[TumorCell]
    tumor.set("emt", 0.75)
    assert (own_liver.tumor.alive_rows().emt == 0.75).all()
    tumor.do(lambda cell: setattr(cell, "emt", cell.emt / 3))
    assert (own_liver.tumor.alive_rows().emt == 0.25).all()
    visited = []
    tumor.shuffle_do(lambda cell: visited.append(cell.unique_id))
    assert sorted(visited) == sorted(tumor.get("unique_id"))


def test_an_agent_stands_on_its_cell_among_its_neighbours(liver):
    for agent in liver.agents_by_type[KupfferCell]:
        assert agent.cell.coordinate == (agent.row, agent.column)
        assert agent in agent.cell.agents
        around = agent.cell.neighborhood
        assert len(around) == 8 and agent.cell not in around
        offsets = {
            ((r - agent.row + 25) % 50 - 25, (c - agent.column + 25) % 50 - 25)
            for r, c in (cell.coordinate for cell in around)
        }
        assert offsets == {(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)} - {(0, 0)}
        assert all(neighbour.cell in around for neighbour in around.agents)
        assert set(agent.cell.connections.values()) == set(around)


def test_neighbourhoods_end_at_closed_edges():
    grid = LiverModel(tissue={**TISSUE_SIZE, "edges": "closed"}).grid
    assert len(grid[0, 0].neighborhood) == 3
    assert len(grid[0, 20].get_neighborhood(radius=2, include_center=True)) == 15
    for beyond in ((-1, 0), (0, 50), (50, 0)):
        with pytest.raises(KeyError, match="50 rows and 50 columns"):
            grid[beyond]


def test_a_site_shows_lumen_wall_and_tissue(liver):
    both = np.argwhere(
        (liver.sites.population[LUMEN] > 0) & (liver.sites.population[TISSUE] > 0) & (liver.sites.kind == SINUSOID)
    )
    row, column = (int(index) for index in both[0])
    in_lumen, wall, in_tissue = liver.grid[row, column].agents
    assert (in_lumen.layer, in_tissue.layer, type(wall)) == (LUMEN, TISSUE, EndothelialCell)
    assert {(agent.row, agent.column) for agent in (in_lumen, wall, in_tissue)} == {(row, column)}
    nobody = np.argwhere((liver.sites.kind == PARENCHYMA) & (liver.sites.population[TISSUE] == 0))[0]
    assert liver.grid[tuple(nobody)].agents == [] and liver.grid[tuple(nobody)].is_empty


def test_the_whole_grid_follows_the_tables(own_liver):
    grid = own_liver.grid
    assert len(grid) == len(list(grid)) == 2500
    before = len(list(grid.all_cells.agents))
    in_the_blood = own_liver.tumor.state_counts()[CIRCULATING]  # stands nowhere
    assert before == len(own_liver.agents) - in_the_blood
    next(iter(own_liver.agents_by_type[KupfferCell])).remove()
    assert len(list(grid.all_cells.agents)) == before - 1
    assert all(cell.is_empty for cell in grid.empties)


def free(model, layer, kind=SINUSOID) -> list[tuple[int, int]]:
    """Sites of a kind on which nobody stands in a layer."""
    return [
        tuple(map(int, place))
        for place in np.argwhere((model.sites.kind == kind) & (model.sites.population[layer] == 0))
    ]


def test_cells_can_be_added_and_moved_and_the_liver_stays_sound(own_liver):
    before, arrived = own_liver.tumor.count, own_liver.ledger.total("arrived")
    plates = free(own_liver, TISSUE, PARENCHYMA)
    added = [
        own_liver.add(TumorCell, at=plates[0], emt=0.5),
        own_liver.add(TumorCell, at=plates[40], state="dormant"),
        own_liver.add(TumorCell, at=free(own_liver, LUMEN)[0], state="adherent"),
        own_liver.add(KupfferCell, at=free(own_liver, LUMEN)[0]),
        own_liver.add(NaturalKillerCell, at=free(own_liver, LUMEN)[5]),
        own_liver.add(StellateCell, at=free(own_liver, TISSUE)[3], state="activated"),
    ]
    assert [cell.layer for cell in added] == [TISSUE, TISSUE, LUMEN, LUMEN, LUMEN, TISSUE]
    assert [cell.state_name for cell in added] == [
        "extravasated",
        "dormant",
        "adherent",
        "resting",
        "patrolling",
        "activated",
    ]
    assert len({cell.clone for cell in added[:3]}) == 3 and all(cell.clone < 0 for cell in added[:3])
    assert (added[0].emt, added[0].diameter_um) == (0.5, own_liver.config.cells.tumor.diameter)
    assert own_liver.tumor.count == before + 3 and own_liver.ledger.total("arrived", "other") == 3
    assert own_liver.ledger.total("arrived") == arrived + 3 and set(added) <= set(own_liver.agents)
    assert_sound(own_liver)
    added[0].move_to(own_liver.grid[plates[7]])
    added[3].cell = own_liver.grid[free(own_liver, LUMEN)[9]]
    own_liver.grid[free(own_liver, LUMEN)[4]].add_agent(added[4])
    assert added[0].cell.coordinate == plates[7] and added[0] in own_liver.grid[plates[7]].agents
    assert_sound(own_liver)
    after(own_liver, 3)
    assert_sound(own_liver)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda model: TumorCell(model), r"model\.add\(TumorCell"),
        (lambda model: TumorCell.create_agents(model, 3), r"model\.add\(TumorCell"),
        (lambda model: mesa.Agent(model), "is no cell of a liver"),
        (lambda model: model.remove_all_agents(), "walls of the sinusoids cannot be removed"),
        (lambda model: model.add(EndothelialCell, at=(0, 0)), "cannot be added"),
        (lambda model: model.add(TumorCell, at=free(model, LUMEN)[0], state="circulating"), "arrival"),
        (lambda model: model.add(TumorCell, at=free(model, LUMEN)[0], state="held", uid=3), "no column uid"),
        (
            lambda model: model.add(KupfferCell, at=free(model, LUMEN)[0], state="angry"),
            "no state 'angry'; there is resting",
        ),
        (lambda model: model.add(KupfferCell, at=free(model, LUMEN, PARENCHYMA)[0]), "no cell can stand in the lumen"),
        (lambda model: model.add(KupfferCell, at=(-1, 3)), "no site"),
        (lambda model: model.add(KupfferCell, at=(0.5, 3)), "integer"),
        (
            lambda model: model.add(TumorCell, at=free(model, TISSUE)[0], diameter_um="big"),
            "'diameter_um' of tumor cells is a number",
        ),
        (
            lambda model: model.add(TumorCell, at=free(model, TISSUE)[0], diameter_um=-5),
            "'diameter_um' of tumor cells cannot be -5",
        ),
        (lambda model: model.add(TumorCell, at=free(model, TISSUE)[0], emt=7), "'emt' of tumor cells cannot be 7"),
        (lambda model: model.add(TumorCell, at=free(model, TISSUE)[0], divisions=1.5), "is a whole number, not 1.5"),
        (lambda model: setattr(next(iter(model.agents_by_type[TumorCell])), "emt", 7), "cannot be 7"),
        (
            lambda model: setattr(next(iter(model.agents_by_type[KupfferCell])), "education", float("nan")),
            "cannot be nan",
        ),
        (
            lambda model: model.add(KupfferCell, at=next(iter(model.agents_by_type[KupfferCell])).cell.coordinate),
            "somebody stands",
        ),
        (lambda model: next(iter(model.agents_by_type[EndothelialCell])).move_to(model.grid[0, 0]), "the wall stays"),
        (lambda model: model.grid[0, 0].remove_agent(None), "move_to another site"),
    ],
)
def test_what_a_liver_cannot_do_is_refused_and_changes_nothing(liver, what, said):
    before = state_of(liver)
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=said):
        what(liver)
    assert changed(liver, before) == set()


def test_a_state_is_set_by_name_and_checked(own_liver):
    cell = own_liver.add(TumorCell, at=free(own_liver, LUMEN)[0], state="held")
    cell.state = "adherent"
    assert (cell.state, cell.state_name) == (2, "adherent")
    cell.state = 1
    for wrong in ("angry", 99, -1, 1.5):
        with pytest.raises(ValueError, match=r"no state .* there is circulating, held"):
            cell.state = wrong
    for elsewhere in ("circulating", "extravasated"):
        with pytest.raises(ValueError, match=r"cannot turn .* where it stands: remove it"):
            cell.state = elsewhere
    assert cell.state_name == "held"
    assert_sound(own_liver)


def test_layers_share_their_memory_with_the_kernels(own_liver):
    grid = own_liver.grid
    for name in (*own_liver.layers, *MARKS):
        assert np.shares_memory(grid.layer(name).data, getattr(own_liver, name))
    for name in ("kind", "zone", "perfused"):
        assert np.shares_memory(grid.layer(name).data, getattr(own_liver.sites, name))
    grid.layer("ecm").data = np.full(own_liver.shape, 0.25, np.float32)
    assert (own_liver.ecm == 0.25).all()
    own_liver.ecm[3, 4] = 0.5
    assert grid[3, 4].ecm == 0.5
    grid[5, 6].nets = 0.125
    assert own_liver.nets[5, 6] == 0.125
    after(own_liver, 1)
    assert np.shares_memory(grid.layer("ecm").data, own_liver.ecm)
    assert grid[3, 4].tnf == own_liver.fields["tnf"].values[3, 4]


def test_a_removed_tumor_cell_is_in_the_books(own_liver):
    cell = next(iter(own_liver.agents_by_type[TumorCell]))
    site, count = cell.cell, own_liver.tumor.count
    cell.remove()
    assert own_liver.tumor.count == own_liver.ledger.balance == count - 1
    assert own_liver.ledger.total("died", "other") == 1
    assert own_liver.ledger.entries[-1].uid == cell.unique_id
    assert cell not in site.agents
    assert not cell.is_alive and "gone" in repr(cell)
    for touch in (lambda: cell.state, lambda: cell.cell, cell.remove, lambda: setattr(cell, "emt", 1.0)):
        with pytest.raises(LookupError, match="no longer alive"):
            touch()
    assert_sound(own_liver)
    assert_sound(after(own_liver, 3))


def test_residents_can_be_removed_but_not_the_wall(own_liver):
    for kind in (agent for agent in POPULATIONS if agent.species.name in RESIDENTS):
        own_liver.agents_by_type[kind].do("remove")
        assert len(own_liver.agents_by_type[kind]) == 0
    with pytest.raises(ValueError, match="wall of a sinusoid"):
        next(iter(own_liver.agents_by_type[EndothelialCell])).remove()
    assert_sound(after(own_liver, 3))


def test_a_data_collector_collects(own_liver):
    collector = mesa.DataCollector(
        model_reporters={"hours": "hours", "tumor": lambda model: model.tumor.count},
        agent_reporters={"state": lambda agent: agent.state_name},
        agenttype_reporters={TumorCell: {"emt": "emt"}},
    )
    counts = []
    for _ in range(3):
        own_liver.step()
        collector.collect(own_liver)
        counts.append(own_liver.tumor.count)
    frame = collector.get_model_vars_dataframe()
    assert frame["tumor"].tolist() == counts
    assert frame["hours"].tolist() == pytest.approx([7 / 12, 8 / 12, 9 / 12])
    states = collector.get_agent_vars_dataframe()["state"]
    assert (states.loc[states.index.levels[0][-1]] == "held").sum() == np.count_nonzero(
        own_liver.tumor.alive_rows().state == 1
    )
    assert len(collector.get_agenttype_vars_dataframe(TumorCell)) == sum(counts)


def test_a_model_collects_its_counts_and_stops_at_its_duration():
    model = lively(duration="20 min")
    while model.running:
        model.step()
    assert (model.step_number, model.hours) == (4, pytest.approx(1 / 3))
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == ["hours", *model.populations]
    assert len(frame) == 4 and frame["tumor"].iloc[-1] == model.tumor.count
    saved = state_of(model)
    for duration, running in (("20 min", False), ("1 h", True)):
        other = lively(duration=duration)
        other.load_state(saved)
        assert other.running is running


def test_a_batch_of_runs():
    seeds = [1, 2]
    how = {"rng": seeds} if "rng" in inspect.signature(mesa.batch_run).parameters else {"iterations": 1}
    parameters = {"duration": ["1 h"], "tissue": [TISSUE_SIZE], "rules": [LIVELY]}
    if "rng" not in how:
        parameters["seed"] = seeds
    rows = mesa.batch_run(LiverModel, parameters=parameters, number_processes=1, display_progress=False, **how)
    assert len(rows) == 2
    assert [row["hours"] for row in rows] == pytest.approx([1.0, 1.0])
    assert [row["tumor"] for row in rows] == [after(lively(seed=seed), 12).tumor.count for seed in seeds]


@pytest.mark.parametrize("processes", [1, 2])
def test_repetitions_of_mesa_differ_or_are_refused(processes):
    """A model is told nothing of Mesa's repetitions: without seeds they would all be one and the same run."""
    parameters = {"duration": ["5 min"], "tissue": [TISSUE_SIZE], "rules": [LIVELY]}
    run = partial(mesa.batch_run, LiverModel, number_processes=processes, display_progress=False)
    seeded = "rng" in inspect.signature(mesa.batch_run).parameters
    repeated = {"rng": [None, None]} if seeded else {"iterations": 2}
    with pytest.raises(ValueError, match="name the seeds among the parameters"):
        run(parameters=parameters, **repeated)
    if not seeded and processes == 1:
        with pytest.raises(ValueError, match="name the seeds among the parameters"):
            run(parameters=parameters | {"seed": [1, 2]}, iterations=2)
    if processes == 2:  # a pool takes seconds to start, and `test_a_batch_of_runs` has shown the rest
        return
    rows = run(parameters=parameters, rng=[1, 2]) if seeded else run(parameters=parameters | {"seed": [1, 2]})
    assert len(rows) == 2 and rows[0]["natural_killer"] and rows[0]["tumor"] != rows[1]["tumor"]


def test_a_run_collects_nothing_that_grows_unless_somebody_asked():
    model = lively()
    Simulation(model, until="1 h", recorders=[]).run()
    assert not model.datacollector.model_vars["hours"]
    model.datacollector = mesa.DataCollector({"tumor": lambda liver: liver.tumor.count})
    Simulation(model, until="2 h", recorders=[]).run()
    assert len(model.datacollector.model_vars["tumor"]) == 12
    alone = after(lively(), 3)
    assert len(alone.datacollector.model_vars["hours"]) == 3


# --- rules of one's own -------------------------------------------------------------------------------------------

PLUGIN = '''
    """Two rules of a user: one over Mesa agents, one as a kernel."""

    from abm import Rule, RuleParameters, TumorCell, jit, parameter, rule, uniform
    from abm.units import Fraction, Number


    @rule
    class Surgery(Rule):
        """Takes out what stands in the upper half."""

        name = "surgery"
        writes = ("tumor",)
        events = ("died",)
        causes = ("other",)

        class Parameters(RuleParameters):
            share: Fraction = parameter(1.0, low=0, high=1, mark="assumed", source="the surgeon", description="how much")

        def apply(self, liver):
            half = liver.shape[0] // 2
            for cell in liver.agents_by_type[TumorCell].select(lambda cell: cell.row < half):
                if uniform(liver.key(self.name), liver.step_number, cell.uid, 0) < self.parameters.share:
                    cell.remove()


    @rule
    class Softening(Rule):
        """Drives tumor cells towards the mesenchymal state."""

        name = "softening"
        writes = ("tumor",)
        after = "arrival"

        class Parameters(RuleParameters):
            to: Number = parameter(0.0, low=0, high=1, mark="assumed", source="nobody", description="the EMT score; 0: none")

        def apply(self, liver):
            soften(liver.tumor.used, self.parameters.to)


    @jit
    def soften(cells, to):
        for i in range(cells.size):
            if cells[i].alive == 1 and to > 0.0:
                cells[i].emt = to
'''


@pytest.fixture
def with_plugin(tmp_path):
    """Makes the busy liver with the user's two rules, given their parameters."""
    (tmp_path / "mine.py").write_text(textwrap.dedent(PLUGIN))
    (tmp_path / "own.yaml").write_text("plugins: [mine.py]\n")
    config = load_config(tmp_path / "own.yaml")

    def make(**own):
        return LiverModel(config, tissue=TISSUE_SIZE, rules=LIVELY | own)

    return make


def test_a_plain_rule_over_agents_works(with_plugin):
    model = after(with_plugin(softening="off"), 8)
    assert list(model.rules)[-1] == "surgery"
    assert model.tumor.count > 0 and (model.tumor.alive_rows().row >= 25).all()
    assert model.ledger.total("died", "other") > 0
    assert_sound(model)


def test_a_kernel_rule_works_where_it_wants_to_run(with_plugin):
    model = after(with_plugin(surgery="off", softening={"to": 0.875}, emt="off"), 3)
    assert list(model.rules)[:3] == ["platelet_cloak", "arrival", "softening"]
    assert (model.tumor.alive_rows().emt == 0.875).all() and model.tumor.count > 0


def test_rules_that_do_nothing_change_nothing(with_plugin):
    model = after(with_plugin(surgery={"share": 0}, softening={"to": 0}), 20)
    assert {"surgery", "softening"} <= set(model.rules)
    assert changed(model, after(lively(), 20)) == set()
