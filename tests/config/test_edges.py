"""Numbers at the edges of what is accepted: plausible ones run, and of the others none divides, none is found out late."""

import math
import random
from collections.abc import Iterator

import numpy as np
import pytest

from abm.config.errors import ConfigError, alternatives, is_group, keys_of, quantity_of
from abm.config.loading import load_text
from abm.config.schema import compose
from abm.estimate import estimate
from abm.fields import FIELDS
from abm.fields.field import Signal
from abm.model import LiverModel
from abm.units import Declared, Quantity, declared

SMALL = [
    "tissue.width=240 um",
    "tissue.height=240 um",
    "tissue.portal_central_distance=150 um",
    "rules.arrival.per_area=1000 /mm^2",
]
ROOMY = ["tissue.width=0.5 mm", "tissue.height=0.5 mm", "rules.arrival.per_area=100 /mm^2"]


def groups_of(group: type, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type]]:
    """Every group of keys of the schema that stands in no list, with its path."""
    yield path, group
    for key, annotation in keys_of(group).items():
        for part in alternatives(annotation):
            if is_group(part):
                yield from groups_of(part, (*path, key))


def plausible() -> dict[str, Declared]:
    """Every parameter with a plausible range, by its key."""
    return {
        ".".join((*path, one.name)): one
        for path, group in groups_of(compose())
        for one in declared(group)
        if one.low is not None
    }


def quantities() -> dict[str, Quantity]:
    """Every key that takes a quantity."""
    return {
        ".".join((*path, key)): quantity
        for path, group in groups_of(compose())
        for key, annotation in keys_of(group).items()
        if (quantity := quantity_of(annotation))
    }


def refused(*overrides: str) -> str:
    """What is wrong with a config, if anything; one that is right is estimated too."""
    try:
        estimate(load_text("", overrides))
    except ConfigError as error:
        return str(error)
    return ""


def lives(*overrides: str, steps: int = 1) -> None:
    """Let a liver live for some steps; everything in it must be finite."""
    model = LiverModel(load_text("{duration: 2 h}", overrides))
    for _ in range(steps):
        model.step()
    for name, array in model.state_arrays().items():
        if name.startswith("chance/"):  # where not a number stands for none
            continue
        columns = [array[column] for column in array.dtype.names] if array.dtype.names else [array]
        assert all(np.isfinite(column).all() for column in columns if column.dtype.kind == "f"), name


def test_every_plausible_value_is_accepted_alone():
    """In the default liver of the mouse."""
    ends = [f"{key}={end}" for key, one in plausible().items() for end in (one.low, one.high)]
    assert len(ends) > 400
    assert [said for end in ends if (said := refused(end))] == []


@pytest.mark.parametrize("seed", range(3))
def test_plausible_values_go_together(seed):
    """Any of the ends of all plausible ranges: what the lattice, the vessels and the cells need is there."""
    chance = random.Random(seed)
    drawn = {key: chance.choice((one.low, one.high)) for key, one in plausible().items()}
    del drawn["tissue.width"], drawn["tissue.height"]
    lives(*(f"{key}={value}" for key, value in drawn.items()), *ROOMY, "interventions=[]")


@pytest.mark.parametrize("field", [field.name for field in FIELDS if issubclass(field, Signal)])
def test_the_shortest_decay_lengths_run(field):
    """Where all is lowest or highest that keeps a signal local, in coarse tissue."""
    facts = {one.name: one for one in declared(type(getattr(compose()().fields, field)))}
    lives(
        "tissue.site=12 um",
        *ROOMY,
        f"fields.{field}.diffusion={facts['diffusion'].low}",
        f"fields.{field}.washout=0.1 /s",
        f"fields.{field}.decay={facts['decay'].high}",
    )


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["fields.vegf.diffusion=1 um^2/s", "fields.vegf.washout=0.1 /s"], "fields.vegf.washout"),
        (
            ["fields.tnf.diffusion=0.1 um^2/s"],
            "raise diffusion to at least 1.3 um^2/s, or lower washout to at most 0.0016 /s",
        ),
        (["fields.cxcl1.washout=0 /s", "fields.cxcl1.decay=0 /h"], "nothing takes the field away"),
        (["fields.tgf_beta.diffusion=0 um^2/s"], "must be more than 0 um^2/s"),
        (["tissue.central_vein_diameter=0 um"], "must be more than 0 um"),
        (["tissue.portal_tract_diameter=0 um", "tissue.venule_reach=0"], "must be more than 0 um"),
        (["tissue.tortuosity_wavelength=0 um"], "must be more than 0 um"),
        (["tissue.tortuosity_wavelength=5 um"], "must be at least 20 um"),
        (["tissue.width=150 um"], "width must be at least 190 um, got 150 um"),
        (["tissue.portal_central_distance=90 um"], "portal_central_distance must be at least 95 um, got 90 um"),
        (["rules.arrest.reference_lumen=0 um"], "must be more than 0 um"),
        (["rules.passage.lingering=1000"], "must be at most 5"),
        (["cells.stellate.density=3000 /mm^2"], "make them fewer, such as 110 /mm^2"),
        (["cells.kupffer.density=1300 /mm^2", "cells.neutrophil.density=300 /mm^2"], "cells.kupffer.density"),
        (
            ["cells.kupffer.share_zone_1=0", "cells.kupffer.share_zone_2=0", "cells.kupffer.share_zone_3=0"],
            "must be more than 0",
        ),
    ],
)
def test_what_does_not_fit_together_is_told_when_it_is_read(overrides, said):
    assert said in refused(*overrides) and f"--set {overrides[0].split('.')[0]}" in refused(*overrides)


def test_the_line_of_what_does_not_fit_is_told():
    with pytest.raises(ConfigError, match=r"config:4:14  fields\.vegf\.washout") as caught:
        load_text("tissue: {site: 12 um}\nfields:\n  vegf:\n    washout: 1 /s\n")
    assert "with diffusion 10 um^2/s, decay 0.94 /h and washout 1 /s" in str(caught.value) and "sites of 12 um" in str(
        caught.value
    )


@pytest.mark.parametrize(
    "overrides",
    [
        ["tissue.central_vein_diameter=1 um"],
        ["tissue.portal_tract_diameter=1 um", "tissue.venule_reach=0"],
        ["tissue.widest_plate=0 um"],
        ["tissue.tortuosity_wavelength=20 um"],
        ["tissue.sinusoid_radius_log_sd=2"],
        ["cells.kupffer.phagocytic_fraction=0"],
        ["cells.kupffer.share_zone_1=0", "cells.kupffer.share_zone_2=0", "cells.kupffer.central_activity=0"],
        ["fields.lactate.washout=0 /s"],
        ["fields.oxygen.half_uptake=0 mmHg"],
        ["blood.mobilisation=1e18"],
        ["tissue.edges=closed"],
    ],
    ids=lambda overrides: overrides[0],
)
def test_what_is_accepted_lives(overrides):
    lives(*SMALL, *overrides, steps=3)


@pytest.mark.parametrize("number", [0.0, 1e-12, math.inf])
def test_every_quantity_is_sound_or_refused_at_its_edges(number):
    """At zero, at the smallest number and at the largest of its kind: read and estimated without any error but a clear one."""
    for key, quantity in quantities().items():
        said = refused(f"{key}={quantity.format(min(max(number, quantity.minimum), quantity.maximum))}")
        assert not said or said.startswith(f"--set {key}="), key
