"""The page on which runs and batches are looked at that were kept: a run with a time slider, alone or beside another; a batch."""

from urllib.parse import quote

from nicegui import ui

from ...units import in_time
from ..kept_runs import KeptRuns, KeptView
from ..working_folder import KeptFolder, OutsideFolder, WorkingFolder
from .frame import begin_page, problem
from .picture import LivingPicture, Region

_NOTHING = ""


class LookPage:
    """One page.

    one, other : the names of the runs that are shown side by side, "" for none; batch : the name of the batch, "" for none
    """

    def __init__(self, folder: WorkingFolder, runs: KeptRuns, one: str, other: str, batch: str):
        self._folder, self._runs = folder, runs
        self._names = [one, other]
        begin_page("Look back", "/look")
        self._kept = folder.kept()
        with ui.element("div").classes("crlm-columns two"):
            with ui.column().classes("gap-2").props('role="region" aria-label="What is kept"'):
                self._build_list(one or batch)
            with ui.column().classes("gap-2"):
                if batch:
                    self._build_batch(batch)
                elif one:
                    self._build_runs()
                else:
                    ui.label("Choose a run or a batch at the left.").classes("crlm-quiet")

    def _build_list(self, chosen: str) -> None:
        if not self._kept:
            ui.label(f"There are no runs in {self._folder.root} yet: start one, and save it.").classes("crlm-quiet")
        for kind, words in (("run", "Runs"), ("batch", "Batches")):
            these = [kept for kept in self._kept if kept.kind == kind]
            if these:
                ui.label(words).classes("font-bold").props('role="heading" aria-level="2"')
                for kept in these:
                    self._link(kept, kept.name == chosen)

    @staticmethod
    def _link(kept: KeptFolder, chosen: bool) -> None:
        link = ui.link(kept.name, f"/look?{kept.kind}={quote(kept.name)}").classes("break-all")
        if chosen:
            link.classes("font-bold").props('aria-current="page"')

    # --- a batch ----------------------------------------------------------------------------------------------------

    def _build_batch(self, batch: str) -> None:
        try:
            self._folder.inside(batch)
        except OutsideFolder as error:
            problem(str(error))
            return
        ui.label(batch).classes("text-lg font-bold").props('role="heading" aria-level="1"')
        runs = self._runs.runs_of(batch)
        if runs:
            with ui.row().classes("items-center gap-2"):
                ui.label("Runs that were kept:").classes("crlm-quiet")
                choice = (
                    ui.select(runs, value=runs[0], label="Run").props("outlined dense options-dense").classes("w-72")
                )
                ui.button(
                    "Look at it", on_click=lambda: ui.navigate.to(f"/look?run={quote(f'{batch}/runs/{choice.value}')}")
                ).props("no-caps outline")
        else:
            ui.label("None of its runs can be looked at: crlm batch ... --keep all keeps their pictures.").classes(
                "crlm-quiet"
            )
        ui.element("iframe").props(
            f'src="/crlm/report?batch={quote(batch)}" title="The page of the batch {batch}" sandbox="allow-popups"'
        ).classes("w-full").style("height: 82vh; border: 1px solid var(--line)")

    # --- runs -------------------------------------------------------------------------------------------------------

    def _build_runs(self) -> None:
        try:
            self._about = [self._runs.about(name) for name in self._names if name]
        except (OutsideFolder, FileNotFoundError, ValueError, OSError) as error:
            problem(str(error))
            return
        self._times = self._runs.common_times(self._names)
        if not self._times:
            problem("These two runs have no moment in common.")
            return
        first = self._about[0]
        with ui.row().classes("w-full items-center gap-2"):
            self._field = self._select("Laid over", {_NOTHING: "nothing", **first.fields})
            self._colour_by = self._select("Cells coloured by", {_NOTHING: "who they are", **first.columns})
            others = {_NOTHING: "nothing", **{k.name: k.name for k in self._kept if k.kind == "run"}}
            ui.select(
                others, value=self._names[1], label="Beside it", on_change=lambda event: self._put_beside(event.value)
            ).props('outlined dense options-dense data-testid="beside"').classes("w-64")
        with ui.row().classes("w-full items-center no-wrap gap-3"):
            self._play = ui.button(icon="play_arrow", on_click=self._toggle).props('aria-label="Play" dense')
            self._slider = (
                ui.slider(min=0, max=len(self._times) - 1, step=1, value=0, on_change=self._move)
                .props('aria-label="Moment" data-testid="moment"')
                .classes("grow")
            )
            self._when = ui.label().classes("crlm-numbers w-40").props('role="status"')
        with ui.row().classes("w-full no-wrap gap-3"):
            self._pictures = []
            for about in self._about:
                with ui.column().classes("gap-1 min-w-0").style("flex: 1 1 0"):
                    ui.label(about.title).classes("font-bold")
                    ui.label(about.name).classes("crlm-quiet break-all")
                    self._pictures.append(LivingPicture(self._look_at, live=False))
        with ui.row().classes("gap-4"):
            for about in self._about:
                ui.link(f"Figures and numbers of {about.name}", f"/crlm/report?run={quote(about.name)}", new_tab=True)
        self._views = [KeptView(about.name) for about in self._about]
        for picture, about, view in zip(self._pictures, self._about, self._views, strict=True):
            picture.show(view.address, *about.shape, about.spacing_um)
        self._timer = ui.timer(0.08, self._next, active=False)
        self._move()

    def _select(self, label: str, options: dict[str, str]):
        return (
            ui.select(options, value=_NOTHING, label=label, on_change=self._move)
            .props("outlined dense options-dense")
            .classes("w-52")
        )

    def _put_beside(self, name: str) -> None:
        beside = f"&beside={quote(name)}" if name else ""
        ui.navigate.to(f"/look?run={quote(self._names[0])}{beside}")

    def _toggle(self) -> None:
        self._timer.active = not self._timer.active
        self._play.set_icon("pause" if self._timer.active else "play_arrow")
        self._play.props(f'aria-label="{"Pause" if self._timer.active else "Play"}"')
        if self._slider.value >= len(self._times) - 1:
            self._slider.set_value(0)

    def _next(self) -> None:
        if self._slider.value >= len(self._times) - 1:
            self._toggle()
        else:
            self._slider.set_value(self._slider.value + 1)

    def _look_at(self, region: Region | None) -> None:
        self._views = [view.at(region=region) for view in self._views]  # both show the same part
        self._move()

    def _move(self) -> None:
        """Show the moment of the slider."""
        minutes = self._times[int(self._slider.value)]
        self._when.set_text(f"{in_time(minutes / 60)} after {self._about[0].since}")
        self._views = [
            view.at(minutes=minutes, field=self._field.value, colour_by=self._colour_by.value) for view in self._views
        ]
        for view, picture in zip(self._views, self._pictures, strict=True):
            picture.still(view.address)
