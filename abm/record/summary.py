"""summary.json: what became of the tumor cells, worked out from the events of the whole run.

What is counted per founder is defined in `fates`: the cascade is nested, the rest is each on its own.
"""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..config.recording import RecordParameters
from ..ledger import event
from .fates import STAGES, Fates, fates_of
from .timeseries import CAUSES, by_cause

if TYPE_CHECKING:
    from ..model import LiverModel


def summarise(model: "LiverModel", events: pa.Table, nodules: np.ndarray, parameters: RecordParameters) -> dict:
    """Everything in summary.json: plain numbers and words, the same for the same run.

    `events` is the table of the whole run; `nodules` the survey of its last moment.
    """
    fates = fates_of(events, model.minutes, parameters, model.spacing_um)
    largest = nodules[:1]
    return {
        "title": model.config.name,
        "seed": int(model.seed),
        "simulated_hours": round(model.minutes / 60.0, 6),
        "area_mm2": float(model.area_mm2),
        "cascade": cascade(fates),
        "founders": founders(fates),
        "losses": losses(model.ledger.totals),
        "events": {name: int(model.ledger.totals[code].sum()) for code, name in enumerate(event.NAMES)},
        "causes": {event.NAMES[code]: by_cause(model.ledger.totals, code) for code in CAUSES},
        "cells": {name: _counts(population) for name, population in model.populations.items()},
        "nodules": {
            "count": int(nodules.size),
            "cells": int(nodules["cells"].sum()),
            "largest_cells": int(largest["cells"].sum()),
            "largest_area_um2": float(largest["area_um2"].sum()),
            "of_several_clones": int((nodules["clones"] > 1).sum()),
            "definition": f"groups of at least {parameters.micrometastasis_cells:g} touching tumor cells at the end",
        },
        "definitions": {
            "founder": "a cell that arrived, with its descendants (its clone)",
            "cascade": "founders that reached the stage and all stages before it, of all that arrived; `ends` says what "
            "became of those that came no further",
            "alive_24h": "some cell of the clone lived 24 h after the arrival; not known, and not counted, where the run "
            "ended before",
            "founders": "founders for which this one thing came true, whatever else did",
            "able": "founders that arrived as one of those that can found a metastasis, where the line has others, too; more of them "
            "than in the animal where the config says so (`founder_enrichment`), and then shares of all founders are of the "
            "simulated ones: the measures `founding`, `nodules_per_liver` and `cells_per_liver` are of the animal's",
            "micrometastasis": f"the clone had at least {fates.micrometastasis_cells:g} living cells at once",
            "macrometastasis": f"the clone had at least {fates.macrometastasis_cells} living cells at once: a disc of "
            f"{parameters.macrometastasis_diameter:g} um in the slab",
            "intravascular": "colonies of that size of which no cell ever left the vessel",
            "losses": "cells, descendants included; so are events, causes and cells",
        },
    }


def cascade(fates: Fates) -> dict:
    """The nested cascade: for each stage, how many founders reached it, and the ends of those that came no further."""
    stages = {
        name: {**_share(count, fates.count), "ends": {}} for name, count in zip(STAGES, fates.reached, strict=True)
    }
    for end in fates.ends():
        stages[STAGES[end.stage]]["ends"][end.way] = end.count
    return stages


def founders(fates: Fates) -> dict:
    """How many founders each of several events befell; of all founders unless the name says otherwise."""
    micro, macro = fates.micrometastasis_cells, fates.macrometastasis_cells
    counts = {
        "able": int(fates.able.sum()),
        "ever_passed": fates.ever(event.PASSED),
        "ever_arrested": fates.ever(event.HELD),
        "ever_adherent": fates.ever(event.ADHERENT),
        "ever_extravasated": fates.ever(event.EXTRAVASATED),
        "ever_divided": fates.ever(event.DIVIDED),
        "ever_micrometastasis": fates.ever_of(micro),
        "ever_macrometastasis": fates.ever_of(macro),
        "intravascular_micrometastasis": fates.intravascular(micro),
        "intravascular_macrometastasis": fates.intravascular(macro),
    }
    followed = fates.followed
    return {
        **{name: _share(count, fates.count) for name, count in counts.items()},
        "alive_24h_of_followed": _share(int((fates.lived & followed).sum()), int(followed.sum())),
    }


def losses(totals: np.ndarray) -> dict[str, int]:
    """Cells lost by each way out of the tissue, with their causes: `passed`, `phagocytosed`, `killed_by_trail`, `died_by_shear` ..."""
    lost: dict[str, int] = {}
    for code in event.ENDINGS:
        split = by_cause(totals, code) if code in (event.KILLED, event.DIED) else {}
        if split:
            lost |= {f"{event.NAMES[code]}_by_{reason}": count for reason, count in split.items()}
        else:
            lost[event.NAMES[code]] = int(totals[code].sum())
    return lost


def _share(count: int, of: int) -> dict:
    return {"count": int(count), "of": of, "fraction": round(count / of, 9) if of else None}


def _counts(population) -> dict:
    states = population.state_counts() / population.sites_per_cell
    if population.sites_per_cell == 1:
        states = population.state_counts()
    shown = [round(float(count), 6) if population.sites_per_cell != 1 else int(count) for count in states]
    return {"alive": round(sum(shown), 6), **dict(zip(population.states, shown, strict=True))}
