"""trial.md: what a trial gave, beside what the real one found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..batches.expectation import Window
from ..clinical.rates import odds_ratio, rate_difference
from ..clinical.survival import hazard_ratio
from ..clinical.words import counted, in_months, in_weeks, months, of_stratum, percent, ratio
from ..pharmacology.courses import PUT_OFF, REDUCED, STOPPED, WORDS
from ..published.table import markdown_row
from ..record.decisions import VERDICTS
from ..statistics import Estimate
from .outcome import ReadoutJudgement, TrialOutcome, having, median_months, share_of
from .trial import ClinicalReadout

SIMULATED = "simulated (95 % interval)"
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
_COMPARED = (
    "patients",
    "arms",
    "hazard ratio",
    "hazard ratio of pairs",
    "odds ratio of response",
    "difference of response rates",
)
_DECIDED = {
    WORDS[PUT_OFF]: "cycles put off",
    WORDS[REDUCED]: "doses reduced",
    WORDS[STOPPED]: "treatment stopped",
    **dict(zip(VERDICTS, ("called off", "gone ahead"), strict=True)),
}
"""Decision: how the patients are called of whom it was made."""
_WHAT_THEY_ARE = """\
* A patient is one to a few patches of liver with one lesion each, not a liver: sizes count relative to the patient's own at the first scan.
* Every patient is treated in every arm. Hazard and odds ratios are told as real trials tell them, as if the arms had different patients;
  a *hazard ratio of pairs* compares each patient with itself, and is farther from 1 where patients differ much. So does the *difference of
  response rates* (interval of pairs, Newcombe 1998).
* Progression-free survival ends with progression at a scan, or is censored with the last one; nobody dies here. Survival, resection and
  anything about a single real patient are not claimed.
* *Neutropenia* is of grade 3 or 4: the fewest neutrophils of a patient are below 1.0e9 per litre; doses are put off for it
  only within the `limits` of a therapy.
