"""What the Mesa liver knows: six populations and nineteen rules. What has come to `abm` since is left out of comparisons."""

from typing import Any

from abm.config.schema import SHIPPED, Config

POPULATIONS = ("tumor", "kupffer", "endothelium", "natural_killer", "neutrophil", "stellate")
RULES = (
    "platelet_cloak",
    "arrival",
    "endothelial_activation",
    "passage",
    "arrest",
    "kupffer_crawling",
    "phagocytosis",
    "nk_killing",
    "neutrophil_recruitment",
    "netosis",
    "net_trapping",
    "extravasation",
    "stellate_activation",
    "niche_formation",
    "migration",
    "emt",
    "growth",
    "perfusion",
    "kupffer_reprogramming",
)


def without_what_is_new() -> dict[str, Any]:
    """Keys of a config by which every other rule is off and every other population is not there, as `LiverModel(config,
    **without_what_is_new())` takes them."""
    return {
        "rules": {rule.name: {"enabled": False} for rule in SHIPPED.rules if rule.name not in RULES},
        "cells": {
            species.name: {"density": "0 /mm^2"}
            for species in SHIPPED.species
            if species.name not in POPULATIONS and "density" in species.parameters.model_fields
        },
    }


def refuse_what_is_new(config: Config) -> None:
    """Raise ValueError for a config with a rule that the Mesa liver does not know."""
    unknown = [name for name, rule in config.rules if rule.enabled and name not in RULES]
    if unknown:
        raise ValueError(
            f"the Mesa liver knows no {', '.join(unknown)}: make the config with `LiverModel(config, **without_what_is_new())`"
        )
