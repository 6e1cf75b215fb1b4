"""Blocking: what is left of each molecule, in every rule that reads it."""

import numpy as np
import pytest

from abm import LiverModel
from abm.cells.cd4 import TH17
from abm.cells.dendritic import IMMATURE
from abm.cells.inkt import SIGNALLING
from abm.cells.kupffer import RESTING
from abm.cells.macrophage import M2
from abm.cells.natural_killer import IN_CONTACT
from abm.cells.neutrophil import N1
from abm.cells.tumor import ADHERENT, HELD
from abm.config.schema import SHIPPED
from abm.ledger import event
from tests.worlds import assert_chance, assert_resumes, ending, later, liver, put, run_rule, sinusoids, without


def blocked(*molecules, fraction=1.0, rules=(), mm=0.4, **overrides):
    """A liver without residents in which these molecules are blocked."""
    entries = [{"block": molecule, "fraction": fraction} for molecule in molecules]
    return without(liver(*rules, mm=mm, interventions=entries, **overrides))


def adhesions(*molecules):
    """How held cells turned adherent within 2 h on a wall that expresses everything, touching a neutrophil each."""
    model = blocked(
        *molecules,
        rules=("arrest",),
        parameters={"arrest": {"detachment": "0 /h", "shear_death": "0 /h", "wall_bond": "0.05 /h"}},
    )
    wall = model.endothelium.rows
    wall.e_selectin = wall.vcam1 = wall.icam1 = 1.0
    for row, column in sinusoids(model)[::4]:
        put(model, "tumor", int(row), int(column), state=HELD)
    for row, column in sinusoids(model):
        put(model, "neutrophil", int(row), int(column), state=N1)
    run_rule(model, "arrest", 2.0)
    return {
        name: ending(model, event.ADHERENT, name) for name in ("e_selectin", "vcam1", "icam1", "neutrophil", "wall")
    }


@pytest.mark.parametrize(
    ("molecule", "bonds"),
    [
        ("e_selectin", {"e_selectin"}),
        ("vcam1", {"vcam1"}),
        ("icam1", {"icam1", "neutrophil"}),
        ("mac1", {"neutrophil"}),
    ],
)
def test_a_blocked_bond_does_not_form(molecule, bonds):
    free, held_down = adhesions(), adhesions(molecule)
    for bond, formed in held_down.items():
        assert formed == 0 if bond in bonds else formed > 0
    assert all(free.values())


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.9])
def test_the_fraction_is_that_of_the_rate(fraction):
    others = {f"{bond}_bond": "0 /h" for bond in ("wall", "vcam1", "icam1", "kupffer", "neutrophil", "net", "ecm")}
    model = blocked(
        "e_selectin",
        fraction=fraction,
        rules=("arrest",),
        mm=0.8,
        parameters={"arrest": others | {"e_selectin_bond": "0.6 /h", "detachment": "0 /h", "shear_death": "0 /h"}},
    )
    model.endothelium.rows.e_selectin = 1.0
    free = sinusoids(model)
    for row, column in free:
        put(model, "tumor", int(row), int(column), state=HELD)
    run_rule(model, "arrest", 2.0)
    assert_chance(ending(model, event.ADHERENT), len(free), -np.expm1(-0.6 * (1.0 - fraction) * 2.0))


def kills(*molecules):
    model = blocked(
        *molecules,
        rules=("nk_killing",),
        parameters={"nk_killing": {"rate": "4 /h"}},
        cells={"natural_killer": {"density": "0 /mm^2"}, "tumor": {"nk_sensitivity": 1}},
    )
    free = sinusoids(model)
    for row, column in free[::3]:
        prey = put(model, "tumor", int(row), int(column), layer=1)
        put(
            model,
            "natural_killer",
            int(row),
            int(column),
            killer=1,
            state=IN_CONTACT,
            target=model.tumor.rows.uid[prey],
        )
    run_rule(model, "nk_killing", 2.0)
    return {name: ending(model, event.KILLED, name) for name in ("trail", "fasl", "perforin")}


