"""DNase: DNA goes with its half-life, the adhesive residue stays and decays as nets do."""

import numpy as np
import pytest

from abm.cells.tumor import HELD
from abm.interventions.degrade import dissolve
from tests.worlds import assert_resumes, later, liver, put, run_rule, sinusoids, without


def netted(*rules, step="5 min", **keys):
    model = liver(*rules, mm=0.4, step=step, interventions=[{"degrade": "nets", **keys}])
    model.nets[model.sites.kind == 1] = 1.0
    return model


@pytest.mark.parametrize("step", ["5 min", "30 min"])
def test_dna_goes_with_its_half_life_and_a_share_stays_on_the_wall(step):
    model = netted(step=step, start="1 h", half_life="0.5 h", residue=0.3)
    assert later(model, 1.0).nets.max() == 1.0
    later(model, 1.0)
    assert model.nets.max() == pytest.approx(0.25, rel=1e-5)
    assert model.net_residue.max() == pytest.approx(0.3 * 0.75, rel=1e-5)
    later(model, 10.0)
    assert model.nets.max() == 0.0
    assert model.net_residue.max() == pytest.approx(0.3, rel=1e-5)
    assert model.net_residue[model.sites.kind != 1].max() == 0.0


def test_the_residue_decays_as_nets_do():
    model = netted("netosis", stop="2 h", half_life="0.1 h")
    start = later(model, 2.0).net_residue.max()
    half_life = model.config.rules.netosis.half_life
    assert later(model, half_life).net_residue.max() == pytest.approx(0.5 * start, rel=1e-4)


def test_the_enzyme_itself_is_cleared():
    model = netted(clearance="1 h", half_life="1 h", residue=0)
    left = 0.5 ** (0.75 / np.log(2.0))  # the mean presence in two half-lives, times two hours
    assert later(model, 2.0).nets.max() == pytest.approx(left, rel=1e-5)


def test_the_residue_does_not_grow_beyond_one():
    nets, residue = np.full((2, 2), 1, np.float32), np.full((2, 2), 0.9, np.float32)
    dissolve(nets, residue, np.float32(0.5), np.float32(0.6))
    assert (residue == 1.0).all() and (nets == 0.5).all()


def held_by(**lattices):
    model = without(liver("net_trapping", mm=0.3), "kupffer")
    for name, amount in lattices.items():
        getattr(model, name)[:] = amount
    row, column = sinusoids(model)[9]
    put(model, "tumor", int(row), int(column), state=HELD)
    run_rule(model, "net_trapping", model.dt_hours)
    return float(model.tumor.alive_rows().net[0])


def test_the_residue_holds_cells_as_so_much_net_would():
    assert held_by(nets=0.2, net_residue=0.1) == pytest.approx(held_by(nets=0.3))
    assert 0.0 == held_by() < held_by(net_residue=0.1)


def test_the_residue_catches_cells_that_pass():
    def caught(**lattices):
        model = without(
            liver(
                "arrival",
                "passage",
                "arrest",
                "net_trapping",
                mm=0.6,
                parameters={
                    "arrival": {"per_area": "400 /mm^2"},
                    "net_trapping": {"capture_fold": 20},
                    "arrest": {"mechanical": 0.2},
                },
            ),
            "kupffer",
        )
        for name, amount in lattices.items():
            getattr(model, name)[:] = amount
        model.step()
        return model.ledger.total("held", "net")

    assert caught() == 0 < caught(net_residue=0.3) == caught(nets=0.3)


def test_the_residue_neither_blocks_the_flow_nor_wakes_anybody():
    model = liver("perfusion", mm=0.3)
    model.net_residue[:] = 1.0
    before = model.sites.perfused.copy()
    run_rule(model, "perfusion", 2.0)
    np.testing.assert_array_equal(model.sites.perfused, before)


def test_resumes_in_the_middle_of_a_course():
    assert_resumes(lambda: netted("netosis", every="3 h", clearance="1 h"), 2.0, 2.0)
