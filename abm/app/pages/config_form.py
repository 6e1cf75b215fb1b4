"""The form of a config: choose one, change what you like, see at each key what is wrong."""

import re
from collections.abc import Callable
from pathlib import Path

from nicegui import run, ui

from ...config import ConfigError
from ...config.schema import Config
from ...config.shipped import presets, shipped
from ..form import PRESET_KEYS, Form, FormEntry, Section, sections_of
from ..working_folder import OutsideFolder, WorkingFolder
from .intervention_dialog import ask_for_intervention, with_entry

_OPEN = ("run",)
_INTERVENTIONS = "interventions"
_MOST_FOUND = 40
_NAME = re.compile(r"\w[\w.-]{0,94}\.ya?ml", re.ASCII)
"""Names of files that need no quotes anywhere."""
_OF_CONFIG = ""
"""What is chosen for a preset when that of the config stays."""


class ConfigForm:
    """The pane with the form.

    form : what is chosen and changed
    on_ready : called with whether the config can be run, whenever that may have changed
    """

    def __init__(self, folder: WorkingFolder, chosen: str, on_ready: Callable[[bool], None], form: Form | None = None):
        """form : what was chosen and changed before the page was loaded again"""
        self.folder, self._on_ready = folder, on_ready
        self.chosen = chosen
        self.form = form or Form(folder.base_of(chosen))
        self._config: Config | None = None
        self._sections: list[Section] = []
        self._inputs: dict[str, list] = {}
        self._problems: dict[str, str] = {}
        self._build()

    # --- what is seen ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        configs = self.folder.configs()
        ui.select(
            {name: name.replace("_", " ") for name in configs},
            value=self.chosen,
            label="Config",
            on_change=lambda event: self.choose(event.value),
        ).props('outlined dense options-dense data-testid="config"').classes("w-full")
        self._about = ui.label().classes("crlm-quiet")
        with ui.row().classes("w-full no-wrap gap-2"):
            self._presets = {key: self._preset(key) for key in PRESET_KEYS}
        self._problem = ui.column().classes("w-full gap-1")
        self._search = (
            ui.input("Find a parameter", on_change=self._show_found)
            .props('outlined dense clearable debounce=250 data-testid="search"')
            .classes("w-full")
        )
        self._found = ui.column().classes("w-full gap-1")
        self._groups = ui.column().classes("w-full gap-1")
        self._describe()
        ui.timer(0.01, self._read, once=True)

    def _preset(self, key: str):
        names = {"line": "Cell line", "host": "Host"}
        options = {_OF_CONFIG: "as in the config", **{name: name for name in presets(key)}}
        return (
            ui.select(
                options,
                value=self.form.presets.get(key, _OF_CONFIG),
                label=names[key],
                on_change=lambda event: self._set_preset(key, event.value),
            )
            .props(f'outlined dense options-dense data-testid="{key}"')
            .classes("w-1/2")
        )

    async def choose(self, name: str) -> None:
        """Begin with another config; what was changed is forgotten."""
        try:
            self.form, self.chosen = Form(self.folder.base_of(name)), name
        except (OutsideFolder, FileNotFoundError) as error:
            self._say({"": str(error)})
            return
        for select in self._presets.values():
            select.set_value(_OF_CONFIG)
        self._describe()
        await self._read()

    def _describe(self) -> None:
        """Say what the chosen config is."""
        self._about.text = next(
            (f"{one.sentence}." for one in shipped() if one.name == self.chosen), "A config of this folder."
        )

    async def _set_preset(self, key: str, name: str) -> None:
        if name == self.form.presets.get(key, _OF_CONFIG):
            return
        self.form.presets.pop(key, None)
        if name in presets(key):
            self.form.presets[key] = name
        await self._read()

    async def _read(self) -> None:
        """Read the config as it is without the changes, and show its form."""
        try:
            self._config = await run.io_bound(self.form.config, True)
        except ConfigError as error:
            self._config, self._sections = None, []
            self._say(self.form.placed(error.problems))
        else:
            self._sections = await run.io_bound(sections_of, self._config)
            await self._check()
        self._show_groups()

    def _show_groups(self) -> None:
        self._inputs.clear()
        self._groups.clear()
        self._show_found()
        with self._groups:
            for section in self._sections:
                self._group(section, opened=section.path in _OPEN)

    def _group(self, section: Section, opened: bool = False) -> None:
        """A section that makes its fields when it is first opened."""
        with ui.expansion(section.title, value=opened).classes("w-full").props("dense dense-toggle") as group:
            content = ui.column().classes("w-full gap-2 pl-2")

        def fill() -> None:
            if group.value and not content.default_slot.children:
                with content:
                    if section.summary:
                        ui.label(section.summary).classes("crlm-quiet")
                    for entry in section.entries:
                        self._field(entry)
                    for inner in section.sections:
                        self._group(inner)

        group.on_value_change(fill)
        fill()

    def _show_found(self) -> None:
        """The fields that match what is searched."""
        self._found.clear()
        wanted = (self._search.value or "").strip()
        self._groups.set_visibility(not wanted)
        if not wanted:
            return
        found = [entry for section in self._sections for entry in section.every_entry() if entry.is_called(wanted)]
        with self._found:
            ui.label(f"{len(found)} found" + (f", {_MOST_FOUND} shown" if len(found) > _MOST_FOUND else "")).classes(
                "crlm-quiet"
            ).props('role="status"')
            for entry in found[:_MOST_FOUND]:
                self._field(entry, whole_name=True)

    def _field(self, entry: FormEntry, whole_name: bool = False) -> None:
        label = entry.path if whole_name else entry.words
        value = self.form.changes.get(entry.path, entry.value)
        written = f'outlined dense stack-label data-testid="{entry.path}"'
        with ui.row().classes("w-full no-wrap items-start gap-1"):
            if entry.kind in ("switch", "choice"):
                field = ui.select(
                    list(entry.choices), value=value, label=label, on_change=lambda e: self._change(entry, e.value)
                ).props(f"{written} options-dense")
            else:
                field = ui.input(label, value=value).props(written)
                field.on("change", lambda: self._change(entry, field.value))
                field.on("keydown.enter", lambda: self._change(entry, field.value))
            field.classes("grow")
            about = ui.button(icon="help_outline").props(f'flat dense round size=sm aria-label="About {label}"')
            with about, ui.menu().classes("p-3"):
                ui.label(entry.path).classes("font-bold")
                ui.label(entry.help or "No description.").classes("crlm-help")
        if entry.path == _INTERVENTIONS:
            ui.button("Add an intervention", icon="add", on_click=self._add_intervention).props(
                'no-caps flat dense data-testid="add-intervention"'
            )
        default = ui.row().classes("w-full items-center gap-1 -mt-2")
        self._inputs.setdefault(entry.path, []).append((entry, field, default))
        self._mark(entry, field, default)

    def _mark(self, entry: FormEntry, field, default) -> None:
        """Show at a field whether it was changed, from what, and what is wrong with it."""
        changed = entry.path in self.form.changes
        field.classes(add="crlm-changed" if changed else "", remove="" if changed else "crlm-changed")
        field.error = self._problems.get(entry.path)
        default.clear()
        default.set_visibility(changed)
        if changed:
            with default:
                ui.label(f"instead of {entry.value}").classes("crlm-quiet")
                ui.button("put back", on_click=lambda: self._put_back(entry)).props("flat dense size=sm no-caps")

    # --- what is done ------------------------------------------------------------------------------------------------

    async def _change(self, entry: FormEntry, value: str | None) -> None:
        text = str(value if value is not None else "")
        before = self.form.changes.get(entry.path, entry.value)
        if text == before:
            return
        if text == entry.value:
            self.form.changes.pop(entry.path, None)
        else:
            self.form.changes[entry.path] = entry.written(text)
        await self._check()

    async def _add_intervention(self) -> None:
        """Put an intervention together, and add it to the list."""
        if self._config is None:
            return
        chosen = await ask_for_intervention(self._config)
        if chosen is None:
            return
        for entry, field, _ in self._inputs[_INTERVENTIONS]:
            field.set_value(with_entry(str(field.value), chosen))
            await self._change(entry, field.value)

    async def _put_back(self, entry: FormEntry) -> None:
        self.form.changes.pop(entry.path, None)
        for _, field, _ in self._inputs.get(entry.path, ()):
            field.set_value(entry.value)
        await self._check()

    async def _check(self) -> None:
        """Look what is wrong with the config as it is now, and say it where it is."""
        self._say(await run.io_bound(self.form.problems))

    def _say(self, problems: dict[str, str]) -> None:
        self._problems = problems
        for of_path in self._inputs.values():
            for entry, field, default in of_path:
                if not field.is_deleted:
                    self._mark(entry, field, default)
        self._problem.clear()
        with self._problem:
            for path, words in problems.items():
                ui.label(f"{path}: {words}" if path else words).classes("crlm-problem").props('role="alert"')
        self._on_ready(not problems)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Show what came out only when the liver was built."""
        self._say(problems)

    def keep_as(self, name: str) -> Path:
        """Write the config into the working folder. Raises OutsideFolder, FileExistsError, ValueError for another ending."""
        if not _NAME.fullmatch(name):
            raise ValueError("The name must end in .yaml, and have letters, digits, '-', '_' and '.' only, 100 at most")
        path = self.folder.inside(name)
        with path.open("x", encoding="utf-8") as handle:
            handle.write(self.form.as_file())
        return path
