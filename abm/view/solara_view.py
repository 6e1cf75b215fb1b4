"""A component for Mesa's SolaraViz that shows a liver: `SolaraViz(model, components=[liver_component(field="tnf")])`.

Needs what Mesa's pages need (`pip install 'mesa[viz]' 'ipyvuetify<2' 'ipyvue<2'`). Mesa's space drawing does not know sites
with layers, and would take half a second for a picture.
"""

from typing import Any


def liver_component(**how: Any):
    """A component that shows the model as `model.show(**how)` does: field, pixels, legend, region, colour_by ...

    Returns a function of the model, as SolaraViz wants it. Raises ModuleNotFoundError where solara is not installed.
    """
    import solara
    from mesa.visualization.utils import update_counter

    @solara.component
    def Liver(model):
        update_counter.get()  # so that it is drawn again after each step
        solara.Image(model.show(**how))

    return Liver
