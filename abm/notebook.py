"""What notebooks show of a thing: its title, pictures, and a table of facts.

Colours are those of the notebook, so that it can be read on light and on dark ground; all text is escaped.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

_CELL = 'style="text-align: left; vertical-align: top; padding: 1px 12px 1px 0; background: none"'
_LEFT_OUT = 2000
"""Characters of a fact; longer ones are cut."""


def card(
    title: str, facts: Mapping[str, str], *, pictures: Sequence[Any] = (), more: tuple[str, str] | None = None
) -> str:
    """HTML of a thing.

    facts : name -> text; those without text are left out; pictures : PIL images, shown side by side; more : a title and a
    long text that is unfolded by a click
    """
    rows = "".join(
        f'<tr style="background: none"><th scope="row" {_CELL}>{html.escape(name)}</th><td {_CELL}>{html.escape(_cut(text))}</td></tr>'
        for name, text in facts.items()
        if text
    )
    unfolded = (
        f"<details><summary>{html.escape(more[0])}</summary><pre>{html.escape(more[1])}</pre></details>" if more else ""
    )
    return (
        f'<div style="color: inherit"><div style="font-weight: bold">{html.escape(title)}</div>'
        f'<div style="display: flex; flex-wrap: wrap; gap: 12px">{"".join(_picture(picture, title) for picture in pictures)}'
        f'<div style="flex: 1 1 24em"><table style="border: none; color: inherit">{rows}</table></div></div>{unfolded}</div>'
    )


def as_jpeg(image: Any) -> bytes:
    """A PIL image as pages and notebooks get it."""
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=85)
    return data.getvalue()


def _picture(image: Any, title: str) -> str:
    return f'<img alt="{html.escape(title)}" src="data:image/jpeg;base64,{base64.b64encode(as_jpeg(image)).decode()}">'


def _cut(text: str) -> str:
    return text if len(text) <= _LEFT_OUT else f"{text[:_LEFT_OUT]} ..."