def test_a_blocked_arm_does_not_kill():
    assert all(kills().values())
    for arm in ("trail", "fasl", "perforin"):
        seen = kills(arm)
        assert seen.pop(arm) == 0 and all(seen.values())
    assert sum(kills("trail", "fasl", "perforin").values()) == 0


def engulfed(*molecules):
    model = blocked(
        *molecules, rules=("phagocytosis",), parameters={"phagocytosis": {"rate": "0.05 /h", "through_wall": 1}}
    )
    for row, column in sinusoids(model)[::3]:
        put(model, "kupffer", int(row), int(column), state=RESTING, activity=1.0)
        put(model, "tumor", int(row), int(column), layer=1)
    run_rule(model, "phagocytosis", 1.0)
    return ending(model, event.PHAGOCYTOSED)


def test_kupffer_cells_eat_more_without_dont_eat_me_signals():
    free, without_cd47 = engulfed(), engulfed("cd47")
    assert 2.0 < without_cd47 / free < 3.8, "CD47 blockade triples phagocytosis"
    assert engulfed("cd24") > free and engulfed("pdl1") > free
    assert engulfed("cd47", "cd24", "pdl1") > without_cd47


def test_cells_feel_only_what_is_left_of_a_signal():
    model = blocked("tgf_beta", fraction=0.75)
    model.fields["tgf_beta"].values[:] = 2.0
    assert (model.signal("tgf_beta") == 0.5).all()
    assert model.fields["tgf_beta"].values.max() == 2.0, "what is made and diffuses is as before"
    assert model.signal("tnf") is model.fields["tnf"].values


def test_cxcl1_is_felt_through_cxcr2():
    for molecules, felt in ((("cxcl1",), 0.5), (("cxcr2",), 0.5), (("cxcl1", "cxcr2"), 0.25)):
        model = blocked(*molecules, fraction=0.5)
        model.fields["cxcl1"].values[:] = 1.0
        assert (model.signal("cxcl1") == felt).all()


@pytest.mark.parametrize(
    ("molecule", "field", "rule"),
    [
        ("tnf", "tnf", "endothelial_activation"),
        ("tgf_beta", "tgf_beta", "emt"),
        ("cxcr2", "cxcl1", "netosis"),
        ("tnf", "tnf", "netosis"),
        ("tgf_beta", "tgf_beta", "stellate_activation"),
        ("cxcr2", "cxcl1", "neutrophil_recruitment"),
        ("tgf_beta", "tgf_beta", "neutrophil_polarisation"),
    ],
)
def test_a_rule_finds_no_signal_where_it_is_blocked(molecule, field, rule):
    """The liver is as it would be without any signal, and not as it would be with it."""

    def outcome(level, *molecules):
        entries = [{"block": name} for name in molecules]
        model = liver(rule, mm=0.4, cells={"neutrophil": {"density": "400 /mm^2"}}, interventions=entries)
        for row, column in sinusoids(model, 1)[::5]:
            put(model, "tumor", int(row), int(column), layer=1)
        for name in ("tnf", "tgf_beta", "cxcl1"):
            model.fields[name].values[:] = level if name == field else 0.0
            model.fields[name].at_rest = name != field
        run_rule(model, rule, 12.0)
        return {name: array.tobytes() for name, array in model.state_arrays().items() if not name.startswith("fields/")}

    assert outcome(3.0, molecule) == outcome(0.0) != outcome(3.0)


def test_vegf_does_not_keep_sinusoids_open_where_it_is_blocked():
    def collapsed(*molecules):
        model = blocked(*molecules, rules=("perfusion",), parameters={"perfusion": {"collapse_rate": "0.1 /h"}})
        for row, column in np.argwhere(model.sites.kind <= 2):
            if model.sites.kind[row, column] > 0:
                put(model, "tumor", int(row), int(column), layer=1)
        model.fields["vegf"].values[:] = 9.0
        run_rule(model, "perfusion", 3.0)
        return int(model.collapsed.sum())

    assert collapsed("vegf") > 2 * collapsed()


def test_blocked_g_csf_does_not_fill_the_blood():
    def pool(*entries):
        return later(
            liver(mm=0.3, step="1 h", interventions=[{"stimulate": "g_csf", "level": 5}, *entries]), 48.0
        ).blood.neutrophils

    assert pool() > 3.0
    assert pool({"block": "g_csf"}) == 1.0


