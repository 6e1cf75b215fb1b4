"""A dialog in which an intervention is put together: what is done, to what, when."""

from typing import Any

from nicegui import ui

from ...config.schema import Config
from ...interventions import Intervention
from ..form import FormEntry, entries_of

_FIRST = "deplete"


async def ask_for_intervention(config: Config) -> str | None:
    """The entry that the user wants, as YAML in one line; None when none."""
    kinds: dict[str, type[Intervention]] = {kind.kind: kind for kind in type(config).registry.interventions}
    fields: dict[str, Any] = {}

    def show(name: str) -> None:
        kind = kinds[name]
        fields.clear()
        about.text = kind.summary()
        content.clear()
        with content:
            for entry in sorted(entries_of(kind), key=lambda entry: entry.path != name):
                fields[entry.path] = _field(entry, name)

    with ui.dialog() as dialog, ui.card().classes("w-96"):
        ui.label("What is done to the liver").classes("font-bold").props('role="heading" aria-level="2"')
        choice = ui.select(list(kinds), value=_FIRST, label="What", on_change=lambda event: show(event.value))
        choice.props('outlined dense options-dense data-testid="kind"').classes("w-full")
        about = ui.label().classes("crlm-quiet")
        content = ui.column().classes("w-full gap-2")
        with ui.row():
            ui.button("Add", on_click=lambda: dialog.submit(_written(fields))).props("no-caps")
            ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("no-caps flat")
        show(_FIRST)
    return await dialog


def _field(entry: FormEntry, kind: str) -> Any:
    label = {kind: "Of what"}.get(entry.path, entry.words)
    if entry.kind in ("choice", "switch"):
        value = entry.choices[0] if entry.path == kind else None
        field: Any = ui.select(list(entry.choices), value=value, label=label, clearable=entry.path != kind)
        field.props("options-dense")
    else:
        usual = f", {entry.value}" if entry.value and entry.value != "null" else ""
        field = ui.input(label, placeholder=f"as usual{usual}" if entry.path != kind else "")
    field.props(f'outlined dense stack-label data-testid="of-{entry.path}"').classes("w-full")
    if entry.description:
        field.tooltip(entry.description)
    return field


def _written(fields: dict[str, Any]) -> str:
    """What was filled in, as one entry."""
    filled = {key: str(field.value) for key, field in fields.items() if field.value not in (None, "")}
    return "{" + ", ".join(f"{key}: {text}" for key, text in filled.items()) + "}"


def with_entry(text: str, entry: str) -> str:
    """A list in YAML, in one line, with one more entry."""
    inside = text.strip().removeprefix("[").removesuffix("]").strip()
    return f"[{inside}, {entry}]" if inside else f"[{entry}]"
