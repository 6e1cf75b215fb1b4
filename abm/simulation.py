"""One run: its clock, end, recorders, checkpoints and progress. The model is only state and rules.

    simulation = Simulation(model, until="3 d", recorders=[Timeseries(every="1 h")])
    simulation.run()
    simulation["timeseries"].to_dataframe()

With a `folder`, the run writes its files there and can be resumed after any interruption.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .folder import checkpoint, manifest
from .folder.files import (
    DamagedFile,
    FolderInUse,
    copy_files,
    refuse_no_folder,
    refuse_other_copies,
    refuse_others,
    write_text,
)
from .folder.lock import locked
from .folder.names import SNAPSHOTS, SUMMARY, TABLES, table_file
from .folder.schedule import Every, steps_until
from .invariants import watch
from .progress import progress as bars
from .record.decisions import Decisions, decides
from .record.event_table import Events, events_table
from .record.flow_table import Flows
from .record.lesions import Lesions
from .record.nodules import Nodules, survey
from .record.recorder import Recorder, as_hours
from .record.summary import summarise
from .record.tables import PARTS, remove_parts
from .record.timeseries import Timeseries

if TYPE_CHECKING:
    from .model import LiverModel

PLUGINS = "plugins"
"""Folder inside the run folder with copies of the files that the config names: the user's own rules, and tissue."""
PICTURES = (
    "overview.png",
    "cascade.png",
    "timecourses.png",
    "infiltrate.png",
    "niche.png",
    "movie.mp4",
    "first_hours.mp4",
)
"""What is drawn of a run when it ends."""
RUN_FILES = (
    manifest.NAME,
    manifest.CONFIG,
    SUMMARY,
    *map(table_file, TABLES),
    SNAPSHOTS,
    PARTS,
    checkpoint.FOLDER,
    *PICTURES,
)
"""Files and folders in the folder of a run, complete or not."""


class RunInterrupted(Exception):
    """The run was stopped by the user (Ctrl-C) or the queue, and can be resumed."""


class FieldError(ArithmeticError):
    """A lattice has values that are not finite numbers."""


