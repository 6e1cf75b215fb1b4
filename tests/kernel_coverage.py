"""How many of the kernels' lines the tests run: `python -m tests.kernel_coverage` (needs `pip install coverage`; takes
a quarter of an hour).

Compiled code cannot be traced, so the tests run with the kernels as plain Python; what is skipped then (thousands of
trials) does not count. Prints the share of each file and the lines that no test ran; ends with status 1 below 95 %.
"""

import ast
import copy
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

LEAST = 95.0
SECONDS = 120
"""A test that takes longer without compiler is left at that; nearly all take less than one."""
ROOT = Path(__file__).resolve().parents[1]
TESTS = [
    "kernels",
    "cells",
    "blood",
    "rules",
    "fields/test_multigrid.py",
    "fields/test_glutamine.py::test_activated_stellate_cells_raise_the_uptake_of_those_near_them",
    "ledger",
    "record/test_nodules.py",
    "record/test_scene.py",
    "view/test_raster.py",
    "tissue/test_measure.py",
    "view/test_painter.py::test_the_state_of_the_tissue_is_seen",
    "interventions/test_degrade.py::test_the_residue_does_not_grow_beyond_one",
    "interventions/test_deplete.py::test_those_that_left_their_home_are_not_doubled",
    "interventions/test_deplete.py::test_a_dose_takes_its_fraction[kupffer]",
    "interventions/test_infect.py::test_the_same_seed_infects_the_same_cells",
    "interventions/test_implant.py::test_colonies_are_compact_and_in_the_tissue",
]
"""Tests that look at kernels closely and on small lattices. Whole runs would add hours without compiler, and few lines."""


def kernels(source: str) -> list[range]:
    """The lines of the body of every function that is decorated with `jit`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("jit" in ast.dump(decorator) for decorator in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                found.append(range(body[0].lineno, node.end_lineno + 1))
    return found


def pytest_configure() -> None:
    """As a plugin of pytest: livers that begin alike get the lattices and the oxygen that the first of them has worked
    out, which takes plain Python seconds each time."""
    from abm.fields.oxygen import Oxygen
    from abm.tissue import anatomy

    grow, start, grown, started = anatomy.grow, Oxygen.start, {}, {}

    def grow_once(tissue, seed):
        key = repr(tissue), seed
        if key not in grown:
            grown[key] = grow(tissue, seed)
        return copy.deepcopy(grown[key])

    def start_once(oxygen, flow, sites, hepatocytes, tumor_sites):
        seen = (flow.pressure, flow.residence_s, sites.kind, sites.zone, sites.perfused, hepatocytes, tumor_sites)
        key = repr(oxygen.parameters), oxygen._periodic, *(array.tobytes() for array in seen)
        if key not in started:
            start(oxygen, flow, sites, hepatocytes, tumor_sites)
            started[key] = oxygen.values.copy(), oxygen.blood.copy()
        oxygen.values[:], oxygen.blood[:] = started[key]

    anatomy.grow, Oxygen.start = grow_once, start_once


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """As a plugin of pytest: leave a test that takes too long."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.skip(f"longer than {SECONDS} s without compiler"))
    signal.alarm(SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run_tests(data: Path, tests: list[str]) -> int:
    """Run the tests without compiler, traced into the file `data`; returns the exit status."""
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    paths = [str(ROOT / "tests" / test) for test in tests]
    command = [
        sys.executable,
        "-m",
        "coverage",
        "run",
        f"--data-file={data}",
        f"--source={ROOT / 'abm'}",
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "tests.kernel_coverage",
        "-p",
        "no:cacheprovider",
        "--timeout",
        "0",
    ]
    return subprocess.run([*command, *paths], cwd=ROOT, env=environment, check=False).returncode


def report(data: Path) -> float:
    """Print the table and return the share of all kernels' lines that were run, in per cent."""
    import coverage

    measured = coverage.Coverage(data_file=str(data))
    measured.load()
    lines = ran = 0
    for path in sorted((ROOT / "abm").rglob("*.py")):
        bodies = kernels(path.read_text(encoding="utf-8"))
        if not bodies:
            continue
        _, statements, _, missing, _ = measured.analysis2(str(path))
        inside = {line for line in statements if any(line in body for body in bodies)}
        missed = sorted(inside & set(missing))
        lines, ran = lines + len(inside), ran + len(inside) - len(missed)
        told = f"   not run: {', '.join(map(str, missed))}" if missed else ""
        print(
            f"{path.relative_to(ROOT)!s:<42} {len(inside):5} lines {100 * (1 - len(missed) / len(inside)):6.1f} %{told}"
        )
    share = 100 * ran / lines
    print(f"{'all kernels':<42} {lines:5} lines {share:6.1f} %")
    return share


def main(tests: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "coverage"
        failed = run_tests(data, tests or TESTS)
        share = report(data)
    return failed or int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
