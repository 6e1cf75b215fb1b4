"""What all pages have in common: head, style, links."""

from pathlib import Path

from nicegui import ui

STATIC = Path(__file__).parent.parent / "static"
STYLE = "/crlm/app.css"
_LINKS = (("/", "Run"), ("/look", "Look back"))


def begin_page(title: str, here: str) -> None:
    """The head of a page; `here` is its address."""
    ui.page_title(f"{title} · crlm")
    ui.add_head_html(f'<link rel="stylesheet" href="{STYLE}">')
    ui.colors(primary="#0b5f7a", secondary="#56606b", negative="#b3261e")
    ui.html(f'<h1 class="crlm-unseen">{title}</h1>', sanitize=False)
    with ui.header(elevated=False).classes("crlm-header items-center gap-2 py-2"):
        ui.html('<a href="/" style="font-weight:600">crlm</a>', sanitize=False)
        with ui.element("nav").props('aria-label="Pages"').classes("flex gap-1"):
            for address, words in _LINKS:
                current = ' aria-current="page"' if address == here else ""
                ui.html(f'<a href="{address}"{current}>{words}</a>', sanitize=False)


def problem(words: str) -> ui.label:
    """Words that say what is wrong."""
    return ui.label(words).classes("crlm-problem").props('role="alert"')
