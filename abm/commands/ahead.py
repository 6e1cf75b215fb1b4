"""Compile ahead: before the first run all kernels are compiled, in a phase of their own that says how far it is.

numba compiles on one core only, and keeps what it has compiled. So a second process compiles the kernels of fields and
pictures meanwhile, and then those of the rules from the last one on; what either compiles, the other finds.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from ..estimate import kernels_are_cold
from ..kernels.jit import kernels_of
from ..progress import Phases, counted

_OF_PICTURES = "abm.view.raster"
"""Whose kernels draw pictures."""
_REHEARSAL = """
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 300 /mm^2, doses: [{over: 0 h}]}}
interventions: [{stimulate: exosomes, level: 5}, {stimulate: surgery, level: 5}%s]
"""
_REHEARSED = "24 h"
"""A little liver and a time in which all rules find something to do."""
_SETTLED = ", {implant: 10, cells: 10}"
"""Tumor cells in the tissue from the beginning: to them happens at once what otherwise comes late."""
_BETWEEN_COLLECTIONS = 50_000
"""New objects after which Python looks for garbage while kernels are compiled."""
_SECOND = """
import importlib, json, sys
sys.path[:], module, off = json.loads(sys.argv[1])
importlib.import_module(module).compile_the_rest(off)
"""
"""What the second process runs, with the modules that the first one found: not with those that lie in the working folder."""
_started: list[subprocess.Popen] = []  # Python warns of one that is still running and that nobody holds


def compile_for_runs(shown: Phases, off: Iterable[str] = (), first: Callable[[], None] = lambda: None) -> None:
    """When no run has compiled its kernels yet, compile them, but those of the rules that are `off`. `first` is called in any
    case: what it needs is compiled before the rest."""
    if not kernels_are_cold():
        first()
        return
    off = [*off]
    shown.tell("The kernels are compiled first, which takes a minute or two, and only this once.")
    second = (os.cpu_count() or 1) > 1
    if second:
        _started.append(
            subprocess.Popen(
                [sys.executable, "-P", "-c", _SECOND, json.dumps([sys.path, __name__, off])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
    from .. import simulation  # noqa: F401  (brings all kernels of a run with it, which are to be counted)

    with counting(shown):
        first()
        _rehearse(off)
        if not second:
            _solve()
            _paint()


def compile_for_pictures(shown: Phases) -> None:
    """When no picture has been drawn yet, compile its kernels."""
    if kernels_are_cold(_OF_PICTURES):
        with counting(shown):
            _paint()


@contextmanager
def counting(shown: Phases) -> Iterator[None]:
    """A phase that says after every function that numba has compiled how many kernels of the modules that are loaded are
    ready, as far as this process has called them."""
    from numba.core import event

    kernels: list = []
    modules = 0

    class Compiled(event.Listener):
        def on_start(self, event):
            pass

        def on_end(self, event):
            nonlocal kernels, modules
            if modules != len(sys.modules):  # to look for kernels takes longer than to count them
                kernels, modules = _kernels(), len(sys.modules)
            shown((sum(bool(kernel.overloads) for kernel in kernels), len(kernels)))

    shown.phase("compiling the kernels", counted("kernel", even=False))
    with event.install_listener("numba:compile", Compiled()), _seldom_collecting():
        yield


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Let Python look for garbage less often: numba makes much that stays, and a tenth of its time goes into that search."""
    usual = gc.get_threshold()
    gc.set_threshold(_BETWEEN_COLLECTIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _kernels() -> list:
    """All kernels of this package that are loaded, but those of single interventions."""
    package = __name__.partition(".")[0]
    return [kernel for kernel in kernels_of(package) if not kernel.__module__.startswith(f"{package}.interventions.")]


def _rehearse(off: Iterable[str], backwards: bool = False) -> None:
    """A short run of a little liver without the rules that are `off`. Backwards, the rules act in the reverse order, and find
    early what they otherwise find late, so that two such runs at once compile different kernels most of the time."""
    from ..config.loading import load_text
    from ..model import LiverModel
    from ..simulation import Simulation

    text = _REHEARSAL % (_SETTLED if backwards else "")
    model = LiverModel(load_text(text, [f"rules.{name}=off" for name in off]))
    if backwards:
        model.rules = dict(reversed(model.rules.items()))
    model.vessels[0, 0] = 1.0  # none would sprout within a day
    Simulation(model, until=_REHEARSED).run()


def _solve() -> None:
    """Use each kernel of the fields once, on next to nothing."""
    from ..fields.solver import DiffusionSolver

    solver = DiffusionSolver((8, 8), spacing_um=10.0, periodic=True, diffusion_um2_per_s=20.0, step_s=300.0)
    values, ones = np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32)
    solver.set_sink(ones * np.float32(0.01))
    solver.advance(values, ones)
    solver.steady(values, ones)


def _paint() -> None:
    """Use each kernel of the pictures once, on next to nothing."""
    from ..record.scene import Scene
    from ..tissue.sites import PARENCHYMA, PORTAL_TRACT, SINUSOID
    from ..view import raster
    from ..view.painter import Painter

    kind = np.full((8, 8), PARENCHYMA, np.uint8)
    kind[3], kind[0, 0] = SINUSOID, PORTAL_TRACT
    nothing = np.zeros((8, 8), np.float32)
    codes = np.zeros((8, 8), np.uint8)
    codes[3] = 10
    scene = Scene(
        0.0,
        {"lumen": codes, "tissue": np.where(kind == SINUSOID, 40, 0).astype(np.uint8)},
        np.ones_like(kind),
        np.ones_like(kind),
        nothing + np.float32(0.5),
        nothing + np.float32(0.5),
        nothing,
        nothing,
    )
    image = Painter(kind, 10.0, pixels=64).paint(scene)
    raster.rings(image, np.zeros((0, 4)), 1.0, np.zeros(3, np.int32))
    raster.strokes(image, np.zeros((0, 5)), 1.0, np.zeros((0, 3), np.int32))


def compile_the_rest(off: list[str]) -> None:
    """What the second process compiles: the kernels of fields, which the first needs last of those that build a liver, those
    of pictures, and then those of the rules from the last one on."""
    with _seldom_collecting():
        _solve()
        _paint()
        _rehearse(off, backwards=True)
