"""Copies, pickles and reloads: each is a whole liver with the same future to the byte, or is refused."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import mesa
import numpy as np
import pytest

from abm import KupfferCell, LiverModel, Simulation, TumorCell, load_config
from abm.record.timeseries import Timeseries
from tests import worlds
from tests.worlds import LIVELY, after, state_of

COURSES = [
    {"inhibit": "growth", "fraction": 0.5, "start": "1 h", "stop": "3 h"},
    {"deplete": "kupffer", "start": "2 h"},
    {"stimulate": "exosomes", "level": 0.5, "stop": "5 h"},
]
PLUGIN = '''
import numpy as np
from abm import Rule, rule

@rule
class Roaming(Rule):
    """Roaming: each step one tumor cell, by Mesa's chance, loses its platelets (Made up 2020)."""
    name = "roaming"
    writes = ("tumor",)

    def apply(self, liver):
        living = np.flatnonzero(liver.tumor.used.alive)
        if living.size:
            liver.tumor.rows[liver.random.choice(living)].platelets = liver.rng.random()
'''
COPIES = pytest.mark.parametrize(
    "copied",
    [
        LiverModel.copy,
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: copy.deepcopy(pickle.loads(pickle.dumps(model))),
    ],
    ids=["copy", "copy.copy", "deepcopy", "pickle", "of a copy"],
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The config of a small liver in which much happens, with a rule of the user's that draws from Mesa's chance."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "own.py").write_text(PLUGIN)
    (folder / "own.yaml").write_text("plugins: [own.py]\n")
    return load_config(folder / "own.yaml")


lively = partial(worlds.lively, mm=0.4, interventions=COURSES, duration="6 h")
"""A small liver in which much happens, for six hours."""


def everything(model: LiverModel) -> dict[str, bytes]:
    """All that a liver is, as bytes."""
    found = {name: array.tobytes() for name, array in state_of(model).items()}
    return found | {
        "entries": model.ledger.entries.tobytes(),
        "random": repr(model.random.getstate()),
        "rng": repr(model.rng.bit_generator.state),
        "steps": model.steps,
        "running": model.running,
        "collected": repr(model.datacollector.model_vars),
        "sites": b"".join(np.ascontiguousarray(array).tobytes() for array in model.sites[:6]),
        "pressure": model.flow.pressure.tobytes(),
        "config": model.config.model_dump_json(),
    }


@COPIES
def test_a_copy_has_the_same_future_and_the_original_goes_on_undisturbed(config, copied):
    model = after(lively(config), 20)
    before = everything(model)
    other = copied(model)
    assert type(other) is LiverModel and everything(other) == before
    after(other, 20)
    assert everything(model) == before, "the original has moved with its copy"
    assert everything(after(model, 20)) == everything(other)
    assert model.ledger.total("divided") and model.ledger.total("killed") and model.kupffer.count


def test_a_copy_of_the_beginning_and_of_the_end():
    model = lively()
    assert everything(after(model.copy(), 10)) == everything(after(model, 10))
    after(model, 62)
    assert not model.running and not model.copy().running


def test_a_branch_is_its_own(config):
    model = after(lively(config), 20)
    branch = model.copy()
    before = everything(model)
    for cell in branch.agents_by_type[KupfferCell]:
        cell.remove()
    branch.fields["tnf"].values[:] = 5.0
    branch.step()
    assert everything(model) == before and branch.kupffer.count == 0 < model.kupffer.count
    cell = next(iter(model.agents_by_type[KupfferCell]))
    cell.state = (cell.state + 1) % 2
    assert branch.fields["tnf"].values is branch.grid.layer("tnf").data, "layers share their memory in the copy too"


def test_a_copy_goes_on_in_a_run_and_its_checkpoint_reloads(tmp_path, config):
    model = after(lively(config), 24)
    whole = Simulation(model.copy(), folder=tmp_path / "whole").run().model
    seen = []

    def branch(simulation):
        if simulation.model.step_number == 40:
            seen.append(simulation.model.copy())

    run = Simulation(model, recorders=[Timeseries("1 h")], progress=branch).run()
    assert [*run.model.state_arrays()] == [*whole.state_arrays()]
    ended = after(seen[0], run.model.step_number - 40)
    for name, array in run.model.state_arrays().items():
        assert array.tobytes() == whole.state_arrays()[name].tobytes() == ended.state_arrays()[name].tobytes(), name
    reloaded = lively(config)
    reloaded.load_state(model.copy().state_arrays())
    assert reloaded.step_number == model.step_number and not reloaded.running


def test_what_hangs_on_a_model_is_copied_with_it():
    model = after(lively(), 12)
    model.favourite, model.dead, *_ = model.agents_by_type[TumorCell]
    model.notes = ["seen"]
    model.dead.remove()
    model.datacollector = mesa.DataCollector({"tumor": lambda liver: liver.tumor.count}, {"state": "state_name"})
    model.step()
    other = model.copy()
    assert other.favourite.model is other and other.favourite is not model.favourite
    assert other.favourite.unique_id == model.favourite.unique_id and other.favourite in set(other.agents)
    assert not other.dead.is_alive and other.dead.unique_id == model.dead.unique_id
    assert other.notes == ["seen"] and other.notes is not model.notes
    after(other, 2)
    assert len(other.datacollector.model_vars["tumor"]) == 3 and len(model.datacollector.model_vars["tumor"]) == 1


class Watched(LiverModel):
    """A user's subclass with a constructor and a memory of its own."""

    def __init__(self, label, **overrides):
        super().__init__(**overrides)
        self.label, self.seen = label, []

    def step(self):
        super().step()
        self.seen.append(self.tumor.count)


def test_a_subclass_is_copied_with_its_memory():
    model = after(Watched("mine", tissue={"width": "0.4 mm", "height": "0.4 mm"}, rules=LIVELY), 5)
    other = pickle.loads(pickle.dumps(model))
    assert type(other) is Watched and (other.label, other.seen) == ("mine", model.seen)
    assert after(other, 3).seen == after(model, 3).seen and len(model.seen) == 8


def test_in_the_middle_of_a_step_there_is_no_copy():
    model = lively()
    model.watch = lambda part: model.copy()
    with pytest.raises(RuntimeError, match="step 0 has not ended"):
        model.step()


def test_rules_that_are_not_those_of_the_config_are_refused():
    model = after(lively(), 3)
    order = dict(model.rules)
    growth = model.rules.pop("growth")
    for copied in (model.copy, lambda: pickle.dumps(model)):
        with pytest.raises(TypeError, match="the rules are not those of the config"):
            copied()
    model.rules["growth"] = growth
    with pytest.raises(TypeError, match="the rules are not those of the config"):  # nor in that order
        model.copy()
    model.rules = order
    growth.divided = 3
    with pytest.raises(TypeError, match="the rule 'growth' remembers divided by itself"):
        model.copy()
    del growth.divided
    kind = model.sites.kind[0, 0]
    model.sites.kind[0, 0] = 99
    with pytest.raises(TypeError, match="the tissue is not that of the config"):
        model.copy()
    model.sites.kind[0, 0] = kind
    entry = model.interventions.popitem()
    with pytest.raises(TypeError, match="the interventions are not those of the config"):
        model.copy()
    model.interventions[entry[0]] = entry[1]
    assert model.copy().step_number == 3


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda part: pickle.loads(pickle.dumps(part))],
    ids=["copy.copy", "deepcopy", "pickle"],
)
def test_parts_of_a_liver_are_whole_or_refused(copied):
    model = after(lively(), 20)
    cells = copied(model.tumor)
    assert cells.used.tobytes() == model.tumor.used.tobytes() and cells.count == model.tumor.count > 0
    assert np.shares_memory(cells.used, cells.rows) and len(cells.order(np.uint64(1), 3)) == cells.count
    assert copied(model.ledger).entries.tobytes() == model.ledger.entries.tobytes()
    for name, field in model.fields.items():
        assert copied(field).values.tobytes() == field.values.tobytes(), name
    agent = next(iter(model.agents))
    other = copied(agent)
    assert other.unique_id == agent.unique_id and other.is_alive and other.model.hours == model.hours
    assert copied(model.grid).layer("tnf").data.tobytes() == model.fields["tnf"].values.tobytes()
    assert copied(agent.cell).coordinate == agent.cell.coordinate
    with pytest.raises(TypeError, match="a run belongs to its folder"):
        copied(Simulation(model))


def hours_of(config):
    """In another process: the config as it came, and what its rules are."""
    return config.model_dump_json(), [rule.name for rule in type(config).registry.rules]


def test_a_config_goes_to_another_process_with_its_plugins(config, tmp_path):
    assert pickle.loads(pickle.dumps(config)) == config == copy.deepcopy(config) == copy.copy(config)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        said, rules = pool.submit(hours_of, config).result()
    assert said == config.model_dump_json() and rules[-1] == "roaming"


def test_a_config_whose_plugin_has_changed_is_refused(tmp_path, monkeypatch):
    import sys

    from abm.config.plugins import PluginError

    (tmp_path / "own.py").write_text(PLUGIN)
    (tmp_path / "own.yaml").write_text("plugins: [own.py]\n")
    pickled = pickle.dumps(load_config(tmp_path / "own.yaml"))
    (tmp_path / "own.py").write_text(PLUGIN + "\n# changed\n")
    for name in [name for name in sys.modules if name.startswith("crlm_plugin_own")]:
        monkeypatch.delitem(sys.modules, name)  # as in another process
    with pytest.raises(PluginError, match="has changed since"):
        pickle.loads(pickled)
