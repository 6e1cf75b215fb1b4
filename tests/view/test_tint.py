"""Cells coloured by a column: which colour stands for which value, at the sites where they stand, and what is told otherwise."""

import numpy as np
import pytest

from abm import LiverModel, Simulation, TumorCell, cli
from abm.view.palette import NAMES
from abm.view.recording import Recording
from abm.view.tint import SHADES, Tint, column_of, limits_of

EMT = Tint("tumor", "emt", "tumor: emt", "", False, (0.0, 1.0))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a small liver, its model, and the emt of each of its standing tumor cells by place at the end."""
    folder = tmp_path_factory.mktemp("tint") / "run"
    model = LiverModel(
        tissue={"width": "0.4 mm", "height": "0.4 mm"},
        duration="2 h",
        rules={"arrival": {"per_area": "300 /mm^2"}},
        record={"snapshots": "30 min", "figures": False, "movie": False},
    )
    Simulation(model, folder=folder).run()
    return model, folder


def test_the_scale_goes_from_the_first_colour_to_the_last():
    codes = EMT.codes(np.array([-1.0, 0.0, 0.5, 1.0, 7.0]))
    assert codes.tolist() == [1, 1, 1 + round((SHADES - 1) / 2), SHADES, SHADES]
    assert len(EMT.colours) == SHADES and len(set(EMT.colours)) == SHADES
    lightness = [0.3 * red + 0.59 * green + 0.11 * blue for red, green, blue in EMT.colours]
    assert lightness == sorted(lightness)


def test_names_have_colours_of_their_own():
    clones = EMT._replace(column="clone", nominal=True)
    codes = clones.codes(np.array([0, 1, len(NAMES), -1, -(2**31)]))
    assert codes[0] == codes[2] != codes[1] and codes.min() >= 1 and codes.max() <= len(NAMES)
    assert len(set(clones.colours)) == len(NAMES)


def test_cells_are_coloured_where_they_stand(run):
    model, folder = run
    recording = Recording(folder)
    recording.tint = recording.tint_by("emt")
    assert recording.tint == EMT
    scene = recording.scene(-1)
    rows = model.tumor.alive_rows()
    standing = rows[model.sites.occupant[rows.layer, rows.row, rows.column] == np.flatnonzero(model.tumor.used.alive)]
    assert standing.size > 5
    expected = np.zeros((2, *model.shape), np.uint8)
    expected[standing.layer, standing.row, standing.column] = EMT.codes(standing.emt)
    assert np.array_equal(scene.tint["lumen"], expected[0]) and np.array_equal(scene.tint["tissue"], expected[1])


def test_a_frame_has_their_colours(run):
    from abm.view.frames import Film

    recording = Recording(run[1])
    plain = Film.of_recording(recording, pixels=400).frame(recording.scene(-1))
    recording.tint = recording.tint_by("tumor.emt")
    tinted = Film.of_recording(recording, pixels=400).frame(recording.scene(-1))
    assert plain.shape == tinted.shape and not np.array_equal(plain, tinted)


def test_model_show_takes_a_column(run):
    model, _ = run
    assert np.asarray(model.show(pixels=200, colour_by="emt")).shape == np.asarray(model.show(pixels=200)).shape
    cell = next(iter(model.agents_by_type[TumorCell].select(lambda cell: cell.state_name != "circulating")))
    before = np.asarray(model.show(pixels=200, colour_by="emt"))
    cell.emt = 1.0 - cell.emt
    assert not np.array_equal(before, np.asarray(model.show(pixels=200, colour_by="emt")))
    with pytest.raises(ValueError, match=r"write which, such as natural_killer\.heading"):
        model.show(colour_by="heading")


def test_the_command_writes_a_movie_of_that_name(run, capsys):
    assert (
        cli.status_of(["movie", str(run[1]), "--colour-by", "clone", "--format", "gif", "--pixels", "160", "--quiet"])
        == 0
    )
    assert (run[1] / "movie_clone.gif").exists()
    assert cli.status_of(["movie", str(run[1]), "--colour-by", "mood", "--quiet"]) == cli.WRONG_INPUT
    assert "no population has a 'mood'" in capsys.readouterr().err


def test_which_column_is_meant():
    columns = {"tumor": ["emt", "heading"], "neutrophil": ["heading"]}
    assert column_of("emt", columns) == ("tumor", "emt")
    assert column_of("neutrophil.heading", columns) == ("neutrophil", "heading")
    for wanted, said in (
        ("heading", "tumor, neutrophil all have"),
        ("neutrophil.emt", "no population has a 'neutrophil.emt'"),
        ("emr", "did you mean 'emt'"),
        ("mood", "there are: neutrophil.heading, tumor.emt, tumor.heading"),
    ):
        with pytest.raises(ValueError, match=said):
            column_of(wanted, columns)


def test_limits_are_the_columns_own_or_those_of_most_values():
    assert limits_of({"valid_range": [0, 7]}, np.array([3.0])) == (0.0, 7.0)
    low, high = limits_of({}, np.linspace(0, 100, 1001))
    assert low == 0.0 and high == pytest.approx(99.0)
    assert limits_of({}, np.empty(0)) == (0.0, 1.0)
    low, high = limits_of({}, np.full(5, 2.0))
    assert low < high
