"""What the declaration of a population refuses, before anything is simulated with it."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from abm.cells.cd8 import CD8TCell
from abm.cells.natural_killer import NaturalKillerCell
from abm.cells.population import LiverCell
from abm.cells.species import HEADING, Appearance, Chart, Column, Secretes, Shape, Species, State, Walk
from abm.config.schema import SHIPPED
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
from abm.units import Parameters
from abm.view.sprites import cell_picture

WALK = Walk("cells.guest.speed", "cells.guest.persistence")


def guest(**declared):
    """A population that is sound but for what is given."""
    defaults = {
        "name": "guest",
        "code": 20,
        "words": "guests",
        "parameters": Parameters,
        "states": (State("calm", Appearance("calm", (200, 200, 100), "round", 0.5)), State("settled")),
        "columns": (HEADING,),
    }
    return Species(**(defaults | declared))


def looking(**look):
    return (State("calm", Appearance("calm", (200, 200, 100), "round", 0.5)._replace(**look)),)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"states": looking(shape="rund")}, "drawn as 'rund'; shapes are round, ring"),
        ({"states": looking(colour=(0, 0, 256))}, "each 0 to 255"),
        ({"states": looking(colour="#50dcff")}, "each 0 to 255"),
        ({"stands": 0}, "`stands` must be a tuple of int"),
        ({"charts": Chart("guests")}, "`charts` must be a tuple of Chart"),
        ({"secretes": Secretes("tnf", "secretion.kupffer_tnf")}, "`secretes` must be a tuple of Secretes"),
        ({"secretes": (Secretes("tnf", "secretion.kupffer_tnf", "calm"),)}, "`states of tnf` must be a tuple of str"),
        ({"walks": WALK}, "`walks` must be a tuple of Walk"),
        ({"walks": (WALK._replace(states="calm"),)}, "`states of its walk` must be a tuple of str"),
        ({"depleted": "antibody"}, "`depleted` must be a Target"),
        (
            {"stands": (LUMEN, TISSUE), "walks": (WALK,)},
            "walks in the state 'calm', in which it stands elsewhere",
        ),
        ({"states": (State("calm"), State("gone", stands=())), "walks": (WALK,)}, "walks in the state 'gone'"),
        (
            {"states": (State("calm"), State("inside", stands=(INTERSTITIUM,))), "walks": (WALK,)},
            "walks in the state 'inside', in which it stands elsewhere",
        ),
    ],
)
def test_what_would_fail_later_is_refused(declared, said):
    assert guest(walks=(WALK,)).layers_of(0) == (LUMEN,)
    with pytest.raises((ValueError, TypeError), match="guest") as caught:
        guest(**declared)
    assert said in str(caught.value)


def test_who_stops_walking_may_stand_elsewhere_or_walk_there():
    states = (State("calm"), State("inside", stands=(INTERSTITIUM,)))
    patrol, search = WALK._replace(states=("calm",)), WALK._replace(states=("inside",))
    assert guest(states=states, walks=(patrol,)).layers_of(1) == (INTERSTITIUM,)
    both = guest(states=states, walks=(patrol, search))
    assert [both.layer_of(walk) for walk in both.walks] == [LUMEN, INTERSTITIUM]


@pytest.mark.parametrize("name", ["remove", "model", "is_alive", "pos", "size", "dtype", "species", "cell"])
def test_a_column_does_not_hide_what_every_agent_has(name):
    with pytest.raises(ValueError, match=f"has a column '{name}', which means something else"):
        type("Guest", (LiverCell,), {"species": guest(columns=(HEADING, Column(name, "f4", "a number")))})


def test_every_shape_is_drawn_in_its_own_way():
    pictures = [cell_picture(looking(shape=shape)[0].look, 12) for shape in get_args(Shape)]
    for n, first in enumerate(pictures):
        assert all(not np.array_equal(first, second) for second in pictures[:n])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"supply": {"up": "ifn_gama"}}, "is called by 'ifn_gama', which is no field"),
        ({"crosses": {"up": ("ifn_gamma", "cl2")}}, "is called by 'cl2', which is no field"),
        ({"supply": {"receptor": "cxcr33"}}, "by the receptor 'cxcr33', which is no molecule"),
    ],
)
def test_what_calls_a_population_exists(changes, said):
    species = CD8TCell.species
    changed = replace(species, **{name: getattr(species, name)._replace(**how) for name, how in changes.items()})
    other = type("Other", (LiverCell,), {"species": changed})
    populations = tuple(other if one is CD8TCell else one for one in SHIPPED.populations)
    with pytest.raises(ValueError, match=said):
        SHIPPED._replace(populations=populations).refuse_misfits()
    assert SHIPPED.refuse_misfits() is None and "ifn_gamma" in species.called_by


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"receptor": "cxcr33"}, "'natural_killer' is called by the receptor 'cxcr33', which is no molecule"),
        ({"up": "ifn_gama"}, "'natural_killer' walks up 'ifn_gama', which is no field"),
    ],
)
def test_what_leads_a_walk_exists(changes, said):
    species = NaturalKillerCell.species
    changed = replace(species, walks=(species.walks[0]._replace(**changes),))
    other = type("Other", (LiverCell,), {"species": changed})
    populations = tuple(other if one is NaturalKillerCell else one for one in SHIPPED.populations)
    with pytest.raises(ValueError, match=said):
        SHIPPED._replace(populations=populations).refuse_misfits()