* A readout is *unresolved* while its interval is too wide for its window: more patients may resolve it."""


def trial_text(outcome: TrialOutcome, figures: Sequence[str] = ()) -> str:
    """The whole of trial.md."""
    trial, file, cohort = outcome.trial, outcome.trial.file, outcome.trial.cohort
    parts = [f"# {trial.name}"]
    parts += [file.description.strip()] if file.description else []
    if file.published:
        parts.append(f"{file.published.id}: {file.published.finding} ({file.published.source})")
    parts.append(
        f"{counted(len(cohort.patients), 'patient')} with {counted(len(cohort.lesions), 'lesion')}, in each of "
        f"{counted(len(trial.experiment.arms), 'arm')} ({counted(outcome.runs, 'run')}); scanned every {in_weeks(file.scans.every)} until "
        f"{in_weeks(file.scans.last)}."
    )
    if outcome.left_out:
        parts.append(f"{left_out(outcome)}: {', '.join(map(str, outcome.left_out))}.")
    if file.cohort.enrich:
        about, count = cohort.about(), counted(len(cohort.patients), "patient")
        enriched = ", ".join(
            f"{gene} in {about[gene].sum()} of {count}, where {100 * share:.0f} % were asked for"
            for gene, share in file.cohort.enrich.items()
        )
        parts.append(f"Enriched ({enriched}): each patient counts with its weight.")
    if outcome.judgements:
        calibrated = "The defaults were calibrated on this trial. " if file.calibrated else ""
        parts += [
            "## Against the real trial" if file.published else "## What was expected",
            f"{calibrated}Over all: **{outcome.word}**.",
            _table(*_expected(outcome)),
        ]
        reasons = [f"* {_of_whom(one)}: {one.readout.why}" for one in outcome.judgements if one.readout.why]
        parts += ["\n".join(reasons)] if reasons else []
    had_early = file.scans.include(file.criteria.early)
    heads = [head for head in _ARMS if had_early or head != "early change"]
    parts += [
        "## Arms",
        _table(heads, ([row[head] for head in heads] for row in _arms(outcome))),
        f"Early change: the median change of the sum of diameters at {in_weeks(file.criteria.early)}, of that at the first scan."
        if had_early
        else f"There is no early change: no scan was made at {in_weeks(file.criteria.early)}.",
    ]
    if trial.local_arms:
        parts.append(
            f"A lesion that is resected, ablated or irradiated away ({', '.join(trial.local_arms)}) counts as a response here, which "
            "RECIST does not."
        )
    if trial.arms_with_decisions:
        parts += [
            "What was decided of the treatment while it went on, and of how many patients (in the run of any of their lesions):",
            _table(("arm", "n", *_DECIDED.values()), _decided(outcome)),
        ]
    compared = list(_compared(outcome))
    parts += ["## Arms compared", _table(_COMPARED, compared)] if compared else []
    parts += [f"![{name}]({name})" for name in figures]
    parts += ["## What these numbers are", _WHAT_THEY_ARE]
    return "\n\n".join(parts) + "\n"


def left_out(outcome: TrialOutcome) -> str:
    """'2 patients are left out, of whom a run failed or ...'"""
    count = len(outcome.left_out)
    verb = "are" if count != 1 else "is"
    return f"{counted(count, 'patient')} {verb} left out, of whom in some arm a run failed or had no lesion at the first scan"


def in_words(stratum: Mapping[str, Any]) -> str:
    """{'ras': False, 'host': 'nafld'} as 'ras not mutated, host nafld'."""
    return ", ".join(of_stratum(name, value) for name, value in stratum.items()) or "all"


def against(outcome: TrialOutcome) -> Iterator[dict[str, str]]:
    """Of each readout that is expected, in words: `readout`, `published`, `expected`, `simulated (95 % interval)`, `verdict`."""
    for one in outcome.judgements:
        readout, reason = one.readout, one.verdict.reason
        yield {
            "readout": _of_whom(one),
            "published": _published(readout),
            "expected": _window(readout),
            SIMULATED: _said(readout, one.simulated.estimate),
            "verdict": f"{one.verdict} ({reason})" if reason else str(one.verdict),
        }


def _expected(outcome: TrialOutcome) -> tuple[Sequence[str], Iterator[Sequence[str]]]:
    """The table of what is expected; without a column of what is published where nothing is."""
    rows = list(against(outcome))
    heads = [head for head in rows[0] if head != "published" or any(row[head] for row in rows)]
    return heads, ([row[head] for head in heads] for row in rows)


def _published(readout: ClinicalReadout) -> str:
    value = readout.published
    if value is None or isinstance(value, str):
        return value or ""
    if readout.is_share:
        return f"{100 * value:.3g} %"
    return f"{in_months(value)} months" if readout.unit else f"{value:g}"


def _window(readout: ClinicalReadout) -> str:
    factor, unit = (100, " %") if readout.is_share else (1, " months" if readout.unit else "")
    low, high = (None if end is None else factor * end for end in (readout.window.low, readout.window.high))
    return f"{Window(low, high)}{unit}"


def _said(readout: ClinicalReadout, estimate: Estimate) -> str:
    return (percent if readout.is_share else months if readout.unit else ratio)(estimate)


def _of_whom(judgement: ReadoutJudgement) -> str:
    where = judgement.readout.where
    return f"{judgement.readout}" + (f" ({in_words(where)})" if where else "")


def _strata(outcome: TrialOutcome) -> Iterator[Mapping[str, Any]]:
    """All patients, and then each stratum that someone is in."""
    yield {}
    for name in outcome.trial.file.strata:
        yield from ({name: value} for value in sorted(outcome.patients[name].unique()))


def _arms(outcome: TrialOutcome) -> Iterator[dict[str, str]]:
    """What stands under `_ARMS`, a row per stratum and arm."""
    for stratum in _strata(outcome):
        for arm in outcome.trial.experiment.arms:
            rows = having(outcome.patients, {**stratum, "arm": arm})
            if rows.empty:
                continue
            early = rows.early_change.dropna()
            cells = (
                in_words(stratum),
                arm,
                str(len(rows)),
                percent(share_of(rows, "response_rate")),
                percent(share_of(rows, "disease_control")),
                str(int(rows.progressed.sum())),
                months(median_months(rows)),
                f"{100 * early.median():+.0f} %".replace("-", "−") if len(early) else "",
                percent(share_of(rows, "neutropenia")),
            )
            yield dict(zip(_ARMS, cells, strict=True))


def _decided(outcome: TrialOutcome) -> Iterator[tuple[str, ...]]:
    """A row per arm in which treatment is decided on: of how many patients each decision was made."""
    patients, decided = outcome.patients, outcome.decided
    for arm in outcome.trial.arms_with_decisions:
        who = set(patients[patients.arm == arm].patient)
        rows = decided[(decided.arm == arm) & decided.patient.isin(who)]
        yield (arm, str(len(who)), *(str(int((rows.decision == decision).sum())) for decision in _DECIDED))


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
                ratio(hazard_ratio(patients, arm, control, strata=())),
                ratio(hazard_ratio(patients, arm, control)),
                ratio(odds_ratio(patients, arm, control)),
                percent(rate_difference(patients, arm, control)),
            )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([markdown_row(headings), "|" + "---|" * len(headings), *map(markdown_row, rows)])
