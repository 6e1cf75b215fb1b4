"""The infiltrate is counted where cells stand, and drawn when there is one."""

import numpy as np
import pytest

from abm import Simulation
from abm.cells.cd8 import SEARCHING
from abm.record.snapshots import Snapshots
from abm.statistics import poisson_interval
from abm.tissue.pieces import from_edge
from abm.tissue.sites import LUMEN, TISSUE
from abm.view.figures import write_infiltrate
from abm.view.figures.infiltrate import infiltrate_figure, infiltrate_of
from abm.view.recording import Recording
from tests.worlds import FakeLiver, put

T_CELLS = [(30, 30), (30, 39), (30, 42), (33, 45), (5, 100)]
NEUTROPHILS = [(30, 30), (30, 48), (3, 100)]


def block(top, left, height, width):
    return [(row, column) for row in range(top, top + height) for column in range(left, left + width)]


def liver(nodule=True, t_cells=True, size=20):
    """A nodule of `size` x `size` cells around (30, 30), three tumor cells elsewhere, and leukocytes."""
    model = FakeLiver(shape=(60, 120))
    tumor = block(30 - size // 2, 30 - size // 2, size, size) if nodule else []
    for row, column in [*tumor, (3, 110), (3, 111), (3, 112)]:
        put(model, "tumor", row, column, layer=TISSUE, pdl1=2.0 + (column >= 30))
    for row, column in T_CELLS if t_cells else []:
        put(model, "cd8", row, column, state=SEARCHING)
    for row, column in NEUTROPHILS:
        put(model, "neutrophil", row, column, layer=LUMEN)
    model.fields["ifn_gamma"].values[:] = 0.5
    return model


def kept(model, folder):
    """The recording of a single frame."""
    snapshots = Snapshots()
    snapshots.begin(model, folder, [0])
    snapshots.record(model)
    snapshots.finish(model)
    return Recording(folder)


def test_cells_are_counted_in_their_bands(tmp_path):
    model = liver()
    found = infiltrate_of(kept(model, tmp_path), 4, True)
    assert found.nodules == 1 and found.least == 4 and found.hours == 0
    assert found.edges[0] == -100 and found.edges[-1] == 300, "the two innermost bands are one: 100 sites"
    assert found.edges[1] == -50 and 0 in found.edges and (np.diff(found.edges)[1:] == 25).all()
    assert found.area.sum() == pytest.approx(60 * 120 * 1e-4)
    inside = np.zeros(model.shape, bool)
    inside[20:40, 20:40] = True
    band = np.digitize(from_edge(inside, 10.0, True), found.edges) - 1
    assert found.area == pytest.approx(np.bincount(band.ravel()) * 1e-4)
    assert (found.reaching == (found.edges < 0)).all()
    told = {shown.name: where for shown, where in found.cells}
    assert told.keys() == {"cd8", "neutrophil"}
    for name, where, places in (("cd8", "in the tissue", T_CELLS), ("neutrophil", "in the vessels", NEUTROPHILS)):
        expected = np.bincount([band[place] for place in places], minlength=band.max() + 1)
        assert told[name].keys() == {where} and told[name][where].tolist() == expected.tolist()
        assert expected[-1] == 1, "one is far from the nodule"
    assert found.ifn_gamma[:, found.area > 0] == pytest.approx(0.5)
    assert found.pdl1[:, 0] == pytest.approx([2.5, 2.0, 3.0]) and np.isnan(found.pdl1[:, 3:]).all()


def test_what_is_not_there_is_not_drawn(tmp_path):
    for name, model in {
        "no_nodule": liver(nodule=False),
        "no_leukocyte": liver(t_cells=False),
        "nothing_else": liver(),
    }.items():
        if name == "nothing_else":
            for row, column in np.argwhere(model.sites.population[TISSUE] == 0):
                put(model, "tumor", row, column, layer=TISSUE)
        assert infiltrate_of(kept(model, tmp_path / name), 4, True) is None, name
    assert infiltrate_of(Recording(tmp_path / "no_leukocyte"), 1, True) is None
    assert infiltrate_of(Recording(tmp_path / "no_nodule"), 3, True).nodules == 1, "groups of three count as nodules"


def test_large_nodules_have_wider_bands(tmp_path):
    model = FakeLiver(shape=(150, 160))
    for row, column in block(20, 20, 100, 100):
        put(model, "tumor", row, column, layer=TISSUE)
    put(model, "cd8", 70, 70, state=SEARCHING)
    found = infiltrate_of(kept(model, tmp_path), 4, False)
    assert set(np.diff(found.edges)) == {50.0} and found.edges[0] == -500
    infiltrate_figure(found).canvas.draw()


def test_the_figure_says_what_it_shows(tmp_path):
    found = infiltrate_of(kept(liver(), tmp_path), 4, True)
    figure = infiltrate_figure(found, "a made-up run")
    figure.canvas.draw()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        "Neutrophils, per mm²",
        "CD8 T cells, per mm²",
        "IFN-γ (half-maximal effect = 1)",
        "PD-L1 of tumor cells (reference line = 1)",
        "area of each band, mm²",
    ]
    said = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "1 nodule of at least 4 tumor cells" in said and "a made-up run" in said
    told = {shown.name: where for shown, where in found.cells}["cd8"]["in the tissue"]
    interval, line = figure.axes[1].patches[1:3]  # the first is the ground of the inside
    for patch, values in ((line, told), (interval, [poisson_interval(count)[1] for count in told])):
        assert patch.get_data().values == pytest.approx((np.array(values) / found.area)[:-1])


def test_it_is_written_for_a_run_that_has_one(tmp_path):
    Simulation(liver(), until="10 min", folder=tmp_path / "run").run()
    path = write_infiltrate(tmp_path / "run")
    assert path == tmp_path / "run" / "infiltrate.png" and path.stat().st_size > 20_000
    one = path.read_bytes()
    assert write_infiltrate(tmp_path / "run").read_bytes() == one
    Simulation(liver(t_cells=False), until="10 min", folder=tmp_path / "none").run()
    assert write_infiltrate(tmp_path / "none") is None and not (tmp_path / "none" / "infiltrate.png").exists()
