"""What a page and the process of its liver say to each other."""

from dataclasses import dataclass, field
from typing import Any, Literal

Doing = Literal["preparing", "paused", "running", "complete", "failed", "stopped"]


@dataclass(frozen=True)
class View:
    """What is to be seen.

    field : of the overlay, "" for none; colour_by : "tumor.emt", a column by which cells are coloured, "" for none
    hidden : populations that are not drawn
    region : first row, first column, rows, columns; None: everything; pixels : of the longer side
    """

    field: str = ""
    colour_by: str = ""
    hidden: frozenset[str] = frozenset()
    region: tuple[int, int, int, int] | None = None
    pixels: int = 800


@dataclass(frozen=True)
class Order:
    """What a page wants.

    begin (base, overrides, folder): a new run, kept in that folder until it is saved
    play; pause; step (number of steps); stop; pace (simulated hours per second, None: as fast as it can)
    look (view, or None for that of before): one picture
    pick (row, column): everything that is known of a site
    cascade: the figure; save (folder): the run as a folder that `crlm` reads and resumes
    """

    what: Literal["begin", "play", "pause", "step", "stop", "pace", "look", "pick", "cascade", "save"]
    about: tuple[Any, ...] = ()


@dataclass(frozen=True)
class AboutLiver:
    """What a page needs to know of a liver, told once: its title, rows and columns, spacing (um), the fields and layers
    that can be laid over (name -> words), the columns that can colour cells (name -> words), the populations (name, words,
    ((number in pictures, words, colour) of each state)), the hours at which the run begins and ends, those of a step, the seed, and what
    time 0 is called."""

    title: str
    shape: tuple[int, int]
    spacing_um: float
    fields: dict[str, str]
    columns: dict[str, str]
    populations: tuple[tuple[str, str, tuple[tuple[int, str, str], ...]], ...]
    begins: float
    ends: float
    step_hours: float
    seed: int
    since: str


@dataclass(frozen=True)
class Moment:
    """Where a run is: hours of simulated time, what the process does, how many cells have each number in pictures, and how
    often each thing happened to tumor cells."""

    hours: float
    doing: Doing
    counts: dict[int, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """What the process of a liver says.

    phase (words, done, total): what it prepares; liver (AboutLiver); moment (Moment); picture (bytes of a JPEG, region, Moment)
    picked (Site); cascade (bytes of a PNG); saved (folder); failed (words, places): places are keys of the config -> words
    """

    what: Literal["phase", "liver", "moment", "picture", "picked", "cascade", "saved", "failed", "said"]
    about: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Site:
    """Everything of a site: where it is, what it is (pairs of words and value), and the cells on it: each a title and
    pairs of words and value."""

    row: int
    column: int
    facts: tuple[tuple[str, str], ...]
    cells: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
