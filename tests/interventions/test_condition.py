"""Conditions: what a scan shows decides whether an intervention happens, and everything else goes on as without it."""

import numpy as np
import pytest

from abm import Simulation
from abm.commands.check import check_config
from abm.config.errors import ConfigError
from abm.config.loading import load_text, with_changes
from abm.ledger import cause
from tests.worlds import assert_resumes, assert_sound, later, liver, put_disc

LESION = {"implant": 1, "cells": 400, "at": "middle", "grown": True, "start": "-1 h"}
EVERY = ("complete", "partial", "stable", "progressive")
RESECT = {"resect": "all"}


def asked(*entries, mm=0.6, **config):
    """A liver with a lesion that stays as it is, and what hangs on it."""
    return liver(mm=mm, edges="closed", step="30 min", duration="9 h", interventions=[LESION, *entries], **config)


def when(entry, *responses, at="2 h", **keys):
    return {**entry, "when": {"response": list(responses), "at": at}, **keys}


def smaller(model, share):
    """Take that share of the columns of the lesion out."""
    columns = np.indices(model.shape)[1]
    tumor = model.tumor_sites()
    model.empty(tumor & (columns < np.quantile(columns[tumor], share, method="higher")), cause.OTHER, 0)


CHANGES = {
    "complete": lambda model: model.empty(np.ones(model.shape, bool), cause.OTHER, 0),
    "partial": lambda model: smaller(model, 0.6),
    "stable": lambda model: smaller(model, 0.2),
    "progressive": lambda model: put_disc(model, (30, 30), 17),
}


@pytest.mark.parametrize("stands", EVERY)
def test_it_happens_where_the_lesions_stand_so_and_only_there(stands):
    entries = [when({"block": "vegf"}, response) for response in EVERY]
    model = later(asked(*entries), 2.0)  # an hour after time 0
    CHANGES[stands](model)
    later(model, 2.0)
    assert model.looks["verdicts"]["holds"][1:].astype(bool).tolist() == [response == stands for response in EVERY]
    assert len(model.under_way) == 2
    assert model.left("vegf") == 0.0


def test_a_lesion_apart_from_those_at_time_0_is_progression():
    model = later(asked(when(RESECT, "progressive")), 2.0)
    put_disc(model, (8, 8), 7)
    later(model, 2.0)
    assert model.tumor.count == 0


@pytest.mark.parametrize("responses", [("partial",), ("complete", "stable")])
def test_an_operation_waits_for_its_scan(responses):
    model = later(asked(when(RESECT, *responses)), 2.5)
    assert model.tumor.count == 400
    assert later(model, 1.0).tumor.count == (0 if "stable" in responses else 400)
    assert_sound(model)


def test_it_may_begin_later_than_its_scan():
    model = later(asked(when({"embolise": "tissue"}, "stable", start="5 h")), 5.5)
    assert not model.occlusion.any()
    assert later(model, 1.0).occlusion.any()


def test_a_therapy_that_is_called_off_gives_nothing_and_plans_nothing():
    entries = [when({"therapy": "folfox4"}, "stable"), when({"therapy": "cetuximab"}, "partial")]
    model = later(asked(*entries), 5.0)
    assert model.drugs.in_blood("oxaliplatin") > 0.1 and model.drugs.in_blood("cetuximab") == 0.0
    assert model.drugs.intensity("oxaliplatin", model.hours) == 1.0
    assert np.isnan(model.drugs.intensity("cetuximab", model.hours))


def test_what_an_operation_would_raise_is_not_raised_where_it_is_called_off():
    with_it, without = (asked(when(RESECT, response)) for response in ("stable", "partial"))
    assert later(with_it, 3.5).blood.injury > 0.1
    assert later(without, 3.5).blood.injury == 0.0


def test_without_a_lesion_that_is_seen_nothing_holds():
    lesion = LESION | {"cells": 2}
    model = liver(mm=0.4, step="30 min", interventions=[lesion, *(when(RESECT, one) for one in EVERY)])
    assert not later(model, 4.0).looks["verdicts"]["holds"].any()
    assert model.tumor.count == 2


def test_resumes_before_and_after_the_scan():
    def make():
        return asked(
            when({"therapy": "folfox4"}, "partial"),
            when(RESECT, "stable", start="3 h"),
            when({"block": "vegf"}, "partial"),
        )

    assert_resumes(make, 2.0, 3.5)
    assert_resumes(make, 3.5, 1.5)


def test_a_copy_goes_on_as_its_liver():
    model = later(asked(when(RESECT, "partial")), 3.5)
    assert later(model.copy(), 1.0).tumor.count == later(model, 1.0).tumor.count == 400


def test_what_was_decided_is_told():
    model = asked(when(RESECT, "partial"), when({"therapy": "folfox4"}, "stable"))
    rows = Simulation(model, until="4 h").run()["decisions"].to_dataframe()
    assert rows.intervention.tolist() == ["resect all", "therapy folfox4", "therapy folfox4"]
    assert rows.decision.tolist() == ["called off", "given", "goes ahead"]
    assert rows.time_min.tolist() == [120.0] * 3
    assert rows.change[[0, 2]].tolist() == [0.0, 0.0] and np.isnan(rows.change[1])


def config(*entries, **keys):
    return with_changes(None, {"interventions": list(entries), "duration": "20 d"} | keys)


def test_it_begins_at_its_scan_and_reads_again_as_the_same():
    written = config(LESION, when(RESECT, "partial", at="7 d"))
    assert written.interventions[1].start == written.interventions[1].when.at == 168.0
    assert load_text(str(written)) == written
    one_word = config(LESION, {"resect": "all", "when": {"response": "partial", "at": "7 d"}})
    assert one_word.interventions[1].when.responses == written.interventions[1].when.responses


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([when(RESECT, "partial", at="7 d")], "there is no lesion at time 0"),
        ([LESION | {"start": "0 h"}, when(RESECT, "partial", at="7 d")], "there is no lesion at time 0"),
        ([LESION, when(RESECT, "partial", at="20 d")], "the run ends at 20 d, before this scan"),
        ([LESION, when(RESECT, "partial", at="7 d", start="6 d")], "start at 7 d or later"),
        ([LESION, when(RESECT, "partial", at="-7 d")], "out of bounds"),
        ([LESION, when(RESECT, "partial", at="0 d")], "greater than 0|more than 0"),
        ([LESION, when(RESECT, "parial", at="7 d")], "partial"),
        ([LESION, when(RESECT, at="7 d")], "response"),
        ([LESION, {"resect": "all", "when": {"response": "partial"}}], "at"),
        ([LESION, when({"knock_out": "nets"}, "partial")], "when"),
    ],
)
def test_what_cannot_be_told_is_refused(entries, words):
    with pytest.raises(ConfigError, match=words):
        config(*entries)


def test_it_is_refused_at_its_line():
    text = (
        "duration: 20 d\n"
        "interventions:\n"
        "  - {implant: 1, start: -1 d}\n"
        "  - resect: all\n"
        "    when:\n"
        "      response: partial\n"
        "      at: 30 d\n"
    )
    with pytest.raises(ConfigError, match=r"7.*\n?.*before this scan"):
        load_text(text)


def test_check_tells_it_in_words(capsys):
    check_config(config(LESION, when(RESECT, "partial", "complete", at="7 d")))
    told = capsys.readouterr().out
    assert (
        "# resect all: only if a scan at 7 d shows, relative to time 0: partial (the sum of diameters is smaller by 30% or more)"
        in told
    )
