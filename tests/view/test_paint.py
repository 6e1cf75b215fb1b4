"""One callable for a model and a recording: options, and what they are told apart by."""

import numpy as np
import pytest

from abm.record.borders import DESMOPLASTIC, PATTERNS, PUSHING, REPLACEMENT, borders, surface_of
from abm.tissue.sites import SINUSOID
from abm.view.paint import paint
from abm.view.palette import BORDERS
from abm.view.recording import Recording
from tests.worlds import FakeLiver, liver, put_disc


def test_a_recording_is_painted_frame_by_frame(run):
    recording = Recording(run)
    last, first = paint(recording, pixels=120), paint(recording, frame=0, pixels=120)
    assert last.scene.minutes == 480.0 and first.scene.minutes == 0.0 and last.limits is None
    assert last.image.shape == (96, 120, 3) and (last.image != first.image).any()
    assert last.painter is first.painter


def test_an_overlay_has_the_limits_of_the_run_and_of_what_is_shown_of_a_model(run):
    recording = Recording(run)
    assert paint(recording, "tnf", pixels=120).limits == recording.limits("tnf")
    assert paint(recording, "tnf", pixels=120, limits=(0.0, 9.0)).limits == (0.0, 9.0)
    model = FakeLiver()
    model.fields["oxygen"].values[:] = np.linspace(40, 50, model.shape[1])
    left = paint(model, "oxygen", region=np.s_[:, : model.shape[1] // 2], pixels=120)
    assert left.limits[1] < 46 < paint(model, "oxygen", pixels=120).limits[1]


def test_pixels_of_a_part_tell_their_sites(run):
    seen = paint(Recording(run), region=np.s_[6:18, 4:20], pixels=160)
    assert (seen.scale, seen.image.shape) == (10, (120, 160, 3))
    assert seen.site_at(0, 0) == (6, 4) and seen.site_at(*seen.pixel_of(7, 9)) == (7, 9)
    assert seen.site_at(160, 0) is None


def test_what_is_not_there_is_named(run):
    recording = Recording(run)
    for options, said in (
        ({"field": "glucose"}, "no field 'glucose'"),
        ({"hidden": ["eosinophil"]}, "no population 'eosinophil'; there are: tumor"),
        ({"region": np.s_[60:70, :]}, "no sites in rows and columns"),
    ):
        with pytest.raises(ValueError, match=said):
            paint(recording, **options)


def test_borders_are_coloured_by_how_they_grow():
    model = liver(empty=True, edges="closed")
    distance = put_disc(model, (25, 25), 9.0)
    model.ecm[:, :20][distance[:, :20] >= 9] = 1.0
    right = (distance >= 9) & (np.arange(50) > 28) & (model.sites.kind == SINUSOID)
    model.collapsed[right], model.sites.perfused[right] = 1, 0
    pattern = borders(surface_of(model), model.tumor_sites())
    assert set(np.unique(pattern)) == {0, REPLACEMENT, DESMOPLASTIC, PUSHING}
    plain, coloured = paint(model, pixels=500).image.astype(float), paint(model, pixels=500, borders=True).image
    for number, name in enumerate(PATTERNS, start=1):  # but for what reaches over from the cells beside it
        at = np.kron(pattern == number, np.ones((10, 10), bool))
        left, before = (np.abs(image[at] - np.array(BORDERS[name])).mean() for image in (coloured, plain))
        assert left < 0.6 * before
    away = np.kron(distance > 12, np.ones((10, 10), bool))
    assert (coloured[away] == plain[away]).all()
    assert (paint(model, pixels=500).image == plain).all()


def test_borders_of_a_part_are_those_of_the_whole():
    model = liver(empty=True, edges="closed")
    put_disc(model, (25, 25), 9.0)
    whole = paint(model, pixels=500, borders=True).image
    part = paint(model, region=np.s_[10:30, 20:40], pixels=200, borders=True).image
    assert (part[20:-20, 20:-20] == whole[120:280, 220:380]).all()
