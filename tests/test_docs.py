"""The site: it is built without warnings, asks nothing of other hosts, has all that the code declares, and what its pages show works.

The notebooks are executed by the build itself (CONTRIBUTING.md); here their cells are only read."""

import importlib.util
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
import yaml

from abm import LiverModel, Look, Simulation, cli, load_config, load_experiment, run_batch
from abm.config.loading import with_changes
from abm.config.schema import SHIPPED, compose
from abm.config.shipped import shipped
from abm.export import FORMATS
from abm.measures.topics import MEASURES
from abm.registry import name_of
from abm.simulation import RUN_FILES
from abm.trials.loading import load_trial

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts
}
GUIDES = {name: text for name, text in PAGES.items() if name.startswith(("tutorial/", "howto/", "index", "model"))}
LESION = "rules: {arrival: off}\ninterventions: [{implant: 1, cells: 300, start: -1 d}]\n"
SITE = all(importlib.util.find_spec(name) for name in ("sphinx", "myst_nb", "furo"))
LOADING = {"src", "srcset", "data", "poster"}
"""Attributes that a browser loads by itself; `href` it does of `link` only."""


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """The command lines that pages show, with the page."""
    lines = [
        (name, line) for name, text in GUIDES.items() for block in blocks(text, "sh") for line in block.splitlines()
    ]
    return [(name, line.partition("crlm ")[2]) for name, line in lines if "crlm " in line]


