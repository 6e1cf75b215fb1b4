"""The entries of the catalogue, and tables, as Markdown."""

import re
from collections.abc import Iterable, Sequence

from .catalogue import MARK_MEANINGS, Entry, Items, Number, plausible

_DOI = re.compile(r"10\.\d{4,9}/(?:[^\s;,()|]|\([^\s();,|]*\))+")
_SPECIAL = re.compile(r"([\\*<\[\]|$])")


def prose(text: str) -> str:
    """A docstring's text as Markdown: its paragraphs on a line each, DOIs as links, what stands in backticks as it is."""
    return "\n\n".join(_inline(" ".join(paragraph.split())) for paragraph in text.strip().split("\n\n"))


def _inline(text: str) -> str:
    """One line, with what Markdown would read as its own escaped. Bars are escaped in code too, as tables need it."""
    code = re.split(r"(`[^`]+`)", text)
    return "".join(part.replace("|", r"\|") if number % 2 else _linked(part) for number, part in enumerate(code))


def _linked(text: str) -> str:
    written, end = [], 0
    for found in _DOI.finditer(text):
        doi = found[0].rstrip(".:")
        written += [_escaped(text[end : found.start()]), f"[{_escaped(doi)}](<https://doi.org/{doi}>)"]
        end = found.start() + len(doi)
    return "".join([*written, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def code(text: str) -> str:
    """Inline code; nothing for an empty text."""
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; columns that are empty in all rows are left out.
    Nothing where there are no rows."""
    rows = [list(row) for row in rows]
    if not rows:
        return ""
    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    lines = [
        [head[column] for column in kept],
        ["---"] * len(kept),
        *([row[column] for column in kept] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def whole(entry: Entry, level: int, *, paths: bool = True) -> str:
    """Everything about one entry under a heading of the level; `paths`: what its parameters are called from the top of a
    config, where the entry knows it."""
    parts = [f"{'#' * level} {code(entry.name)}", prose(entry.about or entry.sentence)]
    if entry.numbers:
        parts.append(numbers(entry.numbers, paths=paths))
    parts += [_inline(part) if isinstance(part, str) else _items(part) for part in entry.more]
    return "\n\n".join(parts)


def numbers(shown: Iterable[Number], *, paths: bool = True) -> str:
    """A table of parameters."""
    return table(
        ("parameter", "value", "unit", "plausible", "mark", "meaning, source"),
        (
            (
                code(number.path if paths and number.path else number.about.name),
                _inline(number.value),
                _inline(number.about.unit),
                _inline(plausible(number.about)) if number.about.low is not None else "",
                number.about.mark,
                prose(number.about.description)
                + (f". *Source:* {prose(number.about.source)}" if number.about.source else ""),
            )
            for number in shown
        ),
    )


def lines(entries: Iterable[Entry]) -> str:
    """A table with a line for each entry."""
    return table(
        ("name", "what", ""), ((code(entry.name), prose(entry.sentence), _inline(entry.size)) for entry in entries)
    )


def _items(part: Items) -> str:
    rows = ((code(item.name), prose(item.meaning), item.mark, prose(item.source)) for item in part.items)
    return table((prose(part.title), "", "mark", "source"), rows)


def marks() -> str:
    """What the marks of parameters mean."""
    return "\n".join(f"* *{mark}*: {meaning}" for mark, meaning in MARK_MEANINGS.items())


def page(entries: Sequence[Entry]) -> str:
    """A table of all of them, then everything about each, and what the marks of their numbers mean."""
    marked = [f"## Marks\n\n{marks()}"] if any(entry.is_marked for entry in entries) else []
    parts = [lines(entries), *(whole(entry, 2) for entry in entries), *marked]
    return "\n\n".join(parts)
