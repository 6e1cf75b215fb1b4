"""What a trial leaves in the folder of its batch, beside the tables of the runs.

TRIAL/trial.yaml        the trial as it was written, with its cohort in it
TRIAL/scans.parquet     a row per arm, patient, lesion and scan
TRIAL/patients.parquet  a row per arm and patient: response, progression, and what was drawn
TRIAL/trial.md          the readouts beside those of the real trial, arms and strata
TRIAL/*.png             waterfall, spider, swimmer and Kaplan-Meier figures
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from ..batches.batch import resolved
from ..clinical.figures import spider_figure, survival_figure, swimmer_figure, waterfall_figure
from ..clinical.words import MONTH
from ..config.describe import as_yaml
from ..folder import parquet
from ..folder.files import write_text
from ..folder.names import TRIAL
from ..lesions.response import sum_of_diameters
from ..view.style import save_figure
from .outcome import TrialOutcome, outcome_of
from .text import trial_text
from .trial import ClinicalTrial

SCANS, PATIENTS, REPORT = "scans.parquet", "patients.parquet", "trial.md"
FIGURES = ("waterfall.png", "spider.png", "swimmer.png", "km.png")
FILES = (TRIAL, SCANS, PATIENTS, REPORT, *FIGURES)


def write_trial(trial: ClinicalTrial, folder: Path) -> TrialOutcome:
    """Read the complete batch of a trial in `folder` out, write what came of it there, and return that. Raises NoPatients, OSError."""
    write_text(folder / TRIAL, as_yaml(_as_written(trial)))
    outcome = outcome_of(trial, folder)
    _write(outcome.scans, folder / SCANS)
    _write(outcome.patients, folder / PATIENTS)
    for name, figure in _figures(outcome):
        save_figure(figure, folder / name)
    write_text(folder / REPORT, trial_text(outcome, FIGURES))
    return outcome


def _figures(outcome: TrialOutcome) -> Iterator[tuple[str, Figure]]:
    """The `FIGURES`, each with its name; the control stands first."""
    trial, patients, criteria = outcome.trial, outcome.patients, outcome.trial.file.criteria
    control = trial.experiment.control
    arms = [control, *(arm for arm in trial.experiment.arms if arm != control)]
    courses = sum_of_diameters(outcome.scans[outcome.scans.patient.isin(patients.patient)], criteria)
    medians = {
        readout.arm: readout.published * MONTH
        for readout in trial.file.expect
        if readout.readout == "pfs_median" and not readout.where and isinstance(readout.published, int | float)
    }
    yield "waterfall.png", waterfall_figure(patients, arms, criteria, trial.file.strata, trial.name)
    yield "spider.png", spider_figure(courses, patients, arms, criteria, trial.name)
    yield "swimmer.png", swimmer_figure(patients, arms, trial.name, trial.file.scans.hours)
    yield "km.png", survival_figure(patients, arms, published=medians, title=trial.name, scans=trial.file.scans.hours)


def _as_written(trial: ClinicalTrial) -> dict:
    """The trial as plain data: what the runs follow from filled in, and of the rest what was written."""
    filled_in = resolved(trial.experiment)
    return trial.plain | {
        key: filled_in[key] for key in ("name", "base", "arms", "control", "plugins") if key in filled_in
    }


def _write(frame: pd.DataFrame, path: Path) -> None:
    parquet.write(pa.Table.from_pandas(frame, preserve_index=False), path)