def test_some_rule_asks_for_every_molecule(monkeypatch):
    asked = set()
    ask = LiverModel.left
    monkeypatch.setattr(LiverModel, "left", lambda self, name, hours=None: (asked.add(name), ask(self, name, hours))[1])
    model = LiverModel(
        tissue={"width": "0.4 mm", "height": "0.4 mm"},
        rules={"angiogenesis": {"sprout": "0.03 /h"}},
        cells={"cd8": {"density": "40 /mm^2"}, "suppressor": {"density": "40 /mm^2", "il6_gain": 1}},
        blood={"il18_supply": 0.2},
        fields={"glutamine": {"tumor": "20 mM/h"}},
        interventions=[{"block": "vegf", "fraction": 0.1}],
    )
    row, column = sinusoids(model)[0]
    put(model, "tumor", int(row), int(column), state=HELD)
    for signal in ("cxcl1", "tnf", "ifn_gamma", "il10"):
        model.fields[signal].at_rest = False
    put(model, "macrophage", int(row), int(column), state=M2)
    put(model, "dendritic", *map(int, sinusoids(model)[20]), state=IMMATURE)
    put(model, "cd4", *map(int, sinusoids(model)[10]), state=TH17)
    put(model, "inkt", *map(int, sinusoids(model)[30]), state=SIGNALLING)
    later(model, 1.0)  # not every rule acts in every step
    assert set(SHIPPED.molecules()) <= asked


@pytest.mark.parametrize(("molecule", "made"), [("ccl2", 1 + (1 - np.exp(-0.5 / 3)) / 2), ("ccr2", 1.0)])
def test_of_ccl2_more_is_made_under_an_antibody_to_it_and_not_without_its_receptor(molecule, made):
    levels = []
    for interventions in ([], [{"block": molecule, "fraction": 0.5}]):
        model = liver(mm=0.3, cells={"macrophage": {"entry": "0.001 /h"}}, interventions=interventions)
        model.stellate.rows.state[:] = 1
        later(model, 12.0)
        levels.append(float(model.fields["ccl2"].values.mean()))
        felt = float(model.signal("ccl2").mean())
    assert levels[1] / levels[0] == pytest.approx(made, rel=0.02)
    assert felt == pytest.approx(0.5 * levels[1], rel=1e-6)


def test_its_strength_follows_the_doses():
    model = liver(
        mm=0.3,
        interventions=[
            {"block": "e_selectin", "fraction": 0.8, "start": 0, "stop": "3 d", "every": "1 d", "half_life": "12 h"}
        ],
    )
    assert model.left("e_selectin", 0.0) == pytest.approx(0.2)
    assert model.left("e_selectin", 12.0) == pytest.approx(0.6)
    assert model.left("e_selectin", 24.0) == 0.0
    assert model.left("e_selectin", 96.0) == pytest.approx(1.0 - 0.8 * (1 / 16 + 1 / 64 + 1 / 256))


def test_resumes_in_the_middle_of_a_course():
    def make():
        model = liver(
            "arrest",
            mm=0.4,
            interventions=[{"block": "e_selectin", "start": "1 h", "half_life": "1 h", "every": "2 h"}],
        )
        model.endothelium.rows.e_selectin = 1.0
        for row, column in sinusoids(model)[::4]:
            put(model, "tumor", int(row), int(column), state=HELD)
        return model

    assert_resumes(make, 1.5, 1.5)


def test_two_arms_share_all_other_chance():
    """Cells that E-selectin does not bind in the control meet the same fate where it is blocked."""

    def fates(*molecules):
        model = blocked(*molecules, rules=("arrest",))
        for row, column in sinusoids(model)[::4]:
            put(model, "tumor", int(row), int(column), state=HELD)
        run_rule(model, "arrest", 6.0)
        cells = model.tumor.alive_rows()
        return dict(zip(cells.uid.tolist(), cells.state.tolist(), strict=True))

    assert fates("e_selectin") == fates(), "nothing expresses it here"
    assert ADHERENT in fates().values()
