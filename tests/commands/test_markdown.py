from abm.commands import markdown
from abm.commands.catalogue import Entry, Item, Items, Number
from abm.units import Declared, Hours


def test_what_markdown_would_read_as_its_own_is_escaped_but_in_code():
    assert markdown.prose("a * b, <c> [d] $e") == r"a \* b, \<c> \[d\] \$e"
    assert markdown.prose("see `a * <b>`: x * y") == r"see `a * <b>`: x \* y"
    assert markdown.prose("one | `two | three`") == r"one \| `two \| three`"


def test_paragraphs_stay_and_lines_are_joined():
    assert markdown.prose(" one\n  line\n\nanother\n") == "one line\n\nanother"


def test_a_doi_is_a_link_without_what_ends_its_sentence():
    link = "[10.1016/S0002-9440(10)62048-2](<https://doi.org/10.1016/S0002-9440(10)62048-2>)"
    assert markdown.prose("Khatib 2005, 10.1016/S0002-9440(10)62048-2: of") == f"Khatib 2005, {link}: of"
    assert (
        markdown.prose("(Gul 2014, 10.1172/JCI66776).")
        == "(Gul 2014, [10.1172/JCI66776](<https://doi.org/10.1172/JCI66776>))."
    )
    assert markdown.prose("10.1073/pnas.1121623109; 10.5 h") == (
        "[10.1073/pnas.1121623109](<https://doi.org/10.1073/pnas.1121623109>); 10.5 h"
    )


def test_columns_that_are_empty_everywhere_are_left_out():
    assert markdown.table(("a", "b", "c"), [("1", "", "x"), ("2", "", "")]) == (
        "| a | c |\n| --- | --- |\n| 1 | x |\n| 2 |  |"
    )


def test_a_table_without_rows_is_nothing():
    assert markdown.table(("a", "b"), []) == "" and markdown.numbers([]) == ""


def test_an_entry_in_full():
    [hours] = Hours.__metadata__
    about = Declared("rate", hours, "2 h", "1 h", "3 h", "assumed", "made up", "how often")
    entry = Entry(
        "thing",
        "It is.",
        "A thing.",
        [Number(about, "2 h", "things.rate")],
        ["reads: x", Items("states", [Item("on", "lit")])],
    )
    assert markdown.whole(entry, 3).splitlines() == [
        "### `thing`",
        "",
        "A thing.",
        "",
        "| parameter | value | unit | plausible | mark | meaning, source |",
        "| --- | --- | --- | --- | --- | --- |",
        "| `things.rate` | 2 h | h | 1 to 3 h | assumed | how often. *Source:* made up |",
        "",
        "reads: x",
        "",
        "| states |  |",
        "| --- | --- |",
        "| `on` | lit |",
    ]
    assert "| `rate` |" in markdown.whole(entry, 3, paths=False)
