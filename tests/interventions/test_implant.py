"""Implantation: compact colonies in the tissue, in the books and in the fates."""

import numpy as np
import pytest

from abm.cells.kupffer import REPROGRAMMED
from abm.cells.tumor import EXTRAVASATED, TUMOR
from abm.config.schema import compose
from abm.estimate import estimate
from abm.record.event_table import events_table
from abm.record.fates import STAGES, fates_of
from abm.record.nodules import survey
from tests.worlds import assert_resumes, assert_sound, later, liver


def implanted(*rules, mm=0.6, edges="periodic", **keys):
    return liver(*rules, mm=mm, tissue={"edges": edges}, interventions=[{"implant": 3, "cells": 12, **keys}])


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_colonies_are_compact_and_in_the_tissue(edges):
    model = later(implanted(edges=edges), 0.1)
    rows = model.tumor.alive_rows()
    assert rows.size == 36 and (rows.state == EXTRAVASATED).all() and (rows.layer == 1).all()
    assert sorted(survey(model, 4)["cells"].tolist()) in ([12, 12, 12], [12, 24], [36])
    for clone in (-1, -2, -3):
        mine = rows[rows.clone == clone]
        assert mine.size == 12
        off = np.abs(mine.row - mine.row[0]), np.abs(mine.column - mine.column[0])
        if edges == "periodic":
            off = [np.minimum(axis, size - axis) for axis, size in zip(off, model.shape, strict=True)]
        assert max(axis.max() for axis in off) <= 8
    plates = rows[model.sites.kind[rows.row, rows.column] == 2]
    assert plates.size and (model.hepatocytes[plates.row, plates.column] == 0).all()
    assert_sound(model)


def test_the_books_and_fates_know_them():
    model = later(implanted(), 30.0)
    assert (
        model.ledger.total("arrived", "implant")
        == model.ledger.total("extravasated", "implant")
        == model.ledger.balance
        == 36
    )
    fates = fates_of(events_table(model.ledger.entries), model.minutes, model.config.record, model.spacing_um)
    assert fates.count == 3 and (fates.clone < 0).all()
    assert dict(zip(STAGES, fates.reached.tolist(), strict=True)) == {
        "arrived": 3,
        "arrested": 3,
        "alive_24h": 3,
        "extravasated": 3,
        "micrometastasis": 3,
        "macrometastasis": 0,
    }


def test_they_come_at_their_time_once():
    model = implanted(start="-2 h")
    assert model.hours == -2.0 and model.tumor.count == 0
    assert later(model, 0.1).tumor.count == 36
    assert later(model, 3.0).tumor.count == 36
    assert (model.tumor.alive_rows().arrived_h == np.float32(-2.0 - 72.0)).all(), "what wanes since arrival has waned"


def test_entries_have_clones_of_their_own():
    model = liver(mm=0.6, interventions=[{"implant": 2, "cells": 3}, {"implant": 1, "cells": 5}])
    clones = later(model, 0.1).tumor.alive_rows().clone
    assert {clone: int((clones == clone).sum()) for clone in set(clones.tolist())} == {-1: 3, -2: 3, -3: 5}


def test_cells_are_at_all_points_of_their_cycle_and_those_of_the_line():
    rows = later(implanted(cells=60), 0.1).tumor.alive_rows()
    assert 0.35 < rows.cycle.mean() < 0.65 and rows.cycle.std() > 0.2
    assert 13.0 < np.median(rows.diameter_um) < 15.0
    assert np.unique(rows.uid).size == rows.size


@pytest.mark.parametrize("trait", ["vigour", "hardiness", "drug_tolerance"])
def test_a_colony_has_the_traits_of_its_founder(trait):
    keys = [{"implant": 40, "cells": 2}]
    model = liver(mm=0.8, interventions=keys, cells={"tumor": {f"{trait}_log_sd": 0.3}})
    rows = later(model, 0.1).tumor.alive_rows()
    of_clones = [set(rows[trait][rows.clone == clone].tolist()) for clone in range(-40, 0)]
    assert all(len(values) == 1 for values in of_clones)
    values = np.array([values.pop() for values in of_clones])
    assert np.unique(values).size == 40 and 0.2 < values.std() < 0.41  # 0.3 within 3 standard errors
    alike = liver(mm=0.8, interventions=keys, cells={"tumor": {f"{trait}_log_sd": 0}})
    assert (later(alike, 0.1).tumor.alive_rows()[trait] == 0).all()


def test_cells_of_a_grown_colony_differ_in_their_tolerance_of_drugs():
    keys = {"interventions": [{"implant": 1, "cells": 1500, "grown": True}]}
    rows = later(liver(mm=1.2, **keys, cells={"tumor": {"drug_tolerance_log_sd": 0.8}}), 0.1).tumor.alive_rows()
    values = rows.drug_tolerance.astype(float)
    assert values.mean() == pytest.approx(0.0, abs=3.3 * 0.8 / np.sqrt(1500))
    assert values.std() == pytest.approx(0.8, rel=3.3 / np.sqrt(2 * 1500))


def test_two_arms_have_the_same_colonies():
    def places(**keys):
        model = liver(mm=0.6, seed=5, interventions=[{"implant": 3, "cells": 12}, *keys.get("more", [])])
        return later(model, 0.1).tumor.alive_rows()[["uid", "row", "column"]]

    np.testing.assert_array_equal(places(), places(more=[{"block": "tnf"}]))


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_a_colony_in_the_middle_is_in_the_middle(edges):
    centres = []
    for seed in (1, 2, 3):
        keys = {"interventions": [{"implant": 1, "cells": 400, "at": "middle"}]}
        rows = later(liver(mm=0.8, seed=seed, tissue={"edges": edges}, **keys), 0.1).tumor.alive_rows()
        centres.append((rows.row.mean(), rows.column.mean()))
    assert np.abs(np.array(centres) - 39.5).max() < 4.0  # the nearest sinusoid is a few sites off


def test_a_grown_colony_has_divided_and_reprogrammed_the_kupffer_cells_among_it():
    livers = [later(implanted(cells=50, grown=grown), 0.1) for grown in (False, True)]
    young, grown = (model.tumor.alive_rows() for model in livers)
    assert livers[0].kupffer.alive_rows().reprogramming.max() < 0.1
    macrophages = livers[1].kupffer.alive_rows()
    among = livers[1].sites.population[1, macrophages.row, macrophages.column] == TUMOR
    assert (
        among.any()
        and (macrophages.state[among] == REPROGRAMMED).all()
        and (macrophages.reprogramming[among] == 1).all()
    )
    assert not (macrophages.state[~among] == REPROGRAMMED).any()
    assert (young.divisions == 0).all() and (grown.divisions == 6).all()  # 2^5 < 50 < 2^6
    for column in ("uid", "row", "column", "cycle"):
        np.testing.assert_array_equal(young[column], grown[column])


def test_the_estimate_expects_them():
    assert estimate(implanted().config).tumor_cells == 36


def test_no_room():
    with pytest.raises(ValueError, match="not fit"):
        later(implanted(mm=0.3, cells=900), 0.1)


@pytest.mark.parametrize(
    "keys", [{"implant": 0}, {"implant": 3, "cells": 0}, {"implant": "some"}, {"implant": 1, "at": "nowhere"}]
)
def test_errors(keys):
    with pytest.raises(ValueError):
        compose().model_validate({"interventions": [keys]})


def test_resumes():
    assert_resumes(lambda: implanted("growth", start="1 h"), 0.5, 1.5)
