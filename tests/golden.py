"""The golden digest: one small run, summed up in rounded numbers.

`python -m tests.golden` writes it anew. Do so only for an intended change of results, with an entry under **Results**
in CHANGELOG.md.
"""

import json
from pathlib import Path

import numpy as np

from abm.model import LiverModel

FILE = Path(__file__).with_name("golden.json")


def digest() -> dict:
    """What a busy little liver looks like after a day: counts, events, fields (four significant digits)."""
    model = LiverModel(
        seed=7,
        tissue={"width": "0.6 mm", "height": "0.6 mm"},
        interventions=[{"stimulate": "exosomes", "level": 0.5, "stop": "21 d"}],
        rules={"arrival": {"per_area": "150 /mm^2", "doses": [{"over": "2 h"}]}},
    )
    for _ in range(288):
        model.step()
    rounded = lambda number: float(f"{number:.4g}")  # noqa: E731
    return {
        "cells": {
            name: dict(zip(population.states, population.state_counts().tolist(), strict=True))
            for name, population in model.populations.items()
        },
        "events": model.ledger.totals.tolist(),
        "places": [[int(cell.row), int(cell.column)] for cell in model.tumor.alive_rows()],
        "fields": {name: rounded(field.values.mean(dtype=np.float64)) for name, field in model.fields.items()},
        "layers": {name: rounded(getattr(model, name).mean(dtype=np.float64)) for name in ("ecm", "nets", "exosomes")},
        "blood": {name: rounded(model.blood.levels[name][0]) for name in model.blood.levels.dtype.names},
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(digest(), indent=1) + "\n")
    print(f"wrote {FILE}")
