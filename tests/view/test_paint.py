"""One callable for a model and a recording: options, and what they are told apart by."""

import numpy as np
import pytest

from abm.view.paint import paint
from abm.view.recording import Recording
from tests.worlds import FakeLiver


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
