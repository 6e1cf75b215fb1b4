"""How exports draw cells: as pictures do."""

from collections.abc import Mapping

from ..cells.species import Appearance
from ..kept.run import KeptRun
from ..view.palette import as_hex

UNDRAWN = Appearance("", (128, 128, 128), "round", 0.4)
"""Cells that pictures do not draw, as the blood carries them."""


class Looks:
    """How the cells of a run are drawn, by population and state."""

    def __init__(self, run: KeptRun):
        self.of: Mapping[tuple[str, str], Appearance] = {
            (shown.name, look.state): look for shown in run.recording.cast for look in shown.looks.values()
        }

    def __getitem__(self, cell: tuple[str, str]) -> Appearance:
        return self.of.get(cell, UNDRAWN)

    def colour(self, population: str, state: str) -> str:
        """'#rrggbb' of a state."""
        return as_hex(self[population, state].colour)

    def colour_of_population(self, population: str) -> str:
        """That of the first of its states that is drawn."""
        return as_hex(next((look for (name, _), look in self.of.items() if name == population), UNDRAWN).colour)

    def colour_of_state(self, state: str) -> str:
        """That of the first population that has the state."""
        return as_hex(next((look for (_, name), look in self.of.items() if name == state), UNDRAWN).colour)
