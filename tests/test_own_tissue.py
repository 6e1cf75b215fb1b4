"""Runs that begin with a tissue of one's own."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import abm
from abm import ConfigError, LiverModel, Simulation, cli, load_config
from abm.config.shipped import shipped_configs
from abm.invariants import violations
from abm.ledger import cause, event
from abm.tissue.sites import CENTRAL_VEIN, LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE

from .same_bytes import differing
from .worlds import after

TABLE = (
    "x,y,type\n" + "".join(f"{205 + 10 * k},{195},tumor\n" for k in range(4)) + "95,305,Kupffer\n300,100,neutrophil\n"
)
KEYS = """
extends: quickstart.yaml
duration: 2 h
rules: {{arrival: off}}
record: {{movie: false, figures: false, snapshots: 1 h}}
tissue: {{{}}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cells.csv").write_text(TABLE)
    return tmp_path


def written(folder, tissue):
    (folder / "own.yaml").write_text(KEYS.format(tissue))
    return folder / "own.yaml"


CELLS = "from: cells.csv, width: 0.4 mm, height: 0.4 mm"


def test_cells_start_where_the_table_says(here):
    model = LiverModel(load_config(written(here, CELLS)))
    tumor = model.tumor.alive_rows()
    assert {(cell.row, cell.column) for cell in tumor} == {(19, 20 + k) for k in range(4)} or len(tumor) == 4
    assert (np.abs(tumor.row - 19) <= 3).all() and (tumor.layer == TISSUE).all()
    assert len(set(tumor.clone)) == 1 and tumor.clone[0] == -1, "side by side they are one colony"
    [kupffer] = model.kupffer.alive_rows()
    assert abs(kupffer.row - 30) <= 4 and abs(kupffer.column - 9) <= 4 and kupffer.layer == LUMEN
    assert model.neutrophil.count == 1 and model.natural_killer.count > 1, (
        "who is not in the table is where chance says"
    )
    assert kupffer.zone == model.sites.zone[kupffer.row, kupffer.column]
    assert model.ledger.total(event.ARRIVED, cause.IMPLANT) == 4
    assert not list(violations(model))
    after(model, 5)
    assert not list(violations(model))


def test_y_may_grow_up(here):
    down = LiverModel(load_config(written(here, CELLS)))
    up = LiverModel(load_config(written(here, f"{CELLS}, y_axis: up")))
    assert abs(int(up.kupffer.alive_rows().row[0]) - (39 - int(down.kupffer.alive_rows().row[0]))) <= 8
    assert int(up.kupffer.alive_rows().row[0]) < 20 < int(down.kupffer.alive_rows().row[0])


def test_what_crlm_exports_begins_another_run(here):
    first = LiverModel(load_config(written(here, CELLS)))
    Simulation(first, until="1 h", folder=here / "first").run()
    cells = abm.open_run(here / "first").cells(day=0)
    cells = cells[cells["population"].isin(["tumor", "kupffer", "neutrophil", "natural_killer", "stellate"])]
    cells.to_csv(here / "kept.csv", index=False)
    (here / "own.yaml").write_text(KEYS.format("from: kept.csv, y_axis: up, width: 0.4 mm, height: 0.4 mm"))
    again, start = LiverModel(load_config(here / "own.yaml")), LiverModel(load_config(written(here, CELLS)))
    for name in ("tumor", "kupffer", "neutrophil", "natural_killer", "stellate"):
        there, here_ = (
            sorted(
                zip(model.populations[name].alive_rows().row, model.populations[name].alive_rows().column, strict=True)
            )
            for model in (start, again)
        )
        assert there == here_, name


@pytest.mark.parametrize(
    ("table", "tissue", "told"),
    [
        (
            "x,y,type\n10,10,tumor\n10,900,tumor\n",
            CELLS,
            r"own.yaml:\d+:\d+  tissue.from\n.*csv, row 3: \(10, 900\) um lies outside of",
        ),
        (
            "x,y,type\n10,10,B cell\n",
            CELLS,
            "row 2: 'B cell' is no population; say in tissue.names what 'B cell' means: tumor, ",
        ),
        ("x,y,type\n10,10,endothelium\n", CELLS, "cells.csv, row 2: 'endothelium' is no population"),
        ("x,y,type\n", "from: gone.csv", r"tissue.from\n.*gone.csv cannot be read \(No such file"),
        ("x,y,type\n", "from: cells.txt", "cells.txt is neither a label image"),
    ],
)
def test_what_cannot_be_laid_is_said_with_its_row(here, table, tissue, told):
    (here / "cells.csv").write_text(table)
    with pytest.raises(ConfigError, match=told):
        load_config(written(here, tissue))


def test_a_type_may_be_named_or_ignored(here):
    (here / "cells.csv").write_text("x,y,type\n100,100,B cell\n150,150,CD68+\n200,200,KC\n")
    model = LiverModel(load_config(written(here, f"{CELLS}, names: {{B cell: ignore, CD68+: kupffer, KC: kupffer}}")))
    assert model.kupffer.count == 2


def test_cells_for_which_there_is_no_room_are_named(here, capsys):
    (here / "cells.csv").write_text("x,y,type\n" + "200,200,kupffer\n" * 60)
    assert cli.status_of(["check", str(written(here, CELLS))]) == 2
    assert "(kupffer): there is no free site for it within 50 um" in capsys.readouterr().err


def test_a_run_keeps_its_table_and_goes_on_without_the_first_one(here):
    path = written(here, CELLS)
    assert cli.status_of(["run", str(path), "-o", "first", "--quiet"]) == 0
    assert "from: plugins/cells.csv" in (here / "first" / "config.yaml").read_text()
    (here / "cells.csv").unlink()
    assert cli.status_of(["run", "first/config.yaml", "-o", "second", "--quiet"]) == 0
    assert differing(here / "first", here / "second") == []
    assert cli.status_of(["export", "first", "--to", "omex", "--quiet"]) == 0
    shutil.rmtree(here / "first")
    assert cli.status_of(["run", "first.omex", "-o", "third", "--quiet"]) == 0
    assert differing(here / "second", here / "third") == []


def test_a_batch_with_it(here):
    written(here, CELLS)
    (here / "both.yaml").write_text(
        "base: own.yaml\nreplicates: 1\narms: {control: {}, off: {rules: {growth: off}}}\nmeasures: [{measure: tumor_cells, at: 1 h}]\n"
    )
    assert cli.status_of(["batch", "both.yaml", "-o", "batch", "--workers", "1", "--quiet"]) == 0
    assert (here / "batch" / "plugins" / "cells.csv").exists()
    assert abm.open_batch("batch").table["tumor_cells(at=1 h)"].tolist() == [4, 4]


def test_a_copy_and_a_resumed_run_are_the_same(here):
    model = LiverModel(load_config(written(here, CELLS)))
    branch = after(model.copy(), 3)
    assert (branch.tumor.alive_rows() == after(model, 3).tumor.alive_rows()).all()


def test_implanted_colonies_are_others(here):
    model = LiverModel(load_config(written(here, CELLS)), interventions=[{"implant": 2, "cells": 3}])
    after(model, 1)
    assert sorted(set(model.tumor.alive_rows().clone.tolist())) == [-3, -2, -1]


def drawn(folder, pixels, pixel="10 um", more=""):
    Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / "labels.png")
    height, width = (size * float(pixel.split()[0]) for size in np.shape(pixels))
    tissue = f"from: labels.png, pixel: {pixel}, width: {width} um, height: {height} um, edges: closed{more}"
    return load_config(written(folder, tissue))


