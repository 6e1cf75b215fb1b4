"""What every rule owes: declarations, units, sources, marks and ranges. A new rule inherits these tests."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

import abm.rules
from abm.config.schema import SHIPPED, compose
from abm.ledger import cause, event
from abm.model import LiverModel
from abm.rules import RULES, RuleParameters, in_order
from abm.tissue.parameters import TissueParameters
from abm.units import declared
from tests.worlds import act, treatment

NOT_RULES = {"__init__", "clusters", "holding", "rule", "supply", "surroundings"}

GROUPS: list[type[BaseModel]] = [
    *(rule.Parameters for rule in RULES),
    TissueParameters,
    *(compose().model_fields[group].annotation for group in ("secretion", "blood")),
    *(species.parameters for species in SHIPPED.species),
    *(field.Parameters for field in SHIPPED.fields),
]
DECLARED = [(group, entry) for group in GROUPS for entry in declared(group)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
class TestEveryRule:
    def test_has_its_own_file_and_test_file(self, rule):
        module = importlib.import_module(rule.__module__)
        assert Path(module.__file__).stem == rule.name
        assert (Path(__file__).parent / f"test_{rule.name}.py").exists()

    def test_says_what_happens_and_who_showed_it(self, rule):
        text = importlib.import_module(rule.__module__).__doc__
        assert 3 <= len(text.strip().splitlines()) <= 14
        assert re.search(r"(19|20)\d\d", text), "the docstring names no source"

    def test_declares_known_names(self, rule):
        assert {*rule.reads, *rule.writes} <= SHIPPED.touched
        assert rule.writes
        assert set(rule.events) <= set(event.NAMES)
        assert all(set(causes) <= set(cause.NAMES) for causes in rule.events.values())

    def test_what_can_be_inhibited_are_rates_speeds_or_times_of_its_own(self, rule):
        units = {entry.name: entry.unit for entry in declared(rule.Parameters)}
        assert set(rule.inhibited) <= set(units)
        assert {units[name] for name in rule.inhibited} <= {"/h", "h", "um/min"}

    def test_parameters_are_a_group_that_can_be_switched_off(self, rule):
        assert issubclass(rule.Parameters, RuleParameters)
        assert rule.Parameters.model_validate("off").enabled is False
        assert rule.Parameters.model_validate(False).enabled is False
        assert rule.Parameters().enabled is True


@pytest.mark.parametrize(
    ("group", "entry"), DECLARED, ids=[f"{group.__qualname__}.{entry.name}" for group, entry in DECLARED]
)
def test_every_parameter_has_range_source_mark_and_meaning(group, entry):
    assert entry.mark in ("checked", "unverified", "derived", "assumed")
    assert len(entry.source) >= 8
    assert len(entry.description) >= 15
    default = getattr(group(), entry.name)
    if entry.quantity is not None:
        assert entry.low is not None and entry.high is not None, "no plausible range"
        low, high = entry.quantity.parse(entry.low), entry.quantity.parse(entry.high)
        assert low <= default <= high, "the default lies outside its own range"


def test_every_numeric_parameter_of_a_rule_is_declared():
    undeclared = {
        f"{rule.name}.{name}"
        for rule in RULES
        for name, field in rule.Parameters.model_fields.items()
        if field.annotation in (int, float) and name not in {entry.name for entry in declared(rule.Parameters)}
    }
    # what the experimenter chooses is no number of the biology
    assert undeclared <= {"arrival.enrichment", "arrival.founder_enrichment"}


def test_every_file_in_the_folder_is_a_rule():
    files = {path.stem for path in Path(abm.rules.__file__).parent.glob("*.py")} - NOT_RULES
    assert files == {rule.name for rule in RULES}


def test_names_are_unique_and_composed_into_the_config():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(compose()().rules.model_fields_set | set(type(compose()().rules).model_fields)) == set(names)


def test_a_rule_of_the_same_name_is_refused():
    with pytest.raises(ValueError, match="there is a rule 'growth' already"):
        in_order((next(rule for rule in RULES if rule.name == "growth"),))


def test_agents_carry_the_columns_of_their_table():
    for agent in SHIPPED.populations:
        assert {"alive", "state", "layer", "row", "column", "uid"} <= set(agent.dtype.names)
        assert len(agent.states) >= 2


class Written:
    """What each part of the steps of a liver changed, by the names that rules declare, and entered into the ledger."""

    def __init__(self, model):
        self.model = model
        self.changed: dict[str, set[str]] = {}
        self.entered: dict[str, set[tuple[str, str]]] = {}
        self._before, self._seen = self._state(), 0
        model.watch = self.look

    def _state(self) -> dict[str, bytes]:
        state = {name: array.tobytes() for name, array in self.model.state_arrays().items()}
        flow = self.model.flow
        return (
            state
            | {f"flow/{name}": getattr(flow, name).tobytes() for name in ("pressure", "speed_um_per_s", "carries")}
            | {f"sites/{name}": getattr(self.model.sites, name).tobytes() for name in ("kind", "zone", "endothelium")}
        )

    def look(self, part: str) -> None:
        now, entries = self._state(), np.asarray(self.model.ledger.entries)
        changed = {name for name in now if now[name] != self._before[name]} - {"sites/occupant", "sites/population"}
        self.changed.setdefault(part, set()).update(map(_declared_as, changed))
        moved = (now["sites/population"], now["sites/occupant"]) != (
            self._before["sites/population"],
            self._before["sites/occupant"],
        )
        assert not moved or any(name.startswith("cells/") for name in changed), (
            f"{part} moves cells that know nothing of it"
        )
        self.entered.setdefault(part, set()).update(
            (event.NAMES[entry["event"]], cause.NAMES[entry["cause"]]) for entry in entries[self._seen :]
        )
        self._before, self._seen = now, entries.size


def _declared_as(array: str) -> str:
    """The name by which rules declare that they write an array of the state."""
    group, _, name = array.partition("/")
    return group if group in ("flow", "drugs", "blood") else name


@pytest.fixture(scope="module")
def written():
    """What the rules write in a small liver in which everything happens."""
    drug = treatment(
        act(kill="cycling", rate="0.02 /h"),
        act(block="egfr"),
        act(block="ctla4"),
        act(damage="sinusoids", rate="0.02 /h"),
        act(remove="fibroblasts", rate="0.02 /h"),
    )
    model = LiverModel(
        seed=3,
        step="10 min",
        tissue={"width": "0.5 mm", "height": "0.5 mm"},
        cells={
            "neutrophil": {"density": "60 /mm^2"},
            "cd8": {"density": "60 /mm^2", "specific": 0.5},
            "cd4": {"density": "100 /mm^2"},
            "treg": {"density": "5 /mm^2", "entry": "0.01 /h"},
            "dendritic": {"density": "60 /mm^2"},
            "macrophage": {"entry": "0.02 /h"},
            "suppressor": {"density": "30 /mm^2", "ccl2_entry": "0.01 /h"},
            "inkt": {"density": "60 /mm^2"},
            "tumor": {"ccdc25": 1, "antigen": 1, "replacement": 0.5},
        },
        interventions=[
            {"stimulate": "exosomes", "level": 1},
            {"stimulate": "lps", "level": 3},
            {"degrade": "nets", "start": "10 h", "stop": "12 h"},
            {"infect": 0.5, "start": "8 h"},
            *drug["interventions"],
        ],
        drugs=drug["drugs"],
        regimens=drug["regimens"],
        rules={
            "arrival": {"per_area": "500 /mm^2", "doses": [{"over": "4 h"}]},
            "arrest": {"wall_bond": "1 /h", "detachment": "0.5 /h", "shear_death": "0.1 /h"},
            "extravasation": {"rapid_half_time": "0.5 h", "epithelial_speed": 1},
            "growth": {"cycle_time": "2 h", "death_rate": "0.05 /h", "dormancy_rate": "0.3 /h", "wake_rate": "1 /h"},
            "nk_killing": {"rate": "5 /h"},
            "netosis": {"rate": "1 /h"},
            "neutrophil_killing": {"rate": "0.05 /h"},
            "perfusion": {"collapse_rate": "1 /h"},
            "angiogenesis": {"sprout": "1 /h"},
            "anoikis": {"rate": "0.3 /h"},
            "antigen_presentation": {"maturation": "1 /h", "tolerance": "1 /h", "stay": "1 h", "nibbling": "1 /h"},
            "macrophage_phagocytosis": {"rate": "0.5 /h"},
            "leukocyte_crossing": {"rate": "3 /h"},
            "macrophage_polarisation": {"time": "1 h", "tnf": 0, "ifn_gamma": 0},
            "t_cell_elimination": {"rate": "5 /h"},
            "t_cell_residence": {"rate": "0.1 /h"},
            "hepatitis": {"rate": "1 /h"},
            "kupffer_reprogramming": {"rate": "1 /h"},
            "helper_differentiation": {"commitment": "1 h"},
            "stellate_deletion": {"rate": "1 /h"},
            "fibroblast_state": {"rate": "0.1 /h"},
            "fibroblast_growth": {"rate": "1 /h"},
            "matrix_cleavage": {"kupffer_rate": "0.1 /h"},
            "drug_killing": {"delay": "2 h"},
            "viral_spread": {"eclipse": "1 h", "lysis": "1 h"},
            "growth_signalling": {"death_rate": "0.02 /h"},
        },
    )
    found = Written(model)
    for _ in range(120):
        model.step()
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_writes_what_it_declares_and_nothing_else(written, rule):
    part = f"the rule '{rule.name}'"
    assert written.changed[part] == set(rule.writes)
    assert {happened for happened, _ in written.entered[part]} == set(rule.events)
    known = {(happened, by) for happened, causes in rule.events.items() for by in ("none", *causes)}
    assert written.entered[part] <= known
