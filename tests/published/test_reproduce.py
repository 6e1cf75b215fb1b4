"""Reproducing published experiments, on synthetic runs: when more are asked for, and what the table says."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abm.batches.expectation import FAILS, HOLDS, UNRESOLVED, Expectation, Published, Window
from abm.published.reproduce import QUICK_REPLICATES, reproduce
from abm.published.table import as_markdown, rows_of, simulated_in_words, summary, time_in_words, write_table

NODULES = SimpleNamespace(label="nodules", unit="nodules", kind="count", is_series=False)


def experiment(*expect, replicates=4, most_replicates=20, calibrated=False, name="a test"):
    return SimpleNamespace(
        name=name,
        replicates=replicates,
        most_replicates=max(replicates, most_replicates),
        calibrated=calibrated,
        expect=expect,
        published=Published(id="V00", source="Nobody 2000", finding="blocking it | halved the nodules"),
    )


class Liver:
    """Gives Poisson counts around a mean per arm; notes how many replicates it was asked for."""

    def __init__(self, failing=(), **means):
        self.means, self.failing, self.asked = means, failing, []

    def __call__(self, replicates):
        self.asked.append(replicates)
        rows = []
        for arm, mean in self.means.items():
            counts = np.random.default_rng(list(arm.encode())).poisson(mean, 100)
            for k in range(1, replicates + 1):
                failed = (arm, k) in self.failing
                rows.append(
                    {
                        "arm": arm,
                        "replicate": k,
                        "status": "failed" if failed else "done",
                        "seconds": 2.0,
                        "nodules": None if failed else float(counts[k]),
                    }
                )
        return pa.Table.from_pylist(rows), None


HALF = Expectation(NODULES, "treated", Window(0.4, 0.6), relative_to="control")
MANY = Expectation(NODULES, "control", Window(20, None))


def test_what_is_resolved_at_once_is_run_once():
    liver = Liver(control=400, treated=200)
    found = reproduce(experiment(HALF, MANY), liver)
    assert liver.asked == [4]
    assert found.word == HOLDS and found.replicates == 4 and found.runs == 8 and found.seconds == 16


def test_more_replicates_are_run_until_the_verdict_is_there():
    liver = Liver(control=15, treated=8)
    found = reproduce(experiment(HALF, most_replicates=90), liver)
    assert liver.asked[:3] == [4, 6, 9] and 9 < liver.asked[-1] < 90
    assert found.word != UNRESOLVED and found.replicates == liver.asked[-1]


def test_not_more_than_the_file_allows():
    liver = Liver(control=1, treated=0.5)
    found = reproduce(experiment(HALF, most_replicates=7), liver)
    assert liver.asked == [4, 6, 7]
    assert found.word == UNRESOLVED
    assert found.outcomes[0].verdict.reason


def test_only_the_replicates_asked_for_are_judged():
    """Of a run that was killed the folder may hold some of the next replicates already."""

    class More(Liver):
        def __call__(self, replicates):
            return super().__call__(replicates + 3)

    liver, more = Liver(control=15, treated=8), More(control=15, treated=8)
    one, other = (
        reproduce(experiment(HALF, most_replicates=90), liver),
        reproduce(experiment(HALF, most_replicates=90), more),
    )
    assert [count - 3 for count in more.asked] == liver.asked
    assert rows_of([one]) == rows_of([other])


def test_quick_runs_few_replicates_and_says_so():
    liver = Liver(control=20, treated=10)
    found = reproduce(experiment(HALF), liver, quick=True)
    assert liver.asked == [QUICK_REPLICATES]
    assert found.word == UNRESOLVED
    rows = rows_of([found])
    assert "Quick" in summary(rows) and "Quick" in as_markdown(rows)
    assert [row["quick"] for row in rows] == [True]


def test_what_a_full_run_might_resolve_does_not_fail_a_quick_one():
    """An interval that straddles the bound fails only when no replicate is left to be run."""
    straddling = Expectation(NODULES, "control", Window(19, None))
    assert reproduce(experiment(straddling), Liver(control=20), quick=True).word == UNRESOLVED
    assert reproduce(experiment(straddling, replicates=3, most_replicates=3), Liver(control=20)).word == FAILS


def test_the_tables(tmp_path):
    liver = Liver(control=400, treated=200, failing={("treated", 2)})
    changed = Expectation(NODULES, "control", Window(None, 2.0), why="another dose")
    found = reproduce(experiment(HALF, changed, calibrated=True), liver)
    assert found.failed == 1 and found.word == FAILS
    write_table(tmp_path, [found])
    table = pq.read_table(tmp_path / "reproduce.parquet").to_pylist()
    assert [row["verdict"] for row in table] == [HOLDS, FAILS]
    assert table[0]["expectation"] == "nodules, treated / control" and table[0]["unit"] == ""
    assert table[1]["window_low"] is None and table[1]["window_high"] == 2 and table[1]["unit"] == "nodules"
    assert table[0]["low"] < table[0]["value"] < table[0]["high"]
    assert {row["experiment_verdict"] for row in table} == {FAILS} and table[0]["calibrated"]
    text = (tmp_path / "reproduce.md").read_text()
    assert "blocking it \\| halved the nodules (Nobody 2000)" in text
    assert "1 failed" in text and "another dose" in text and "fails (too high)" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1  # a whole table


def test_the_folder_keeps_what_its_table_says_of_other_experiments(tmp_path):
    earlier = reproduce(experiment(HALF, MANY, name="earlier"), Liver(control=400, treated=200))
    write_table(tmp_path, [earlier])
    write_table(tmp_path, [reproduce(experiment(MANY, name="later"), Liver(control=1))])
    write_table(tmp_path, [reproduce(experiment(MANY, name="later"), Liver(control=400))])
    rows = pq.read_table(tmp_path / "reproduce.parquet").to_pylist()
    assert [(row["name"], row["verdict"]) for row in rows] == [("earlier", HOLDS), ("earlier", HOLDS), ("later", HOLDS)]
    assert (tmp_path / "reproduce.md").read_text().count("halved the nodules") == 2


def test_the_summary_counts():
    held = reproduce(experiment(MANY, name="one"), Liver(control=400))
    calibrated = reproduce(experiment(MANY, calibrated=True, name="two"), Liver(control=400))
    failed = reproduce(experiment(MANY, name="three"), Liver(control=1))
    assert summary(rows_of([held, calibrated, failed])).startswith(
        "3 experiments: 2 hold (1 of them not calibrated on), 1 fail, 0 unresolved; 12 runs"
    )


@pytest.mark.parametrize(("seconds", "said"), [(3, "3 s"), (600, "10 min"), (7200, "2.0 h")])
def test_times(seconds, said):
    assert time_in_words(seconds) == said


def test_an_outcome_without_a_value():
    found = reproduce(experiment(HALF, most_replicates=4), Liver(control=0, treated=0))
    (row,) = rows_of([found])
    assert simulated_in_words(row) == "no value"
