"""How many of the kernels' lines the tests run: `python -m tests.kernel_coverage` (needs `pip install coverage`).

Compiled code cannot be traced, so the tests run with the kernels as plain Python; what is skipped then (thousands of
trials) does not count. Prints the share of each file and the lines that no test ran; ends with status 1 below 95 %.
"""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST = 95.0
ROOT = Path(__file__).resolve().parents[1]
TESTS = ["kernels", "cells", "blood", "fields", "tissue", "rules", "record", "interventions", "view", "test_model.py"]


def kernels(source: str) -> list[range]:
    """The lines of the body of every function that is decorated with `jit`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("jit" in ast.dump(decorator) for decorator in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                found.append(range(body[0].lineno, node.end_lineno + 1))
    return found


def run_tests(data: Path, tests: list[str]) -> int:
    """Run the tests without compiler, traced into the file `data`; returns the highest exit status."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(
        filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-m", "coverage", "run", "--append", f"--data-file={data}", f"--source={ROOT / 'abm'}",
               "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--timeout", "1200"]
    return max(subprocess.run([*command, str(ROOT / "tests" / test)], cwd=ROOT, env=environment, check=False).returncode
               for test in tests)


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
        print(f"{path.relative_to(ROOT)!s:<42} {len(inside):5} lines {100 * (1 - len(missed) / len(inside)):6.1f} %{told}")
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