class Simulation:
    """One run of a model.

    model : the liver; the run begins at its present step
    until_hours, end_step : simulated time and step at which the run ends
    recorders : what is kept; `simulation[name]` is the recorder of that name
    folder : where the run is kept; None: in memory only
    already_complete : whether the folder held the complete run, so that nothing was computed
    resumed_from : the step of the checkpoint from which the run went on, or None
    """

    def __init__(
        self,
        model: "LiverModel",
        until: Any = None,
        *,
        recorders: Sequence[Recorder] | None = None,
        folder: str | Path | None = None,
        resume: bool = False,
        stop_when: Callable[["LiverModel"], bool] | None = None,
        progress: Callable[["Simulation"], None] | bool | None = None,
        tell: Callable[[str], None] | None = None,
        warn: Callable[[str], None] | None = None,
        check: bool | int = False,
        draw: Callable[[Path], None] | None = None,
        wait: bool = False,
    ):
        """
        until : simulated time at which the run ends ("3 d", or hours); by default the config's duration
        recorders : what is kept; None: what the config's `record` says. With a folder, events are always kept
        folder : where the run is kept; None: in memory only
        resume : go on from the last checkpoint of `folder`; if there is none, begin
        stop_when : a function of the model; the run ends at the first step at which it returns True
        progress : True for a bar on the terminal or in the notebook; or a function that is called with this simulation before
            the first step and after each step
        tell : called with one line of text when something noteworthy happens
        warn : called with one line when something in the folder is damaged or missing; by default `tell`
        check : check the liver (`abm.invariants`) after every part of every step if True, of every n-th step if n
        draw : called with the folder when the data are complete, before the run is marked complete
        wait : wait while another process computes in `folder`, instead of raising FolderLocked

        Raises ValueError when two recorders have the same name.
        """
        self.model = model
        self.until_hours = model.config.duration if until is None else as_hours(until)
        self.folder = None if folder is None else Path(folder)
        self.recorders = default_recorders(model, self.folder is not None) if recorders is None else list(recorders)
        if self.folder is not None and not any(isinstance(recorder, Events) for recorder in self.recorders):
            self.recorders.append(Events(model.config.record.checkpoint))
        names = [recorder.name for recorder in self.recorders]
        if len(set(names)) < len(names):
            raise ValueError(f"two recorders have the same name: {', '.join(sorted(names))}")
        self.end_step = steps_until(self.until_hours, model.dt_hours)
        self.already_complete = False
        self.resumed_from: int | None = None
        self._resume = resume
        self._stop_when = stop_when
        self._progress = progress if callable(progress) else None
        self._shows_bar = progress is True
        self._tell = tell or (lambda line: None)
        self._warn = warn or self._tell
        self._check = int(check)
        self._draw = draw
        self._wait = wait
        self._checkpoints = Every(model.config.record.checkpoint)
        self._started = model.step_number
        self._saved: int | None = None
        self._manifest: dict = {}
        self._seconds_before = 0.0
        self._due: dict[str, set[int]] = {}
        self._asked_to_stop = False

    @property
    def run_folder(self) -> Path:
        """The folder, of a run that is kept in one."""
        assert self.folder is not None
        return self.folder

    def __getitem__(self, name: str) -> Recorder:
        """The recorder of that name."""
        for recorder in self.recorders:
            if recorder.name == name:
                return recorder
        raise KeyError(f"no recorder is named '{name}'; there is {', '.join(r.name for r in self.recorders)}")

    def __reduce__(self):
        raise TypeError("a run belongs to its folder and its process, and cannot be copied or pickled; its model can")

    def __repr__(self) -> str:
        where = f"\n  folder: {self.folder}" if self.folder else ""
        kept = "".join(f"\n    {recorder!r}" for recorder in self.recorders)
        return (
            f"<Simulation: step {self.model.step_number} of {self.end_step}, until {self.until_hours:g} h{where}"
            f"\n  keeps:{kept or ' nothing'}>"
        )

    def run(self) -> "Simulation":
        """Run to the end, and return this simulation.

        Raises FolderInUse when the folder holds a run and `resume` is False, FolderLocked when another process computes in
        it and `wait` is False, ResumeRefused when it holds a different run, DamagedFile when a file that is needed is
        damaged, RunInterrupted after Ctrl-C (a checkpoint has been written), FieldError when a field is no longer finite,
        BrokenInvariant when a check fails, OSError when something cannot be written. In all cases, what was written
        before remains usable.
        """
        if not self._shows_bar:
            return self._run_where_it_belongs()
        with bars(quiet=False) as shown:
            self._progress = shown
            shown.phase("simulating")
            return self._run_where_it_belongs()

    def _run_where_it_belongs(self) -> "Simulation":
        clock = time.perf_counter()
        if self.folder is None:
            return self._run(clock)
        refuse_folder(self.folder, self._resume)
        if self._is_complete():  # and perhaps the folder is read-only
            return self._run(clock)
        with locked(self.folder, self._wait):
            return self._run(clock)

    def _run(self, clock: float) -> "Simulation":
        if not self._prepare():
            return self
        with _interruptions(self.folder is not None) as interrupted:
            self._loop(lambda: interrupted() or self._asked_to_stop, clock)
        for recorder in self.recorders:
            recorder.finish(self.model)
        if self.folder is not None:
            write_text(self.folder / SUMMARY, json.dumps(self.summary(), indent=2, ensure_ascii=False) + "\n")
            if self._draw is not None:
                self._draw(self.folder)
            self._note_wall_time(clock, status=manifest.COMPLETE)
            self._remove_working_files()
        return self

    def interrupt(self) -> None:
        """Ask the run to stop before the next step, as Ctrl-C does: with a checkpoint, and RunInterrupted."""
        self._asked_to_stop = True

    def summary(self) -> dict:
        """What became of the tumor cells so far, as in summary.json."""
        model, parameters = self.model, self.model.config.record
        if self.folder is not None:
            events = next(recorder for recorder in self.recorders if isinstance(recorder, Events)).table()
        else:
            events = events_table(model.ledger.entries)
        return summarise(model, events, survey(model, parameters.micrometastasis_cells), parameters)

    # --- The loop ---------------------------------------------------------------------------------------------------

    def _loop(self, interrupted: Callable[[], bool], clock: float) -> None:
        model = self.model
        model.collects = model.has_own_collector
        if self._check:
            watch(model, self._check)
        self._report()
        while True:
            step = model.step_number
            done = step >= self.end_step or (self._stop_when is not None and bool(self._stop_when(model)))
            done = done or any(one.is_last(model) for one in self.recorders if step in self._due[one.name])
            save = self.folder is not None and (interrupted() or done or self._checkpoints.due(step, model.dt_hours))
            due = [recorder for recorder in self.recorders if done or step in self._due[recorder.name]]
            if save or due:
                check_finite(model)
            # a checkpoint holds the state before the recorders look at it, so that a resumed run looks again
            if save:
                self._save(clock)
                if interrupted():
                    raise RunInterrupted(f"stopped at {_moment(model.minutes)} of simulated time")
            for recorder in due:
                recorder.record(model)
            if done:
                return
            self._step()
            self._report()

    def _step(self) -> None:
        try:
            self.model.step()
        except ArithmeticError:
            check_finite(self.model)  # raises FieldError, which names the field, if a field is the reason
            raise

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self)

    # --- Checkpoints --------------------------------------------------------------------------------------------------

    def _prepare(self) -> bool:
        """Begin or resume; False when there is nothing left to do."""
        if self.folder is None:
            self._begin()
            return True
        refuse_folder(self.folder, self._resume)
        recorded = self._recorded()
        config_text, new = self._description()
        if recorded is None or recorded["status"] == manifest.AGAIN:
            named, copies = self.model.config.companions, self.folder / PLUGINS
            if recorded is None:
                refuse_other_copies(named, copies)
                if self._resume:
                    self._tell(f"{self.folder} holds nothing to resume; the run begins.")
            self.folder.mkdir(parents=True, exist_ok=True)
            self._manifest = new
            checkpoint.remove(self.folder)
            copy_files(named, copies, replace=recorded is not None)
            manifest.write(self.folder, new)
            write_text(self.folder / manifest.CONFIG, config_text)
            self._begin()
            return True
        manifest.refuse_other(self.folder, recorded, new)
        self._manifest = recorded
        if recorded["status"] == manifest.COMPLETE:
            self._refuse_incomplete()
            self.already_complete = True
            for recorder in self.recorders:
                recorder.reopen(self.folder)
            self._remove_working_files()
            return False
        self._seconds_before = recorded["wall_seconds"]
        kept = self._usable_checkpoint()
        self._manifest["sessions"] += 1
        manifest.write(self.folder, self._manifest)
        copy_files(self.model.config.companions, self.folder / PLUGINS)
        write_text(self.folder / manifest.CONFIG, config_text)
        if kept is not None:
            self._restore(kept)
        else:
            self._warn(f"{self.folder} has no usable checkpoint; the run begins again.")
            self._begin()
        return True

    def _is_complete(self) -> bool:
        """Whether the folder holds a complete run, as far as its manifest can be read."""
        try:
            recorded = manifest.read(self.run_folder)
        except manifest.ResumeRefused:  # raised again by `_recorded`
            return False
        return recorded is not None and recorded["status"] == manifest.COMPLETE

    def _refuse_incomplete(self) -> None:
        """Raise DamagedFile when files of a complete run are missing."""
        names = [manifest.CONFIG, SUMMARY, *(name for recorder in self.recorders for name in recorder.files())]
        lost = [name for name in names if not (self.run_folder / name).exists()]
        if lost:
            raise DamagedFile(
                f"The run in {self.run_folder} was complete and has lost {', '.join(lost)}; nothing was changed. Put back "
                "what is lost, or run again into another folder (-o): the same config and seed give the same bytes."
            )

    def _recorded(self) -> dict | None:
        """The manifest of the run in the folder, None when there is no run. Checkpoints hold a copy, from which it is restored
        when the file is missing or damaged. Raises ResumeRefused when there are files of a run but no manifest at all."""
        try:
            recorded, why = manifest.read(self.run_folder), f"{self.run_folder} has no {manifest.NAME}"
        except manifest.OtherFormat:
            raise
        except manifest.ResumeRefused as error:
            recorded, why = None, str(error)
        if recorded is not None:
            return recorded
        for path in checkpoint.saved(self.run_folder):
            try:
                recorded = checkpoint.load(path).about["manifest"]
            except checkpoint.DamagedCheckpoint:
                continue
            self._warn(f"{why}; it is written again, from the checkpoint {path.name}.")
            return recorded
        if any((self.run_folder / name).exists() for name in RUN_FILES):
            raise manifest.ResumeRefused(
                f"{why}, nor a checkpoint that could replace it, so it cannot be told which run this was. "
                "Nothing in it was changed; choose another folder (-o)."
            )
        return None

    def _usable_checkpoint(self) -> checkpoint.Checkpoint | None:
        """The newest intact checkpoint whose recorded files are intact too, None when no checkpoint is intact. Raises
        DamagedFile when only recorded files are damaged: beginning again would overwrite the intact ones."""
        spoilt = None
        for path in checkpoint.saved(self.run_folder):
            try:
                kept = checkpoint.load(path)
            except checkpoint.DamagedCheckpoint as error:
                self._warn(f"The checkpoint {error}; the one before is used.")
                continue
            try:
                for recorder in self.recorders:
                    recorder.check(self.run_folder, kept.part(f"recorder/{recorder.name}"))
            except DamagedFile as error:
                self._warn(f"{error}. The checkpoint {path.name} needs it; the one before is used.")
                spoilt = error
                continue
            return kept
        if spoilt is not None:
            raise DamagedFile(
                f"{spoilt}. Without it the run cannot go on; nothing was changed. Put the file back, or run again "
                "into another folder (-o): the same config and seed give the same bytes."
            )
        return None

    def _begin(self) -> None:
        self._plan()
        for recorder in self.recorders:
            recorder.begin(self.model, self.folder, sorted(self._due[recorder.name]))

    def _plan(self) -> None:
        for recorder in self.recorders:
            steps = recorder.schedule.steps(self._started, self.end_step, self.model.dt_hours, self.model.first_step)
            self._due[recorder.name] = {*steps, max(self._started, self.end_step)}

    def _save(self, clock: float) -> None:
        step = self.model.step_number
        if step == self._saved or step == self._started:
            return
        for recorder in self.recorders:
            recorder.flush(self.model)
        arrays = {f"model/{name}": array for name, array in self.model.state_arrays().items()}
        for recorder in self.recorders:
            arrays |= {f"recorder/{recorder.name}/{name}": array for name, array in recorder.state().items()}
        checkpoint.save(
            self.run_folder, checkpoint.Checkpoint(step, arrays, {"started": self._started, "manifest": self._manifest})
        )
        self._saved = step
        self._note_wall_time(clock)

    def _restore(self, kept: checkpoint.Checkpoint) -> None:
        self.model.load_state(kept.part("model"))
        self._started = kept.about["started"]
        self._saved = self.resumed_from = kept.step
        self._plan()
        for recorder in self.recorders:
            state = kept.part(f"recorder/{recorder.name}")
            recorder.resume(self.model, self.run_folder, sorted(self._due[recorder.name]), state)
        self._tell(f"Resumed at {_moment(self.model.minutes)} of simulated time (step {kept.step}).")

    # --- The folder -------------------------------------------------------------------------------------------------

    def _description(self) -> tuple[str, dict]:
        """The text of config.yaml and the manifest of this run."""
        from .config.describe import resolved_yaml

        named = list(map(str, self.model.config.companions))
        text = resolved_yaml(self.model.config, PLUGINS)
        return text, manifest.new_manifest(
            manifest.plain(text), int(self.model.seed), self.model.threads, self.until_hours, named
        )

    def _note_wall_time(self, clock: float, status: str = manifest.RUNNING) -> None:
        seconds = self._seconds_before + time.perf_counter() - clock
        self._manifest |= {"status": status, "wall_seconds": round(seconds, 3)}
        manifest.write(self.run_folder, self._manifest)

    def _remove_working_files(self) -> None:
        """Parts and checkpoints are not needed once everything is in its final place."""
        remove_parts(self.run_folder)
        checkpoint.remove(self.run_folder)


