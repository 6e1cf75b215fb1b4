"""What a run will need: memory, time, disk, and how many tumor cells will come; told before anything is built."""

import math
from dataclasses import dataclass

from .config.schema import LONGEST_TESTED_STEP, Config
from .folder.schedule import Every, EveryAndFirst, steps_until
from .interventions.implant import Implant
from .units import in_time

FEWEST_TUMOR_CELLS = 30
"""Below this many arriving cells a single run says little."""
KUPFFER_CELLS_PER_TUMOR_CELL = 3
"""Kupffer cells, below which per tumor cell they are crowded with prey and fates no longer are those of single cells."""

SINUSOID_SITES_PER_TUMOR_CELL = 5
"""With fewer sites of sinusoid per tumor cell, one in ten that arrive at once finds no room and waits in the blood; with
one site per cell a third does."""

_SINUSOID_SHARE = 0.27  # of all sites
_BASE_BYTES = 420e6
_BYTES_PER_SITE = 330.0
_BUFFER_BYTES_PER_SITE = 26.0
_BUFFERED_SITES = 4_000_000
_BYTES_PER_TUMOR_CELL = 500.0
"""Memory: interpreter and libraries; lattices, solvers and tables; frames waiting to be written (see snapshots); rows."""

_SECONDS_PER_SITE_AND_STEP = 1.6e-7
_SECONDS_PER_STEP = 1e-3
_SECONDS_PER_SITE_AND_FRAME = 2.5e-7
_SECONDS_PER_FRAME = 0.05
"""Time on one core of an ordinary CPU, measured at 4 mm2 and 1 cm2, compiling excluded, drawing included."""

_DISK_BYTES_PER_SITE_AND_FRAME = 9.0


@dataclass(frozen=True)
class Needs:
    """What the run of a config will need; see the functions that fill it."""

    rows: int
    columns: int
    area_mm2: float
    steps: int
    frames: int
    tumor_cells: float
    arriving_cells: float
    """Those of the tumor cells that come with the blood."""
    kupffer_cells: float
    memory_bytes: float
    disk_bytes: float
    seconds: float
    no_tumor: str = ""
    """Why no tumor cell is expected, and what would bring some; empty when some are."""
    about_time: tuple[str, ...] = ()
    """What is unusual about the clock."""

    @property
    def warnings(self) -> list[str]:
        """What makes the run say less than it could, one sentence each."""
        sentences = [*self.about_time]
        if self.no_tumor:
            sentences.append(self.no_tumor)
        elif self.tumor_cells < FEWEST_TUMOR_CELLS:
            sentences.append(
                f"only {count_in_words(self.tumor_cells)} tumor cells are expected; with fewer than {FEWEST_TUMOR_CELLS} a run "
                "says little: enlarge the tissue, or raise the inoculum or rules.arrival.enrichment"
            )
        if self.arriving_cells * KUPFFER_CELLS_PER_TUMOR_CELL > self.kupffer_cells * (1 + 1e-9):
            sentences.append(
                f"{self.arriving_cells:,.0f} tumor cells are expected among {self.kupffer_cells:,.0f} Kupffer cells; above one per "
                f"{KUPFFER_CELLS_PER_TUMOR_CELL} they crowd each other: lower rules.arrival.enrichment or the inoculum"
            )
        room = _SINUSOID_SHARE * self.rows * self.columns
        if self.arriving_cells * SINUSOID_SITES_PER_TUMOR_CELL > room:
            sentences.append(
                f"{self.arriving_cells:,.0f} tumor cells are expected in about {room:,.0f} sites of sinusoid; with fewer than "
                f"{SINUSOID_SITES_PER_TUMOR_CELL} sites for each they plug the vessels, and those that come at once "
                "wait in the blood for room: lower rules.arrival.enrichment or the inoculum"
            )
        return sentences


