"""Every founder's fate, read out of the ledger; summary.json and the figure count the same."""

import numpy as np
import pyarrow as pa
import pytest

from abm.config.recording import RecordParameters
from abm.kernels.tables import as_rows
from abm.ledger import cause, event
from abm.ledger.ledger import ENTRY
from abm.record.event_table import events_table
from abm.record.fates import ALIVE, STAGES, cells_of_disc, fates_of, way_out
from abm.record.summary import cascade, founders

DAY = 1440.0
SPACING_UM = 10.0


def ledger(*entries):
    """Entries (clone, time, event[, cause]) as the table of events.parquet."""
    rows = as_rows(np.zeros(len(entries), ENTRY))
    for row, (clone, time, code, *by) in zip(rows, entries, strict=True):
        row.clone, row.time_min, row.event, row.cause = clone, time, code, *(by or [cause.NONE])
    return events_table(rows)


def fates(*entries, end=5 * DAY, micro=4, macro_um=200.0):
    parameters = RecordParameters(micrometastasis_cells=micro, macrometastasis_diameter=f"{macro_um} um")
    return fates_of(ledger(*entries), end, parameters, SPACING_UM)


def ends(found):
    return {(STAGES[end.stage], end.way): end.count for end in found.ends()}


MANY = (
    (0, 0, event.ARRIVED),
    (0, 0, event.PASSED),
    (1, 0, event.ARRIVED),
    (1, 0, event.HELD),
    (1, 300, event.PHAGOCYTOSED, cause.KUPFFER),
    (2, 0, event.ARRIVED),
    (2, 0, event.HELD),
    (2, 5, event.ADHERENT, cause.E_SELECTIN),
    (2, 60, event.EXTRAVASATED),
    (2, 2 * DAY, event.DIVIDED),
    (2, 2.1 * DAY, event.DIVIDED),
    (2, 2.2 * DAY, event.DIVIDED),
    (3, 0, event.ARRIVED),
    (3, 0, event.HELD),
    (3, 50, event.EXTRAVASATED),
    (3, 3 * DAY, event.KILLED, cause.TRAIL),
    (4, 0, event.ARRIVED),
    (4, 0, event.HELD),
    (4, 70, event.EXTRAVASATED),
    (4, 90, event.DIED, cause.SHEAR),
)


def test_every_founder_ends_somewhere():
    found = fates(*MANY)
    assert found.reached.tolist() == [5, 4, 2, 2, 1, 0]
    assert ends(found) == {
        ("arrived", "passed"): 1,
        ("arrested", "phagocytosed"): 1,
        ("arrested", "died_by_shear"): 1,
        ("extravasated", "killed_by_trail"): 1,
        ("micrometastasis", ALIVE): 1,
    }
    assert [STAGES[end.stage] for end in found.ends()] == [
        "arrived",
        "arrested",
        "arrested",
        "extravasated",
        "micrometastasis",
    ]


def test_the_order_between_founders_does_not_matter():
    by_time = sorted(MANY, key=lambda entry: entry[1])
    assert fates(*by_time).ends() == fates(*MANY).ends()
    assert fates(*by_time).largest.tolist() == [1, 1, 4, 1, 1]


def test_nested_and_ever_differ_where_an_earlier_stage_is_missing():
    found = fates(*MANY)
    assert found.ever(event.EXTRAVASATED) == 3  # one of them died within the day
    assert found.reached[STAGES.index("extravasated")] == 2


def test_a_clone_is_lost_with_its_last_cell():
    found = fates(
        (7, 0, event.ARRIVED),
        (7, 0, event.HELD, cause.SIZE),
        (7, 10, event.EXTRAVASATED),
        (7, 2 * DAY, event.DIVIDED),
        (7, 2 * DAY, event.KILLED, cause.FASL),
        (7, 3 * DAY, event.DIED, cause.HYPOXIA),
    )
    assert ends(found) == {("extravasated", "died_by_hypoxia"): 1}
    assert found.clone.tolist() == [7]


def test_a_day_that_is_not_over_does_not_count():
    entries = (0, 0, event.ARRIVED), (0, 0, event.HELD), (0, 5, event.EXTRAVASATED)
    early, late = fates(*entries, end=DAY - 5), fates(*entries, end=DAY)
    assert early.reached.tolist() == [1, 1, 0, 0, 0, 0]
    assert not early.followed.any()
    assert ends(early) == {("arrested", ALIVE): 1}
    assert late.reached.tolist() == [1, 1, 1, 1, 0, 0]


def test_alive_at_24_h_is_by_each_founders_own_arrival():
    found = fates(
        (0, 0, event.ARRIVED),
        (1, DAY, event.ARRIVED),
        (0, DAY, event.DIED),
        (1, 2 * DAY + 5, event.DIED),
        (2, 9.5 * DAY, event.ARRIVED),
        end=10 * DAY,
    )
    assert found.followed.tolist() == [True, True, False]
    assert found.lived.tolist() == [False, True, True]
    assert founders(found)["alive_24h_of_followed"] == {"count": 1, "of": 2, "fraction": 0.5}


