"""The colours of cells in exports: those of pictures."""

from ..kept.run import KeptRun
from ..view.palette import as_hex

UNDRAWN = "#808080"
"""Of cells that pictures do not draw, as the blood carries them."""


def colours_of(run: KeptRun) -> dict[tuple[str, str], str]:
    """(population, state) -> '#rrggbb', of all states that pictures draw."""
    return {
        (shown.name, look.state): as_hex(look.colour) for shown in run.recording.cast for look in shown.looks.values()
    }


def colour_of_population(run: KeptRun, population: str) -> str:
    """That of the first state that is drawn."""
    return next((colour for (name, _), colour in colours_of(run).items() if name == population), UNDRAWN)
