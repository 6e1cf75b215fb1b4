"""A running liver in a notebook: a picture with play, pause and step. Needs the extra `notebook`.

The page asks for the next picture when it has shown the last one, so nothing runs beside the notebook, and its cells can
be executed while a liver plays.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..notebook import as_jpeg

if TYPE_CHECKING:
    from ..model import LiverModel


class LiverWidget(anywidget.AnyWidget):
    """Shows `model` and lets it run.

    steps : of the model between two pictures; words : where it is; playing : whether it runs
    how : what `model.show` takes: field, pixels, region, colour_by ...
    """

    _esm = Path(__file__).parent / "static" / "widget.js"
    picture = traitlets.Bytes(b"").tag(sync=True)
    words = traitlets.Unicode("").tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    over = traitlets.Bool(False).tag(sync=True)
    steps = traitlets.Int(12, min=1, help="steps between two pictures").tag(sync=True)

    def __init__(self, model: "LiverModel", steps: int = 12, **how: Any):
        """Raises ValueError for what `model.show` cannot show."""
        self._model, self._how = model, how
        super().__init__(steps=steps)
        self.on_msg(lambda widget, content, buffers: self.go_on())
        self.look()

    def go_on(self) -> None:
        """Some steps, and their picture; at the end of the run nothing more happens."""
        for _ in range(self.steps):
            if not self._model.running:
                break
            self._model.step()
        self.look()

    def look(self) -> None:
        """Show the model as it is now, after it was stepped or changed elsewhere."""
        picture = as_jpeg(self._model.show(**self._how))
        self.over = not self._model.running
        self.playing = self.playing and not self.over
        self.words = f"{self._model.hours / 24:.2f} days, {self._model.tumor.count:,} tumor cells" + (
            ", the end of the run" if self.over else ""
        )
        self.picture = picture
