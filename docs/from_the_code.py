"""Pages of the reference, made while the site is built from what the code declares: the line `<!-- from the code -->` of a page is
where its tables stand."""

import re
from collections.abc import Callable

import typer
from typer.cli import get_docs_for_click

import abm
from abm import cli
from abm.commands import markdown
from abm.commands.cells import population_entries
from abm.commands.drugs import drug_entries, regimen_entries
from abm.commands.fields import field_entries
from abm.commands.interventions import kind_entries
from abm.commands.markdown import prose
from abm.commands.measures import measure_entries, of_every_measure
from abm.commands.odd import odd_of
from abm.commands.rules import config_entry, group_entries, rule_entries
from abm.config import load_config
from abm.config.schema import compose
from abm.config.shipped import shipped_configs
from abm.measures.topics import MEASURES

HERE = "<!-- from the code -->"
ODD_CONFIG = "mouse_splenic_injection.yaml"
"""The shipped config whose numbers stand in the ODD description."""
SWITCHED = """## Rules

Every rule has the key `enabled` besides: `netosis: {enabled: false}`, or in one word `netosis: off`, switches it off."""


def commands() -> str:
    """A section per command, as its --help says it."""
    group = typer.main.get_command(cli.app)
    text = get_docs_for_click(obj=group, ctx=typer.Context(group, info_name="crlm"), name="crlm")
    return text[text.index("\n## ") :]


def configuration() -> str:
    """A table per group of keys."""
    config = compose()()
    entries = [config_entry(config), *group_entries(config)]
    rules = [
        f"### `rules.{entry.name}`\n\n{prose(entry.sentence)}\n\n{markdown.numbers(entry.numbers)}"
        for entry in rule_entries(config)
    ]
    groups = [markdown.whole(entry, 2, paths=False) for entry in entries]
    return "\n\n".join([markdown.marks(), *groups, SWITCHED, *rules])


def measures() -> str:
    """Every measure, and what a line that asks for one may say besides."""
    return f"{markdown.page(measure_entries(MEASURES))}\n\n{markdown.whole(of_every_measure(), 2)}"


def python() -> str:
    """What `import abm` offers, in alphabetical order, described by autodoc."""
    parts = []
    for name in abm.__all__:
        if name == "__version__":
            continue
        thing = getattr(abm, name)
        kind = "class" if isinstance(thing, type) else "function" if callable(thing) else "data"
        parts.append(f"```{{eval-rst}}\n.. auto{kind}:: abm.{name}\n{'   :members:' if kind == 'class' else ''}\n```")
    return "\n\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "reference/commands": commands,
    "reference/configuration": configuration,
    "reference/cells": lambda: markdown.page(population_entries(compose()())),
    "reference/fields": lambda: markdown.page(field_entries(compose()())),
    "reference/rules": lambda: markdown.page(rule_entries(compose()())),
    "reference/interventions": lambda: markdown.page(kind_entries(compose())),
    "reference/drugs": lambda: markdown.page(drug_entries()),
    "reference/regimens": lambda: markdown.page(regimen_entries()),
    "reference/measures": measures,
    "reference/python": python,
    "reference/odd": lambda: odd_of(load_config(shipped_configs() / ODD_CONFIG)).partition("\n")[2],
}
"""Page to what makes its tables."""


def fill(app, page: str, source: list[str]) -> None:
    """Sphinx, before it reads a page: put in what the code declares."""
    if page in PAGES:
        before, here, behind = source[0].partition(HERE)
        if not here:
            raise ValueError(f"the page {page} has no line {HERE}")
        source[0] = before + PAGES[page]() + behind


def as_rest(app, what, name, thing, options, lines: list[str]) -> None:
    """autodoc, of each docstring: its paragraphs are plain text, and its lists `name : meaning` have a line for each name."""
    text = re.sub(r"([*|])", r"\\\1", "\n".join(lines))
    text = re.sub(r"\n[ ]*(?!\n|\w[\w, ]* : )(?=\S)(?<!\n\n)", " ", text)
    lines[:] = [f"| {line.strip()}" if line.strip() else "" for line in text.split("\n")] + [""]


def skipped(app, what, name, thing, skip, options) -> bool | None:
    """autodoc: what a named tuple and pydantic add by themselves is left out."""
    return True if name == "model_config" or type(thing).__name__ == "_tuplegetter" else None


def setup(app) -> dict:
    app.connect("env-get-outdated", lambda *_: list(PAGES))  # the code may have changed since
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", as_rest)
    app.connect("autodoc-skip-member", skipped)
    return {"version": abm.__version__, "parallel_read_safe": False}