def test_colonies_inside_the_vessel_are_told_apart():
    inside = [(0, 0, event.ARRIVED), (0, 0, event.HELD), *[(0, 2 * DAY, event.DIVIDED)] * 4]
    outside = [(1, 0, event.ARRIVED), (1, 0, event.HELD), *[(1, 2 * DAY, event.DIVIDED)] * 3]
    found = fates(*inside, *outside, (1, 3 * DAY, event.EXTRAVASATED), macro_um=22.0)
    assert found.macrometastasis_cells == 4
    assert found.reached.tolist() == [
        2,
        2,
        2,
        1,
        1,
        1,
    ]  # the colony that came out late counts: the order does not matter
    assert (found.ever_of(4), found.intravascular(4), found.intravascular(6)) == (2, 1, 0)
    counted = founders(found)
    assert counted["ever_micrometastasis"]["count"] == 2
    assert counted["intravascular_micrometastasis"]["count"] == counted["intravascular_macrometastasis"]["count"] == 1
    assert ends(found)["alive_24h", ALIVE] == 1


def test_the_most_cells_at_once_not_the_cells_of_all_times():
    division, death = (0, DAY, event.DIVIDED), (0, DAY, event.DIED, cause.APOPTOSIS)
    found = fates((0, 0, event.ARRIVED), (0, 0, event.HELD), *[division, death] * 20, division)
    assert found.largest.tolist() == [2]
    assert found.ever_of(3) == 0


def test_cells_that_never_arrived_are_no_founders():
    found = fates(
        (-1, 5, event.HELD), (-1, 9, event.EXTRAVASATED), (0, 0, event.ARRIVED), (-1, DAY, event.DIED, cause.OTHER)
    )
    assert found.count == 1
    assert found.ever(event.EXTRAVASATED) == 0
    assert ends(found) == {("arrived", ALIVE): 1}


def test_an_empty_ledger():
    found = fates()
    assert found.reached.tolist() == [0] * 6
    assert found.ends() == []
    assert cascade(found)["arrived"] == {"count": 0, "of": 0, "fraction": None, "ends": {}}
    assert founders(found)["alive_24h_of_followed"]["of"] == 0


def test_a_table_of_plain_words_in_several_pieces():
    table = ledger(*MANY)
    plain = table.set_column(1, "event", table["event"].cast(pa.string())).set_column(
        2, "cause", table["cause"].cast(pa.string())
    )
    pieces = pa.concat_tables([plain.slice(0, 7), plain.slice(7)])
    assert fates_of(pieces, 5 * DAY, RecordParameters(), SPACING_UM).ends() == fates(*MANY).ends()
    wrong = plain.set_column(1, "event", pa.array(["vanished"] * plain.num_rows))
    with pytest.raises(KeyError, match="vanished"):
        fates_of(wrong, DAY, RecordParameters(), SPACING_UM)


def test_made_up_lives_against_counting_one_by_one():
    random = np.random.default_rng(3)
    entries = []
    for clone in range(60):
        cells, time = 1, float(random.integers(0, 3 * DAY))
        entries.append((clone, time, event.ARRIVED))
        while cells and time < 6 * DAY:
            time += random.exponential(400.0)
            code = int(
                random.choice([event.HELD, event.EXTRAVASATED, event.DIVIDED, event.DIVIDED, event.DIED, event.PASSED])
            )
            cells += (code == event.DIVIDED) - (code in event.ENDINGS)
            entries.append((clone, time, code, cause.APOPTOSIS if code == event.DIED else cause.NONE))
    entries.sort(key=lambda entry: entry[1])
    end, disc = 4 * DAY, cells_of_disc(30, SPACING_UM)
    entries = [entry for entry in entries if entry[1] < end]
    found = fates(*entries, end=end, micro=3, macro_um=30.0)

    reached, alive = np.zeros(len(STAGES), int), 0
    for clone in range(60):
        life = [entry for entry in entries if entry[0] == clone]
        sizes = np.cumsum([(e[2] in (event.ARRIVED, event.DIVIDED)) - (e[2] in event.ENDINGS) for e in life])
        codes, arrival = {e[2] for e in life}, life[0][1]
        after_a_day = sizes[[e[1] <= arrival + DAY for e in life]][-1] > 0
        says = (
            True,
            event.HELD in codes,
            after_a_day and arrival + DAY <= end,
            event.EXTRAVASATED in codes,
            max(sizes) >= 3,
            max(sizes) >= disc,
        )
        depth = says.index(False) if False in says else len(says)
        reached[:depth] += 1
        alive += sizes[-1] > 0
    assert found.reached.tolist() == reached.tolist()
    assert reached[4] > 0
    assert sum(end.count for end in found.ends() if end.way == ALIVE) == alive


def test_the_summary_counts_the_same():
    found = fates(*MANY)
    stages = cascade(found)
    assert list(stages) == list(STAGES)
    assert [stage["count"] for stage in stages.values()] == found.reached.tolist()
    after = [*found.reached[1:], 0]
    for stage, later in zip(stages.values(), after, strict=True):
        assert stage["of"] == found.count
        assert stage["count"] - later == sum(stage["ends"].values())
    assert not set(stages) & set(founders(found))


def test_the_disc_of_a_macrometastasis():
    assert cells_of_disc(200, 10) == 315


@pytest.mark.parametrize(
    ("ending", "reason", "word"),
    [
        (event.PASSED, cause.NONE, "passed"),
        (event.PHAGOCYTOSED, cause.KUPFFER, "phagocytosed"),
        (event.DIED, cause.APOPTOSIS, "died_by_apoptosis"),
        (event.DIED, cause.OTHER, "died_by_other"),
        (event.DIED, cause.SOLITUDE, "died_by_other"),
        (event.KILLED, cause.PERFORIN, "killed_by_perforin"),
    ],
)
def test_ways_out_are_named(ending, reason, word):
    assert way_out(ending, reason) == word