def files(text: str) -> dict[str, str]:
    """The files that a notebook writes."""
    return dict(re.findall(r"^%%writefile (\S+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


class Loaded(HTMLParser):
    """What a page loads, and what it links to."""

    def __init__(self):
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in LOADING or (name == "href" and tag == "link"):
                self.loaded += re.split(r"[\s,]+", value or "") if name == "srcset" else [value or ""]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not SITE:
        pytest.skip("needs the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    how = ["-W", "--keep-going", "-q", "-b", "html", "-D", "nb_execution_mode=off", "-d", str(folder / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *how, str(DOCS), str(folder / "html")]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_nothing_is_asked_of_another_host(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    for page in pages:
        reader = Loaded()
        text = page.read_text(encoding="utf-8")
        reader.feed(text)
        assert reader.loaded and not [place for place in reader.loaded if re.match(r"(\w+:)?//", place)], page
        assert not re.search(r"@import|url\(\s*['\"]?(\w+:)?//", text), page
    for style in site.rglob("*.css"):
        assert not re.search(r"@import\s+(url\()?['\"]?(\w+:)?//|url\(\s*['\"]?(\w+:)?//", style.read_text()), style


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("cells", [species.name for species in SHIPPED.species]),
        ("fields", [name_of(each) for each in (*SHIPPED.fields, *SHIPPED.layers, *SHIPPED.levels)]),
        ("rules", [rule.name for rule in SHIPPED.rules]),
        ("interventions", [kind.kind for kind in SHIPPED.interventions]),
        ("drugs", [one.name for one in shipped() if one.kind == "drug"]),
        ("regimens", [one.name for one in shipped() if one.kind == "regimen"]),
        ("measures", list(MEASURES)),
        ("odd", [name_of(each) for each in (*SHIPPED.populations, *SHIPPED.rules, *SHIPPED.fields)]),
        ("commands", [f"crlm {name}" for name in typer.main.get_command(cli.app).commands]),
        (
            "configuration",
            ["tissue", "record", "blood", "secretion", *(f"fields.{each.name}" for each in SHIPPED.fields)],
        ),
    ],
)
def test_the_reference_has_a_section_for_everything(site, page, names):
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    headings = {
        re.sub(r"<[^>]*>|¶|#", "", heading) for heading in re.findall(r"<h[2-5]>(.*?)</h[2-5]>", text, re.DOTALL)
    }
    assert set(names) <= headings


def test_every_key_of_the_config_stands_in_the_reference(site):
    text = (site / "reference" / "configuration.html").read_text(encoding="utf-8")
    shown = set(
        re.findall(r'<td><p><code class="docutils literal notranslate"><span class="pre">([\w.]+)</span>', text)
    )
    config = compose()()
    for group in ("cells", "fields", "rules"):
        for name in type(getattr(config, group)).model_fields:
            parameters = type(getattr(getattr(config, group), name)).model_fields
            assert set(parameters) - {"enabled"} <= shown, name
    assert set(type(config.tissue).model_fields) | set(type(config.secretion).model_fields) <= shown


def test_every_public_name_is_documented(site):
    import abm

    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert {f"abm.{name}" for name in abm.__all__ if name != "__version__"} <= set(re.findall(r'id="([\w.]+)"', text))


def test_the_odd_page_is_of_the_config_that_it_names(site):
    text = (site / "reference" / "odd.html").read_text(encoding="utf-8")
    assert load_config(ROOT / "configs" / "mouse_splenic_injection.yaml").name in text


def test_command_lines_are_understood():
    group = typer.main.get_command(cli.app)
    shown = commands()
    assert {name for name, _ in shown} >= {"tutorial/compare.md", "tutorial/cluster.md", "howto/configs.md", "index.md"}
    known = {one.id for one in shipped()}
    for page, line in shown:
        name, *arguments = [word for word in shlex.split(line, comments=True) if word not in ("...", ">", "odd.md")]
        group.commands[name].make_context(name, list(arguments))
        for word in arguments:
            if word.startswith("configs/"):
                assert (ROOT / word).exists(), (page, line)
        if name == "reproduce":
            assert {word for word in arguments if re.fullmatch(r"[VW]\d+\w?", word)} <= known


@pytest.mark.parametrize("page", [name for name, text in GUIDES.items() if blocks(text, "yaml")])
def test_configs_and_experiments_are_valid(page, tmp_path):
    for number, text in enumerate(blocks(GUIDES[page], "yaml")):
        if text.startswith("# slurm.yaml"):
            continue
        file = tmp_path / f"shown_{number}.yaml"
        file.write_text(text, encoding="utf-8")
        if "cohort:" in text:
            (tmp_path / "my_lesion.yaml").write_text(LESION, encoding="utf-8")
            assert load_trial(file).cohort.patients
        elif text.startswith("# cohort.yaml"):
            trial = {"base": "my_lesion.yaml", "arms": {"one": {}}, "cohort": yaml.safe_load(text)}
            file.write_text(yaml.safe_dump(trial, sort_keys=False), encoding="utf-8")
            assert load_trial(file).cohort.patients
        elif "base:" in text:
            assert load_experiment(file).measures
        else:
            load_config(file)


def test_the_interventions_shown_are_all_there_are():
    [text] = blocks(PAGES["howto/interventions.md"], "yaml")
    assert set(re.findall(r"- \{(\w+):", text)) == {kind.kind for kind in SHIPPED.interventions}


@pytest.mark.parametrize("page", [name for name, text in GUIDES.items() if "%%writefile" in text])
def test_what_notebooks_write_is_valid(page, tmp_path):
    written = files(GUIDES[page])
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        if name.endswith(".py"):
            (tmp_path / f"{name}.yaml").write_text(f"extends: quickstart.yaml\nplugins: [{name}]\n")
            config = load_config(tmp_path / f"{name}.yaml")
            assert name.removesuffix(".py") in [rule.name for rule in type(config).registry.rules]
    for name, text in written.items():
        if name.endswith(".yaml"):
            load = load_experiment if "base:" in text else load_config
            assert load(tmp_path / name).name


def test_at_least_two_pages_are_notebooks_that_compare_arms_and_show_pictures():
    notebooks = [text for text in PAGES.values() if "file_format: mystnb" in text]
    assert len(notebooks) >= 2
    assert any("compare(" in text and "Image(" in text for text in notebooks)
    assert any("model.show(" in text for text in notebooks)


def test_a_measure_of_your_own(tmp_path):
    [text] = [text for text in blocks(PAGES["howto/experiments.md"], "python") if "@measure" in text]
    (tmp_path / "my_measures.py").write_text(text, encoding="utf-8")
    line = re.search(r"`(\{measure: giants.*?\})`", PAGES["howto/experiments.md"])[1]
    file = tmp_path / "mine.yaml"
    file.write_text(f"base: quickstart.yaml\nplugins: [my_measures.py]\nmeasures:\n  - {line.replace('14 d', '1 d')}\n")
    [request] = load_experiment(file).measures
    model = LiverModel("quickstart", tissue={"width": "0.5 mm", "height": "0.5 mm"})
    assert request.measure(Look(model, model.ledger.entries), above=400) == 0


def test_from_python(monkeypatch):
    monkeypatch.chdir(ROOT)
    [text] = blocks(PAGES["howto/python.md"], "python")
    names: dict = {}
    exec(compile(text.replace('until="6 h"', 'until="1 h"'), "python.md", "exec"), names)
    assert names["model"].minutes == 60 and names["branch"].tumor.count == names["model"].tumor.count + 1


def test_results_are_read_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    slab = {"tissue": {"width": "0.3 mm", "height": "0.3 mm"}, "duration": "9 h"}
    Simulation(LiverModel("quickstart", **slab), folder="runs/quickstart-seed1").run()
    measures = [{"measure": "tumor_cells", "every": "3 h"}]
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump({"base": {"extends": "quickstart.yaml"} | slab, "replicates": 2, "measures": measures})
    )
    run_batch(load_experiment("mine.yaml"), "batches/my_experiment")
    for text in blocks(PAGES["howto/results.md"], "python"):
        exec(compile(text, "results.md", "exec"), {})
    told = set(re.findall(r"`([\w.]+\.\w+)`", PAGES["howto/results.md"].partition("```")[0]))
    assert told == {name for name in RUN_FILES if "." in name}


def test_a_run_is_opened_and_exported_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "quickstart-seed1"
    record = {"snapshots": "1 d", "movie": False, "figures": False}
    slab = {"width": "0.3 mm", "height": "0.3 mm"}
    model = LiverModel("quickstart", step="10 min", tissue=slab, record=record)
    Simulation(model, folder=folder).run()
    names: dict = {}
    [text] = blocks(PAGES["howto/exports.md"], "python")
    exec(compile(text, "exports.md", "exec"), names)
    assert set(names["cells"].columns) >= {"x_um", "y_um", "state"} and names["oxygen"].attrs["units"] == "mmHg"
    assert (tmp_path / "tables" / "cells.csv").exists()


