"""`crlm anatomy`: the picture of the tissue and what it measures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..folder.files import refuse_no_folder, refuse_others, write_text
from ..progress import progress
from ..tissue import measure
from ..view.figures import write_anatomy
from .ahead import compile_for_runs
from .run import build

if TYPE_CHECKING:
    from ..config.schema import Config
    from ..model import LiverModel

FIGURES, PICTURE = "anatomy.json", "anatomy.png"
PASSING_CELLS = 10_000
"""How many tumor cells are walked through the tissue."""


def measure_anatomy(config: "Config", folder: Path) -> None:
    """Write anatomy.png and anatomy.json into `folder`, and print the figures. Raises FolderInUse when a picture of somebody
    else has that name."""
    refuse_no_folder(folder)
    refuse_others(folder, [FIGURES], [PICTURE])
    with progress(quiet=False) as shown:
        compile_for_runs(shown)
        shown.phase("building the liver")
        liver = build(config)
        shown.phase(f"walking {PASSING_CELLS:,} cells through it")
        passages = _passages(liver)
    groups = {
        "anatomy": measure.anatomy_figures(liver.anatomy),
        "flow": measure.flow_figures(liver.flow),
        "passages": measure.passage_figures(passages),
    }
    folder.mkdir(parents=True, exist_ok=True)
    measured = {
        title: {name: {"value": value, "unit": unit} for name, (value, unit) in figures.items()}
        for title, figures in groups.items()
    }
    write_text(folder / FIGURES, json.dumps(measured, indent=2) + "\n")
    for title, figures in groups.items():
        print(title if title != "passages" else f"passages of {PASSING_CELLS:,} cells")
        for name, (value, unit) in figures.items():
            print(f"  {name:<30} {value:>10,.4g} {unit}")
    print(f"Wrote {write_anatomy(liver, folder / PICTURE)} and {folder / FIGURES}")


def _passages(liver: "LiverModel"):
    """What tumor cells meet on their way through the liver."""
    kupffer = np.zeros(liver.shape, bool)
    cells = liver.kupffer.alive_rows()
    kupffer[cells.row, cells.column] = True
    return measure.walk(liver.flow, PASSING_CELLS, liver.seed, kupffer)
