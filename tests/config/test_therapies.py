"""Regimens and drugs in configs: what is wrong is told at its place, and what is right is read, from files or from the config."""

from pathlib import Path

import pytest
import yaml

from abm import load_config
from abm.config.describe import resolved_yaml, warnings
from abm.config.errors import ConfigError, keys_of, quantity_of
from abm.config.loading import load_text, pharmacy
from abm.config.shipped import shipped

from .conftest import write

DRUG = "drugs:\n  mine:\n    kind: antibody\n    dosed: mg\n    central: 3 L\n    clearance: 0.5 L/d\n"
GIVEN = "interventions: [{therapy: weekly, cycles: 2}]\n"
WEEKLY = "cycle: 7 d\ndoses: [{drug: mine, dose: 100 mg, over: 1 h}]\nmark: assumed\nsource: made up\n"
SHIPPED = {kind: [one for one in shipped() if one.kind == kind] for kind in ("regimen", "drug")}


def regimen(dose: str, cycle: str = "14 d") -> str:
    """A config with a regimen of its own, whose dose stands in line 6 from column 9 on."""
    return (
        f"interventions: [{{therapy: mine}}]\nregimens:\n  mine:\n    cycle: {cycle}\n    doses:\n      - {dose}\n"
        "    mark: assumed\n    source: made up\n"
    )


