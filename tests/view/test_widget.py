"""A liver in a notebook."""

import io

import pytest
from PIL import Image

from abm.view.widget import LiverWidget

from ..worlds import liver


@pytest.fixture
def model():
    return liver(duration="1 h", tissue={"width": "0.3 mm", "height": "0.3 mm"})


def test_it_shows_the_liver_and_goes_on_when_it_is_asked(model):
    widget = model.widget(steps=5, pixels=120, legend=False)
    assert isinstance(widget, LiverWidget)
    first, before = widget.picture, model.step_number
    assert Image.open(io.BytesIO(first)).format == "JPEG"
    widget._handle_msg({"content": {"data": {"method": "custom", "content": {"what": "next"}}}, "buffers": []})
    assert model.step_number == before + 5
    assert widget.words.endswith("tumor cells") and widget.words.startswith("0.0")


def test_it_ends_with_the_run(model):
    widget = model.widget(steps=7)
    widget.playing = True
    for _ in range(3):
        widget.go_on()
    assert widget.over and not widget.playing and widget.words.endswith("the end of the run")
    assert model.hours == pytest.approx(1.0)


def test_what_was_changed_elsewhere_is_seen_after_a_look(model):
    widget = model.widget(pixels=120, legend=False)
    before = widget.picture
    for cell in list(model.agents_by_type[type(next(iter(model.populations["kupffer"].agents(model))))]):
        cell.remove()
    widget.look()
    assert widget.picture != before


def test_what_cannot_be_shown_is_said(model):
    with pytest.raises(ValueError, match="nosuch"):
        model.widget(field="nosuch")
