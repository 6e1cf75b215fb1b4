"""How far drugs get: all of it in liver, less in a nodule, as one dimension says."""

import numpy as np
import pytest

from abm.rules.drug_penetration import DrugPenetration
from tests.worlds import act, assert_resumes, later, put_disc, treated


def nodule(kind="small_molecule", radius=25, mm=0.8, **parameters):
    config = {"mm": mm, "empty": True, "edges": "closed", "parameters": {"drug_penetration": parameters}}
    model = treated("drug_penetration", acts=(act(block="vegf"),), config=config, kind=kind)
    middle = np.array(model.shape) // 2
    distance = put_disc(model, tuple(middle), radius)
    inside = distance < radius
    model.sites.perfused[inside] = 0
    model.update_flow()
    return model, distance


@pytest.mark.parametrize("kind", ["small_molecule", "antibody"])
def test_all_of_it_reaches_perfused_liver_and_less_the_middle_of_a_nodule(kind):
    model, distance = nodule(kind)
    later(model, model.dt_hours)
    reach = model.drugs.reach[kind]
    assert ((reach >= 0.0) & (reach <= 1.0)).all()
    assert reach[distance > 36].mean() > 0.9
    means = [reach[(distance >= near) & (distance < near + 5)].mean() for near in (0, 10, 20)]
    assert means[0] < means[1] < means[2]


def test_it_falls_as_in_one_dimension():
    """Beside a wall of vessels, in a slab of tumor, as cosh over cosh of the depth."""
    model, _ = nodule(radius=0, mm=0.6)
    sites, rows = model.sites, model.shape[0]
    model.sites.perfused[:] = 0
    sites.perfused[:5] = 1
    put_disc(model, (rows // 2, rows // 2), 200)
    later(model, model.dt_hours)
    p = model.rules["drug_penetration"].parameters
    length = np.sqrt(p.diffusion / p.uptake) / model.spacing_um
    reach = model.drugs.reach["small_molecule"].mean(axis=1)
    depth = np.arange(8, rows)
    expected = reach[8] * np.cosh((rows - 0.5 - depth) / length) / np.cosh((rows - 0.5 - 8) / length)
    assert reach[8:] == pytest.approx(expected, rel=0.05, abs=0.01)


def test_matrix_holds_drugs_up():
    model, distance = nodule("antibody")
    held, _ = nodule("antibody")
    held.ecm[:] = 1.0
    for each in (model, held):
        later(each, each.dt_hours)
    core = distance < 10
    assert held.drugs.reach["antibody"][core].mean() < 0.8 * model.drugs.reach["antibody"][core].mean()


def test_new_vessels_bring_drugs():
    model, distance = nodule()
    model.vessels[distance < 25] = np.where(np.indices(model.shape).sum(axis=0) % 6 == 0, 1.0, 0.0)[distance < 25]
    later(model, model.dt_hours)
    without, _ = nodule()
    later(without, without.dt_hours)
    assert model.drugs.reach["small_molecule"][distance < 10].mean() > 0.5
    assert without.drugs.reach["small_molecule"][distance < 10].mean() < 0.5


def test_it_is_solved_at_the_first_dose_and_then_at_intervals():
    model, _ = nodule(interval="24 h")
    solved = []
    solve = DrugPenetration.solve

    def watched(rule, liver, kind):
        solved.append(liver.hours)
        solve(rule, liver, kind)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DrugPenetration, "solve", watched)
        later(model, 49.0)
    assert solved == pytest.approx([0.0, 24.0, 48.0])


def test_resumes():
    assert_resumes(lambda: nodule(interval="2 h")[0], 3.0, 3.0)
