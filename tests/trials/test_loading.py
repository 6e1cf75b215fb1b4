"""Trials as they are read: the experiment that they become, and mistakes at their places."""

import pytest

from abm.batches.batch import resolved
from abm.batches.loading import load_experiment
from abm.config import ConfigError
from abm.config.describe import as_yaml
from abm.trials.cohort import MUTATIONS
from abm.trials.loading import load_trial

from .little import COHORT, TRIAL, little


@pytest.fixture
def report(tmp_path, monkeypatch):
    """The report of a trial that is wrong."""
    monkeypatch.chdir(tmp_path)

    def report(*overrides, text=TRIAL, **files):
        with pytest.raises(ConfigError) as caught:
            little(tmp_path, *overrides, text=text, **files)
        return str(caught.value)

    return report


def test_a_trial_is_an_experiment_whose_points_are_the_lesions(tmp_path):
    trial = little(tmp_path)
    experiment, lesions = trial.experiment, trial.cohort.lesions
    assert len(experiment.points) == len(lesions) and experiment.arms == ("untreated", "treated")
    for run in experiment.runs():
        lesion = lesions[run.point]
        patient = trial.cohort.patients[lesion.patient - 1]
        assert run.seed == run.config.seed == lesion.seed and run.config.duration == 36
        assert run.config.labels.get("mutations", "") == ", ".join(patient.mutations)
        density = float(patient.values["cells.kupffer.density"].split()[0])
        assert run.config.cells.kupffer.density == density
    assert {run.point for run in experiment.runs()} == set(range(len(lesions)))


def test_its_experiment_written_out_is_the_same_again(tmp_path):
    """Genes multiply numbers of the config: those of one patient must not be in the base of the others."""
    experiment = little(tmp_path).experiment
    assert {tuple(point[MUTATIONS]) for point in experiment.points} > {()}
    (tmp_path / "again.yaml").write_text(as_yaml(resolved(experiment)))
    again = load_experiment(tmp_path / "again.yaml")
    assert again.configs == experiment.configs
    assert [run.seed for run in again.runs()] == [run.seed for run in experiment.runs()]


def test_an_early_look_may_be_expected_where_a_scan_is_made_then(tmp_path):
    early = "expect[0]={readout: early_shrinkage, arm: treated, between: [0, 1]}"
    assert little(tmp_path, early, "scans={every: 4 wk, until: 8 wk}").file.scans.include(56 * 24)
    assert little(tmp_path, early, "criteria.early=36 h").file.expect[0].readout == "early_shrinkage"


def test_what_is_decided_while_runs_go_on_is_kept(tmp_path):
    assert little(tmp_path).experiment.tables == ("lesions",)
    decided = TRIAL.replace("half_life: 12 h, start: 12 h,", "half_life: 12 h, when: {response: stable, at: 12 h},")
    trial = little(tmp_path, "cohort.lesions=[1, 1]", text=decided)
    assert trial.experiment.tables == ("lesions", "decisions") and trial.arms_with_decisions == ("treated",)
    within = TRIAL.replace(
        "{cytotoxic: drug, rate: 0.5 /h, half_life: 12 h, start: 12 h, every: 1 d}", "{therapy: folfox4, limits: {}}"
    )
    assert little(tmp_path, text=within).arms_with_decisions == ("treated",)


def test_a_cohort_is_a_file_or_a_group_and_can_be_changed_on_the_command_line(tmp_path):
    trial = little(tmp_path, "cohort.patients=2", "cohort.seed=9", "scans.until=1 wk")
    assert len(trial.cohort.patients) == 2 and trial.cohort.file.seed == 9
    assert trial.experiment.configs["treated", 0].duration == 168
    inside = TRIAL.replace("cohort: cohort.yaml", "cohort:" + COHORT.replace("\n", "\n  "))
    assert little(tmp_path, text=inside).cohort.patients == little(tmp_path).cohort.patients


def test_a_cohort_extends_another_entry_by_entry(tmp_path):
    mine = """\
extends: cohort.yaml
seed: 6
genes: {braf: null, mmr: 0.5}
draw: {rules.growth.cycle_time: {uniform: [20 h, 30 h]}}
"""
    text = TRIAL.replace("cohort: cohort.yaml", "cohort: mine")
    file = little(tmp_path, text=text, **{"mine.yaml": mine}).cohort.file
    below = little(tmp_path).cohort.file
    assert file.seed == 6 and (file.patients, file.lesions) == (below.patients, below.lesions)
    assert file.genes == {"ras": 0.45, "mmr": 0.5}
    assert file.draw["rules.growth.cycle_time"].lognormal is None
    assert file.draw["cells.kupffer.density"] == below.draw["cells.kupffer.density"]
    inside = TRIAL.replace("cohort: cohort.yaml", "cohort: {extends: mine, patients: 2}")
    assert len(little(tmp_path, text=inside, **{"mine.yaml": mine}).cohort.patients) == 2


