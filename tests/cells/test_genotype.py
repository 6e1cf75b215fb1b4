"""Genotypes: what a mutation multiplies, once, and that everything it names is there."""

import pickle
from typing import get_args

import pytest

from abm.cells.genotype import GENES, Gene, effects_of
from abm.config.schema import compose
from abm.units import value_at

EFFECTS = [(gene, effect) for gene, mutation in GENES.items() for effect in mutation.effects]


def with_mutations(*genes, **content):
    content.setdefault("cells", {"tumor": {}})["tumor"]["mutations"] = genes
    return compose(()).model_validate(content)


def numbers(config) -> dict[str, float]:
    return {effect.path: value_at(config, effect.path) for _, effect in EFFECTS}


def test_the_words_of_the_config_are_those_of_the_table():
    assert get_args(Gene) == tuple(GENES)


@pytest.mark.parametrize(("gene", "effect"), EFFECTS, ids=[f"{gene}-{effect.path}" for gene, effect in EFFECTS])
def test_an_effect_has_range_source_and_mark_and_changes_the_number_that_it_names(gene, effect):
    amount = effect.plus or effect.times
    assert effect.low <= amount <= effect.high and effect.low < effect.high
    assert len(effect.source) >= 8 and effect.mark in ("checked", "unverified", "derived", "assumed")
    plain, mutated = numbers(compose(())()), numbers(with_mutations(gene))
    assert mutated[effect.path] == pytest.approx(plain[effect.path] * effect.times + effect.plus)
    other = set(plain) - {own.path for own in GENES[gene].effects}
    assert {path for path in other if mutated[path] != plain[path]} == set()


def test_a_line_without_mutations_is_as_it_is_written():
    assert with_mutations() == compose(())() and with_mutations().labels == {}


def test_pathways_change_a_number_once_and_different_ones_each():
    assert numbers(with_mutations("pi3k", "pten", "pten")) == numbers(with_mutations("pten"))
    assert value_at(with_mutations("ras", "braf"), "cells.tumor.cxcl1") == 1.5
    assert value_at(with_mutations("wnt", "ras", "met"), "cells.tumor.pdl1") == pytest.approx(1.3**3)
    assert len(effects_of(GENES)) == 19


def test_it_multiplies_what_the_config_says():
    config = with_mutations(
        "pi3k", "braf", cells={"tumor": {"cxcl1": 2, "autonomy": 0.95}}, rules={"growth": {"death_rate": "0.01 /h"}}
    )
    assert config.cells.tumor.cxcl1 == 3.0
    assert config.cells.tumor.autonomy == 1.0, "a share stays one"
    assert config.rules.growth.death_rate == pytest.approx(0.007)


def test_the_resolved_config_has_the_numbers_and_tells_the_mutations_by_a_label():
    config = with_mutations("ras", "pi3k")
    assert config.cells.tumor.mutations == () and config.labels == {"mutations": "ras, pi3k"}
    assert compose(()).model_validate(config.model_dump(mode="json")) == config
    assert pickle.loads(pickle.dumps(config)) == config


def test_what_is_added_to_a_resolved_config_changes_what_has_not_been_changed():
    told = with_mutations("ras", "pi3k").model_dump(mode="json")
    told["cells"]["tumor"]["mutations"] = ["pten", "ras", "smad4"]
    again = compose(()).model_validate(told)
    assert numbers(again) == numbers(with_mutations("ras", "pi3k", "smad4"))
    assert again.labels == {"mutations": "ras, pi3k, pten, smad4"}


def test_unknown_genes_are_refused(tmp_path):
    from abm.config.errors import ConfigError
    from abm.config.loading import load_config

    file = tmp_path / "x.yaml"
    file.write_text("cells:\n  tumor: {mutations: [kras]}\n")
    with pytest.raises(ConfigError, match="did you mean 'ras'"):
        load_config(file)
