import math

import pytest

from abm.commands import UserError
from abm.commands.drugs import half_life_of, regimen_entries, show_drugs, show_regimens
from abm.config.loading import load_text, pharmacy
from abm.pharmacology import Drug

OWN = """\
patient: {weight: 60 kg}
drugs: {mine: {words: a drug of mine, kind: antibody, dosed: mg/kg, central: 3 L, clearance: 0.5 L/d}}
regimens:
  weekly: {cycle: 7 d, doses: [{drug: mine, dose: 2 mg/kg, cycles: first}, {drug: mine, dose: 1 mg/kg, cycles: later}],
           mark: assumed, source: made up}
interventions: [{therapy: weekly}, {therapy: cetuximab}]
"""


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(what, width=200, names=(), config=None, **settings):
        monkeypatch.setenv("COLUMNS", str(width))
        what(config, names, **settings)
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [60, 90, 200])
@pytest.mark.parametrize(("show", "group"), [(show_drugs, "drugs"), (show_regimens, "regimens")])
def test_a_line_for_each_and_everything(shown, width, show, group):
    names = list(getattr(pharmacy(), group))
    text = shown(show, width)
    assert [line.split()[0] for line in text.partition("\n\n")[0].splitlines() if line[0] != " "] == names
    assert f"crlm {group} --grep" in " ".join(text.split())
    text = shown(show, width, everything=True)
    assert all(f"\n{name}  " in f"\n{text}" for name in names)
    assert max(map(len, text.splitlines())) <= width


def test_every_number_and_act_of_a_drug_with_its_source(shown):
    text = shown(show_drugs, names=["cetuximab"])
    assert "\n  clearance: 0.497 L/d  (plausible 0.3 to 0.8 L/d)  checked\n" in text and "HAL hal-00720512" in text
    assert (
        "\n    block: egfr  half at 5 mg/L (2 to 10)  derived\n" in text
        and "\n    stimulate: opsonin  half at 50 mg/L" in text
    )
    assert "\n  given in: cetuximab, cetuximab_biweekly\n" in text and "\n  dosed in: mg/m^2\n" in text
    assert "kill: cycling  half at 0.1 mg/L (0.03 to 0.3), hill 1.5 (1 to 3), rate 0.015 /h (0.005 to" in shown(
        show_drugs, names=["oxaliplatin"]
    )
    assert "enhance: fluorouracil  half at 1 mg/L (0.3 to 3), times 1.5 (1.1 to 3)" in shown(
        show_drugs, names=["leucovorin"]
    )
    assert "block: pd1  half at 0.5 mg/L (0.1 to 2), at most 0.9 (0.7 to 1)" in shown(show_drugs, names=["nivolumab"])


def test_values_are_in_the_unit_of_their_range(shown):
    text = shown(show_drugs, names=["fluorouracil"])
    assert "  clearance: 2.8 L/min  (plausible 1.4 to 5.6 L/min)" in text and "  half-life: 7.1 min  derived" in text


def test_the_half_life_is_that_of_the_slowest_compartment():
    drugs = pharmacy().drugs
    one = drugs["panitumumab"]
    assert half_life_of(one) == pytest.approx(math.log(2.0) * one.central / one.clearance)
    slow = one.model_copy(update={"absorption": 1e-3})
    assert half_life_of(slow) == pytest.approx(math.log(2.0) / 1e-3)
    two = drugs["oxaliplatin"]
    out, over, back = (
        two.clearance / two.central,
        two.exchange / two.central,
        two.exchange / two.peripheral,
    )
    sum_of_rates = out + over + back
    slowest = (sum_of_rates - math.sqrt(sum_of_rates**2 - 4.0 * out * back)) / 2.0
    assert half_life_of(two) == pytest.approx(math.log(2.0) / slowest, rel=1e-6)
    assert half_life_of(two) == pytest.approx(16.8, rel=0.02), "as its source says"
    bound = Drug(kind="antibody", dosed="mg", central="3 L", clearance="0 L/h", saturable="1 mg/d")
    assert half_life_of(bound) is None


def test_the_doses_of_a_cycle_and_of_a_week(shown):
    text = shown(show_regimens, names=["folfox4"])
    assert "\n  a cycle of 14 d, until it is stopped\n" in text
    assert "\n    oxaliplatin  85 mg/m^2 over 2 h, 157.2 mg  checked\n" in text
    assert (
        "fluorouracil  600 mg/m^2 over 22 h, 2 h after the beginning, 2 times, every 1 d, 1110 mg each, 2220 mg in all"
        in text.replace("\n        ", " ")
    )
    assert "\n    oxaliplatin  42.5 mg/m^2, 78.62 mg\n" in text and "\n    fluorouracil  1000 mg/m^2, 1850 mg\n" in text
    text = shown(show_regimens, names=["cetuximab", "ipilimumab", "fruquintinib"])
    assert "over 2 h, in the first cycle only, 740 mg" in text and "dose per week, from the second cycle on" in text
    assert "\n    cetuximab  250 mg/m^2, 462.5 mg\n" in text and "a cycle of 21 d, 4 cycles" in text
    assert "5 mg swallowed, 21 times, every 1 d, 5 mg each, 105 mg in all" in text


def test_of_a_config_with_its_own_and_for_its_patient(shown):
    config = load_text(OWN, ["drugs.cetuximab.clearance=0.6 L/d"])
    assert "mine           a drug of mine" in shown(show_drugs, config=config)
    text = shown(show_drugs, config=config, names=["mine", "cetuximab"])
    assert "given in: weekly" in text and "clearance: 0.6 L/d  (plausible" in text and "acts: none" in text
    text = shown(show_regimens, config=config, names=["weekly"])
    assert "60 kg and 1.85 m^2" in text and "\n    mine  1 mg/kg, 60 mg\n" in text
    assert {entry.name for entry in regimen_entries(config)} == {*pharmacy().regimens, "weekly"}


def test_what_speaks_of_a_word(shown):
    assert "panitumumab" in shown(show_drugs, grep="egfr") and "nivolumab" not in shown(show_drugs, grep="egfr")
    assert shown(show_regimens, grep="oxaliplatin").split()[0] == "folfox4"
    assert "No regimen is called oxaliplatin." in shown(show_regimens, names=["oxaliplatin"])


def test_another_is_refused():
    with pytest.raises(UserError, match=r"there is no drug 'cetuximb'; did you mean 'cetuximab'\?"):
        show_drugs(None, ["cetuximb"])
    with pytest.raises(UserError, match="there is no regimen 'xyzzy'; there is bevacizumab, "):
        show_regimens(None, ["xyzzy"])
