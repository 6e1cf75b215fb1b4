"""A little trial, for tests: two arms, a few patients, three simulated days of little nodules under a drug."""

import textwrap
from pathlib import Path

from abm.trials.loading import load_trial

BASE = """
step: 30 min
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: off}
interventions: [{implant: 1, cells: 150, start: -6 h}]
record: {micrometastasis_cells: 30}     # so that few cells that creep out of it are no new lesion
"""
COHORT = """
patients: 4
seed: 5
lesions: [1, 2]
genes: {ras: 0.45, braf: {share: 0.09, unless: ras}}
draw:
  rules.growth.cycle_time: {lognormal: {median: 30 h, sd: 0.3}}
  cells.kupffer.density: {normal: {mean: 180 /mm^2, sd: 30 /mm^2}, low: 50 /mm^2}
"""
TRIAL = """
name: little trial
base: base.yaml
cohort: cohort.yaml
scans: {every: 12 h, until: 1.5 d}
arms:
  untreated: {}
  treated:
    interventions:
      - {implant: 1, cells: 150, start: -6 h}
      - {cytotoxic: drug, rate: 0.5 /h, half_life: 12 h, start: 12 h, every: 1 d}
strata: [ras]
published: {id: T0, source: nobody, finding: the drug makes lesions smaller}
expect:
  - {readout: response_rate, arm: treated, published: 0.9, between: [0.3, 1.5]}
  - {readout: rate_difference, arm: treated, relative_to: untreated, where: {ras: false}, between: [0.9, null], why: a guess}
"""


def write(folder: Path, text: str = TRIAL, **files: str) -> Path:
    """The trial, its base, its cohort and other files in `folder`; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"base.yaml": BASE, "cohort.yaml": COHORT, "trial.yaml": text, **files}.items():
        (folder / name).write_text(textwrap.dedent(content), encoding="utf-8")
    return folder / "trial.yaml"


def little(folder: Path, *overrides: str, text: str = TRIAL, **files: str):
    return load_trial(write(folder, text, **files), overrides)
