"""The page on which a liver runs: the form at the left, the liver in the middle, who is there at the right, charts below."""

import base64
from dataclasses import replace
from pathlib import Path

from nicegui import run, ui

from ...config import ConfigError
from ..messages import AboutLiver, Moment, Site, View
from ..session import Session
from ..sessions import Sessions
from ..working_folder import OutsideFolder, WorkingFolder
from .charts import Charts
from .config_form import ConfigForm
from .frame import begin_page, problem
from .picture import LivingPicture, Region

_REFRESH = 0.2
_CHARTS_EVERY = 5
"""Seconds between looks at what a run says, and after how many looks the charts are drawn again."""
_PACES = {
    "as fast as it can": None,
    "1 day per second": 24.0,
    "6 hours per second": 6.0,
    "1 hour per second": 1.0,
    "10 minutes per second": 1 / 6,
}
_STEPS = {"1 step": 0.0, "1 hour": 1.0, "1 day": 24.0}
"""Simulated hours per second, and of the button that goes on for a while."""
_NOTHING = ""


class RunPage:
    """One page, and the session that it looks at."""

    def __init__(self, folder: WorkingFolder, sessions: Sessions, number: int, chosen: str):
        self._folder, self._sessions, self._number = folder, sessions, number
        self._looks, self._drawn_history, self._drawn_cascade = 0, 0, b""
        self._drawn_liver: AboutLiver | None = None
        self._drawn_site: Site | None = None
        self._seen_failure: tuple[str, dict[str, str]] | None = None
        self._view, self._config_name = View(), "my.yaml"
        self._counts: dict[str, ui.label] = {}
        self._groups: dict[str, ui.column] = {}
        begin_page("Run", "/")
        with ui.element("div").classes("crlm-columns"):
            with ui.column().classes("gap-2").props('role="region" aria-label="Config"'):
                with ui.row().classes("gap-2"):
                    self._start = ui.button("Start", icon="play_arrow", on_click=self._begin).props(
                        'no-caps data-testid="start"'
                    )
                    ui.button("Save config", icon="save_alt", on_click=self._ask_config_name).props("no-caps outline")
                chosen, form = sessions.form_of(number) or (chosen, None)
                self._form = ConfigForm(folder, chosen, self._set_ready, form)
            with ui.column().classes("gap-2"):
                self._build_bar()
                self._status = (
                    ui.label("Choose a config and start it.")
                    .classes("crlm-numbers")
                    .props('role="status" data-testid="status"')
                )
                self._progress = ui.linear_progress(0, show_value=False).props('aria-label="Progress" instant-feedback')
                self._trouble = ui.column().classes("w-full")
                self._picture = LivingPicture(self._look_at, self._pick)
                with self._picture:
                    ui.label("The liver will be here.")
                with ui.tabs().props("dense align=left no-caps") as tabs:
                    courses, cascade = ui.tab("Through time"), ui.tab("The cascade so far")
                tabs.on_value_change(self._ask_for_cascade)
                self._tabs, self._cascade_tab = tabs, cascade
                with ui.tab_panels(tabs, value=courses, animated=False).classes("w-full"):
                    with ui.tab_panel(courses).classes("p-0"):
                        self._charts = Charts()
                    with ui.tab_panel(cascade).classes("p-0"):
                        self._cascade = ui.html(sanitize=False).classes("w-full")
            with ui.column().classes("gap-2").props('role="region" aria-label="What is shown"'):
                self._build_view()
        ui.timer(_REFRESH, self._refresh)

    @property
    def _session(self) -> Session | None:
        return self._sessions.get(self._number)

    # --- what is seen ------------------------------------------------------------------------------------------------

    def _build_bar(self) -> None:
        with ui.row().classes("w-full items-center gap-2").props('role="toolbar" aria-label="The run"'):
            self._play = ui.button(icon="pause", on_click=self._play_or_pause).props(
                'aria-label="Pause" data-testid="play"'
            )
            self._step = ui.select(list(_STEPS), value="1 step", label="Step").props("outlined dense options-dense")
            ui.button("Step", icon="skip_next", on_click=self._go_a_step).props(
                'no-caps outline data-testid="go-a-step"'
            )
            ui.button("Stop", icon="stop", on_click=self._stop).props("no-caps outline")
            self._pace = (
                ui.select(list(_PACES), value="as fast as it can", label="Speed", on_change=self._set_pace)
                .props("outlined dense options-dense")
                .classes("w-40")
            )
            ui.space()
            ui.button(icon="zoom_out_map", on_click=lambda: self._picture.show_everything()).props(
                'flat aria-label="Show the whole liver"'
            )
            ui.button("Save run", icon="save", on_click=self._save_run).props('no-caps outline data-testid="save"')
        self._step.classes("w-24")

    def _build_view(self) -> None:
        self._field = (
            ui.select({_NOTHING: "nothing"}, value=_NOTHING, label="Laid over", on_change=self._change_view)
            .props('outlined dense options-dense data-testid="field"')
            .classes("w-full")
        )
        self._colour_by = (
            ui.select(
                {_NOTHING: "who they are"}, value=_NOTHING, label="Cells coloured by", on_change=self._change_view
            )
            .props("outlined dense options-dense")
            .classes("w-full")
        )
        ui.label("Who is there").classes("font-bold mt-2").props('role="heading" aria-level="2"')
        self._legend = ui.column().classes("w-full gap-0")
        ui.label("What is where you click").classes("font-bold mt-2").props('role="heading" aria-level="2"')
        self._site = ui.column().classes("w-full gap-1").props('data-testid="site"')
        with self._site:
            ui.label("Click on the liver, and everything of that place and its cells is shown here.").classes(
                "crlm-quiet"
            )

    def _refresh(self) -> None:
        session = self._session
        if session is None:
            return
        session.used_now()
        self._looks += 1
        if session.liver is not self._drawn_liver:
            self._show_liver(session.liver)
        self._show_state(session)
        if session.moment is not None and session.liver is not None:
            self._show_counts(session.moment)
            if self._looks % _CHARTS_EVERY == 0 and len(session.history) != self._drawn_history:
                self._drawn_history = len(session.history)
                self._charts.show(session.liver, session.history)
        if session.site is not self._drawn_site and session.site is not None:
            self._show_site(session.site)
        if session.cascade and session.cascade is not self._drawn_cascade:
            self._drawn_cascade = session.cascade
            self._cascade.content = (
                f'<img alt="The cascade: how far the tumor cells came, and how they were lost" style="max-width:100%" '
                f'src="data:image/png;base64,{base64.b64encode(session.cascade).decode()}">'
            )
        if session.said:
            ui.notify(session.said)
            session.said = ""
        if session.saved:
            ui.notify(f"Saved in {self._folder.name_of(self._folder.root / session.saved)}", type="positive")
            session.saved = ""

    def _show_liver(self, liver: AboutLiver | None) -> None:
        self._drawn_liver = liver
        if liver is None:
            self._picture.show("", 1, 1)
            return
        rows, columns = liver.shape
        self._picture.show(f"/crlm/pictures/{self._number}", rows, columns, liver.spacing_um)
        self._field.set_options(
            {_NOTHING: "nothing", **liver.fields}, value=self._kept(self._field.value, liver.fields)
        )
        self._colour_by.set_options(
            {_NOTHING: "who they are", **liver.columns}, value=self._kept(self._colour_by.value, liver.columns)
        )
        self._counts.clear()
        self._legend.clear()
        with self._legend:
            for name, words, states in liver.populations:
                self._legend_of(name, words, states)
        self._drawn_history = 0
        self._change_view()

    @staticmethod
    def _kept(value, options) -> str:
        return value if value in options else _NOTHING

    def _legend_of(self, name: str, words: str, states) -> None:
        """A population: whether it is drawn, and how many of it are in which state."""
        with ui.column().classes("w-full gap-0") as self._groups[name]:
            with ui.row().classes("w-full items-center no-wrap gap-2"):
                ui.checkbox(
                    words, value=name not in self._view.hidden, on_change=lambda e: self._hide(name, e.value)
                ).props("dense size=sm").classes("grow")
                self._counts[name] = ui.label("0").classes("crlm-numbers font-bold")
            if len(states) > 1:
                for code, label, colour in states:
                    with ui.row().classes("w-full items-center no-wrap gap-2 pl-6"):
                        ui.element("span").classes("crlm-swatch").style(f"background:{colour}")
                        ui.label(label).classes("grow crlm-quiet")
                        self._counts[f"{name}/{code}"] = ui.label("0").classes("crlm-numbers crlm-quiet")

    def _show_counts(self, moment: Moment) -> None:
        liver = self._drawn_liver
        if liver is None:
            return
        for name, _, states in liver.populations:
            numbers = {code: moment.counts.get(code, 0) for code, _, _ in states}
            self._groups[name].set_visibility(sum(numbers.values()) > 0 or name == "tumor")
            self._counts[name].set_text(f"{sum(numbers.values()):,}")
            for code, number in numbers.items():
                if f"{name}/{code}" in self._counts:
                    self._counts[f"{name}/{code}"].set_text(f"{number:,}")

    def _show_state(self, session: Session) -> None:
        doing = session.moment.doing if session.moment else "stopped"
        running = doing == "running"
        self._play.set_icon("pause" if running else "play_arrow")
        self._play.props(f'aria-label="{"Pause" if running else "Go on"}"')
        self._play.set_enabled(doing in ("running", "paused"))
        if session.phase is not None:
            title, done, total = session.phase
            self._status.set_text(f"{title[:1].upper()}{title[1:]}" + (f": {done} of {total}" if total else " ..."))
            self._progress.set_value(done / total if total else 0)
        elif session.moment is not None and session.liver is not None:
            self._status.set_text(_where(session.moment, session.liver))
            length = max(1e-9, session.liver.ends - session.liver.begins)
            self._progress.set_value((session.moment.hours - session.liver.begins) / length)
        if session.failed is not self._seen_failure:
            self._seen_failure = session.failed
            self._trouble.clear()
            if session.failed is not None:
                words, places = session.failed
                with self._trouble:
                    problem(words)
                if places:
                    self._form.show_problems(places)

    def _show_site(self, site: Site) -> None:
        self._drawn_site = site
        self._picture.mark(site.row, site.column)
        self._site.clear()
        with self._site:
            _facts(f"Row {site.row}, column {site.column}", site.facts)
            for title, facts in site.cells:
                _facts(title, facts)
            if not site.cells:
                ui.label("Nobody stands here.").classes("crlm-quiet")

    # --- what is done ------------------------------------------------------------------------------------------------

    def _order(self, what: str, *about) -> None:
        if self._session is not None:
            self._session.order(what, *about)

    def _set_ready(self, ready: bool) -> None:
        self._sessions.keep_form(self._number, self._form.chosen, self._form.form)
        self._start.set_enabled(ready)

    async def _begin(self) -> None:
        try:
            await run.io_bound(self._form.form.config)
        except ConfigError as error:
            self._form.show_problems(self._form.form.placed(error.problems))
            return
        self._trouble.clear()
        self._seen_failure = None
        try:
            session = self._sessions.opened(self._number)
        except RuntimeError as error:  # too many livers already
            with self._trouble:
                problem(str(error))
            return
        self._view = replace(self._view, region=None)
        session.begin(self._form.chosen, self._form.form, self._view)
        self._set_pace()

    def _play_or_pause(self) -> None:
        session = self._session
        if session is not None and session.moment is not None:
            self._order("pause" if session.moment.doing == "running" else "play")

    def _go_a_step(self) -> None:
        session = self._session
        if session is not None and session.liver is not None:
            self._order("step", max(1, round(_STEPS[str(self._step.value)] / session.liver.step_hours)))

    def _stop(self) -> None:
        self._order("stop")

    def _set_pace(self) -> None:
        self._order("pace", _PACES[self._pace.value])

    def _change_view(self) -> None:
        self._view = replace(self._view, field=self._field.value, colour_by=self._colour_by.value)
        self._order("look", self._view)

    def _hide(self, name: str, shown: bool) -> None:
        hidden = self._view.hidden - {name} if shown else self._view.hidden | {name}
        self._view = replace(self._view, hidden=frozenset(hidden))
        self._order("look", self._view)

    def _look_at(self, region: Region | None) -> None:
        self._view = replace(self._view, region=region)
        self._order("look", self._view)

    def _pick(self, row: int, column: int) -> None:
        self._order("pick", row, column)

    def _ask_for_cascade(self) -> None:
        if self._tabs.value == "The cascade so far":
            self._order("cascade")

    def _save_run(self) -> None:
        session = self._session
        if session is None or session.liver is None:
            ui.notify("There is no run to save yet.")
            return
        if session.saving:
            return
        name = self._folder.free_name(f"{Path(session.chosen).stem}-seed{session.liver.seed}")
        session.saving = True
        self._order("save", str(self._folder.inside(name)))

    async def _ask_config_name(self) -> None:
        with ui.dialog() as dialog, ui.card():
            ui.label("The config is written into the working folder; it extends the one you chose.")
            name = ui.input("Name", value=self._config_name).props("outlined dense autofocus").classes("w-full")
            with ui.row():
                ui.button("Save", on_click=lambda: dialog.submit(name.value)).props("no-caps")
                ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("no-caps flat")
        chosen = await dialog
        if chosen is None:
            return
        self._config_name = chosen
        try:
            path = self._form.keep_as(chosen)
        except FileExistsError:
            ui.notify(f"{chosen} exists already; choose another name.", type="negative")
        except (OutsideFolder, ValueError) as error:
            ui.notify(str(error), type="negative")
        except OSError as error:
            ui.notify(f"{chosen} cannot be written: {error.strerror}.", type="negative")
        else:
            ui.notify(f"Saved {path.name}: crlm run {path.name} gives the same run.", type="positive")


def _facts(title: str, facts) -> None:
    """A title, and a table of what is known."""
    ui.label(title).classes("font-bold")
    with ui.element("table").classes("crlm-facts"), ui.element("tbody"):
        for words, value in facts:
            with ui.element("tr"):
                with ui.element("th").props('scope="row"'):
                    ui.label(words)
                with ui.element("td"):
                    ui.label(value)


def _where(moment: Moment, liver: AboutLiver) -> str:
    """Where a run is, in words."""
    days, rest = divmod(moment.hours * 60, 1440)
    hours, minutes = divmod(round(rest), 60)
    state = {
        "running": "running",
        "paused": "paused",
        "complete": "complete",
        "stopped": "stopped",
        "preparing": "preparing",
        "failed": "failed",
    }[moment.doing]
    cells = sum(
        moment.counts.get(code, 0) for name, _, states in liver.populations if name == "tumor" for code, _, _ in states
    )
    return (
        f"Day {days:.0f}, {hours:02.0f}:{minutes:02.0f} of {liver.ends / 24:.4g} days after {liver.since}, {state}; "
        f"{cells:,} tumor cells, {moment.events.get('arrived', 0):,} arrived so far"
    )