def refuse_folder(folder: Path, resume: bool) -> None:
    """Raise FolderInUse when a new run would overwrite what is in `folder`, whoever made it."""
    refuse_no_folder(folder)
    if not resume and ((folder / manifest.NAME).exists() or checkpoint.saved(folder)):
        raise FolderInUse(f"{folder} holds a run already: go on with it (--resume), or choose another folder (-o)")
    if not resume:
        refuse_others(folder, [manifest.NAME], RUN_FILES)


def default_recorders(model: "LiverModel", in_folder: bool) -> list[Recorder]:
    """What the config's `record` asks for; without a folder only what fits in memory."""
    wanted = model.config.record
    recorders: list[Recorder] = [
        Timeseries(wanted.timeseries, wanted.micrometastasis_cells),
        Flows(wanted.timeseries),
        Nodules(wanted.nodules, wanted.micrometastasis_cells),
    ]
    if wanted.lesions > 0:
        recorders.append(Lesions(wanted.lesions, wanted.micrometastasis_cells, wanted.lesion_gap, wanted.lesion_limit))
    if decides(model.config):
        recorders.append(Decisions(wanted.checkpoint))
    if in_folder:
        from .record.snapshots import Snapshots

        recorders += [Events(wanted.checkpoint), Snapshots(wanted.snapshots, wanted.first_hours)]
    return recorders


