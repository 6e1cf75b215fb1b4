"""A page that holds everything it shows."""

import base64
from html.parser import HTMLParser

import pytest

from abm.report.document import Document, data_address

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Addresses(HTMLParser):
    """Every address that a page would load."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "srcset", "data", "poster")]
        if tag not in ("meta", "img", "br", "hr", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found += [value for name, value in attributes if name == "src"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(PIXEL)
    return path


def test_what_is_written_stands_there_and_nothing_is_loaded_from_elsewhere(picture):
    document = Document("A & B", "<what>")
    document.heading("Part")
    document.facts({"one": "<1>"})
    document.table(("a", "b"), [("x", "1,000"), ("<y>", "12 %")])
    document.figure(picture, 'A "picture"')
    document.code("a < b", "text")
    document.verdict("holds", "it does")
    document.markdown("# gone\n\n## In short\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![about](a.png)\n", picture.parent)
    page = document.render()
    assert "A &amp; B" in page and "&lt;what&gt;" in page and "&lt;y&gt;" in page and "gone" not in page
    assert '<td class="number">1,000</td>' in page and "<td>x</td>" in page
    found = Addresses(page)
    assert found.open == [] and len(found.found) == 2
    assert all(address.startswith("data:image/png;base64,") for address in found.found)


def test_html_in_markdown_is_text(tmp_path):
    document = Document("x")
    document.markdown("<script>alert(1)</script>", tmp_path)
    assert "<script>" not in document.render()


def test_a_file_becomes_an_address(picture):
    assert base64.b64decode(data_address(picture).partition(",")[2]) == PIXEL


def test_a_picture_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        Document("x").figure(tmp_path / "none.png", "none")
