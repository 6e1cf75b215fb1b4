"""trial.md: what a trial gave, beside what the real one found."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..clinical.rates import odds_ratio, rate_difference
from ..clinical.survival import hazard_ratio
from ..published.table import markdown_row, simulated_in_words
from ..statistics import Estimate
from ..units import in_time
from .outcome import ReadoutJudgement, TrialOutcome, having, median_months, share_of

AGAINST = ("readout", "published", "expected", "simulated (95 % interval)", "verdict")
_ARMS = (
    "patients",
    "arm",
    "n",
    "response rate",
    "disease control",
    "progressed",
    "median PFS",
    "early change",
    "neutropenia",
)
_COMPARED = ("patients", "arms", "hazard ratio", "hazard ratio of pairs", "odds ratio of response", "response rates")
_WHAT_THEY_ARE = """\
* A patient is one to a few patches of liver with one lesion each, not a liver: sizes count relative to the patient's own at the first scan.
* Every patient is treated in every arm. Hazard and odds ratios are told as real trials tell them, as if the arms had different patients;
  a *hazard ratio of pairs* compares each patient with itself, and is farther from 1 where patients differ much.
* Progression-free survival ends with progression at a scan, or is censored with the last one; nobody dies here. Survival, resection and
  anything about a single real patient are not claimed.
* *Neutropenia* is of grade 3 or 4: the fewest neutrophils of a patient are below 1.0e9 per litre; doses are put off for it
  only within the `limits` of a therapy.
* A readout is *unresolved* while its interval is too wide for its window: more patients may resolve it."""


def trial_text(outcome: TrialOutcome, figures: Sequence[str] = ()) -> str:
    """The whole of trial.md."""
    file, cohort = outcome.trial.file, outcome.trial.cohort
    parts = [f"# {outcome.trial.name}"]
    parts += [file.description.strip()] if file.description else []
    if file.published:
        parts.append(f"{file.published.id}: {file.published.finding} ({file.published.source})")
    parts.append(
        f"{len(cohort.patients)} patients with {len(cohort.lesions)} lesions, in each of {len(outcome.trial.experiment.arms)} arms "
        f"({outcome.runs} runs); scanned every {in_time(file.scans.every)} until {in_time(file.scans.last)}."
    )
    if outcome.left_out:
        parts.append(f"{left_out(outcome)}: {', '.join(map(str, outcome.left_out))}.")
    if file.cohort.enrich:
        enriched = ", ".join(f"{gene} in {share:g}" for gene, share in file.cohort.enrich.items())
        parts.append(f"Enriched ({enriched} of the patients): each patient counts with its weight.")
    if outcome.judgements:
        calibrated = "The defaults were calibrated on this trial. " if file.calibrated else ""
        parts += [
            "## Against the real trial",
            f"{calibrated}Over all: **{outcome.word}**.",
            _table(AGAINST, against(outcome)),
        ]
        reasons = [f"* {_of_whom(one)}: {one.readout.why}" for one in outcome.judgements if one.readout.why]
        parts += ["\n".join(reasons)] if reasons else []
    parts += ["## Arms", _table(_ARMS, _arms(outcome))]
    compared = list(_compared(outcome))
    parts += ["## Arms compared", _table(_COMPARED, compared)] if compared else []
    parts += [f"![{name}]({name})" for name in figures]
    parts += ["## What these numbers are", _WHAT_THEY_ARE]
    return "\n\n".join(parts) + "\n"


def left_out(outcome: TrialOutcome) -> str:
    """'2 patients are left out, of whom a run failed or ...'"""
    count = len(outcome.left_out)
    which = f"{count} patients are left out, of whom" if count != 1 else "1 patient is left out, of whom"
    return f"{which} in some arm a run failed or had no lesion at the first scan"


def in_words(stratum: Mapping[str, Any]) -> str:
    """{'ras': False, 'host': 'nafld'} as 'ras not mutated, host nafld'."""
    words = [
        f"{name} {'' if value else 'not '}mutated" if isinstance(value, bool | np.bool_) else f"{name} {value}"
        for name, value in stratum.items()
    ]
    return ", ".join(words) or "all"


def against(outcome: TrialOutcome) -> list[tuple[str, ...]]:
    """The cells under `AGAINST`, a row per readout that is expected."""
    rows: list[tuple[str, ...]] = []
    for one in outcome.judgements:
        published, unit = one.readout.published, f" {one.readout.unit}".rstrip()
        rows.append(
            (
                _of_whom(one),
                "" if published is None else f"{published}{unit if isinstance(published, float | int) else ''}",
                f"{one.readout.window}{unit}",
                _said(one.simulated.estimate, one.readout.unit),
                str(one.verdict) + (f" ({one.verdict.reason})" if one.verdict.reason else ""),
            )
        )
    return rows


def _of_whom(judgement: ReadoutJudgement) -> str:
    where = judgement.readout.where
    return f"{judgement.readout}" + (f" ({in_words(where)})" if where else "")


def _strata(outcome: TrialOutcome) -> Iterator[Mapping[str, Any]]:
    """All patients, and then each stratum that someone is in."""
    yield {}
    for name in outcome.trial.file.strata:
        yield from ({name: value} for value in sorted(outcome.patients[name].unique()))


def _arms(outcome: TrialOutcome) -> Iterator[tuple[str, ...]]:
    """A row per stratum and arm."""
    for stratum in _strata(outcome):
        for arm in outcome.trial.experiment.arms:
            rows = having(outcome.patients, {**stratum, "arm": arm})
            if rows.empty:
                continue
            early = rows.early_change.dropna()
            yield (
                in_words(stratum),
                arm,
                str(len(rows)),
                _said(share_of(rows, "response_rate")),
                _said(share_of(rows, "disease_control")),
                str(int(rows.progressed.sum())),
                _said(median_months(rows), "month"),
                f"{early.median():+.0%}" if len(early) else "",
                _said(share_of(rows, "neutropenia")),
            )


def _compared(outcome: TrialOutcome) -> Iterator[tuple[str, ...]]:
    """A row per stratum and arm but the control."""
    control = outcome.trial.experiment.control
    for stratum in _strata(outcome):
        patients = having(outcome.patients, stratum)
        for arm in outcome.trial.experiment.arms:
            if arm == control or patients.empty:
                continue
            yield (
                in_words(stratum),
                f"{arm} against {control}",
                _said(hazard_ratio(patients, arm, control, strata=())),
                _said(hazard_ratio(patients, arm, control)),
                _said(odds_ratio(patients, arm, control)),
                _said(rate_difference(patients, arm, control)),
            )


def _said(estimate: Estimate, unit: str = "") -> str:
    if math.isinf(estimate.value):
        return "not reached" if unit == "month" else "infinite"
    return simulated_in_words({"value": estimate.value, "low": estimate.low, "high": estimate.high, "unit": unit})


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([markdown_row(headings), "|" + "---|" * len(headings), *map(markdown_row, rows)])
