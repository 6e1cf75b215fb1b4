"""The table of published experiments in docs/published.md: it is of the files, and judged as it says; the README counts the same.

docs/published.md begins with what `crlm reproduce` wrote.
"""

import math
import re
from pathlib import Path

import pytest

from abm.batches.expectation import Simulated, Window, judge
from abm.batches.loading import load_experiment
from abm.statistics import Estimate

ROOT = Path(__file__).parent.parent
DOCS, README = (ROOT / "docs" / "published.md").read_text(), (ROOT / "README.md").read_text()
SUMMARY = re.compile(
    r"(\d+)\s+experiments:\s+(\d+)\s+hold\s+\((\d+)\s+of\s+them\s+not\s+calibrated\s+on\),\s+(\d+)\s+fail,\s+(\d+)"
)


@pytest.fixture(scope="module")
def experiments():
    return [load_experiment(file, published=True) for file in sorted((ROOT / "configs" / "published").glob("*.yaml"))]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells below a table's heading row, up to the first line that is none of it."""
    lines = iter(text.splitlines())
    next(line for line in lines if line.startswith(heading))
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip().strip("|").split(" | ")])
    return found


def full() -> list[list[str]]:
    """id, published, expected, simulated, verdict, calibrated on, runs, CPU time"""
    return rows(DOCS, "| experiment | published")


def test_there_is_a_row_for_every_expectation(experiments):
    wanted = []
    for experiment in experiments:
        for index, expectation in enumerate(experiment.expect):
            unit = f" {expectation.unit}" if expectation.unit else ""
            wanted.append((experiment.published.id if index == 0 else "", f"{expectation}: {expectation.window}{unit}"))
    assert [(row[0], row[2]) for row in full()] == wanted


def test_the_verdicts_follow_from_the_figures(experiments):
    """As far as rounded figures tell: not where too few events were counted, nor where an end lies on a bound."""
    judged = 0
    expectations = [expectation for experiment in experiments for expectation in experiment.expect]
    for row, expectation in zip(full(), expectations, strict=True):
        numbers = [
            float(number) if number != "?" else math.nan
            for number in re.findall(r"[\d.e+-]+|\?", row[3].replace(" to ", " "))[:3]
        ]
        if len(numbers) < 3 or "counted" in row[4] or near_a_bound(numbers, expectation.window):
            continue
        verdict = judge(expectation, Simulated(Estimate(*numbers, n=10), {}), more=row[4].startswith("unresolved"))
        assert row[4].split(" (")[0] == verdict.word, row
        judged += 1
    assert judged > 0.8 * len(full())


def near_a_bound(numbers: list[float], window: Window) -> bool:
    return any(
        math.isclose(number, bound, rel_tol=0.01) for number in numbers for bound in (window.low, window.high) if bound
    )


def test_the_summaries_count_the_rows():
    words: dict[str, set[str]] = {}
    name = ""
    for row in full():
        name = row[0] or name
        words.setdefault(name, set()).add(row[4].split(" (")[0])
    calibrated = {row[0] for row in full() if row[5] == "yes"}
    holding = {name for name, said in words.items() if said == {"holds"}}
    failing = {name for name, said in words.items() if "fails" in said}
    counts = (
        len(words),
        len(holding),
        len(holding - calibrated),
        len(failing),
        len(words) - len(holding) - len(failing),
    )
    for text in (DOCS, README):
        assert tuple(map(int, SUMMARY.search(text).groups())) == counts
