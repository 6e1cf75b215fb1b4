"""Compiling as a phase of its own."""

import gc
import json
import subprocess
import sys

import numba
import pytest

from abm import rules
from abm.commands import ahead
from abm.progress import Phases


class Heard(Phases):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__()
        self.said = []

    def phase(self, title, look=None):
        super().phase(title, look)
        self.said.append(title)

    def tell(self, line):
        self.said.append(line)

    def __call__(self, what):
        self.said.append(self._look(what))


def test_every_function_that_is_compiled_is_counted():
    heard = Heard()
    with ahead.counting(heard):
        numba.njit(lambda x: x + 1)(1)
    assert heard.said[0] == "compiling the kernels" and len(heard.said) > 1
    assert all(0 <= now.done <= now.total and now.unit == "kernel" and not now.even for now in heard.said[1:])
    before = len(heard.said)
    numba.njit(lambda x: x + 2)(1)
    assert len(heard.said) == before


IDLE = (
    "anoikis",
    "antigen_presentation",
    "compression",
    "debris",
    "drug_killing",
    "fibroblast_growth",
    "fibroblast_killing",
    "fibroblast_state",
    "growth_signalling",
    "helper_differentiation",
    "hepatitis",
    "immune_suppression",
    "leukocyte_crossing",
    "leukocyte_entry",
    "lymphodepletion",
    "macrophage_matrix",
    "macrophage_phagocytosis",
    "macrophage_polarisation",
    "matrix_cleavage",
    "neutrophil_killing",
    "pdl1_induction",
    "sinusoidal_obstruction",
    "stellate_deletion",
    "t_cell_division",
    "t_cell_elimination",
    "t_cell_exhaustion",
    "t_cell_killing",
    "t_cell_residence",
    "th17_support",
    "treatment_damage",
    "viral_spread",
)
"""Rules that do nothing by default: a first run does not wait for their kernels."""


def test_the_rehearsal_uses_the_kernels_of_all_rules():
    ahead._rehearse(())
    kernels = [kernel.py_func for kernel in ahead._kernels()]
    inner = {name for kernel in kernels for name in kernel.__code__.co_names}  # these come with those that call them
    outer = [
        kernel
        for kernel in ahead._kernels()
        if kernel.py_func.__module__.startswith(f"{rules.__name__}.")
        and kernel.py_func.__module__.rpartition(".")[2] not in IDLE
        and kernel.py_func.__name__ not in inner
    ]
    assert len(outer) > 25 and [kernel.py_func.__name__ for kernel in outer if not kernel.overloads] == []


def test_what_is_off_is_not_compiled():
    code = (
        "from abm.commands import ahead\n"
        "ahead._rehearse(['growth', 'emt'], backwards=True)\n"
        "from abm.kernels import walk\n"
        "from abm.rules import emt, growth\n"
        "print(len(growth.grow.overloads), len(emt.transform.overloads), len(walk.walk.overloads))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["0", "0", "1"]


def test_rules_that_are_off_are_left_out_by_both_processes(monkeypatch):
    asked = []
    monkeypatch.setattr(ahead, "kernels_are_cold", lambda *_: True)
    monkeypatch.setattr(ahead, "_rehearse", lambda off, **_: asked.append(off))
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **_: asked.append(json.loads(command[-1])[2]))
    monkeypatch.setattr(ahead.os, "cpu_count", lambda: 2)
    ahead.compile_for_runs(Phases(), off=["emt", "growth"])
    assert asked == [["emt", "growth"]] * 2
    for name in ("_solve", "_paint"):
        monkeypatch.setattr(ahead, name, lambda: None)
    ahead.compile_the_rest(["emt"])
    assert asked[2:] == [["emt"]]
    ahead._started.clear()


@pytest.mark.parametrize(("processors", "done"), [(1, ["rehearse", "solve", "paint"]), (2, ["start", "rehearse"])])
def test_only_what_is_cold_is_compiled(monkeypatch, processors, done):
    heard, steps = Heard(), []
    monkeypatch.setattr(ahead, "kernels_are_cold", lambda *_: False)
    for name in ("_rehearse", "_solve", "_paint"):
        monkeypatch.setattr(ahead, name, lambda *_, name=name: steps.append(name.strip("_")))
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **_: steps.append("start") or command)
    monkeypatch.setattr(ahead.os, "cpu_count", lambda: processors)
    ahead.compile_for_runs(heard)
    ahead.compile_for_pictures(heard)
    assert heard.said == steps == []
    monkeypatch.setattr(ahead, "kernels_are_cold", lambda *_: True)
    ahead.compile_for_runs(heard)
    assert heard.said == [
        "The kernels are compiled first, which takes a minute or two, and only this once.",
        "compiling the kernels",
    ]
    assert steps == done
    if processors > 1:
        *begun, handed = ahead._started.pop()
        assert begun == [sys.executable, "-P", "-c", ahead._SECOND]
        assert json.loads(handed) == [sys.path, "abm.commands.ahead", []]
    ahead.compile_for_pictures(heard)
    assert steps == [*done, "paint"]


def test_the_second_process_finds_the_modules_that_the_first_one_found(tmp_path):
    """Not those that lie in the folder in which the command was given: they may be anything."""
    for name in ("abm.py", "json.py", "numpy.py"):
        (tmp_path / name).write_text("raise SystemExit('another module')\n")
    spied = tmp_path / "spied"
    spied.mkdir()
    (spied / "spy.py").write_text(
        "def compile_the_rest(off):\n    from abm.commands import ahead\n    print(ahead.__file__, off)\n"
    )
    handed = json.dumps([[*(each for each in sys.path if each), str(spied)], "spy", ["emt"]])
    found = subprocess.run(
        [sys.executable, "-P", "-c", ahead._SECOND, handed], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert found.stdout.split(maxsplit=1) == [ahead.__file__, "['emt']\n"]


def test_garbage_is_looked_for_as_before_once_the_kernels_are_compiled():
    usual = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), ahead.counting(Heard()):
        assert gc.get_threshold() == (ahead._BETWEEN_COLLECTIONS, *usual[1:])
        raise KeyboardInterrupt
    assert gc.get_threshold() == usual
