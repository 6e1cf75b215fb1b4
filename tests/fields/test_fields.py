"""Fields in real tissue: levels that cells keep, how far signals reach, and rest that is rest."""

import numpy as np
import pytest

from abm.fields import FIELDS, TNF, LactateField
from abm.fields.field import MOST_PERFUSED, REST, Diffusing, Signal, exchanging
from abm.fields.solver import decay_length_um
from abm.tissue.anatomy import grow
from abm.tissue.parameters import TissueParameters
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE
from tests import worlds
from tests.worlds import assert_resumes, later, liver, put, without

SIGNALS = [field for field in FIELDS if issubclass(field, Signal)]
each_signal = pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: kind.name)
with_rest = pytest.mark.parametrize(("kind", "rest"), [(TNF, 0.0), (LactateField, 1.0)])
STEPS_TO_REST = 24  # four hours or more, many relaxation times of a washed-out signal


@pytest.fixture(scope="module")
def anatomy():
    return grow(TissueParameters(width="1 mm", height="1 mm"), 1)


def make(anatomy, kind: type[Diffusing] = TNF, *, perfused=None) -> Diffusing:
    exchange = exchanging(anatomy.kind, np.ones(anatomy.shape, np.uint8))
    field = kind(
        np.zeros(anatomy.shape, np.float32),
        kind.Parameters(),
        spacing_um=10.0,
        periodic=True,
        step_s=300.0,
        exchange=exchange,
    )
    if perfused is not None:
        field.set_perfusion(perfused)
    return field


