"""A run folder in the format of real ones, with made-up contents, in a few milliseconds."""

import json

import numpy as np
import pandas as pd
import pytest
import zarr
from zarr.storage import LocalStore

from abm.config.schema import SHIPPED
from abm.record.scene import Scene
from abm.tissue.sites import CENTRAL_VEIN, LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE

FIELDS = ("tnf", "oxygen")


def small_tissue(rows: int = 24, columns: int = 30) -> np.ndarray:
    """Sinusoids every third line, linked by one column, between a portal tract and a central vein."""
    kind = np.full((rows, columns), PARENCHYMA, np.uint8)
    kind[1::3] = SINUSOID
    kind[:, columns // 2] = SINUSOID
    kind[:3, :3] = PORTAL_TRACT
    kind[-3:, -3:] = CENTRAL_VEIN
    return kind


def empty_scene(kind: np.ndarray, minutes: float = 0.0) -> Scene:
    nobody, nothing = np.zeros(kind.shape, np.uint8), np.zeros(kind.shape, np.float32)
    return Scene(
        minutes,
        {"lumen": nobody.copy(), "tissue": nobody.copy()},
        (kind == SINUSOID).astype(np.uint8),
        (kind == PARENCHYMA).astype(np.uint8),
        nothing.copy(),
        nothing.copy(),
        nothing.copy(),
        nothing.copy(),
    )


@pytest.fixture
def kind():
    return small_tissue()


@pytest.fixture
def scene(kind):
    """Every population somewhere."""
    scene = empty_scene(kind, 1500.0)
    for name, layer, row in (("lumen", LUMEN, 4), ("tissue", TISSUE, 10)):
        for column, code in enumerate(usually_in(layer)):
            scene.standing[name][row, column] = code
    return scene


def usually_in(layer: int) -> list[int]:
    """The numbers in pictures of the states that usually stand in a layer."""
    return [
        species.first_picture_code + state
        for species in SHIPPED.species
        for state, declared in enumerate(species.states)
        if declared.look is not None and species.layers_of(state)[:1] == (layer,)
    ]


@pytest.fixture
def run(tmp_path, scene, kind):
    """A run of 5 frames in chunks of 2; the store has room for a sixth, of which the time is NaN."""
    folder = tmp_path / "run"
    folder.mkdir()
    group = zarr.create_group(
        LocalStore(folder / "snapshots.zarr"),
        attributes={
            "title": "a made-up run",
            "spacing_um": 10.0,
            "cast": [species.shown.plain for species in SHIPPED.species if not species.is_wall],
        },
    )
    times = np.array([0.0, 120.0, 240.0, 360.0, 480.0, np.nan])
    group.create_array("time", shape=(6,), dtype="f8", fill_value=np.nan)[:] = times
    group.create_array("site_kind", shape=kind.shape, dtype="u1")[:] = kind
    lattices = {
        name: getattr(scene, name) for name in ("perfused", "hepatocyte", "ecm", "nets", "e_selectin")
    } | scene.standing
    lattices |= {name: np.random.default_rng(1).random(kind.shape, np.float32) for name in FIELDS}
    lattices["oxygen"] = lattices["oxygen"] + 40
    for name, values in lattices.items():
        dtype = values.dtype if values.dtype == np.uint8 else np.float16
        array = group.create_array(
            name,
            shape=(6, *kind.shape),
            chunks=(2, *kind.shape),
            dtype=dtype,
            fill_value=0,
            attributes={"unit": "mmHg" if name == "oxygen" else "1"},
        )
        for k in range(5):
            array[k] = np.roll(values, k, axis=1) if name in ("lumen", *FIELDS) else values
    hours = np.arange(9.0)
    columns = {f"tumor_{state}": 10 * np.exp(-hours / 5) for state in ("held", "adherent", "extravasated", "dormant")}
    columns |= {f"events_{name}": 3 * hours for name in ("passed", "phagocytosed", "killed", "died")}
    columns |= {
        "neutrophil": 20 + hours,
        "natural_killer": 60 - hours,
        "nodules": hours // 3,
        "tumor_area_um2": 400 * hours,
        "tnf_max": hours / 9,
        "oxygen_mean": 40 - hours,
        "ecm_total": hours,
    }
    pd.DataFrame({"time_min": 60 * hours, **columns}).to_parquet(folder / "timeseries.parquet")
    events = [
        (60.0, "arrived", "none", 0),
        (60.0, "arrived", "none", 1),
        (60.0, "passed", "none", 1),
        (65.0, "held", "size", 0),
    ]
    pd.DataFrame(events, columns=["time_min", "event", "cause", "clone"]).to_parquet(folder / "events.parquet")
    config = {"name": "a made-up run", "tissue": {"site": "10 um"}, "record": {"micrometastasis_cells": 4}}
    (folder / "manifest.json").write_text(json.dumps({"config": config}))
    return folder