def lobule(sinusoids=False):
    """A vein in the middle, portal tracts in the corners, a nodule; on request with sinusoids that are labelled."""
    labels = np.full((50, 60), 4)
    for rows in (slice(0, 5), slice(45, 50)):
        for columns in (slice(0, 5), slice(55, 60)):
            labels[rows, columns] = 1
    labels[22:28, 27:33] = 2
    labels[10:14, 40:44] = 5
    if sinusoids:
        for row, column in zip(range(5, 22), np.linspace(5, 26, 17).round().astype(int), strict=True):
            labels[[row, 49 - row, row, 49 - row], [column, column, 59 - column, 59 - column]] = 3
            labels[[row, 49 - row, row, 49 - row], [column - 1, column - 1, 60 - column, 60 - column]] = 3
    return labels


def test_vessels_are_those_of_the_image_and_sinusoids_grow_between_them(here):
    labels = lobule()
    model = LiverModel(drawn(here, labels))
    kind = model.anatomy.kind
    assert model.shape == (50, 60) and not model.periodic
    assert (kind[labels == 1] == PORTAL_TRACT).all() and (kind[labels == 2] == CENTRAL_VEIN).all()
    assert ((kind == CENTRAL_VEIN) == (labels == 2)).all(), "no other vein"
    assert (
        np.count_nonzero(kind == SINUSOID) > 200 and model.perfused_sinusoids().sum() > 0.9 * (kind == SINUSOID).sum()
    )
    assert {(cell.row, cell.column) for cell in model.tumor.alive_rows()} == set(
        map(tuple, np.argwhere(labels == 5).tolist())
    )
    assert not list(violations(model)) and not list(violations(after(model, 6)))