def secreting_sites(anatomy, count: int) -> np.ndarray:
    sinusoids = np.argwhere(anatomy.kind == SINUSOID)
    return sinusoids[:: len(sinusoids) // count][:count]


def around_one_cell(field: Diffusing, site, amount: float = 3.0) -> np.ndarray:
    """The field around one steadily secreting cell at `site`, at rest."""
    field.excess[:], field.source[:] = 0.0, 0.0
    field.source[tuple(site)] = field.rate_for(amount)
    field.secreted = True
    for _ in range(STEPS_TO_REST):
        field.advance()
    return field.values


def reach_um(values: np.ndarray, site) -> float:
    """Decay length from the spread of the field: the mean squared distance of K0(r/L) in the plane is 4 L^2."""
    rows, columns = np.indices(values.shape)
    size = values.shape[0]
    squared = sum(
        (((index - at + size // 2) % size) - size // 2) ** 2 for index, at in ((rows, site[0]), (columns, site[1]))
    )
    weight = values.astype(np.float64)
    return 10.0 * np.sqrt((weight * squared).sum() / weight.sum() / 4.0)


@each_signal
def test_a_secreting_cell_keeps_its_level_at_its_own_site(anatomy, kind):
    """The rate is that of homogeneous tissue with the mean sink. A cell in a sinusoid sits on a sink and in a mesh
    whose density differs from place to place: a few per cent for signals that reach further than the mesh is wide."""
    field = make(anatomy, kind)
    levels = [float(around_one_cell(field, site)[tuple(site)]) for site in secreting_sites(anatomy, 8)]
    assert np.median(levels) == pytest.approx(3.0, rel=0.06)
    assert min(levels) > 3.0 * 0.85 and max(levels) < 3.0 * 1.15


def test_twice_the_level_is_twice_the_rate(anatomy):
    field = make(anatomy)
    assert field.rate_for(6.0) == pytest.approx(2 * field.rate_for(3.0))


def test_blood_keeps_tnf_within_about_sixty_micrometres(anatomy):
    field = make(anatomy)
    reach = [reach_um(around_one_cell(field, site), site) for site in secreting_sites(anatomy, 6)]
    assert 50 < np.mean(reach) < 70
    p, perfused = field.parameters, exchanging(anatomy.kind, np.ones(anatomy.shape, np.uint8)).mean()
    assert np.mean(reach) == pytest.approx(decay_length_um(p.diffusion, p.decay / 3600 + p.washout * perfused), rel=0.1)


def test_without_blood_it_reaches_much_further(anatomy):
    site = secreting_sites(anatomy, 2)[1]
    washed = around_one_cell(make(anatomy), site)
    stagnant = around_one_cell(make(anatomy, perfused=np.zeros(anatomy.shape, np.uint8)), site)
    assert reach_um(stagnant, site) > 2 * reach_um(washed, site)
    assert (stagnant >= washed).all()


def test_vessels_exchange_and_plates_and_blocked_sinusoids_do_not():
    kind = np.array([[PORTAL_TRACT, SINUSOID], [PARENCHYMA, CENTRAL_VEIN]], np.uint8)
    assert exchanging(kind, np.ones((2, 2), np.uint8)).tolist() == [[True, True], [False, True]]
    assert exchanging(kind, np.array([[1, 0], [1, 1]], np.uint8)).tolist() == [[True, False], [False, True]]


@with_rest
def test_a_field_at_rest_is_not_touched(anatomy, kind, rest):
    field = make(anatomy, kind)
    before = field.values.tobytes()
    assert (field.values == np.float32(rest)).all()
    for _ in range(5):
        field.advance()
    assert not hasattr(field, "cycles")
    assert field.values.tobytes() == before


@with_rest
def test_a_field_comes_back_to_rest_when_secretion_ends(anatomy, kind, rest):
    field = make(anatomy, kind)
    site = secreting_sites(anatomy, 2)[1]
    amount = 3.0 if kind is TNF else 150.0  # a level; mM/h
    assert around_one_cell(field, site, amount)[tuple(site)] > rest + 100 * REST
    assert not field.at_rest
    assert (field.values >= np.float32(rest)).all()
    field.source[:], field.secreted = 0.0, False
    for _ in range(100):
        field.advance()
    assert field.at_rest
    assert (field.values == np.float32(rest)).all() and not field.excess.any()


def test_values_are_excess_over_rest_in_the_same_array(anatomy):
    field = make(anatomy, LactateField)
    values = field.values
    around_one_cell(field, (50, 50))
    assert field.values is values
    assert np.array_equal(values, field.excess + np.float32(1.0))


def test_a_saved_excess_comes_back(anatomy):
    field = make(anatomy, LactateField)
    around_one_cell(field, (50, 50))
    other = make(anatomy, LactateField)
    other.load(field.excess.copy())
    assert other.values.tobytes() == field.values.tobytes() and not other.at_rest
    other.source[:] = field.source
    other.secreted = True
    for one in (field, other):
        one.advance()
    assert other.cycles == field.cycles > 0
    assert other.values.tobytes() == field.values.tobytes()
    other.load(np.zeros(anatomy.shape, np.float32))
    assert other.at_rest and (other.values == 1.0).all()


def lactate_of_a_tumor(blocked):
    """The lactate above rest (mM) around a tumor cell, of whose LDHA this share is blocked."""
    model = without(liver(mm=0.3, interventions=[{"block": "ldha", "fraction": blocked}]))
    put(model, "tumor", *map(int, np.argwhere(model.sites.kind == PARENCHYMA)[400]), layer=TISSUE)
    for _ in range(12):
        model.step()
    return model.fields["lactate"].excess


def test_without_ldha_as_much_less_lactate_is_made():
    whole = lactate_of_a_tumor(0.0)
    assert whole.max() > 0.005
    np.testing.assert_allclose(lactate_of_a_tumor(0.75), 0.25 * whole, rtol=0.02, atol=2e-6)
    assert not lactate_of_a_tumor(1.0).any()


def in_chronic_disease(hepatocytes=0.3, **config):
    """A liver whose hepatocytes secrete CXCL1, with nobody in it."""
    return worlds.liver(mm=0.6, empty=True, fields={"cxcl1": {"hepatocytes": hepatocytes}}, **config)


def test_hepatocytes_keep_cxcl1_up_all_over_the_liver_from_the_beginning():
    model = in_chronic_disease()
    cxcl1 = model.fields["cxcl1"].values
    assert (cxcl1 == np.float32(0.3)).all()
    later(model, 6.0)
    exchange = exchanging(model.sites.kind, model.sites.perfused)
    assert cxcl1[exchange].mean() == pytest.approx(0.3, rel=0.02), "where it is washed out"
    assert cxcl1.mean() == pytest.approx(0.3, rel=0.1)


def test_where_hepatocytes_are_gone_they_secrete_nothing():
    model = in_chronic_disease()
    left = np.indices(model.shape)[1] < model.shape[1] // 2
    model.hepatocytes[left] = 0
    later(model, 6.0)
    cxcl1 = model.fields["cxcl1"].values
    middle = model.shape[1] // 4
    assert cxcl1[:, middle].mean() < 0.3 / 3 < 0.25 < cxcl1[:, 3 * middle].mean()
    model.hepatocytes[:] = 0
    later(model, 12.0)
    assert cxcl1.max() < 1e-3


def test_by_default_hepatocytes_secrete_no_cxcl1():
    model = worlds.liver(mm=0.3, empty=True)
    later(model, 1.0)
    assert not model.fields["cxcl1"].values.any() and model.fields["cxcl1"].at_rest


def test_a_liver_in_chronic_disease_resumes():
    assert_resumes(lambda: in_chronic_disease(), 2.0, 2.0)


@pytest.mark.parametrize(
    "keys, site_um, said",
    [
        ({}, 10.0, ""),
        ({"washout": "0.1 /s"}, 12.0, ""),
        (
            {"washout": "1 /s"},
            10.0,
            "with diffusion 20 um^2/s, decay 0.12 /h and washout 1 /s the field falls by a factor e within 5.8 um, "
            "which sites of 10 um cannot show; raise diffusion to at least 61 um^2/s, or lower washout to at most 0.33 /s",
        ),
        ({"decay": "1000 /h"}, 10.0, "raise diffusion to at least 29 um^2/s, or lower decay to at most 670 /h"),
        ({"diffusion": "0.001 um^2/s"}, 10.0, "or lower both others"),
        ({"decay": "0 /h", "washout": "0 /s"}, 10.0, "nothing takes the field away"),
        ({"decay": "0 /h", "washout": "1e-9 /s"}, 10.0, "the field reaches 183 mm"),
    ],
)
def test_a_signal_that_the_lattice_cannot_show(keys, site_um, said):
    """It is told with the values that decide it, and with values that are right."""
    parameters = TNF.Parameters(**keys)
    assert said in parameters.misfit(site_um) and bool(said) == bool(parameters.misfit(site_um))
    assert not LactateField.Parameters(decay="0 /h", washout="0 /s").misfit(10.0)
    if "to at most" in said:
        enough, lower = said.split("raise diffusion to at least ")[1].split(", or lower ")
        key, most = lower.split(" to at most ")
        assert not TNF.Parameters(**keys | {"diffusion": enough}).misfit(site_um)
        assert not TNF.Parameters(**keys | {key: most}).misfit(site_um)


def test_no_plausible_liver_has_more_vessels_than_is_allowed_for():
    """Vessels as wide, and as close together, as their plausible ranges allow."""
    densest = TissueParameters(
        width="1 mm",
        height="1 mm",
        site="12 um",
        portal_central_distance="200 um",
        portal_tract_diameter="100 um",
        central_vein_diameter="100 um",
        venule_reach="0.5",
        widest_plate="30 um",
        link_spacing_low="40 um",
        link_spacing_high="60 um",
        tortuosity_wavelength="50 um",
        tortuosity=1.5,
    )
    kind = grow(densest, 1).kind
    assert 0.5 < exchanging(kind, np.ones_like(kind)).mean() < MOST_PERFUSED
