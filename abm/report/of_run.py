"""The page of one run."""

import json
from collections.abc import Iterable
from pathlib import Path

import yaml

from ..folder import manifest
from ..folder.names import SUMMARY
from ..record.fates import STAGE_WORDS, reached_in_words
from ..units import in_time
from .document import Document

FIGURES = {
    "movie.mp4": "The whole run.",
    "overview.png": "The run at a glance.",
    "cascade.png": "From arrival to metastasis: how far the tumor cells came, and how they were lost.",
    "timecourses.png": "Everything through time.",
    "infiltrate.png": "Who stands where about the nodules.",
    "niche.png": "What awaits tumor cells.",
}
"""What a run draws, in the order of the page."""


def report_of_run(folder: Path, figures: Iterable[str] = tuple(FIGURES)) -> Document:
    """The page of the run in `folder`, with those of `figures` that are there. Raises FileNotFoundError for another folder, and for a
    run that has not come to its end."""
    about = manifest.read(folder)
    if about is None:
        raise FileNotFoundError(f"{folder} is not the folder of a run: it has no {manifest.NAME}")
    if not (folder / SUMMARY).exists():
        raise FileNotFoundError(f"the run in {folder} has not come to its end; go on with it (crlm run ... --resume)")
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    config = yaml.safe_load((folder / manifest.CONFIG).read_text(encoding="utf-8"))
    document = Document(str(summary["title"]), str(config.get("description") or "").strip())
    cells = {name: counts for name, counts in summary["cells"].items() if counts["alive"]}
    document.facts(
        {
            "simulated": f"{in_time(summary['simulated_hours'])} of {summary['area_mm2']:.3g} mm² of liver",
            "seed": str(summary["seed"]),
            "presets": ", ".join(f"{kind} {name}" for kind, name in (config.get("labels") or {}).items()) or "none",
            "interventions": str(len(config.get("interventions") or [])) if config.get("interventions") else "none",
            "crlm": about["versions"]["crlm"],
            "computed in": f"{about['wall_seconds']:.0f} s",
        }
    )
    cascade = summary["cascade"]
    first = next(iter(cascade.values()))["count"]
    followed = summary["founders"]["alive_24h_of_followed"]["of"]
    counts = {stage: reached_in_words(stage, reached["count"], followed) for stage, reached in cascade.items()}
    document.heading("How far the tumor cells came")
    document.table(
        ("stage", "founders", "of all that arrived"),
        [
            (
                STAGE_WORDS[stage],
                counts[stage],
                f"{100 * reached['count'] / first:.3g} %" if first and counts[stage][0].isdigit() else "",
            )
            for stage, reached in cascade.items()
        ],
    )
    nodules = summary["nodules"]
    largest = f", the largest of {nodules['largest_cells']:,} cells" if nodules["count"] else ""
    document.text(f"At the end {nodules['count']:,} nodules ({nodules['definition']}){largest}.")
    for name in figures:
        if (folder / name).exists():
            document.figure(folder / name, FIGURES[name])
    document.heading("Who is there at the end")
    document.table(
        ("population", "cells", "in their states"),
        [
            (
                name.replace("_", " "),
                f"{counts['alive']:,.0f}",
                ", ".join(
                    f"{count:,.0f} {state.replace('_', ' ')}"
                    for state, count in counts.items()
                    if state != "alive" and count
                ),
            )
            for name, counts in cells.items()
        ],
    )
    document.heading("The same run again")
    document.text(
        f"Save what follows as config.yaml, and run it with crlm {about['versions']['crlm']}: crlm run config.yaml. The "
        "same seed gives the same bytes."
    )
    document.code((folder / manifest.CONFIG).read_text(encoding="utf-8"), "config.yaml, everything filled in")
    return document
