"""What `--check` looks at: nothing in a sound liver, and each way in which one can be broken."""

from functools import partial

import numpy as np
import pytest

from abm import Simulation
from abm.cells import TumorCell
from abm.invariants import BrokenInvariant, check, violations, watch
from abm.kernels.flows import EATEN, KILLED, LEFT, REMOVED, SETTLED, TURNED
from abm.kernels.sites import lift, place
from abm.kernels.tables import ALIVE, free_slot, new_book, take_slot
from abm.ledger import cause, event
from abm.ledger.ledger import lose
from abm.rules import RULES
from abm.tissue.sites import CENTRAL_VEIN, LUMEN, PARENCHYMA, SINUSOID, STANDING, TISSUE
from tests.worlds import LIVELY, after, changed, lively, state_of


@pytest.fixture(scope="module")
def grown():
    """A busy liver after two hours, not to be changed."""
    return after(lively(), 24)


@pytest.fixture
def liver(grown):
    """The same, to be broken."""
    model = lively()
    model.load_state(state_of(grown))
    return model


def standing(model, population="tumor"):
    """The slot of a cell that stands somewhere."""
    rows = model.populations[population].used
    return int(np.flatnonzero((rows.alive == 1) & ((rows.state > 0) | (population != "tumor")))[0])


def test_a_sound_liver_is_found_sound(grown):
    assert list(violations(grown)) == []
    assert list(violations(lively(rules={}))) == []


def set_cell(population, column, value):
    def break_it(model):
        model.populations[population].rows[standing(model, population)][column] = value

    return break_it


def twice(model):
    rows = model.tumor.rows
    rows.uid[np.flatnonzero(rows.alive)[1]] = rows.uid[np.flatnonzero(rows.alive)[0]]


def moved(model):
    row = model.tumor.rows[standing(model)]
    row.row = (row.row + 1) % model.shape[0]


def second_cell(model):
    free = np.argwhere(model.sites.population[LUMEN] == 0)[0]
    place(model.sites, model.kupffer.code, LUMEN, *free, 0)


def onto_the_vein(model):
    row = model.tumor.rows[standing(model)]
    vein = np.argwhere(model.sites.kind == CENTRAL_VEIN)[0]
    lift(model.sites, row.layer, row.row, row.column)
    row.row, row.column = vein
    place(model.sites, model.tumor.code, row.layer, row.row, row.column, standing(model))


def vanished(model):
    rows = model.tumor.rows
    slot = standing(model)
    cell = rows[slot]
    lift(model.sites, cell.layer, cell.row, cell.column)
    rows[slot].alive = 0
    model.tumor.book = new_book(rows)


def set_lattice(name, value):
    def break_it(model):
        values = model.fields[name].values if name in model.fields else getattr(model, name)
        values[3, 4] = value

    return break_it


def set_perfused(model):
    model.sites.perfused[0, 0] = 2


def set_blood(model):
    model.blood.levels["neutrophils"] = np.nan


def wall_moved(model):
    model.endothelium.rows.row[0] += 1


def in_a_plate(model):
    in_plates = (model.sites.population[TISSUE] == model.tumor.code) & (model.sites.kind == PARENCHYMA)
    model.hepatocytes[tuple(np.argwhere(in_plates)[0])] = 1


def book_wrong(model):
    model.kupffer.book[ALIVE] += 1


def killed_behind_the_book(model):
    """A row is freed without the book, which is then made up from the rows, as a kernel of one's own might."""
    slot = standing(model, "kupffer")
    cell = model.kupffer.rows[slot]
    lift(model.sites, cell.layer, cell.row, cell.column)
    model.kupffer.rows[slot].alive = 0
    model.kupffer.book = new_book(model.kupffer.rows, model.kupffer.flows)


def not_counted(model):
    model.remove_cell(model.neutrophil, standing(model, "neutrophil"))
    model.neutrophil.flows[REMOVED] -= 1


def wrong_sign(model):
    model.neutrophil.reserve(1)
    cell = model.neutrophil.rows[take_slot(model.neutrophil.table, LEFT)]
    free = np.argwhere((model.sites.population[LUMEN] == 0) & (model.sites.kind == SINUSOID))[0]
    cell.uid, cell.layer, (cell.row, cell.column) = 5, LUMEN, free
    place(model.sites, model.neutrophil.code, LUMEN, *free, int(np.flatnonzero(model.neutrophil.rows.uid == 5)[0]))


def other_reason(model):
    slot = standing(model)
    lose(model.tumor.table, model.sites, model.ledger.book(1), 0.0, event.KILLED, cause.NONE, slot)
    model.tumor.flows[KILLED] -= 1
    model.tumor.flows[EATEN] += 1


def half_turned(model):
    slot = standing(model, "neutrophil")
    cell = model.neutrophil.rows[slot]
    lift(model.sites, cell.layer, cell.row, cell.column)
    free_slot(model.neutrophil.table, slot, TURNED)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (killed_behind_the_book, "kupffer cells are alive, and {} by those that came and went ({} settled)"),
        (not_counted, "neutrophil cells are alive, and {} by those that came and went ("),
        (wrong_sign, "neutrophil cells are alive, and {} by those that came and went ("),
        (other_reason, "tumor cells killed, and {} were killed by a leukocyte"),
        (half_turned, "1 cells turned into cells of another population, and 0 were of another population before"),
    ],
)
def test_flows_that_do_not_close_are_named(liver, break_it, said):
    break_it(liver)
    name = next((name for name in ("kupffer", "neutrophil", "tumor") if name in said), "tumor")
    population = liver.populations[name]
    numbers = {"killed": population.flows[KILLED]}.get("killed" if "killed by" in said else "", population.balance)
    with pytest.raises(BrokenInvariant) as caught:
        check(liver)
    assert said.format(numbers, population.flows[SETTLED]) in str(caught.value)


