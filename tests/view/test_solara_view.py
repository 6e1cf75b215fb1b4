"""A liver in Mesa's SolaraViz; runs where these are installed: pip install 'mesa[viz]' 'ipyvuetify<2' 'ipyvue<2'."""

import pytest

from abm.view.solara_view import liver_component

from ..worlds import liver

solara = pytest.importorskip("solara")


def test_it_shows_the_liver_alone_and_in_a_page_of_mesa():
    from mesa.visualization import SolaraViz

    model, component = liver(), liver_component(field="tnf", pixels=120)
    _, alone = solara.render(component(model), handle_error=False)
    assert type(alone.find().widgets[0]).__name__ == "Image"
    _, page = solara.render(SolaraViz(model, components=[component]), handle_error=False)
    for rendered in (alone, page):
        rendered.close()