def test_sinusoids_that_are_labelled_are_kept_and_no_others_grow(here):
    labels = lobule(sinusoids=True)
    kind = LiverModel(drawn(here, labels)).anatomy.kind
    assert ((kind == SINUSOID) <= (labels == 3)).all() and np.count_nonzero(kind == SINUSOID) > 50
    assert (kind[labels == 4] == PARENCHYMA).all()


def test_where_nothing_is_labelled_vessels_grow(here):
    labels = lobule(sinusoids=True)
    labels[:, 30:] = np.where(np.isin(labels[:, 30:], (1, 2)), labels[:, 30:], 0)
    kind = LiverModel(drawn(here, labels)).anatomy.kind
    left, right = kind[:, :25], kind[:, 35:]
    assert ((left == SINUSOID) <= (labels[:, :25] == 3)).all() and np.count_nonzero(right == SINUSOID) > 100
    nothing = LiverModel(drawn(here, np.zeros((60, 60)))).anatomy
    assert (nothing.kind == CENTRAL_VEIN).any() and (nothing.kind == PORTAL_TRACT).any()


def test_an_image_without_way_through_is_refused(here, capsys):
    labels = np.full((40, 40), 4)
    labels[0:3, 0:3], labels[36:, 36:], labels[20, 20] = 1, 2, 3
    drawn(here, labels)
    assert cli.status_of(["check", str(here / "own.yaml")]) == 2
    assert "no sinusoid leads from a portal tract to a central vein" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tissue", "told"),
    [
        ("from: labels.png", "tissue.from\n.*labels.png does not say how large a pixel is"),
        ("from: labels.png, pixel: 5 um, edges: closed", "tissue.height\n.*labels.png is 250 um in height; write that"),
        ("from: labels.png, pixel: 10 um, width: 0.6 mm, height: 0.5 mm", "tissue.edges\n.*write closed"),
    ],
)
def test_what_does_not_fit_an_image_is_said(here, tissue, told):
    Image.fromarray(lobule().astype(np.uint8)).save(here / "labels.png")
    with pytest.raises(ConfigError, match=told):
        load_config(written(here, tissue))


def test_an_image_alone_says_how_large_the_tissue_is(here):
    Image.fromarray(lobule().astype(np.uint8)).save(here / "labels.png")
    (here / "own.yaml").write_text("tissue: {from: labels.png, pixel: 10 um}\n")
    tissue = load_config(here / "own.yaml").tissue
    assert (tissue.width, tissue.height, tissue.edges) == (600, 500, "closed")


def test_the_examples_are_made_by_their_script(tmp_path):
    there = shipped_configs() / "tissues"
    shutil.copy(there / "make.py", tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "make.py")], check=True)
    assert (tmp_path / "cells.csv").read_text() == (there / "cells.csv").read_text()
    with Image.open(tmp_path / "lobules.png") as made, Image.open(there / "lobules.png") as shipped:
        assert (np.asarray(made) == np.asarray(shipped)).all()


@pytest.mark.parametrize(("name", "tumor"), [("own_tissue", 86), ("own_cells", 60)])
def test_the_examples_make_livers(name, tumor):
    model = LiverModel(name)
    assert model.tumor.count == tumor and not list(violations(model))


def test_the_page_shows_what_works(here):
    text = (Path(abm.__file__).parent.parent / "docs" / "your_tissue.md").read_text()
    for name in ("own_tissue.yaml", "own_cells.yaml", "configs/tissues/make.py"):
        assert name in text
    for word in ("missing", "portal", "central_vein", "sinusoid", "parenchyma", "tumor", "Centroid X µm"):
        assert word in text
