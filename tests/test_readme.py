"""What the README shows works as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest

from abm import LiverModel, Look, Simulation, load_config, load_experiment
from abm.config.schema import compose
from abm.export import FORMATS
from abm.record.nodules import NODULE
from abm.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
PLUGINS = [text for text in PYTHON if "@rule" in text]


def test_the_three_kinds_of_example_are_there():
    assert len(PLUGINS) == 2
    assert any("Simulation(model" in text for text in PYTHON)


@pytest.mark.parametrize("text", PLUGINS, ids=["kernel", "plain Python"])
def test_a_rule_of_your_own(text, tmp_path):
    (tmp_path / "my_rule.py").write_text(text)
    config = tmp_path / "my.yaml"
    config.write_text(
        "extends: quickstart.yaml\nplugins: [my_rule.py]\ntissue: {width: 0.5 mm, height: 0.5 mm}\n"
        "rules: {arrival: {doses: [{over: 5 min}]}}\n"
    )
    model = LiverModel(load_config(config))
    name = re.search(r'name(?:, \w+)* = "(\w+)"', text)[1]
    assert name in model.rules
    before = model.natural_killer.rows.killer.sum()
    model.natural_killer.rows.kills[:5] = 3
    for _ in range(3):
        model.step()
    if name == "sparing":
        assert (model.tumor.alive_rows().cd47 > 1).all()
    else:
        assert model.natural_killer.rows.killer.sum() < before


def test_a_measure_of_your_own(tmp_path):
    text = next(text for text in PYTHON if "@measure" in text)
    (tmp_path / "my_measures.py").write_text(text)
    line = re.search(r"`(\{measure: giants.*?\})`", README)[1]
    file = tmp_path / "my_experiment.yaml"
    file.write_text(f"base: quickstart.yaml\nplugins: [my_measures.py]\nmeasures:\n  - {line.replace('14 d', '1 d')}\n")
    [request] = load_experiment(file).measures
    model = LiverModel(load_config(ROOT / "configs" / "quickstart.yaml"))
    look = Look(model, model.ledger.entries)
    assert request.measure(look, above=400) == 0
    look.groups = np.zeros(3, NODULE)
    look.groups["cells"] = 400, 401, 999
    assert request.measure(look, above=400) == 2


def test_from_python(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = next(text for text in PYTHON if "Simulation(model" in text).replace('until="6 h"', 'until="1 h"')
    assert 'until="1 h"' in text
    names: dict = {}
    exec(compile(text, "README.md", "exec"), names)
    assert names["model"].minutes == 60


def test_a_run_is_opened_and_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "quickstart-seed1"
    record = {"snapshots": "1 d", "movie": False, "figures": False}
    model = LiverModel("quickstart", tissue={"width": "0.4 mm", "height": "0.4 mm"}, record=record)
    Simulation(model, folder=folder).run()
    names: dict = {}
    exec(compile(next(text for text in PYTHON if "open_run" in text), "README.md", "exec"), names)
    assert set(names["cells"].columns) >= {"x_um", "y_um", "state"} and names["oxygen"].attrs["units"] == "mmHg"
    assert (tmp_path / "tables" / "cells.csv").exists()


def test_the_formats_of_exports_are_those_shown():
    shown = set(re.findall(r"--to ([\w-]+)", README)) | {"spatialdata", "vtk", "csv"}
    assert shown == {*(format.name for format in FORMATS), "omex"}


def test_the_rules_and_files_named_there_exist():
    listed = re.search(r"> (platelet_cloak ·.*?)\n\n", README, re.DOTALL)[1]
    assert re.findall(r"\w+", listed.replace(">", "")) == [rule.name for rule in RULES]
    for name in re.findall(r"\| `(\w+\.yaml)`", README):
        assert (ROOT / "configs" / name).exists()
    for picture in re.findall(r"\]\((docs/[\w/.]+)\)", README):
        assert (ROOT / picture).exists()


def test_the_interventions_shown_are_valid(tmp_path):
    text = next(text for language, text in BLOCKS if language == "yaml" and "interventions:" in text)
    (tmp_path / "my.yaml").write_text(text)
    config = load_config(tmp_path / "my.yaml")
    assert {entry.kind for entry in config.interventions} == {kind.kind for kind in compose().registry.interventions}
    assert config.begins < 0


def test_the_extending_example_is_valid(tmp_path):
    text = next(text for language, text in BLOCKS if language == "yaml")
    (tmp_path / "my.yaml").write_text(text)
    config = load_config(tmp_path / "my.yaml")
    assert config.labels == {"line": "cx1", "host": "nude"}
    assert not config.rules.nk_killing.enabled