def test_one_cell_in_the_place_of_another_is_named(monkeypatch):
    """Counts close when a row is given to somebody else; identities do not."""
    rule = next(rule for rule in RULES if rule.name == "extravasation")
    applied = rule.apply

    def broken(self, liver):
        applied(self, liver)
        if liver.step_number == 3:
            liver.kupffer.rows.uid[standing(liver, "kupffer")] = 12345

    monkeypatch.setattr(rule, "apply", broken)
    with pytest.raises(BrokenInvariant) as caught:
        Simulation(lively(), until="1 h", check=True).run()
    assert "step 3 (0.25 h), after the rule 'extravasation'" in str(caught.value)
    assert "in the kupffer table, 1 cells are new, one with the identity 0x3039, and 0 were counted" in str(
        caught.value
    )
    assert "in the kupffer table, 1 cells are gone" in str(caught.value)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (twice, "in the tumor table, two cells have one identity"),
        (moved, "1 tumor cells are not where they say, one at site"),
        (second_cell, "sites are occupied, and"),
        (onto_the_vein, "where nobody can"),
        (vanished, "tumor cells are alive, and by the ledger"),
        (wall_moved, "the wall of a sinusoid is missing"),
        (in_a_plate, "a tumor cell and a hepatocyte are in one place"),
        (book_wrong, "the book of the kupffer table says"),
        (set_cell("tumor", "state", 99), f"a cell is in state 99, and there are {len(TumorCell.states)}"),
        (set_cell("tumor", "alive", 2), "neither dead (0) nor alive (1)"),
        (set_cell("tumor", "layer", len(STANDING)), "a cell is outside of the lattice"),
        (set_cell("tumor", "row", -1), "in the tumor table, 'row' is -1"),
        (set_cell("tumor", "emt", 1.5), "in the tumor table, 'emt' is 1.5, above 1"),
        (set_cell("kupffer", "drive", np.nan), "in the kupffer table, 'drive' is nan"),
        (set_cell("kupffer", "activity", -0.5), "in the kupffer table, 'activity' is -0.5"),
        (set_cell("endothelium", "e_selectin", 1.01), "in the endothelium table, 'e_selectin' is 1.0"),
        (set_lattice("tnf", np.nan), "tnf is nan at site (3, 4)"),
        (set_lattice("cxcl1", -1), "cxcl1 is -1.0 at site (3, 4)"),
        (set_lattice("oxygen", 80), "oxygen is 80.0"),
        (set_lattice("lactate", 0.5), "lactate is 0.5"),
        (set_lattice("nets", 1.5), "nets is 1.5"),
        (set_lattice("net_residue", 1.5), "net_residue is 1.5"),
        (set_lattice("net_residue", np.nan), "net_residue is nan"),
        (set_lattice("exosomes", np.inf), "exosomes is inf"),
        (set_lattice("hepatocytes", 3), "'hepatocytes' of a site is 3"),
        (set_perfused, "'perfused' of a site is 2"),
        (set_blood, "the level of neutrophils in the blood is nan"),
    ],
)
def test_what_is_broken_is_named(liver, break_it, said):
    watch(liver)
    break_it(liver)
    for look in (liver.watch, partial(check, liver)):  # what knows what was sound before, and what looks at everything
        with pytest.raises(BrokenInvariant, match=r"^step 24 \(2 h\), after the test: ") as caught:
            look("the test")
        assert said in str(caught.value)


def test_the_error_names_the_rule_after_which_it_is_broken(monkeypatch):
    rule = next(rule for rule in RULES if rule.name == "extravasation")
    applied = rule.apply

    def broken(self, liver):
        applied(self, liver)
        if liver.step_number >= 3:
            liver.ecm[5, 6] = -1.0

    monkeypatch.setattr(rule, "apply", broken)
    with pytest.raises(
        BrokenInvariant, match=r"step 3 \(0\.25 h\), after the rule 'extravasation': ecm is -1\.0 at site \(5, 6\)"
    ):
        Simulation(lively(), until="1 h", check=True).run()
    seldom = lively()
    watch(seldom, every=2)
    after(seldom, 4)
    with pytest.raises(BrokenInvariant, match=r"step 4 .* after the rule 'extravasation'"):
        seldom.step()


def test_looking_changes_nothing(grown):
    watched = lively()
    watch(watched)
    assert changed(after(watched, 24), grown) == set()


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_a_busy_liver_is_sound_after_every_rule(edges):
    model = lively(
        seed=5,
        tissue={"width": "0.5 mm", "height": "0.5 mm", "edges": edges},
        rules=LIVELY | {"netosis": {"rate": "1 /h", "duration": "0.5 h"}, "stellate_activation": "on"},
    )
    Simulation(model, until="3 h", check=True).run()
    assert model.ledger.total("divided") > 0 and model.ledger.total("phagocytosed") > 0