def test_what_is_no_longer_drawn_takes_along_what_the_cohort_below_says_of_it(tmp_path):
    below = (
        COHORT
        + "alike: {cells.kupffer.density: 0.5}\ncorrelations: {ras|cells.kupffer.density: 0.3, ras|rules.growth.cycle_time: 0.1}\n"
    )
    mine = "extends: cohort.yaml\ndraw: {cells.kupffer.density: null}\n"
    text = TRIAL.replace("cohort: cohort.yaml", "cohort: mine")
    file = little(tmp_path, text=text, **{"cohort.yaml": below, "mine.yaml": mine}).cohort.file
    assert list(file.draw) == ["rules.growth.cycle_time"] and file.alike == {}
    assert list(file.correlations) == ["ras|rules.growth.cycle_time"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("extends: cohrot", "there is no cohort 'cohrot'"),
        ("extends: 3", "cohort.extends\n    expected the name of a cohort"),
        ("extends: mine", "the cohort extends itself"),
        ("extends: cohort\ngenes: {rsa: 0.5}", "there is no gene 'rsa'"),
    ],
)
def test_what_is_wrong_with_an_extended_cohort_is_told(report, said, words):
    told = report(text=TRIAL.replace("cohort: cohort.yaml", "cohort: mine"), **{"mine.yaml": said})
    assert words in told and "mine.yaml:" in told


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["strata=[rus]"], "the cohort has no 'rus'; did you mean 'ras'?"),
        (["expect[0].arm=traeted"], "there is no arm 'traeted'; did you mean 'treated'?"),
        (["expect[1].where={pten: true}"], "the cohort has no 'pten'"),
        (["expect[1].where={ras: wild}"], "whether a gene is mutated is true or false"),
        (["expect[1].relative_to=treated"], "the arm 'treated' is compared with itself"),
        (["expect[0].relative_to=untreated"], "response_rate is of one arm"),
        (["expect[0]={readout: hazard_ratio, arm: treated, between: [0, 1]}"], "compares two arms: give relative_to"),
        (["expect[0].between=[1, 0.5]"], "the low bound of between must be below the high one"),
        (["expect[0].readout=survival"], "expect[0].readout"),
        (["scans.until=1 h"], "until must be as long as every"),
        (
            [
                "expect[0]={readout: early_shrinkage, arm: treated, between: [0, 1]}",
                "scans={every: 6 wk, until: 24 wk}",
            ],
            "expect[0].readout\n    no scan is made at 8 weeks; scans are made every 6 weeks until 24 weeks",
        ),
        (["criteria.response=2"], "criteria.response"),
        (["cohort.genes.braf.share=0.7"], "more than all"),
        (["measures=[nodles]"], "did you mean 'nodules'?"),
        (["seed=4"], "this cannot be set; the seeds of a trial come from that of its cohort: cohort.seed"),
        (
            ["arms.treated.interventions=[{block: tnf}]"],
            "arms.treated\n    no lesion is there at time 0, so that none could be followed; a list of interventions replaces",
        ),
        (
            ["arms.treated.interventions[1].when={response: partial, at: 12 h}"],
            "when is decided by one lesion, and patients here have up to 2",
        ),
        (["duration=2 d"], "the runs of a trial end with the last scan: scans.until"),
        (["record.lesions=1 h"], "lesions are surveyed at the scans: scans.every"),
    ],
)
def test_mistakes_are_told(report, overrides, words):
    assert words in report(*overrides)


def test_mistakes_of_a_cohort_are_told_at_their_places_in_its_file(report):
    told = report(**{"cohort.yaml": COHORT.replace("rules.growth.cycle_time", "rules.growth.cycletime")})
    assert "cohort.yaml:7:3  cohort.draw.rules.growth.cycletime\n    unknown key 'cycletime'" in told
    told = report(**{"cohort.yaml": COHORT.replace("median: 30 h", "median: 30 mm")})
    assert "cohort.yaml:7:3  cohort.draw.rules.growth.cycle_time\n" in told and "has the wrong dimension" in told
    assert "1 problem in" in told  # not one for each patient
    told = report(**{"cohort.yaml": COHORT.replace("ras: 0.45", "ras: 1.45")})
    assert "cohort.yaml:5:14  cohort.genes.ras" in told
    told = report(**{"cohort.yaml": COHORT + "correlations: {ras|braf: 0.1}\n"})
    assert "cohort.yaml:9:26  cohort.correlations.ras|braf\n" in told


def test_drawn_numbers_that_the_config_does_not_take_are_told_where_they_are_drawn(report):
    text = COHORT.replace("lognormal: {median: 30 h, sd: 0.3}", "uniform: [-9 h, 30 h]")
    told = report(**{"cohort.yaml": text})
    assert "cohort.yaml:7:" in told and "rules.growth.cycle_time" in told and "out of bounds" in told


def test_a_cohort_that_is_not_there_is_told(report):
    told = report(text=TRIAL.replace("cohort: cohort.yaml", "cohort: cohrot.yaml"))
    assert "trial.yaml:4:9  cohort\n    there is no cohort 'cohrot.yaml'" in told
    assert "the key 'cohort' is missing" in report(text=TRIAL.replace("cohort: cohort.yaml", ""))


def test_a_trial_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="nothing"):
        load_trial(tmp_path / "nothing.yaml")
