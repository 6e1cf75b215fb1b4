"""What can be named in a config or an experiment: its entries, and how they are shown on a terminal: a line for each,
everything about some, or what speaks of a word. `markdown` writes the same entries as pages."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from ..config.errors import choice, did_you_mean, same
from ..target import Target
from ..units import Declared
from . import UserError

WIDEST = 110
"""Columns: longer lines are hard to read."""
PIPED = 100
"""Columns where there is no terminal."""
MOST_LISTED = 30
"""Names that an error lists."""
CHOICE = "choice"
"""Mark of what the experimenter chooses, and no source can give."""
MARK_STYLES = {"checked": "green", "derived": "cyan", "unverified": "yellow", "assumed": "red", CHOICE: "default"}

MARK_MEANINGS = {
    "checked": "read in its source",
    "derived": "its arithmetic is given",
    "unverified": "quoted from memory",
    "assumed": "a guess",
    CHOICE: "the experimenter's",
}


@dataclass(frozen=True)
class Number:
    """A parameter as the tables show it, its value in words, and its whole path where that is not clear from above."""

    about: Declared
    value: str
    path: str = ""

    @property
    def text(self) -> str:
        return f"{self.path} {self.about.name} {self.about.description} {self.about.source}"


@dataclass(frozen=True)
class Item:
    """One of several: its name, what it means, and where there is one the mark of a source, and the source."""

    name: str
    meaning: str
    mark: str = ""
    source: str = ""


@dataclass(frozen=True)
class Items:
    """Several of a kind, such as the states of a population."""

    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Entry:
    """Something with a name.

    sentence : what it is; about : all that its file says; numbers : its parameters; more : what else is shown of it, sentences
    and lists; size : what its line says beside the sentence ("6 parameters")
    """

    name: str
    sentence: str
    about: str = ""
    numbers: Sequence[Number] = ()
    more: Sequence[str | Items] = ()
    size: str = ""
    words: str = ""
    """What is searched besides what is shown anyway."""

    @property
    def is_marked(self) -> bool:
        """Whether any of its numbers or items has a mark."""
        items = (item for part in self.more if isinstance(part, Items) for item in part.items)
        return any(number.about.mark for number in self.numbers) or any(item.mark for item in items)

    def speaks_of(self, word: str) -> bool:
        return word.casefold() in f"{self.name} {self.sentence} {self.about} {self.words}".casefold()


def show(
    entries: Sequence[Entry],
    names: Sequence[str],
    *,
    grep: str | None,
    everything: bool,
    noun: str,
    footer: str,
    command: str,
    others: Sequence[Entry] = (),
) -> None:
    """Print the entries called `names` in full; what speaks of the word `grep`; all in full (`everything`, `others` as
    well); by default a line for each.

    noun : what they are; footer : how to learn more; command : of `crlm`, that lists them

    Raises UserError for what is not there.
    """
    console, shown = a_console(), []
    if grep is not None:
        if not _search(console, [*entries, *others], grep):
            raise UserError(f"nothing speaks of '{grep}': no {noun}, and no parameter")
    elif names:
        shown = _named(entries, names, noun, command, console)
    elif everything:
        shown = [*entries, *others]
    else:
        list_entries(console, entries)
        console.print()
        paragraph(console, footer)
    for entry in shown:
        show_whole(console, entry)
    if any(entry.is_marked for entry in shown):
        show_marks(console)


def _named(entries: Sequence[Entry], names: Sequence[str], noun: str, command: str, console: Console) -> list[Entry]:
    """The entries of these names; those that a name could mean, or that speak of it, are listed instead."""
    known, chosen = {entry.name: entry for entry in entries}, []
    for name in names:
        exact = [name] if name in known else same(name, known)
        if len(exact) == 1:
            chosen.append(known[exact[0]])
            continue
        speaking = [entry for entry in entries if len(name) > 2 and entry.speaks_of(name)]
        speaking.sort(key=lambda entry: name.casefold() not in entry.name.casefold())
        if not speaking:
            all_of_them = (
                f"there is {choice(list(known), 'and')}" if len(known) <= MOST_LISTED else f"crlm {command} lists them"
            )
            raise UserError(f"there is no {noun} '{name}'; {did_you_mean(name, known, all_of_them)}")
        paragraph(console, f"No {noun} is called {name}. It is spoken of in:")
        list_entries(console, speaking)
        console.print()
    return chosen


def list_entries(console: Console, entries: Sequence[Entry]) -> None:
    """A line for each: its name, its sentence, its size."""
    named, sized = max(len(entry.name) for entry in entries), max(len(entry.size) for entry in entries)
    wide = max(20, console.width - named - 2 - (sized + 2 if sized else 0))
    for entry in entries:
        for number, line in enumerate(Text(entry.sentence).wrap(console, wide)):
            line.rstrip()
            if number == 0 and entry.size:
                line = Text.assemble(
                    line, " " * (wide - line.cell_len + 2 + sized - len(entry.size)), (entry.size, "dim")
                )
            console.print(Text.assemble((f"{entry.name if number == 0 else '':<{named}}  ", "bold"), line))


def _search(console: Console, entries: Sequence[Entry], word: str) -> bool:
    """Print the entries that speak of `word`, and the parameters that do; returns whether there was any."""
    found = False
    for entry in entries:
        numbers = [number for number in entry.numbers if word.casefold() in number.text.casefold()]
        if entry.speaks_of(word) or numbers:
            found = True
            paragraph(console, Text.assemble((entry.name, "bold"), f"  {entry.sentence}"), hanging=4)
            for number in numbers:
                show_number(console, number)
            console.print()
    return found


def untitled(name: str, sentence: str) -> str:
    """A sentence about `name` without the name before a colon: 'NETosis: stimulated neutrophils ...'."""
    title, _, rest = sentence.partition(": ")
    return f"{rest[:1].upper()}{rest[1:]}" if rest and same(title, [name]) else sentence


def show_whole(console: Console, entry: Entry) -> None:
    """Everything about one."""
    console.print(Text.assemble((entry.name, "bold"), (f"  {entry.size}" if entry.size else "", "dim")))
    for text in (entry.about or entry.sentence).split("\n\n"):
        paragraph(console, " ".join(text.split()), style="italic")
    for number in entry.numbers:
        show_number(console, number)
    for part in entry.more:
        if isinstance(part, str):
            paragraph(console, part, indent=2, hanging=4)
        else:
            _show_items(console, part)
    console.print()


def _show_items(console: Console, part: Items) -> None:
    paragraph(console, f"{part.title}:", indent=2, hanging=4)
    for item in part.items:
        head = Text.assemble((item.name, "bold"), f"  {item.meaning}")
        if item.mark:
            head.append("  ").append(item.mark, MARK_STYLES[item.mark])
        paragraph(console, head, indent=4, hanging=4)
        if item.source:
            paragraph(console, item.source, indent=8, style="dim")


def done(targets: Mapping[str, Target]) -> list[Items]:
    """What can be done -> by what it is done in the laboratory, and who showed it; nothing where nothing can."""
    items = [Item(what, target.agent, target.mark, target.source) for what, target in targets.items()]
    return [Items("what can be done", items)] if items else []


def show_number(console: Console, number: Number) -> None:
    """A parameter: its value, its range and mark, and below what it means and where it comes from."""
    about = number.about
    head = Text.assemble((number.path or about.name, "bold"), f": {number.value}")
    if about.low is not None:
        head.append(f"  (plausible {plausible(about)})", "dim")
    if about.mark:
        head.append("  ").append(about.mark, MARK_STYLES[about.mark])
    paragraph(console, head, indent=2, hanging=4)
    meaning = about.description + (f". Source: {about.source}" if about.source else "")
    if meaning:
        paragraph(console, meaning, indent=6, style="dim")


def plausible(about: Declared) -> str:
    """'0.05 to 0.5 /h'"""
    low, high = str(about.low), str(about.high)
    unit = low.partition(" ")[2]
    return f"{low.partition(' ')[0] if unit and high.endswith(f' {unit}') else low} to {high}"


def show_marks(console: Console) -> None:
    """Print what the marks mean."""
    marks = Text("Marks: ")
    for mark, style in MARK_STYLES.items():
        marks.append(mark, style).append(f": {MARK_MEANINGS[mark]}" + ("." if mark == CHOICE else "; "))
    paragraph(console, marks)


def paragraph(console: Console, text: Text | str, indent: int = 0, hanging: int = 0, style: str = "") -> None:
    """Print a text, its lines indented by so many columns, those after the first by `hanging` more."""
    text = Text(text, style) if isinstance(text, str) else text
    for number, line in enumerate(text.wrap(console, max(20, console.width - indent - hanging))):
        line.rstrip()
        console.print(Text.assemble(" " * (indent + (hanging if number else 0)), line))


def a_console() -> Console:
    """A console as wide as the terminal, or as COLUMNS says, but no wider than can be read."""
    known = Console().is_terminal or "COLUMNS" in os.environ
    return Console(width=min(Console().width, WIDEST) if known else PIPED, highlight=False)
