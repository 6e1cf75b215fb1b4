"""A small lesion in the tissue, which grows by itself, and what treats it."""

from abm import LiverModel
from abm.config.schema import SHIPPED

from .livers import liver

_FROM_THE_BLOOD = (
    "arrival",
    "platelet_cloak",
    "passage",
    "arrest",
    "anoikis",
    "net_trapping",
    "net_guidance",
    "extravasation",
    "endothelial_activation",
)


def lesion(
    *entries, mm=0.8, cells=600, seed=1, step="30 min", line=None, host=None, parameters=None, **config
) -> LiverModel:
    """A patch of liver with one lesion in its middle and, but for the `host` (population -> its parameters), none of the cells that
    fight it by themselves; `entries` are what is done to it, `line` its tumor cells."""
    parameters = {"growth": {"cycle_time": "60 h", "death_rate": "0 /h"}} | (parameters or {})
    people = {name: {"density": "0 /mm^2"} for name in ("natural_killer", "neutrophil", "kupffer")}
    people |= {"tumor": {"autonomy": 1} | (line or {})} | (host or {})
    return liver(
        *(rule.name for rule in SHIPPED.rules if rule.name not in _FROM_THE_BLOOD),
        mm=mm,
        seed=seed,
        step=step,
        parameters=parameters,
        cells=people,
        interventions=[{"implant": 1, "cells": cells, "at": "middle", "grown": True}, *entries],
        **config,
    )
