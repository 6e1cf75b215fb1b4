"""Therapies: what a config says of regimens and drugs, and that the liver feels them."""

import pytest

from abm.config.errors import ConfigError
from abm.config.loading import load_text, with_changes
from tests.worlds import act, assert_resumes, assert_sound, later, lively, treated, treatment


def test_a_therapy_brings_its_regimen_and_drugs():
    config = with_changes(None, {"interventions": [{"therapy": "folfox4", "cycles": 6}, {"therapy": "cetuximab"}]})
    assert set(config.regimens) == {"folfox4", "cetuximab"}
    assert set(config.drugs) == {"oxaliplatin", "leucovorin", "fluorouracil", "cetuximab"}
    assert config.drugs["cetuximab"].central == 2.96


def test_a_config_read_again_is_the_same():
    config = with_changes(
        None, {"interventions": [{"therapy": "folfiri"}], "drugs": {"irinotecan": {"central": "300 L"}}}
    )
    again = load_text(str(config))
    assert again == config
    assert again.drugs["irinotecan"].central == 300.0


def test_a_drug_and_a_regimen_of_ones_own():
    config = with_changes(None, treatment(act(block="tgf_beta")))
    assert config.prescriptions[0].regimen == "once"
    assert config.drugs["toy"].acts[0].target == "tgf_beta"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"interventions": [{"therapy": "folfx4"}]}, "there is no regimen"),
        (
            {"interventions": [{"therapy": "folfox4"}, {"therapy": "folfox4", "start": "20 d"}]},
            "twice at the same time",
        ),
        (treatment(dose="1 mg/kg"), "dosed in mg, and this is in mg/kg"),
        (treatment(act(block="egfrr")), "egfr"),
        (treatment(act(enhance="toy", times=2)), "cannot enhance itself"),
        (
            treatment({"slow": "toy", "by": 0.1, "lasting": "1 d", "mark": "assumed", "source": "a"}),
            "cannot slow itself",
        ),
        (treatment(clearance="0 L/h"), "clearance"),
        (treatment(act(stimulate="opsonin", hill=4)), "leave it out"),
        ({"interventions": [{"therapy": "folfox4", "stop": "-1 d"}]}, "later than start"),
    ],
)
def test_what_cannot_be_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        with_changes(None, changes)


def test_one_regimen_after_the_other_is_no_overlap():
    entries = [{"therapy": "folfox4", "cycles": 2}, {"therapy": "folfox4", "start": "28 d"}]
    assert len(with_changes(None, {"interventions": entries}).prescriptions) == 2


def test_what_a_drug_blocks_is_gone_in_the_rules_that_read_it():
    model = later(treated(acts=(act(block="vegf"), act(stimulate="opsonin")), config={"mm": 0.3}), 1.0)
    model.fields["vegf"].values[:] = 1.0
    assert model.signal("vegf").mean() == pytest.approx(0.5, rel=1e-6)
    assert model.left("vegf") == pytest.approx(0.5, rel=1e-6)
    assert model.blood.opsonin == pytest.approx(1.0, rel=1e-6)


def test_a_rule_that_a_drug_inhibits_is_slower():
    config = {"mm": 0.3, "parameters": {"fibroblast_growth": {"rate": "0.02 /h"}}}
    model = later(treated("fibroblast_growth", acts=(act(inhibit="fibroblast_growth"),), config=config), 1.0)
    assert model.rules["fibroblast_growth"].parameters.rate == pytest.approx(0.01, rel=1e-6)
    assert model.rules["fibroblast_growth"].uninhibited.rate == 0.02


def test_doses_go_on_where_a_run_goes_on_beyond_its_duration():
    model = treated(config={"mm": 0.3, "step": "1 h", "duration": "2 h"}, start="3 h")
    assert later(model, 5.0).drugs.in_blood("toy") == pytest.approx(1.0)


def test_the_state_of_other_drugs_is_refused():
    one = treated(acts=(act(block="vegf"),), config={"mm": 0.3})
    state = {name.replace("toy", "other"): array for name, array in one.state_arrays().items()}
    with pytest.raises(KeyError):
        one.load_state(state)


def test_few_neutrophils_come_from_a_suppressed_marrow():
    model = later(treated(acts=(act(suppress="marrow"),), dose="99 mg", config={"mm": 0.3, "step": "1 h"}), 120.0)
    assert model.drugs.neutrophils < 0.5
    assert model.drugs.neutrophils < model.blood.neutrophils < 0.6  # the pool follows within half a day


def test_resumes_in_the_middle_of_an_infusion():
    def make():
        return lively(interventions=[{"therapy": "folfox4", "start": "-1 h"}, {"therapy": "cetuximab", "start": "0 h"}])

    assert_resumes(make, 2.5, 3.0)


def test_a_treated_liver_is_sound():
    model = later(lively(interventions=[{"therapy": "folfox4"}, {"therapy": "pembrolizumab"}]), 6.0)
    assert_sound(model)