def test_the_formats_of_exports_are_those_shown():
    shown = set(re.findall(r"--to ([\w-]+)", PAGES["howto/exports.md"])) | {"spatialdata", "vtk", "csv"}
    assert shown == {*(format.name for format in FORMATS), "omex"}


def test_files_and_pictures_that_pages_name_exist():
    for name, text in PAGES.items():
        for place in re.findall(r"\]\((?!https?:|<https?:|#)([^)#>\s]+)\)", text):
            assert (DOCS / name).parent.joinpath(place).exists(), (name, place)
    for config in re.findall(r"\| `(\w+\.yaml)`", PAGES["howto/configs.md"]):
        assert (ROOT / "configs" / config).exists()


def verdicts() -> dict[str, str]:
    """Published experiment -> holds, fails or unresolved, as docs/published.md has it."""
    found: dict[str, list[str]] = {}
    experiment = ""
    for line in PAGES["published.md"].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == 8 and cells[0] not in ("experiment", "---"):
            experiment = cells[0] or experiment
            found.setdefault(experiment, []).append(cells[4].partition(" ")[0])
    return {
        experiment: next(verdict for verdict in ("fails", "unresolved", "holds") if verdict in of)
        for experiment, of in found.items()
    }


def test_scope_and_limits_has_every_published_experiment_under_its_verdict():
    rows = [line.strip("|").split("|") for line in PAGES["scope.md"].splitlines() if line.startswith("| ")]
    [heading] = [row for row in rows if row[0].strip() == "question"]
    assert [cell.strip() for cell in heading[1:4]] == ["holds", "fails", "unresolved"]
    told = {
        experiment: verdict
        for row in rows
        if row is not heading
        for verdict, cell in zip(("holds", "fails", "unresolved"), row[1:4], strict=True)
        for experiment in re.findall(r"[VW]\d+b?", cell)
    }
    assert told == verdicts()
    # and each failure is sorted by what it means
    sorted_there = PAGES["scope.md"].partition("## How to read a failure")[2].partition("## By context")[0]
    assert {name for name, verdict in told.items() if verdict != "holds"} <= set(re.findall(r"[VW]\d+b?", sorted_there))


def test_numbers_of_experiments_are_those_of_the_table():
    counts = [sum(verdict == wanted for verdict in verdicts().values()) for wanted in ("holds", "fails", "unresolved")]
    assert re.findall(r"(\d+) of (\d+) hold, (\d+) fail and (\d+) are", PAGES["scope.md"]) == [
        (str(counts[0]), str(sum(counts)), str(counts[1]), str(counts[2]))
    ]
    paper = " ".join((ROOT / "paper" / "paper.md").read_text(encoding="utf-8").split())
    assert f"Of {sum(counts)} published experiments {counts[0]} hold, {counts[1]} fail" in paper
    assert (
        f"{counts[0]} hold, fifteen of them not calibrated on; {counts[1]} fail; {counts[2]} are unresolved"
        in " ".join(PAGES["trace.md"].split())
    )


def test_references_of_the_paper_are_all_used_and_all_there():
    paper = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{(\w+),(.*?)^\}", (ROOT / "paper" / "paper.bib").read_text(), re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"@([A-Z]\w+)", paper)) == {name for name, _ in entries}
    assert all(re.search(r"doi = \{10\.\S+\}", entry) for _, entry in entries)
    for section in ("# Summary", "# Statement of need", "# State of the field", "# Software design", "# References"):
        assert f"\n{section}\n" in paper


def test_the_therapies_that_are_listed_can_be_written_and_are_tested():
    page = PAGES["howto/therapies.md"]
    entries = [yaml.safe_load(entry) for entry in re.findall(r"`(\{\w+: [^`]*\})`", page)]
    for entry in entries:
        with_changes(None, {"interventions": [entry], "duration": "30 d"})
    kinds = {next(iter(entry)) for entry in entries}
    assert {"therapy", "block", "deplete", "infuse", "infect", "resect", "ablate", "irradiate", "embolise"} <= kinds
    given = {entry["therapy"] for entry in entries if "therapy" in entry}
    assert {file.name.removesuffix("_biweekly") for file in shipped() if file.kind == "regimen"} <= given | {
        "irinotecan"
    }
    shown = re.findall(r"\*([^*|]+)\* \(`([\w/]+)`\)", page)
    assert len(shown) > 30
    for sentence, file in shown:
        name = re.compile(rf"def test_(lever_)?{sentence.replace(' ', '_')}\(")
        assert name.search((ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")), sentence
    identifiers = {file.id for file in shipped() if file.kind == "published"}
    for cell in re.findall(r"\| ((?:[VW]\d+,? ?)+)\|", page):
        assert set(cell.replace(",", "").split()) <= identifiers, cell
