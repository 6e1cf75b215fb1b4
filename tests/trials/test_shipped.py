"""The cohorts that come with crlm: what they draw is taken by the config of a lesion, and says where it comes from."""

import re

import pytest
from yaml import safe_load

from abm.config.shipped import shipped
from abm.trials.loading import load_trial

COHORTS = [file for file in shipped() if file.kind == "cohort"]
TRIALS = [file for file in shipped() if file.kind == "trial"]
TRIAL = """
base: lesion.yaml
cohort: {}
arms: {{one: {{}}}}
"""


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda file: file.name)
def test_a_shipped_cohort_is_drawn(cohort, tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL.format(cohort.name))
    trial = load_trial(tmp_path / "trial.yaml")
    about = trial.cohort.about()
    assert len(about) == 60 and 90 <= len(trial.cohort.lesions) <= 150
    patients = [trial.experiment.configs["one", number] for number in range(4)]
    assert len({patient.cells.tumor.pace for patient in patients}) > 1
    assert all(patient.labels["line"] == "human_crc" for patient in patients)


def test_genes_of_the_first_line(tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL.format("mcrc_first_line"))
    about = load_trial(tmp_path / "trial.yaml").cohort.about()
    assert not (about.ras & about.braf).any() and about.ras.mean() == pytest.approx(0.45, abs=0.07)


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda file: file.name)
def test_numbers_of_a_cohort_say_how_far_they_can_be_trusted(cohort):
    lines = cohort.path.read_text().splitlines()
    written = safe_load(cohort.path.read_text())
    for key in (key for group in ("genes", "draw") for key, said in written.get(group, {}).items() if said is not None):
        number = next(n for n, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
        said = " ".join(lines[number : number + 2])
        assert re.search("checked|unverified|derived|assumed|by definition|who was enrolled|calibrated", said), key


@pytest.mark.parametrize("trial", TRIALS, ids=lambda file: file.name)
def test_a_shipped_trial_asks_for_what_was_published(trial):
    loaded = load_trial(trial.path, ["cohort.patients=4"])
    assert loaded.file.published is not None and len(loaded.file.expect) >= 2
    assert len(loaded.experiment.arms) >= 2
    first, *others = (loaded.experiment.configs[arm, 0] for arm in loaded.experiment.arms)
    assert all(other.cells == first.cells and other.patient == first.patient for other in others)
    assert {entry.begins for config in (first, *others) for entry in config.interventions} == {-336.0, 0.0}


def test_patients_of_two_cohorts_are_others(tmp_path):
    def seeds_of(name):
        (tmp_path / "trial.yaml").write_text(TRIAL.format(name))
        return {lesion.seed for lesion in load_trial(tmp_path / "trial.yaml").cohort.lesions}

    first, refractory = map(seeds_of, ("mcrc_first_line", "mcrc_refractory"))
    assert not first & refractory
