"""A page that holds everything it shows."""

import base64
import html
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

_STYLE = """
:root { color-scheme: light dark; --ink: #20242a; --quiet: #5a626b; --line: #d7dbe0; --paper: #fff; --box: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --quiet: #a4adb7; --line: #38414b; --paper: #12161c; --box: #1b2129; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.8rem; margin: 0.2rem 0; } h2 { font-size: 1.3rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.4rem 0 0.4rem; }
p.about, figcaption, footer { color: var(--quiet); }
figure { margin: 1rem 0; } img, video { max-width: 100%; height: auto; display: block; border-radius: 4px; }
img { background: #fff; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td.number { text-align: right; }
pre { background: var(--box); padding: 0.8rem; overflow-x: auto; font-size: 0.82rem; border-radius: 4px; }
code { background: var(--box); border-radius: 3px; padding: 0 0.2rem; } pre code { padding: 0; }
summary { cursor: pointer; } .holds { color: #1a7f37; } .fails { color: #c0392b; }
@media (prefers-color-scheme: dark) { .holds { color: #5fd38a; } .fails { color: #ff8a80; } }
"""
GENERATOR = '<meta name="generator" content="crlm">'
"""What tells a page of ours from others."""
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
"""What a browser may load: nothing from anywhere."""
_IMAGE = re.compile(r'<img src="([^"]*)"')
_NUMBER = re.compile(r"[-+]?[0-9][0-9,.]*( ?%)?|")


class Document:
    """A page that is written from the top down.

    title : of the page; about : a sentence below it
    """

    def __init__(self, title: str, about: str = ""):
        self.title = title
        self._parts = [f"<h1>{html.escape(title)}</h1>"]
        if about:
            self._parts.append(f'<p class="about">{html.escape(about)}</p>')

    def heading(self, words: str) -> None:
        """Begin a part of the page."""
        self._parts.append(f"<h2>{html.escape(words)}</h2>")

    def text(self, words: str) -> None:
        """A paragraph."""
        self._parts.append(f"<p>{html.escape(words)}</p>")

    def markdown(self, text: str, folder: Path) -> None:
        """Markdown without HTML in it; its pictures are taken from `folder`. Its first headings are those of parts."""
        written = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
        written = re.sub(r"<h1>.*?</h1>\n?", "", written, flags=re.DOTALL)
        written = written.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
        self._parts.append(_IMAGE.sub(lambda match: f'<img src="{data_address(folder / match[1])}"', written))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; cells that hold a number stand at the right."""
        lines = ["".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads)] if heads else []
        lines += ["".join(map(_cell, row)) for row in rows]
        self._parts.append(f'<div class="table"><table>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>')

    def facts(self, facts: Mapping[str, str]) -> None:
        """Pairs of words and value."""
        lines = (
            f'<tr><th scope="row">{html.escape(words)}</th><td>{html.escape(value)}</td></tr>'
            for words, value in facts.items()
        )
        self._parts.append(f'<div class="table"><table>{"".join(lines)}</table></div>')

    def figure(self, file: Path, caption: str) -> None:
        """A picture or a movie, with what it shows."""
        words = html.escape(caption)
        source = data_address(file)
        shown = (
            f'<video controls loop muted playsinline preload="metadata" aria-label="{words}" src="{source}"></video>'
            if file.suffix == ".mp4"
            else f'<img alt="{words}" src="{source}">'
        )
        self._parts.append(f"<figure>{shown}<figcaption>{words}</figcaption></figure>")

    def code(self, text: str, title: str = "") -> None:
        """Text as it is written; with a title it is opened by a click."""
        written = f"<pre><code>{html.escape(text)}</code></pre>"
        self._parts.append(f"<details><summary>{html.escape(title)}</summary>{written}</details>" if title else written)

    def verdict(self, word: str, sentence: str) -> None:
        """A verdict, and what it is about."""
        self._parts.append(
            f'<p><strong class="{html.escape(word)}">{html.escape(word)}</strong>: {html.escape(sentence)}</p>'
        )

    def render(self) -> str:
        """The whole page."""
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'{GENERATOR}\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            f"<title>{html.escape(self.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            + "\n".join(self._parts)
            + "\n</main>\n</body>\n</html>\n"
        )


def _cell(text: str) -> str:
    number = ' class="number"' if _NUMBER.fullmatch(text) else ""
    return f"<td{number}>{html.escape(text)}</td>"


def data_address(file: Path) -> str:
    """The content of a file as an address. Raises OSError."""
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
