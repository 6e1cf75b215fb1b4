"""The liver as a picture that can be zoomed, moved and clicked, with the mouse or the keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from ..looking import SMALLEST_REGION

_SCRIPT = Path(__file__).parent.parent / "static" / "picture.js"

Region = tuple[int, int, int, int]


class LivingPicture(Element, component=_SCRIPT):  # type: ignore[call-arg]  # NiceGUI's, where it is not installed
    """Shows a liver.

    live : whether its address answers with the next picture of a run, one after the other, or with one picture
    on_region : called with (first row, first column, rows, columns) when another part is wanted, None for everything
    on_pick : called with the row and column of a site that is clicked
    """

    def __init__(
        self,
        on_region: Callable[[Region | None], Any],
        on_pick: Callable[[int, int], Any] = lambda row, column: None,
        *,
        live: bool = True,
    ):
        super().__init__()
        self._rows, self._columns = 1, 1
        self.on("region", lambda event: on_region(self._region(event)))
        self.on("pick", lambda event: on_pick(int(event.args[0]), int(event.args[1])))
        self.props["live"] = live
        self.props["label"] = (
            "The liver. Plus and minus zoom, arrow keys move, 0 shows everything, Enter tells what is in the middle."
        )
        self.show("", 1, 1)

    def show(self, source: str, rows: int, columns: int, spacing_um: float = 10.0) -> None:
        """Show the liver that has pictures at the address `source`, with so many rows and columns of sites."""
        self._rows, self._columns = rows, columns
        self.props.update(source=source, rows=rows, columns=columns, spacing=spacing_um, mark=None)
        self.update()

    def still(self, source: str) -> None:
        """Show the same liver as it is at another address."""
        self.props["source"] = source
        self.update()

    def mark(self, row: int, column: int) -> None:
        """Frame a site."""
        self.props["mark"] = [row, column]
        self.update()

    def show_everything(self) -> None:
        """Zoom out."""
        self.run_method("reset")

    def _region(self, event: GenericEventArguments) -> Region | None:
        wanted = event.args
        if wanted is None:
            return None
        row, column = max(0, int(wanted["row"])), max(0, int(wanted["column"]))
        rows = max(SMALLEST_REGION, min(round(wanted["rows"]), self._rows - row))
        columns = max(SMALLEST_REGION, min(round(wanted["columns"]), self._columns - column))
        return min(row, max(0, self._rows - rows)), min(column, max(0, self._columns - columns)), rows, columns