def without(text: str, key: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith(f"{key}:"))


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What is said of `my.yaml` with a text."""
    monkeypatch.chdir(tmp_path)

    def refused(text, *overrides):
        write(Path("my.yaml"), text)
        with pytest.raises(ConfigError) as caught:
            load_config("my.yaml", overrides)
        return str(caught.value)

    return refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "interventions:\n  - {therapy: folfx4}",
            "my.yaml:2:15  interventions[0].therapy\n    there is no regimen 'folfx4'; did you mean 'folfox4'?",
        ),
        ("interventions:\n  - {therapy: FOLFOX4}", "did you mean 'folfox4'?"),
        ("interventions:\n  - {therapy: regimens/folfox4.yaml}", "did you mean 'folfox4'?"),
        ("interventions:\n  - {therapy: xyzzy}", "there is no regimen 'xyzzy'; crlm regimens lists those"),
        ("interventions:\n  - {therapy: [folfox4]}", "my.yaml:2:6  interventions[0].therapy\n    expected a text, got"),
        ("interventions:\n  - {therapy: folfox4, cycles: 0}", "my.yaml:2:32  interventions[0].cycles\n    must be at"),
        (
            "interventions:\n  - {therapy: folfox4, start: 5 d, stop: 2 d}",
            "my.yaml:2:5  interventions[0]\n    stop must",
        ),
        (
            "interventions:\n  - {therapy: folfox4, dose: 120 %}",
            "my.yaml:2:30  interventions[0].dose\n    120 % is out",
        ),
        (
            "interventions:\n  - {therapy: folfox4}\n  - {therapy: folfox4, start: 3 d}",
            "my.yaml:3:31  interventions[1].start\n    folfox4 is given twice at the same time",
        ),
        ("interventions: [{therapy: folfox4}]\nregimens: [folfox4]", "my.yaml:2:1  regimens\n    expected a group of"),
    ],
)
def test_what_is_wrong_with_a_therapy(refused, text, said):
    assert said in refused(text)
    assert refused(text).endswith("\n1 problem in my.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            regimen("{drug: oxaliplatin, dose: 85 mg}"),
            "my.yaml:6:35  regimens.mine.doses[0].dose\n    oxaliplatin is dosed in mg/m^2, and this is in mg",
        ),
        (
            regimen("{drug: oxaliplatin, dose: 5 mg/m2}"),
            "my.yaml:6:35  regimens.mine.doses[0].dose\n    'mg/m2' is not",
        ),
        (regimen("{drug: oxaliplatin, dose: 5 mg/m2}"), "did you mean '5 mg/m^2'?"),
        (
            regimen("{drug: oxaliplatin, dose: 85}"),
            "my.yaml:6:35  regimens.mine.doses[0].dose\n    expected a dose such",
        ),
        (regimen("{drug: oxaliplatin, dose: 85 h}"), "expected mg, mg/kg or mg/m^2"),
        (
            regimen("{drug: oxaliplatin}"),
            "my.yaml:6:9  regimens.mine.doses[0].dose\n    the key 'dose' is missing; expected a dose, in mg, mg/kg or",
        ),
        (
            regimen("{drug: oxaliplatin, dose: 85 mg/m^2, at: 1 h, over: 24 h}", "1 d"),
            "my.yaml:6:50  regimens.mine.doses[0].at\n    the dose of oxaliplatin ends 25 h after",
        ),
        (
            regimen("{drug: oxaliplatn, dose: 85 mg/m^2}"),
            "my.yaml:6:16  regimens.mine.doses[0].drug\n    there is no drug 'oxaliplatn'; did you mean 'oxaliplatin'?",
        ),
        (regimen("{drug: oxaliplatin, dose: 85 mg/m^2, times: 2}"), "doses within a cycle need both their number"),
        (
            "interventions: [{therapy: mine}]\nregimens:\n  mine: {cycle: 14 d, mark: assumed, source: me, doses: []}",
            "regimens.mine.doses\n    needs at least 1 entry, got 0",
        ),
    ],
)
def test_what_is_wrong_with_a_regimen(refused, text, said):
    assert said in refused(text)
    assert refused(text).endswith("\n1 problem in my.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            without(DRUG, "clearance"),
            "my.yaml:2:3  drugs.mine.clearance\n    the key 'clearance' is missing; expected a",
        ),
        (DRUG.replace("0.5 L/d", "0 L/d"), "my.yaml:6:16  drugs.mine.clearance\n    a drug without clearance would"),
        (DRUG.replace("0.5 L/d", "0.5 L"), "my.yaml:6:16  drugs.mine.clearance\n    '0.5 L' has the wrong dimension"),
        (DRUG.replace("antibody", "antibodi"), "my.yaml:3:11  drugs.mine.kind\n    expected 'antibody' or 'small_mol"),
        (DRUG.replace("dosed: mg", "dosed: mg/m2"), "did you mean 'mg/m^2'?"),
        (DRUG + "    peripheral: 3 L\n", "my.yaml:7:17  drugs.mine.peripheral\n    a second compartment needs both"),
        (
            DRUG + "    acts:\n      - {blok: egfr, half: 5 mg/L, mark: assumed, source: me}\n",
            "my.yaml:8:16  drugs.mine.acts[0].blok\n    there is no such kind of act of a drug; did you mean 'block'?",
        ),
        (
            DRUG + "    acts:\n      - {cure: egfr, half: 5 mg/L, mark: assumed, source: me}\n",
            "my.yaml:8:9  drugs.mine.acts[0]\n    the kind of act of a drug is missing; one key must be block, inhibit",
        ),
        (
            DRUG + "    acts:\n      - {block: egfr, inhibit: growth, half: 5 mg/L, mark: assumed, source: me}\n",
            "block and inhibit are 2 kinds of act of a drug: write an entry for each",
        ),
        (
            DRUG + "    acts:\n      - {block: efgr, half: 5 mg/L, mark: assumed, source: me}\n",
            "my.yaml:8:17  drugs.mine.acts[0].block\n    expected",
        ),
        (
            DRUG + "    acts:\n      - {block: efgr, half: 5 mg/L, mark: assumed, source: me}\n",
            "got 'efgr'; did you mean 'egfr'?",
        ),
        (
            DRUG + "    acts:\n      - {enhance: mine, times: 2, half: 5 mg/L, mark: assumed, source: me}\n",
            "my.yaml:8:19  drugs.mine.acts[0].enhance\n    a drug cannot enhance itself",
        ),
        (
            DRUG
            + "    acts:\n      - {block: egfr, half: 5 mg/L, ranges: {hill: [1, 2]}, mark: assumed, source: me}\n",
            "my.yaml:8:46  drugs.mine.acts[0].ranges.hill\n    the act has no number 'hill' whose range this could be",
        ),
        (
            DRUG
            + "    acts:\n      - {block: egfr, half: 5 mg/L, ranges: {half: [1 d, 2 mg/L]}, mark: assumed, source: me}\n",
            "my.yaml:8:53  drugs.mine.acts[0].ranges.half[0]\n    '1 d' has the wrong dimension",
        ),
        (
            DRUG
            + "    acts:\n      - {kill: cycling, half: 5 mg/L, rate: 1 /h, spared: {mrr: 0.4}, mark: assumed, source: me}\n",
            "my.yaml:8:60  drugs.mine.acts[0].spared.mrr\n    unknown key; did you mean 'mmr'?",
        ),
        (
            DRUG
            + "    acts:\n      - {block: egfr, half: 5 mg/L, ranges: {half: [9 mg/L, 2 mg/L]}, mark: assumed, source: me}\n",
            "ranges.half[1]\n    the plausible range ends at 2 mg/L, below where it begins",
        ),
        (
            DRUG + "    acts:\n      - {enhance: fluorouracl, half: 5 mg/L, times: 2, mark: assumed, source: me}\n",
            "my.yaml:8:19  drugs.mine.acts[0].enhance\n    there is no drug 'fluorouracl'; did you mean 'fluorouracil'?",
        ),
        (
            DRUG + "    acts:\n      - {slow: nodrug, by: 24 %, lasting: 15 d, mark: assumed, source: me}\n",
            "drugs.mine.acts[0].slow\n    there is no drug 'nodrug'; crlm drugs lists those that there are",
        ),
        (
            DRUG + "    acts:\n      - {block: egfr, half: 5 mg/L, spared: {mmr: 0.4}, mark: assumed, source: me}\n",
            "my.yaml:8:37  drugs.mine.acts[0].spared\n    unknown key; accepted here: mark, source, ranges, half, most, hill, block",
        ),
        (
            DRUG + "    sources:\n      clearence: {mark: assumed, source: me}\n",
            "my.yaml:8:7  drugs.mine.sources.clearence\n    'clearence' is no number of a drug",
        ),
    ],
)
def test_what_is_wrong_with_a_drug(refused, text, said):
    assert said in refused(text)
    assert refused(text).endswith("\n1 problem in my.yaml")


def test_a_drug_without_kinetics_is_told_all_that_it_lacks(refused):
    said = refused("drugs:\n  mine: {}\n")
    assert all(f"drugs.mine.{key}\n    the key '{key}' is missing" in said for key in ("central", "clearance", "kind"))


def test_all_that_does_not_fit_is_told_at_once(refused):
    text = regimen("{drug: oxaliplatin, dose: 85 mg}").replace("{therapy: mine}", "{therapy: mine}, {therapy: folfx4}")
    said = refused(text.replace("interventions: [", "interventions: [{therapy: mine}, {therapy: mine}, "))
    assert "there is no regimen 'folfx4'" in said and "oxaliplatin is dosed in mg/m^2" in said
    assert all(f"interventions[{number}].start\n    mine is given twice" in said for number in (1, 2))
    assert said.endswith("\n4 problems in my.yaml")


def test_a_broken_file_of_ones_own_is_told_at_its_line(refused, tmp_path):
    write(tmp_path / "regimens" / "weekly.yaml", "cycle: 7 d\ndoses: [{drug: mine, dose: 100 mg\n")
    said = refused(GIVEN + DRUG)
    assert "regimens/weekly.yaml:2:9" in said and "a bracket opens here" in said
    write(tmp_path / "regimens" / "weekly.yaml", WEEKLY.replace("100 mg", "100"))
    assert "regimens/weekly.yaml:2:28  regimens.weekly.doses[0].dose\n    expected a dose such as" in refused(
        GIVEN + DRUG
    )
    write(tmp_path / "regimens" / "weekly.yaml", WEEKLY)
    write(tmp_path / "drugs" / "mine.yaml", "kind: antibody\n  dosed: mg\n")
    assert "drugs/mine.yaml:2:8" in refused(GIVEN)
    write(tmp_path / "drugs" / "mine.yaml", "")
    assert "the key 'central' is missing" in refused(GIVEN)


def test_a_number_of_a_drug_can_be_set_on_the_command_line(refused):
    given = "interventions: [{therapy: cetuximab}]"
    config = load_text(given, ["drugs.cetuximab.clearance=0.3 L/d"])
    assert config.drugs["cetuximab"].clearance == pytest.approx(0.3 / 24)
    assert config.drugs["cetuximab"].acts == pharmacy().drugs["cetuximab"].acts
    said = refused(given, "drugs.cetuximab.clearance=0.3 L")
    assert said.startswith(
        "--set drugs.cetuximab.clearance=0.3 L\n    '0.3 L' has the wrong dimension; expected a clear"
    )
    assert "did you mean drugs.cetuximab.clearance?" in refused(given, "drugs.cetuximab.clearence=0.3 L/d")
    assert load_text("interventions: [{therapy: cetuximb}]", ["interventions[0].therapy=cetuximab"]).drugs
    assert load_text(given, ["regimens.cetuximab.cycle=14 d"]).regimens["cetuximab"].cycle == 336.0


def test_a_drug_and_a_regimen_of_ones_own_in_the_config_or_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inline = yaml.safe_dump({"regimens": {"weekly": yaml.safe_load(WEEKLY)}}) + DRUG + GIVEN
    write(tmp_path / "my.yaml", inline)
    config = load_config("my.yaml")
    assert config.regimens["weekly"].doses[0].dose.milligrams(config.patient) == 100.0
    assert list(config.drugs) == ["mine"] and config.drugs["mine"].clearance == pytest.approx(0.5 / 24)
    write(tmp_path / "sub" / "beside.yaml", GIVEN)
    write(tmp_path / "regimens" / "weekly.yaml", WEEKLY)
    write(tmp_path / "sub" / "drugs" / "mine.yaml", yaml.safe_dump(yaml.safe_load(DRUG)["drugs"]["mine"]))
    with pytest.raises(ConfigError, match="there is no drug 'mine'"):
        load_config("sub/beside.yaml")  # a regimen does not look into the folders of those who name it
    write(tmp_path / "drugs" / "mine.yaml", yaml.safe_dump(yaml.safe_load(DRUG)["drugs"]["mine"]))
    assert load_config("sub/beside.yaml") == config
    over = load_text("drugs: {mine: {clearance_sd: 0.2}}\n" + GIVEN, folder=tmp_path)
    assert over.drugs["mine"].clearance_sd == 0.2 and over.drugs["mine"].central == 3.0


@pytest.mark.parametrize("readable", [True, False])
def test_a_resolved_config_stands_for_itself(tmp_path, readable):
    write(tmp_path / "regimens" / "weekly.yaml", WEEKLY)
    write(tmp_path / "drugs" / "mine.yaml", yaml.safe_dump(yaml.safe_load(DRUG)["drugs"]["mine"]))
    text = "interventions: [{therapy: weekly, cycles: 2}, {therapy: folfiri, pause: {after: 4}}, {therapy: cetuximab}]"
    config = load_text(text, folder=tmp_path)
    resolved = resolved_yaml(config, readable=readable)
    assert load_text(resolved, folder=tmp_path) == config
    write(tmp_path / "drugs" / "mine.yaml", "kind: nonsense\nsources: {clearance: {mark: assumed, source: later}}\n")
    (tmp_path / "regimens" / "weekly.yaml").write_text("cycle: [")
    assert load_text(resolved, folder=tmp_path) == config, "files that changed later are not asked"
    (tmp_path / "regimens" / "weekly.yaml").unlink()
    (tmp_path / "drugs" / "mine.yaml").unlink()
    assert load_text(resolved, folder=tmp_path) == config


@pytest.mark.parametrize("one", SHIPPED["drug"], ids=lambda one: one.name)
def test_every_number_of_a_drug_has_a_source_and_lies_in_its_range(one):
    drug = pharmacy().drugs[one.name]
    assert set(drug.sources) == set(drug.given_numbers) and drug.acts and drug.words
    keys = keys_of(type(drug))
    for name, origin in drug.sources.items():
        assert origin.mark and origin.source, name
        assert origin.low is not None and origin.high is not None, f"{name} has no plausible range"
        quantity = quantity_of(keys[name])
        low, high = quantity.parse(origin.low), quantity.parse(origin.high)
        assert low < high and low <= getattr(drug, name) <= high, name
    for act in drug.acts:
        assert set(act.ranges) == set(act.given_numbers), (
            f"{act.kind} {act.target}: its numbers, and those with a range"
        )
        for number in act.facts():
            low, high = number.quantity.parse(number.low), number.quantity.parse(number.high)
            value = getattr(act, number.name)
            assert all(low <= each <= high for each in (value.values() if isinstance(value, dict) else [value])), number
    assert any(given.drug == one.name for regimen in pharmacy().regimens.values() for given in regimen.doses)


@pytest.mark.parametrize("one", SHIPPED["regimen"], ids=lambda one: one.name)
def test_every_regimen_can_be_given(one):
    config = load_text(f"interventions: [{{therapy: {one.name}}}]")
    assert config.regimens == {one.name: pharmacy().regimens[one.name]}
    drugs = {given.drug for given in config.regimens[one.name].doses}
    assert config.drugs == {name: pharmacy().drugs[name] for name in drugs}


def test_all_that_ship_are_read():
    assert {kind: [one.name for one in files] for kind, files in SHIPPED.items()} == {
        "regimen": list(pharmacy().regimens),
        "drug": list(pharmacy().drugs),
    }
    assert len(pharmacy().drugs) >= 16 and len(pharmacy().regimens) >= 16


@pytest.mark.parametrize("off", ["fluorouracil.clearance_sd=0", "fluorouracil.effect_half_life=null"])
def test_a_number_that_has_a_source_can_be_switched_off(off):
    config = load_text("interventions: [{therapy: folfox4}]", [f"drugs.{off}"])
    assert load_text(resolved_yaml(config)) == config


def test_shares_that_are_spared_are_told_when_they_leave_their_range():
    act = "{kill: cycling, half: 5 mg/L, rate: 1 /h, spared: {mmr: 0.4}, ranges: {spared: [0.5, 0.8]}, mark: assumed, source: me}"
    config = load_text(GIVEN + DRUG + f"    acts: [{act}]\nregimens:\n  weekly: {{{', '.join(WEEKLY.splitlines())}}}\n")
    assert [line for line in warnings(config) if "drugs.mine.acts[0].spared: 0.4 is outside" in line]
