"""What every kind of intervention owes. A new kind inherits these tests."""

import importlib
import re
from pathlib import Path
from typing import get_args

import pytest

import abm.interventions
from abm.config.schema import compose
from abm.interventions import Conditional, Operation
from abm.units import declared
from tests.worlds import treatment

KINDS = compose().registry.interventions
NOT_KINDS = {"__init__", "condition", "intervention", "operation"}
NUMBERS = [
    (kind, target, entry)
    for kind in KINDS
    for target in (None, *kind.targets)
    for entry in kind.known(target)
    if target is None or entry.name in kind.targets[target].numbers
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
class TestEveryKind:
    def test_has_its_own_file_and_test_file(self, kind):
        module = importlib.import_module(kind.__module__)
        assert Path(module.__file__).stem == kind.kind
        assert (Path(__file__).parent / f"test_{kind.kind}.py").exists()

    def test_says_what_is_done_and_who_did_it(self, kind):
        text = importlib.import_module(kind.__module__).__doc__
        assert 3 <= len(text.strip().splitlines()) <= 12
        assert re.search(r"(19|20)\d\d", text) or kind.kind == "knock_out", "the docstring names no source"

    def test_its_key_comes_first_and_is_needed(self, kind):
        assert kind.model_fields[kind.kind].is_required()
        others = [name for name, field in kind.model_fields.items() if field.is_required()]
        assert others == [kind.kind], "nothing else may be needed"

    def test_its_targets_are_those_that_its_key_takes(self, kind):
        words = get_args(kind.model_fields[kind.kind].annotation)
        if kind.targets:
            assert set(words) == set(kind.targets)

    def test_every_target_has_its_source(self, kind):
        for name, target in kind.targets.items():
            assert target.mark in ("checked", "unverified", "derived", "assumed"), name
            assert len(target.agent) >= 4 and len(target.source) >= 8, name
            assert set(target.numbers) <= set(kind.model_fields), name

    def test_every_key_says_what_it_is(self, kind):
        for name, field in kind.model_fields.items():
            assert len(field.description or "") >= 4, name


@pytest.mark.parametrize(("kind", "target", "entry"), NUMBERS, ids=[f"{k.kind}-{t}-{e.name}" for k, t, e in NUMBERS])
def test_every_number_has_a_unit_range_source_mark_and_meaning(kind, target, entry):
    assert entry.mark in ("checked", "unverified", "derived", "assumed")
    assert len(entry.source) >= 8 and len(entry.description) >= 15
    assert entry.quantity is not None
    low, default, high = (entry.quantity.parse(value) for value in (entry.low, entry.default, entry.high))
    assert low <= default <= high and not entry.outside(default)


def test_every_numeric_key_is_declared_or_chosen():
    chosen = {
        "deplete.fraction",
        "deplete.away",
        "deplete.recovery",
        "block.fraction",
        "block.half_life",
        "inhibit.fraction",
        "inhibit.half_life",
        "degrade.clearance",
        "stimulate.level",
        "stimulate.half_life",
        "infuse.per_area",
        "infuse.per_liver",
        "infuse.per_patient",
        "infuse.over",
        "infect.infect",
        "implant.implant",
        "implant.cells",
        "therapy.cycles",
        "therapy.pause",
        "therapy.dose",
        "therapy.limits",
        "implant.grown",
        "irradiate.dose",
        "irradiate.fractions",
        *(f"{kind.kind}.when" for kind in KINDS if issubclass(kind, Conditional)),
        *(f"{kind.kind}.within" for kind in KINDS if issubclass(kind, Operation)),
    }
    undeclared = {
        f"{kind.kind}.{name}"
        for kind in KINDS
        for name, field in kind.model_fields.items()
        if name not in {*(entry.name for entry in declared(kind)), "start", "stop", "every"}
        and "str" not in str(field.annotation)
        and "Literal" not in str(field.annotation)
    }
    assert undeclared == chosen, "a number of the biology needs a source"


def test_every_file_in_the_folder_is_a_kind():
    files = {path.stem for path in Path(abm.interventions.__file__).parent.glob("*.py")} - NOT_KINDS
    assert files == {kind.kind for kind in KINDS}


def test_every_kind_can_be_written_in_a_config():
    config = compose()
    for kind in KINDS:
        own = {"cytotoxic": "oxaliplatin", "implant": 3, "infect": 0.1, "therapy": "once"}
        own |= dict.fromkeys((each.kind for each in KINDS if issubclass(each, Operation)), "all")
        target = next(iter(kind.targets), own.get(kind.kind))
        extra = {"per_area": "5 /mm^2"} if kind.kind == "infuse" else {}
        drugs = treatment() if kind.kind == "therapy" else {}
        written = config.model_validate(drugs | {"interventions": [{kind.kind: target, **extra}]})
        (entry,) = written.interventions
        assert isinstance(entry, kind) and entry.target == target
        assert next(iter(written.model_dump(mode="json")["interventions"][0])) == kind.kind