def estimate(config: Config) -> Needs:
    """What a run of `config` will need; times and sizes are rough."""
    tissue = config.tissue
    rows, columns = tissue.shape
    sites = rows * columns
    area = sites * (tissue.site / 1000.0) ** 2
    first, last = math.floor(config.begins / config.step + 1e-9), steps_until(config.duration, config.step)
    steps = last - first
    frames = EveryAndFirst(Every(config.record.snapshots), config.record.first_hours).count(first, last, config.step)
    arriving_cells = _arriving(config) * area
    tumor_cells = arriving_cells + sum(
        entry.implant * entry.cells for entry in config.interventions if isinstance(entry, Implant)
    )
    return Needs(
        rows=rows,
        columns=columns,
        area_mm2=area,
        steps=steps,
        frames=frames,
        tumor_cells=tumor_cells,
        arriving_cells=arriving_cells,
        kupffer_cells=config.cells.kupffer.density * area * tissue.slabs,
        memory_bytes=_BASE_BYTES
        + _BYTES_PER_SITE * sites
        + _BYTES_PER_TUMOR_CELL * tumor_cells
        + _BUFFER_BYTES_PER_SITE * min(16 * sites, max(sites, _BUFFERED_SITES)),
        disk_bytes=_DISK_BYTES_PER_SITE_AND_FRAME * sites * frames,
        seconds=steps * (_SECONDS_PER_STEP + _SECONDS_PER_SITE_AND_STEP * sites)
        + frames * (_SECONDS_PER_FRAME + _SECONDS_PER_SITE_AND_FRAME * sites),
        no_tumor="" if tumor_cells > 0 else _why_no_tumor(config),
        about_time=_about_time(config),
    )


def _why_no_tumor(config: Config) -> str:
    """Why no tumor cell comes, and what would bring some."""
    arrival = config.rules.arrival
    if not arrival.enabled:
        return "no tumor cells: rules.arrival is off, and no colony is implanted"
    if not arrival.per_liver and not arrival.per_area:
        return "no inoculum: set rules.arrival.per_liver (e.g. 5e5) or rules.arrival.per_area (e.g. 60 /mm^2)"
    if not any(dose.share for dose in arrival.doses):
        return "no inoculum: all rules.arrival.doses have the share 0"
    first, end = min(dose.start for dose in arrival.doses if dose.share), in_time(config.duration)
    return (
        f"no tumor cells: the first dose of rules.arrival.doses comes at {in_time(first)}, and the run "
        f"ends at {end}: make duration longer, or the dose earlier"
    )


def _about_time(config: Config) -> tuple[str, ...]:
    """What is unusual about the clock of a config."""
    if config.step <= LONGEST_TESTED_STEP * (1 + 1e-9) or not (config.rules.arrival.enabled or _has_killers(config)):
        return ()
    return (
        f"step: {in_time(config.step)}; steps are tested from 1 to {LONGEST_TESTED_STEP * 60:g} min; results of "
        "longer ones may differ (kills and captures within a step are not seen)",
    )


def _has_killers(config: Config) -> bool:
    """Whether there are cells that stay with the tumor cells that they meet, as killers do."""
    killers = (each for each in config.registry.species if any(walks.contact for walks in each.walks))
    return any(getattr(config.cells, each.name).density > 0 for each in killers)


def _arriving(config: Config) -> float:
    """Tumor cells per mm2 that arrive before the end."""
    arrival = config.rules.arrival
    if not arrival.enabled:
        return 0.0
    total = sum(dose.share for dose in arrival.doses)
    if total <= 0:
        return 0.0
    arrived = sum(dose.share * _within(dose.start, dose.over, config.duration) for dose in arrival.doses)
    return arrival.per_mm2(config.tissue.slab_thickness) * arrived / total


def _within(start: float, over: float, end: float) -> float:
    """Share of a dose that arrives between the start of the run and its end."""
    if over <= 0:
        return float(0 <= start < end)
    return max(0.0, min(start + over, end) - max(start, 0.0)) / over


def kernels_are_cold(package: str = "abm.rules") -> bool:
    """Whether most kernels of `package` (of all rules, for a run) are yet to be compiled, which takes a minute or two."""
    from .kernels.jit import are_compiled

    return not are_compiled(package)


def in_words(count: float) -> str:
    """Bytes as people say them: '1.2 GB'."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def count_in_words(count: float) -> str:
    """How many are expected, as people say it: '18,000', '450', '0.4'."""
    return f"{count:.2g}" if count < 10 else f"{float(f'{count:.3g}'):,.0f}"


def duration_in_words(seconds: float) -> str:
    """Wall time as people say it: '45 s', '12 min', '3.1 h'."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
