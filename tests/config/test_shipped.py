"""The shipped configs: each loads, reads well, and stays inside the published ranges."""

import json
from pathlib import Path

import pytest
import yaml

from abm import load_config, load_experiment
from abm.config.describe import json_schema, warnings
from abm.config.schema import compose
from abm.config.shipped import find_config, find_shipped, presets, shipped, shipped_configs
from abm.estimate import estimate
from abm.units import value_at

from .conftest import write

CONFIGS = sorted(path for path in shipped_configs().glob("*.yaml") if path.stem != "calibration")
PRESETS = sorted([*shipped_configs().glob("lines/*.yaml"), *shipped_configs().glob("hosts/*.yaml")])


def test_the_experiments_are_shipped():
    assert {
        "quickstart",
        "mouse_splenic_injection",
        "mouse_whole_section",
        "human_portal_shedding",
        "premetastatic_niche",
        "lesion",
    } <= {path.stem for path in CONFIGS}
    assert len(presets("line")) >= 5 and len(presets("host")) >= 3


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_loads_and_is_explained(path):
    config = load_config(path)
    assert estimate(config).tumor_cells > 0 or config.laid()["tumor"]
    assert path.read_text().count("#") >= 3
    assert config.labels["line"] and config.labels["host"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_no_config_leaves_the_published_ranges(path):
    assert warnings(load_config(path)) == []


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_preset_loads_names_its_reasons_and_stays_in_range(path, tmp_path):
    kind = {"lines": "line", "hosts": "host"}[path.parent.name]
    (tmp_path / "with.yaml").write_text(f"{kind}: {path.stem}\n")
    assert warnings(load_config(tmp_path / "with.yaml")) == []
    comment = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert len(" ".join(comment)) > 80


PATIENTS = {
    "patient": ("cells.natural_killer.activation", 0.6),
    "nafld": ("tissue.steatosis", 1.0),
    "chronic_liver_disease": ("fields.cxcl1.hepatocytes", 0.3),
    "chronic_hepatitis": ("cells.natural_killer.activation", 1.2),
    "cirrhosis": ("tissue.shunted", 0.36),
    "t_cell_deficient": ("cells.cd8.density", 0.0),
    "aged": ("cells.endothelium.capillarisation", 0.3),
}


@pytest.mark.parametrize("host", PATIENTS)
def test_the_liver_of_a_patient_is_a_human_one_but_for_its_disease(host, tmp_path):
    (tmp_path / "with.yaml").write_text(f"host: {host}\n")
    config = load_config(tmp_path / "with.yaml")
    key, value = PATIENTS[host]
    assert value_at(config, key) == value
    assert config.tissue.portal_central_distance == 500.0 and config.rules.arrival.liver_mass == 1500.0
    assert config.cells.macrophage.entry > 0 and config.cells.suppressor.density > 0


@pytest.mark.parametrize("path", [*CONFIGS, *PRESETS], ids=lambda path: path.stem)
def test_editors_find_the_schema(path):
    first = path.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / Path(first.split("=", 1)[1])).resolve() == (shipped_configs() / "crlm.schema.json").resolve()


def test_the_shipped_schema_is_that_of_the_code():
    written = json.loads((shipped_configs() / "crlm.schema.json").read_text())
    assert written == json.loads(json.dumps(json_schema(compose()))), "crlm schema > configs/crlm.schema.json"


def test_everything_that_ships_has_a_name_and_a_sentence():
    for one in shipped():
        assert find_shipped(Path(one.id), one.kind) == find_shipped(Path(f"{one.name}.yaml"), one.kind) == one.path
        assert len(one.sentence) > 15 and one.sentence[-1] not in ":.;" and len(one.sentence) < 260
        if one.kind == "published":
            assert yaml.safe_load(one.path.read_text())["published"]["id"] == one.id
    assert find_shipped(Path("elsewhere/V24"), "published") is None and find_shipped(Path("V24"), "config") is None
    assert load_experiment("who_stops_them").path == find_shipped(Path("who_stops_them"), "experiment")


def test_a_shipped_config_is_found_by_name_or_as_from_a_checkout(folder):
    spleen = folder.parent / "shipped" / "spleen.yaml"
    for name in ("spleen", "spleen.yaml", "configs/spleen.yaml", "configs/spleen"):
        assert find_config(Path(name)) == spleen
    for name in ("nowhere", "lines/mc38.yaml", "../shipped/spleen.yaml", "/spleen.yaml", "configs", "."):
        assert find_config(Path(name)) == Path(name)
    write(folder / "spleen", "")
    assert find_config(Path("spleen")) == Path("spleen"), "one's own file comes first"