def check_finite(model: "LiverModel") -> None:
    """Raise FieldError when a lattice holds a value that is infinite or not a number."""
    for name, values in model.lattices().items():
        # a sum in double precision is finite exactly when all its float32 terms are
        if not np.isfinite(values.sum(dtype=np.float64)):
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise FieldError(
                f"{name} is {values[row, column]} at site ({row}, {column}) at {_moment(model.minutes)} of "
                "simulated time; a rate or a secretion in the config is too extreme"
            )


def _moment(minutes: float) -> str:
    """Simulated time in words: '45 min', '7.5 h', '3 d 4 h', '2 d before time 0'."""
    if minutes < 0:
        return f"{_moment(-minutes)} before time 0"
    if minutes < 60:
        return f"{minutes:g} min"
    if minutes < 1440:
        return f"{minutes / 60:.4g} h"
    days, rest = divmod(minutes, 1440)
    return f"{days:.0f} d" + (f" {rest / 60:.3g} h" if rest else "")


@contextmanager
def _interruptions(wanted: bool):
    """While inside, Ctrl-C and a queue's SIGTERM ask the run to stop at the next step; a second Ctrl-C stops at once.

    Yields a function that says whether one came.
    """
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came: list[int] = []

    def note(number, frame):
        came.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    numbers = [signal.SIGINT, *([signal.SIGTERM] if os.name == "posix" else [])]
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
