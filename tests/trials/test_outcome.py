"""What comes of a trial: a little one that is run, and made-up scans whose readouts are known."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from abm.batches import batch, store
from abm.batches.batch import missing_runs, run_batch
from abm.clinical.words import MONTH, counted, ratio
from abm.lesions.response import patients_of, sum_of_diameters
from abm.model import LiverModel
from abm.trials.loading import load_trial
from abm.trials.outcome import NoPatients, having, judged, outcome_of, scans_of_trial, until_last
from abm.trials.text import trial_text
from abm.trials.trial import ClinicalReadout, Scans
from abm.trials.writing import FILES, write_trial

from ..batches.little import Here, rows
from .little import BASE, COHORT, TRIAL, little


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Runs are computed in this process."""
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The little trial, run and written; and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    trial = little(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_executor", lambda *_: Here())
        run_batch(trial.experiment, folder / "trial")
    return write_trial(trial, folder / "trial"), folder / "trial"


def test_a_patient_is_the_same_to_the_byte_in_all_arms_until_the_first_dose(tmp_path):
    experiment = little(tmp_path).experiment
    config = {run.arm: run.config for run in experiment.runs() if run.point == 2}
    models = [LiverModel(config[arm]) for arm in experiment.arms]

    def states():
        return [{name: array.tobytes() for name, array in model.state_arrays().items()} for model in models]

    for _ in range(36):  # from 6 h before time 0 to the dose at 12 h
        for model in models:
            model.step()
    assert models[0].hours == 12 and models[0].tumor.count > 20
    untreated, treated = states()
    assert untreated == treated
    for model in models:
        model.step()
    untreated, treated = states()
    assert untreated != treated


def test_scans_are_the_surveys_from_time_0_on_and_agree_between_arms_before_the_dose(whole):
    outcome, folder = whole
    scans = scans_of_trial(outcome.trial, folder)
    assert sorted(scans.hours.unique()) == [0, 12, 24, 36]
    arms = [scans[(scans.arm == arm) & (scans.hours <= 12)] for arm in ("untreated", "treated")]
    keys = ["patient", "lesion", "hours", "diameter_um", "cells"]
    assert arms[0][keys].reset_index(drop=True).equals(arms[1][keys].reset_index(drop=True))
    first = scans[(scans.arm == "treated") & (scans.hours == 0)]
    # one lesion in each patch, which says by its number which patch it is in
    assert sorted(zip(first.patient, first.lesion, strict=True)) == [
        (lesion.patient, 100_000 * lesion.number + 1) for lesion in outcome.trial.cohort.lesions
    ]
    assert (first.diameter_um > 60).all()
    after = scans[scans.hours == 36].groupby(["arm", "patient"]).cells.sum()
    assert (after["treated"] < after["untreated"]).all()


def test_the_folder_of_a_trial(whole):
    outcome, folder = whole
    assert {name for name in FILES if not name.endswith(".png")} <= {path.name for path in folder.iterdir()}
    patients = pq.read_table(folder / "patients.parquet").to_pandas()
    assert len(patients) == 2 * 4 and set(patients.arm) == {"untreated", "treated"} and outcome.left_out == ()
    assert {"ras", "braf", "rules.growth.cycle_time", "weight", "best_response", "pfs_hours"} <= set(patients)
    assert patients.groupby("patient")["rules.growth.cycle_time"].nunique().eq(1).all()
    assert pq.read_table(folder / "scans.parquet").num_rows == len(outcome.scans)
    text = (folder / "trial.md").read_text()
    assert text == trial_text(outcome, [name for name in FILES if name.endswith(".png") and (folder / name).exists()])
    assert (
        "T0: the drug makes lesions smaller (nobody)" in text
        and "| response rate, treated | 90 % | 30 to 150 % |" in text
    )
    assert "difference of response rates, treated against untreated (ras not mutated): a guess" in text
    assert "| ras mutated | treated against untreated |" in text and f"Over all: **{outcome.word}**" in text


def retold(outcome, trial) -> str:
    """The text of a trial that had other words, with the same patients."""
    judgements = tuple(judged(readout, outcome.patients) for readout in trial.file.expect)
    return trial_text(replace(outcome, trial=trial, judgements=judgements))


def test_a_text_claims_no_real_trial_where_there_is_none(whole, tmp_path):
    own = re.sub(r"published: (\{.*\}\n|0.9, )", "", TRIAL)
    text = retold(whole[0], little(tmp_path, text=own))
    assert "## What was expected" in text and "Against the real trial" not in text
    assert "\n| readout | expected | simulated (95 % interval) | verdict |\n" in text
    assert "## Against the real trial" in retold(whole[0], little(tmp_path))


def test_a_text_is_in_per_cent_and_in_months(whole, tmp_path):
    expected = """
  - {readout: pfs_median, arm: treated, published: 7.2, between: [0.1, 3]}
  - {readout: hazard_ratio, arm: treated, relative_to: untreated, published: 0.68, between: [0.5, 0.9]}
"""
    text = retold(whole[0], little(tmp_path, text=TRIAL.rstrip() + expected))
    assert "| median PFS, treated | 7.2 months | 0.1 to 3 months | " in text
    assert "| PFS hazard ratio, treated against untreated | 0.68 | 0.5 to 0.9 | " in text
    rates = [
        line.split(" | ")[3:5] for line in text.splitlines() if line.startswith("| all | ") and "against" not in line
    ]
    assert len(rates) == 2 and all(re.fullmatch(r"\d+ % \(\d+ to \d+\)", rate) for row in rates for rate in row)


def test_a_text_says_what_was_drawn_and_when_there_was_no_early_scan(whole, tmp_path):
    trial = little(tmp_path, **{"cohort.yaml": COHORT + "enrich: {ras: 0.75}\n"})
    text, drawn = retold(whole[0], trial), trial.cohort.about().ras.sum()
    assert f"Enriched (ras in {drawn} of 4 patients, where 75 % were asked for)" in text
    assert "no scan was made at 8 weeks" in text and "early change |" not in text
    early = retold(whole[0], little(tmp_path, "criteria.early=12 h"))
    assert "early change |" in early and "the median change of the sum of diameters at 12 h" in early


def test_a_text_says_that_what_is_taken_away_counts_as_a_response(whole, tmp_path):
    assert "RECIST does not" not in retold(whole[0], little(tmp_path))
    for local in ("{resect: all, start: 12 h}", "{irradiate: all, dose: 8 Gy, start: 12 h}"):
        text = re.sub(r"\{cytotoxic: .*\}", local, TRIAL)
        assert "irradiated away (treated) counts as a response here, which RECIST does not." in retold(
            whole[0], little(tmp_path, text=text)
        )


def test_a_text_says_of_how_many_patients_something_was_decided(whole, tmp_path):
    text = TRIAL.replace("start: 12 h, every: 1 d", "every: 1 d, when: {response: [stable, progressive], at: 12 h}")
    trial = little(tmp_path, "cohort.patients=2", "cohort.lesions=[1, 1]", "scans.until=1 d", "expect=[]", text=text)
    run_batch(trial.experiment, tmp_path / "trial")
    outcome = write_trial(trial, tmp_path / "trial")
    assert set(outcome.decided.decision) == {"goes ahead"} and set(outcome.decided.arm) == {"treated"}
    written = (tmp_path / "trial" / "trial.md").read_text()
    assert "| arm | n | cycles put off | doses reduced | treatment stopped | called off | gone ahead |" in written
    assert "| treated | 2 | 0 | 0 | 0 | 0 | 2 |" in written
    assert "of how many patients" not in trial_text(whole[0])


def test_one_is_not_many(whole):
    assert "4 patients with 7 lesions, in each of 2 arms (14 runs)" in trial_text(whole[0])
    assert (counted(1, "patient"), counted(0, "patient")) == ("1 patient", "0 patients")


def test_what_the_folder_says_gives_the_same_trial_again(whole):
    outcome, folder = whole
    again = load_trial(folder / "trial.yaml")
    assert again.experiment.configs == outcome.trial.experiment.configs
    assert again.file == outcome.trial.file.model_copy(
        update={"base": again.file.base, "arms": again.file.arms, "control": "untreated"}
    )
    assert missing_runs(again.experiment, folder) == []


def test_more_patients_go_on_with_the_same_folder(whole, tmp_path):
    outcome, folder = whole
    few = little(tmp_path, "cohort.patients=2")
    run_batch(few.experiment, tmp_path / "grown")
    assert json.loads((tmp_path / "grown" / "batch.json").read_text())["status"] == "complete"
    result = run_batch(little(tmp_path).experiment, tmp_path / "grown", resume=True)
    assert result.computed == outcome.runs - len(few.experiment.runs()) > 0
    assert rows(store.read_results(tmp_path / "grown")) == rows(store.read_results(folder))
    assert write_trial(little(tmp_path), tmp_path / "grown").scans.equals(outcome.scans)
    # fewer patients than there are would be another trial
    with pytest.raises(batch.ResumeRefused, match="points was"):
        run_batch(few.experiment, tmp_path / "grown", resume=True)


def test_patients_with_a_failed_run_are_left_out_in_every_arm(whole, tmp_path):
    outcome, folder = whole
    table = pq.read_table(folder / "results.parquet")
    spoilt = table.to_pylist()
    for row in spoilt:
        row["status"] = store.FAILED if row["run"] == "treated-0000-0001" else row["status"]
    pq.write_table(type(table).from_pylist(spoilt, schema=table.schema), tmp_path / "results.parquet")
    (tmp_path / "runs").symlink_to(folder / "runs")
    found = outcome_of(outcome.trial, tmp_path)
    assert (found.left_out, found.failed) == ((1,), 1) and 1 not in set(found.patients.patient)
    assert "1 patient is left out" in trial_text(found)


def test_a_trial_without_a_lesion_at_the_first_scan_says_how_to_have_one(tmp_path):
    laid = "{implant: 1, cells: 150, start: -6 h}"
    trial = little(
        tmp_path,
        "cohort.patients=1",
        "scans.until=12 h",
        "expect=[]",
        text=TRIAL.replace(laid, f"{laid}\n      - {{resect: all, start: -1 h}}"),
        **{"base.yaml": BASE.replace(laid, f"{laid}, {{resect: all, start: -1 h}}")},
    )
    run_batch(trial.experiment, tmp_path / "trial")
    with pytest.raises(NoPatients, match="let lesions be there before time 0"):
        write_trial(trial, tmp_path / "trial")


# --- made-up scans ----------------------------------------------------------------------------------------------------

WEEK = 168.0


def made_up(trial, changes) -> pd.DataFrame:
    """Patients with one lesion whose diameter, of 1000 um at first, is multiplied by `changes[arm][k]` at each scan, every 8 weeks."""
    scans = [
        {
            "arm": arm,
            "patient": k + 1,
            "lesion": 1,
            "hours": 8 * WEEK * scan,
            "diameter_um": 1000.0 * factor,
            "cells": 1,
            "seen": True,
        }
        for arm, courses in changes.items()
        for k, course in enumerate(courses)
        for scan, factor in enumerate([1, *course])
    ]
    about = pd.DataFrame({"patient": range(1, 21), "weight": 1.0, "ras": [k % 2 == 0 for k in range(20)]})
    patients = patients_of(pd.DataFrame(scans), trial.file.criteria, about)
    return patients.assign(neutrophil_nadir=[0.4 if arm == "drug" else 3.0 for arm in patients.arm])


def read(patients, **said):
    return judged(ClinicalReadout.model_validate({"arm": "drug", "between": [0, 10]} | said), patients)


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """Twenty patients: with the drug ten respond (those without mutated ras), without it two; all progress two scans later with it."""
    responds, grows_late, grows = [0.5, 0.5, 0.7, 0.7], [1, 1, 1.3, 1.3], [1.1, 1.3, 1.3, 1.3]
    changes = {
        "drug": [grows_late if k % 2 == 0 else responds for k in range(20)],
        "none": [responds if k in (1, 3) else grows for k in range(20)],
    }
    return made_up(little(tmp_path_factory.mktemp("made up")), changes)


def test_readouts_of_one_arm(patients):
    rate = read(patients, readout="response_rate", published=0.5)
    assert rate.simulated.estimate.value == 0.5 and rate.verdict.word == "holds"
    assert rate.simulated.estimate.low == pytest.approx(0.299, abs=1e-3)  # Wilson's for 10 of 20
    assert read(patients, readout="disease_control").simulated.estimate.value == 1
    assert read(patients, readout="early_shrinkage").simulated.events == {"drug": 10}
    progressed = read(patients, readout="progression_rate")
    assert progressed.simulated.estimate.value == 1 and progressed.simulated.events == {"drug": 20}
    assert read(patients, readout="response_rate", where={"ras": False}).simulated.estimate.value == 1
    assert read(patients, readout="response_rate", where={"ras": True}).simulated.estimate.value == 0
    assert read(patients, readout="neutropenia").simulated.estimate.value == 1
    assert read(patients, readout="neutropenia", arm="none").simulated.estimate.value == 0
    median = read(patients, readout="pfs_median", arm="none", between=["16 wk", "18 wk"])
    assert median.simulated.estimate.value * MONTH == pytest.approx(16 * WEEK)
    assert median.readout.window.low == pytest.approx(16 * WEEK / MONTH)


def test_readouts_that_compare_arms(patients):
    difference = read(patients, readout="rate_difference", relative_to="none", between=[0.2, None])
    assert difference.simulated.estimate.value == pytest.approx(0.4)
    odds = read(patients, readout="odds_ratio", relative_to="none", between=[1, None])
    assert odds.simulated.estimate.value == pytest.approx((10 / 10) / (2 / 18)) and odds.verdict.word == "holds"
    hazard = read(patients, readout="hazard_ratio", relative_to="none", between=[None, 0.8])
    assert 0 < hazard.simulated.estimate.value < 0.6 and hazard.simulated.events == {"drug": 20, "none": 20}
    assert hazard.verdict.word == "holds"


def test_pairs_are_bounded_and_without_events_nothing_is_told(patients):
    few = patients[patients.patient <= 3]
    difference = read(few, readout="rate_difference", relative_to="none").simulated.estimate
    assert -1 <= difference.low < difference.value < difference.high <= 1
    calm = patients.assign(progressed=False)
    hazard = read(calm, readout="hazard_ratio", relative_to="none").simulated.estimate
    assert ratio(hazard) == "no value"


def test_a_readout_that_lacks_patients_is_unresolved(patients):
    nobody = read(patients[patients.ras], readout="response_rate", where={"ras": False})
    assert nobody.verdict.word == "unresolved" and nobody.verdict.reason == "no such patient"
    few = read(patients, readout="odds_ratio", relative_to="none", between=[1, 20])
    assert few.verdict.word == "unresolved" and "only 2 in none counted" in few.verdict.reason
    wrong = read(patients, readout="response_rate", between=[0.9, None])
    assert wrong.verdict.word == "fails" and wrong.verdict.reason == "too low"


def test_weights_count_in_readouts(patients):
    weighted = patients.assign(weight=np.where(patients.ras, 0.5, 1.5))
    assert read(weighted, readout="response_rate").simulated.estimate.value == pytest.approx(0.75)
    assert len(having(patients, {"arm": "none", "ras": True})) == 10


def test_sizes_after_a_run_ended_are_not_followed(whole, tmp_path):
    outcome, folder = whole
    assert outcome.scans.followed.all()
    (tmp_path / "results.parquet").symlink_to(folder / "results.parquet")
    for run in (folder / "runs").iterdir():
        (tmp_path / "runs" / run.name).mkdir(parents=True)
        table = pq.read_table(run / "lesions.parquet")
        early = run.name == "untreated-0000-0001"
        pq.write_table(
            table.filter(pc.less_equal(table["time_min"], 720)) if early else table,
            tmp_path / "runs" / run.name / "lesions.parquet",
        )
    scans = scans_of_trial(outcome.trial, tmp_path)
    last = scans[~scans.followed]
    assert set(zip(last.arm, last.patient, last.hours, strict=True)) == {("untreated", 1, 24.0), ("untreated", 1, 36.0)}
    courses = sum_of_diameters(scans)
    assert courses[~courses.followed].hours.tolist() == [24, 36]


def test_a_run_that_ended_early_counts_with_its_last_size_at_later_scans():
    table = pd.DataFrame(
        {"time_min": [-60.0, 0.0, 0.0, 600.0, 600.0], "lesion": [1, 1, 2, 1, 2], "packed_um": [9, 10, 5, 21, 4]}
    )
    scans = Scans(every="10 h", until="34 h")
    found = until_last(table, scans)
    assert found.time_min.tolist() == [-60, 0, 0, 600, 600, 1200, 1200, 1800, 1800]
    assert found.packed_um.tolist()[5:] == [21, 4, 21, 4]
    assert until_last(found, scans).equals(found), "nothing is missed by a run that went on to the end"
