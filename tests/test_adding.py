"""docs/adding.md as its readers would use it: the plugin that its blocks make adds one of everything, and nothing else is touched."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray
import yaml

from abm import LiverModel, Simulation, cli, load_config
from abm.batches.batch import run_batch
from abm.batches.loading import load_experiment
from abm.config.describe import json_schema
from abm.invariants import violations
from abm.tissue.sites import LUMEN

SCOUT = '''"""Scouts: the test's own population."""
import abm


class Scouts(abm.Parameters):
    """Scouts."""


@abm.population
class Scout(abm.LiverCell):
    species = abm.Species(
        name="scout",
        code=20,
        words="scouts",
        parameters=Scouts,
        states=(abm.State("there", abm.Appearance("scout", (10, 20, 30), "round", 0.5)),),
    )
'''
PAGE = (Path(__file__).parent.parent / "docs" / "adding.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's plugin and config, as files."""
    folder = tmp_path_factory.mktemp("adding")
    (folder / "sentinels.py").write_text("\n\n".join(blocks("python")), encoding="utf-8")
    (folder / "sentinels.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(folder):
    """A run of it with everything that is kept, checked after every part of every step."""
    model = LiverModel(folder / "sentinels.yaml", record={"snapshots": "2 h", "checkpoint": "3 h"})
    Simulation(model, folder=folder / "run", check=True).run()
    return model, folder / "run"


def test_it_is_in_the_schema_and_in_the_resolved_config(folder):
    config = load_config(folder / "sentinels.yaml")
    schema = json.dumps(json_schema(type(config)))
    for word in ("sentinel", "alarmin", "sentinel_call", "drill", "cortisol"):
        assert f'"{word}"' in schema
    assert config.cells.sentinel.density == 50 and config.fields.alarmin.decay == 0.5
    assert '"sentinel"' not in json.dumps(
        json_schema(type(load_config("quickstart")))
    )  # another config knows nothing of it


def test_it_lives_in_a_run(run):
    model, _ = run
    cells = model.sentinel.alive_rows()
    assert cells.size and (cells.state == 1).any() and (cells.alertness == np.float32(0.8)).any()
    assert (model.sites.population[LUMEN, cells.row, cells.column] == model.sentinel.code).all()
    assert model.fields["alarmin"].values.max() > 0.1 and model.footprints.sum() > cells.size
    assert not list(violations(model))
    assert "sentinel:" in str(model) and "alarmin:" in str(model) and "cortisol" in str(model)


def test_it_walks_up_the_field_that_it_follows(folder):
    model = LiverModel(folder / "sentinels.yaml", interventions=[])
    before = {(cell.unique_id, cell.row, cell.column) for cell in model.agents_by_type[model.sentinel.agent_class]}
    model.step()
    after = {(cell.unique_id, cell.row, cell.column) for cell in model.agents_by_type[model.sentinel.agent_class]}
    assert len(after - before) > len(before) / 3


def test_it_is_depleted_infused_and_given(run):
    _, folder = run
    table = pd.read_parquet(folder / "timeseries.parquet").set_index("time_min")
    count = table["sentinel"]
    assert count[0] == 13 and count[7 * 60] < 10 and count[8 * 60] > count[7 * 60]
    assert (
        table["blood_cortisol"].max() > 0.9
        and table["alarmin_max"].max() > 0.1
        and table["footprints_total"].max() > 13
    )


def test_it_stands_in_the_snapshots_with_units_and_meanings(run):
    model, folder = run
    frames = xarray.open_zarr(folder / "snapshots.zarr", consolidated=False)
    flags = dict(zip(frames.lumen.flag_values, frames.lumen.flag_meanings.split(), strict=True))
    code = model.sentinel.species.first_picture_code
    assert (flags[code], flags[code + 1]) == ("sentinel_calm", "sentinel_calling")
    assert (frames.lumen[-1] >= code).any() and frames.alarmin.relative_to == "half-maximal effect"
    assert frames.footprints.long_name == "footprints"
    cells = xarray.open_zarr(folder / "snapshots.zarr", group="cells/sentinel", consolidated=False)
    assert cells.called_h.units == "h" and cells.called_h.long_name == "when it began to call"
    assert cells.alertness.valid_range == [0, 1] and cells.state.flag_meanings == "calm calling"


def test_the_movies_legend_shows_it_and_needs_no_plugin_for_that(run):
    from abm.view.frames import Film
    from abm.view.recording import Recording

    recording = Recording(run[1])
    shown = next(shown for shown in recording.cast if shown.name == "sentinel")
    assert [look.label for look in shown.looks.values()] == ["calm", "calling"] and "sentinel" in recording.present
    film = Film.of_recording(recording, field="alarmin", pixels=300)
    others = Film.of_recording(recording, field="alarmin", pixels=300)
    recording.__dict__["present"] = recording.present - {"sentinel"}
    others = Film.of_recording(recording, field="alarmin", pixels=300)
    scene, panel = recording.scene(0, "alarmin"), np.s_[:, film.painter.width :]
    assert not np.array_equal(film.frame(scene)[panel], others.frame(scene)[panel])
    yellow = np.array(shown.looks[max(shown.looks)].colour, int)
    picture = film.frame(recording.scene(-1))[:, : film.painter.width].astype(int)
    assert (np.abs(picture - yellow).sum(axis=-1) < 60).any()


def test_the_pictures_of_the_run_are_drawn(run, capsys):
    assert cli.status_of(["plot", str(run[1]), "--quiet"]) == 0
    movie = ["movie", str(run[1]), "--colour-by", "alertness", "--format", "gif", "--pixels", "160", "--quiet"]
    assert cli.status_of(movie) == 0
    assert (run[1] / "movie_alertness.gif").exists() and (run[1] / "timecourses.png").exists()


def test_it_is_measured(folder):
    (folder / "batch.yaml").write_text(
        yaml.safe_dump(
            {
                "base": "sentinels.yaml",
                "plugins": ["sentinels.py"],
                "replicates": 1,
                "arms": {"control": {}, "loud": {"cells": {"sentinel": {"alarmin": 5}}}},
                "measures": [
                    {"measure": "calling", "at": "5 h"},
                    {"measure": "population_density", "population": "sentinel", "states": "calling", "at": "5 h"},
                    {"measure": "field_mean", "field": "alarmin", "at": "5 h"},
                    {"measure": "field_mean", "field": "footprints", "at": "5 h"},
                    {"measure": "blood_level", "level": "cortisol", "at": "2 h"},
                ],
            }
        ),
        encoding="utf-8",
    )
    run_batch(load_experiment(folder / "batch.yaml"), folder / "batch")
    found = pd.read_parquet(folder / "batch" / "results.parquet").set_index("arm")
    assert (found["status"] == "done").all()
    assert (found["calling(at=5 h)"] > 0).all()
    alarmin = found["field_mean(field=alarmin, at=5 h)"]
    assert alarmin["loud"] > 1.5 * alarmin["control"] > 0


def test_a_resumed_run_is_the_same(folder, run):
    """Killed after its first checkpoint and continued, it has the same bytes."""
    model = LiverModel(folder / "sentinels.yaml", record={"snapshots": "2 h", "checkpoint": "3 h"})

    class Killed(Exception):
        pass

    def kill(simulation):
        if simulation.model.hours >= 5:
            raise Killed

    with pytest.raises(Killed):
        Simulation(model, folder=folder / "again", progress=kill).run()
    other = LiverModel(folder / "sentinels.yaml", record={"snapshots": "2 h", "checkpoint": "3 h"})
    Simulation(other, folder=folder / "again", resume=True).run()
    assert other.hours == 12
    for name, values in run[0].state_arrays().items():
        assert values.tobytes() == other.state_arrays()[name].tobytes(), name


def test_the_catalogue_tells_of_it(folder, capsys):
    config = str(folder / "sentinels.yaml")
    assert cli.status_of(["cells", config, "sentinel"]) == 0
    told = capsys.readouterr().out
    for said in (
        "alertness",
        "how readily it calls",
        "alarmin when calling",
        "antibody to sentinels",
        "6 um/min",
    ):
        assert said in told
    assert cli.status_of(["fields", config, "alarmin", "cortisol"]) == 0
    told = capsys.readouterr().out
    assert "30 um^2/s" in told and "hydrocortisone" in told
    assert cli.status_of(["rules", config, "sentinel_call"]) == 0
    assert "begins to call in saturating TNF" in capsys.readouterr().out


def test_its_copy_goes_the_same_way(folder):
    model = LiverModel(folder / "sentinels.yaml")
    for _ in range(12):
        model.step()
    branch = model.copy()
    for each in (model, branch):
        each.step()
    for name, values in model.state_arrays().items():
        assert values.tobytes() == branch.state_arrays()[name].tobytes(), name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name="sentinel"', 'name="kupffer"', "there is a population 'kupffer' already"),
        ("SENTINEL = 20", "SENTINEL = 3", "lower ones than 20 are for populations that come with the simulator"),
        ("SENTINEL = 20", "SENTINEL = 30", "it must be between 1 and 25"),
        (
            '"alarmin", "cells.sentinel.alarmin"',
            '"alarm", "cells.sentinel.alarmin"',
            "secretes 'alarm', which is no field",
        ),
        ("            HEADING,\n", "", "has no column 'heading', which cells that walk need"),
        ('("calling",)),),', '("shouting",)),),', "has no state 'shouting', in which it should secrete alarmin"),
        ('reads = ("tnf", "blood")', 'reads = ("tfn",)', "reads or writes 'tfn', which does not exist"),
        ('inhibited = ("rate",)', 'inhibited = ("rat",)', "is inhibited at 'rat', which is no rate"),
        ('up="tnf", ', "", "give both `up` and `chemotaxis`"),
        ('up="tnf", ', 'up="tfn", ', "walks up 'tfn', which is no field"),
        (
            '"cells.sentinel.speed"',
            '"cells.sentinel.sped"',
            "a config has no number there; did you mean 'cells.sentinel.speed'?",
        ),
        ('"cells.sentinel.speed"', '"cells.sentinel.density"', "it must be in um/min, and that is in /mm^2"),
        ('"alarmin", "cells.sentinel.alarmin"', '"alarmin", "cells.sentinel"', "a config has no number there"),
        ("(DRAWN_HEADING,)", '(abm.cells.species.Drawn("called_h", 3),)', "either `choices` values or by a `chance`"),
        (
            "(DRAWN_HEADING,)",
            '(abm.cells.species.Drawn("called_h", 3, chance="cells.cd8.specific", level="fever"),)',
            "the level 'fever', which the blood does not",
        ),
        ("@abm.layer\n", "", "the class Footprints is not marked with @layer, and would not be used"),
        ("        walks=(", "        stands=(0, 1),\n        walks=(", "in which it stands elsewhere"),
        ("(250, 250, 60)", "(250, 250, 260)", "the colour of the state 'calling' of the sentinel population is"),
        ('"ring"', '"rund"', "is drawn as 'rund'; shapes are round, ring"),
        ('abm.Column("alertness"', 'abm.Column("size"', "has a column 'size', which means something else"),
        (
            '(abm.Chart("sentinels"), abm.Chart("calling", "calling"))',
            '(abm.Chart("sentinels"))',
            "must be a tuple of Chart",
        ),
        ('("calling",)),),', '("calling")),),', "must be a tuple of str, also for one: (x,)"),
        ('name = "footprints"', 'name = "ecm"', "there is a layer 'ecm' already"),
        ('abm.Column("alertness"', 'abm.Column("called_h"', "has two columns named called_h"),
        (
            'kind: ClassVar[str] = "drill"',
            'kind: ClassVar[str] = "block"',
            "there is a kind of intervention 'block' already",
        ),
    ],
)
def test_what_does_not_go_together_is_told(folder, tmp_path, capsys, old, new, said):
    plugin = (folder / "sentinels.py").read_text(encoding="utf-8")
    assert old in plugin
    (tmp_path / "sentinels.py").write_text(plugin.replace(old, new), encoding="utf-8")
    (tmp_path / "sentinels.yaml").write_text("plugins: [sentinels.py]\n", encoding="utf-8")
    assert cli.status_of(["check", str(tmp_path / "sentinels.yaml")]) == cli.WRONG_INPUT
    told = capsys.readouterr().err
    assert said in " ".join(told.split()) and "sentinels.yaml:1" in told


def test_two_plugins_with_populations_of_one_code(folder, tmp_path, capsys):
    text = (folder / "sentinels.py").read_text(encoding="utf-8")
    (tmp_path / "sentinels.py").write_text(text, encoding="utf-8")
    (tmp_path / "scout.py").write_text(SCOUT, encoding="utf-8")
    (tmp_path / "both.yaml").write_text("plugins: [sentinels.py, scout.py]\n", encoding="utf-8")
    assert cli.status_of(["check", str(tmp_path / "both.yaml")]) == cli.WRONG_INPUT
    told = " ".join(capsys.readouterr().err.split())
    assert "the populations 'sentinel' and 'scout' have one code, 20; give yours another one, such as 21" in told


def test_its_schema_and_its_interventions_are_shown(folder, capsys):
    assert cli.status_of(["schema", str(folder / "sentinels.yaml")]) == 0
    assert '"sentinel"' in capsys.readouterr().out
    assert cli.status_of(["interventions", str(folder / "sentinels.yaml"), "drill"]) == 0
    assert "drill" in capsys.readouterr().out


def test_one_is_added_by_the_name_of_its_population(folder):
    model = LiverModel(folder / "sentinels.yaml")
    free = np.argwhere((model.sites.population[LUMEN] == 0) & (model.sites.kind == 1))[0]
    before = model.sentinel.count
    cell = model.add("sentinel", at=tuple(free))
    assert model.sentinel.count == before + 1 and cell.state_name == model.sentinel.states[0]
    with pytest.raises(ValueError, match="a sentry cannot be added to a liver, only cells of the populations tumor, "):
        model.add("sentry", at=tuple(free))
