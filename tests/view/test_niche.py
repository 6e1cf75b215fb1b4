"""The niche before the metastasis is drawn of what was ever there, where something makes one."""

import json

import numpy as np
import pandas as pd
import pytest

from abm import Simulation
from abm.view.figures import plot_run, write_niche
from abm.view.figures.niche import niche_figure, niche_of
from abm.view.figures.run_folder import Done, area_mm2, interventions
from tests.worlds import FakeLiver

HOURS = np.arange(-240.0, 121.0, 24.0)


def courses(**columns):
    """A timeseries in which nothing of a niche is there but the `columns`, each a number or [moments]."""
    kept = ("blood_primary", "blood_exosomes", "blood_g_csf", "exosomes_total", "stellate_activated", "ecm_mean")
    cells = ("neutrophil", "neutrophil_n2", "suppressor", "suppressor_infiltrating", "macrophage", "macrophage_m2")
    values = dict.fromkeys((*kept, *cells, "events_arrived", "tumor"), 0.0) | {"kupffer": 360} | columns
    return {"time_min": 60 * HOURS} | {name: np.full(HOURS.size, value) for name, value in values.items()}


def titles(diagrams):
    return [diagram.title for diagram in diagrams]


@pytest.mark.parametrize("column", ["blood_primary", "blood_exosomes", "suppressor", "macrophage"])
def test_a_niche_is_what_a_tumor_elsewhere_or_myeloid_cells_make(column):
    assert niche_of(courses(neutrophil=30, ecm_mean=0.1, blood_g_csf=1, events_arrived=5), 2.0) is None
    once = np.zeros(HOURS.size)
    once[4] = 3
    assert niche_of(courses(**{column: once}), 2.0) is not None
    assert niche_of({"time_min": np.zeros(1)}, 1.0) is None


def test_only_what_was_ever_there_has_a_diagram_or_a_line():
    found = niche_of(courses(suppressor=6), 2.0)
    assert titles(found.diagrams) == ["Suppressor cells, per mm²"] and found.arrival is None
    assert [line.label for line in found.diagrams[0].lines] == ["all"]
    both = niche_of(courses(suppressor=6, suppressor_infiltrating=2, blood_g_csf=0.5), 2.0)
    assert titles(both.diagrams) == ["In the blood (half-maximal effect = 1)", "Suppressor cells, per mm²"]
    assert [line.label for line in both.diagrams[1].lines] == ["all", "out of the vessels"]


def test_cells_are_shown_per_area_and_education_per_kupffer_cell():
    kupffer = np.where(HOURS < 0, 360, 0)  # all are depleted when the tumor cells arrive
    arrived = np.where(HOURS > 0, 50, 0)
    found = niche_of(
        courses(
            blood_exosomes=1, exosomes_total=0.5 * kupffer, kupffer=kupffer, macrophage=40, macrophage_m2=10,
            neutrophil=30, stellate_activated=80, ecm_mean=0.3, events_arrived=arrived, tumor=arrived / 2,
        ),
        2.0,
    )  # fmt: skip
    told = {diagram.title: [line.values[[0, -1]].tolist() for line in diagram.lines] for diagram in found.diagrams}
    assert told.pop("Education of Kupffer cells (full = 1)") == [[0.5, pytest.approx(np.nan, nan_ok=True)]]
    assert told == {
        "In the blood (half-maximal effect = 1)": [[1, 1]],
        "Activated stellate cells, per mm²": [[40, 40]],
        "Extracellular matrix (full = 1)": [[0.3, 0.3]],
        "Neutrophils, per mm²": [[15, 15]],
        "Macrophages, per mm²": [[20, 20], [5, 5]],
        "Tumor cells, per mm²": [[0, 25], [0, 12.5]],
    }
    assert found.arrival == 24


def test_the_figure_says_what_was_done_and_when():
    found = niche_of(courses(blood_primary=np.where(HOURS < 0, 200, 0), suppressor=6, events_arrived=HOURS >= 0), 2.0)
    done = [
        Done("before the run", -480.0, None),
        Done("tumor exosomes", -240.0, 0.0),
        Done("resection of the primary tumor", 0.0, None),
        Done("antibodies without end", 24.0, 9e9),
    ]
    figure = niche_figure(found, "costs $5", done)
    figure.canvas.draw()
    said = " ".join(text.get_text() for text in figure.texts).replace("\n", " ").replace("\u00a0", " ")
    assert "costs $5" in said and "In 2 mm² of liver. Dashed: (a) tumor exosomes, −10 d to 0 d;" in said
    assert "(b) resection of the primary tumor, 0 d; (c) antibodies without end, 1 d" in said
    assert "before the run" not in said and "before the first tumor cell" in said
    for axes in figure.axes:
        assert axes.get_xlim() == (-10, 5), "the preparation is shown whole"
        assert [text.get_text() for text in axes.texts] == ["a", "b", "c"] and axes.get_xlabel() == "time (d)"
    assert [axes.get_title(loc="left") for axes in figure.axes] == titles(found.diagrams)


def test_no_words_stand_on_others():
    found = niche_of(courses(**{name: 5.0 for name in courses() if name not in ("time_min", "kupffer")}), 1.0)
    assert len(found.diagrams) == 9
    figure = niche_figure(
        found, "everything", [Done("a long word for what was done", 24.0 * k, None) for k in range(5)]
    )
    figure.canvas.draw()
    texts = [axes.title for axes in figure.axes] + [axes._left_title for axes in figure.axes]
    texts += [text for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()]
    boxes = [text.get_window_extent() for text in (*figure.texts, *texts) if text.get_text()]
    assert not [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


def test_a_single_moment_and_hours():
    one = {name: values[:1] for name, values in courses(suppressor=6).items()}
    figure = niche_figure(niche_of(one, 1.0))
    figure.canvas.draw()
    assert figure.axes[0].get_xlabel() == "time (h)"


def test_it_is_written_for_a_run_that_has_one(run):
    assert write_niche(run) is None and not (run / "niche.png").exists()
    table = pd.read_parquet(run / "timeseries.parquet")
    table.assign(blood_exosomes=1.0, macrophage=20).to_parquet(run / "timeseries.parquet")
    path = write_niche(run)
    assert path == run / "niche.png" and path.stat().st_size > 20_000
    one = path.read_bytes()
    assert write_niche(run).read_bytes() == one
    assert path in plot_run(run)
    (run / "timeseries.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="timeseries"):
        write_niche(run)


def test_what_was_done_is_read_from_the_run(run):
    config = {
        "tissue": {"width": "1000 um", "height": "0.5 mm", "site": "10 um"},
        "interventions": [
            {"deplete": "primary", "start": "0 h", "stop": None},
            {"knock_out": "il10"},
            {"drill": "holes", "start": "-24 h"},
            {"stimulate": "exosomes", "start": "-504 h", "stop": "0 h"},
        ],
    }
    (run / "manifest.json").write_text(json.dumps({"config": config}))
    assert area_mm2(run) == pytest.approx(0.5)
    assert interventions(run) == [
        Done("tumor exosomes", -504.0, 0.0),
        Done("drill holes", -24.0, None),
        Done("resection of the primary tumor", 0.0, None),
    ]


def test_a_run_without_a_niche_has_no_such_picture(tmp_path):
    Simulation(FakeLiver(), until="10 min", folder=tmp_path / "run").run()
    assert write_niche(tmp_path / "run") is None
