"""The cohorts that come with crlm: what they draw is taken by the config of a lesion, and says where it comes from."""

import re

import pytest
from yaml import safe_load

from abm.config.shipped import shipped
from abm.trials.cohort import Cohort, CohortFile
from abm.trials.loading import load_trial

COHORTS = [file for file in shipped() if file.kind == "cohort"]
TRIAL = """
base: {{line: human_crc, host: patient, rules: {{arrival: off}}, interventions: [{{implant: 1, cells: 300, start: -1 d}}]}}
cohort: {}
arms: {{one: {{}}}}
"""


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda file: file.name)
def test_a_shipped_cohort_is_drawn(cohort, tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL.format(cohort.name))
    trial = load_trial(tmp_path / "trial.yaml")
    about = trial.cohort.about()
    assert len(about) == 60 and 90 <= len(trial.cohort.lesions) <= 150
    assert not (about.ras & about.braf).any() and about.ras.mean() == pytest.approx(0.45, abs=0.07)
    patient = trial.experiment.configs["one", 0]
    assert patient.labels["line"] == "human_crc" and patient.tissue.steatosis in (0, 1)


def test_numbers_of_the_first_line_say_how_far_they_can_be_trusted():
    text = next(file for file in COHORTS if file.name == "mcrc_first_line").path.read_text()
    for number in (
        "ras: 0.45",
        "braf:",
        "mmr: 0.05",
        "tissue.steatosis:",
        "cells.cd8.density:",
        "cells.tumor.replacement:",
        "mmr|braf",
    ):
        line = next(line for line in text.splitlines() if line.strip().startswith(number))
        assert re.search("checked|unverified|derived|assumed", line), line


def seeds_of(name):
    file = next(file for file in COHORTS if file.name == name)
    return [lesion.seed for lesion in Cohort(CohortFile.model_validate(safe_load(file.path.read_text()))).lesions]


def test_patients_of_two_cohorts_are_others():
    first, refractory = (seeds_of(name) for name in ("mcrc_first_line", "mcrc_refractory"))
    assert not set(first) & set(refractory)
