import pytest

from abm.config.loading import load_text
from abm.estimate import count_in_words, duration_in_words, estimate, in_words

ARRIVAL = "rules: {arrival: {per_area: 40 /mm^2}}"


def needs(text=ARRIVAL, **overrides):
    return estimate(load_text(text, [f"{key.replace('__', '.')}={value}" for key, value in overrides.items()]))


def test_what_is_expected():
    found = needs(tissue__width="2 mm", tissue__height="1 mm", duration="1 d")
    assert (found.rows, found.columns, found.steps, found.frames) == (100, 200, 288, 13)
    assert found.area_mm2 == pytest.approx(2.0)
    assert found.tumor_cells == pytest.approx(80.0)
    assert found.kupffer_cells == pytest.approx(360.0)
    assert found.warnings == []


def test_sizes_round_up_to_whole_sites():
    assert needs(tissue__width="995 um").columns == 100


def test_cells_that_come_after_the_end_do_not_count():
    doses = "rules: {arrival: {per_area: 40 /mm^2, doses: [{start: 0 h, over: 2 d, share: 3}, {start: 9 d}]}}"
    assert needs(doses, tissue__width="1 mm", tissue__height="1 mm", duration="1 d").tumor_cells == pytest.approx(15.0)


def test_no_arrival_no_cells():
    found = needs("rules: {arrival: off}")
    assert found.tumor_cells == 0
    assert found.warnings == ["no tumor cells: rules.arrival is off, and no colony is implanted"]
    assert needs("interventions: [{implant: 4, cells: 10}]").tumor_cells == 40


@pytest.mark.parametrize(
    "text", ["duration: 3 d", "rules: {arrival: {enrichment: 50}}", "rules: {arrival: {per_area: 0 /mm^2}}"]
)
def test_no_inoculum_is_said_as_such(text):
    assert needs(text).warnings == [
        "no inoculum: set rules.arrival.per_liver (e.g. 5e5) or rules.arrival.per_area (e.g. 60 /mm^2)"
    ]


def test_an_inoculum_that_never_comes_is_said_as_such():
    late = "duration: 36 h\nrules: {arrival: {per_area: 40 /mm^2, doses: [{start: 3 d}]}}"
    assert "the first dose of rules.arrival.doses comes at 3 d, and the run ends at 36 h" in needs(late).warnings[0]
    assert "have the share 0" in needs("rules: {arrival: {per_area: 40 /mm^2, doses: [{share: 0}]}}").warnings[0]


def test_steps_longer_than_tested_are_pointed_out():
    assert needs(step="10 min").warnings == []
    [warning] = needs(step="11 min").warnings
    assert warning.startswith("step: 11 min; steps are tested from 1 to 10 min; results of longer ones may differ")
    lesion = "rules: {arrival: off}\ninterventions: [{implant: 1, cells: 100}]\n"
    assert needs(lesion, step="1 h").warnings[0].startswith("step: 1 h"), "NK cells do not see whom they meet within it"
    assert needs(lesion + "cells: {natural_killer: {density: 0 /mm^2}}", step="1 h").warnings == []


def test_few_and_crowded_cells_are_pointed_out():
    assert "with fewer than 30" in needs(tissue__width="0.5 mm", tissue__height="0.5 mm").warnings[0]
    crowded = needs("rules: {arrival: {per_area: 61 /mm^2}}").warnings
    assert "among 720 Kupffer cells" in crowded[0]
    assert needs("rules: {arrival: {per_area: 60 /mm^2}}").warnings == []
    assert needs("interventions: [{implant: 1, cells: 9000}]").warnings == [], "they crowd nobody, and are in no vessel"


def test_memory_grows_with_the_tissue():
    small, large = needs(tissue__width="2 mm"), needs(tissue__width="10 mm", tissue__height="10 mm")
    assert 0.3e9 < small.memory_bytes < 0.7e9
    assert 0.7e9 < large.memory_bytes < 1.5e9
    assert needs(tissue__width="1 m", tissue__height="1 m").memory_bytes > 1e12


def test_in_words():
    counts = (0, 0.42, 28.8, 450.4, 18_000, 1_234_567)
    assert [count_in_words(count) for count in counts] == ["0", "0.42", "29", "450", "18,000", "1,230,000"]
    assert [in_words(n) for n in (12, 1234, 5.6e7, 7e9, 8e12)] == ["12 B", "1.23 kB", "56 MB", "7 GB", "8 TB"]
    assert [duration_in_words(s) for s in (0.2, 45, 600, 7200)] == ["1 s", "45 s", "10 min", "2.0 h"]


def test_a_thicker_slab_holds_more_of_every_cell():
    """Whether their number is given per area of a 10 um slab or per liver."""
    for inoculum in ("per_area: 40 /mm^2", "per_liver: 5e5"):
        thin, thick = (
            needs(f"rules: {{arrival: {{{inoculum}}}}}", tissue__slab_thickness=f"{um} um") for um in (8, 12)
        )
        assert thick.tumor_cells == pytest.approx(1.5 * thin.tumor_cells)
        assert thick.kupffer_cells == pytest.approx(1.5 * thin.kupffer_cells)
