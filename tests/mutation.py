"""Would the tests notice a mistake? `python -m tests.mutation phagocytosis net_trapping` changes one operator, number or
condition of these rules after the other, and runs the rule's own tests against each (needs `pip install cosmic-ray`).
`--most 100` tries only so many of each, chosen at random but always the same.

Works on a copy of the sources. Mutated are `apply` and the kernels: numbers of the biology have their sources and ranges
instead. Prints how many mutants the tests killed, and those that survived.
"""

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from abm.rules import RULES

from .kernel_coverage import kernels

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("abm", "configs", "tests", "pyproject.toml")
SECONDS = 300
"""A mutant that keeps the tests busy for longer counts as killed."""
CONFIG = """
[cosmic-ray]
module-path = "abm/rules/{rule}.py"
timeout = {seconds}
excluded-modules = []
test-command = "{python} -m pytest -x -q -n 0 -p no:cacheprovider tests/rules/test_{rule}.py"

[cosmic-ray.distributor]
name = "local"
"""


def mutated_lines(source: str) -> set[int]:
    """The lines of `apply` and of the kernels."""
    applied = [
        range(node.body[0].lineno, node.end_lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "apply"
    ]
    return {line for body in (*applied, *kernels(source)) for line in body}


def copy_sources(folder: Path) -> None:
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)


def skip_the_rest(session: Path, lines: set[int], most: int) -> int:
    """Mark the mutants outside of these lines, and those beyond `most`, as not to be tried; returns how many are inside."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    with use_db(session, WorkDB.Mode.open) as database:
        mutants = {item.job_id: item.mutations[0] for item in database.pending_work_items}
        inside = [job for job, mutation in mutants.items() if mutation.start_pos[0] in lines]
        inside.sort(
            key=lambda job: (mutants[job].operator_name, str(mutants[job].operator_args), mutants[job].occurrence)
        )
        tried = set(random.Random(1).sample(inside, min(most, len(inside))))
        database.set_multiple_results(
            mutants.keys() - tried, WorkResult(output="not tried", worker_outcome=WorkerOutcome.SKIPPED)
        )
    return len(inside)


def figures(session: Path) -> tuple[int, int, list[str]]:
    """How many mutants were tried, how many killed, and the diffs of those that survived; the others could not be run."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome

    with use_db(session, WorkDB.Mode.open) as database:
        results = [result for _, result in database.results if result.worker_outcome is not WorkerOutcome.SKIPPED]
    survived = [result.diff for result in results if result.test_outcome is TestOutcome.SURVIVED]
    return len(results), sum(result.test_outcome is TestOutcome.KILLED for result in results), survived


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "rules", nargs="+", metavar="RULE", choices=[rule.name for rule in RULES], help="such as phagocytosis"
    )
    parser.add_argument("--most", type=int, default=sys.maxsize, help="mutants of each rule to be tried (all)")
    asked = parser.parse_args()
    rules, most = asked.rules, asked.most
    command = [sys.executable, "-m", "cosmic_ray.cli"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_sources(folder)
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [name, os.environ.get("PYTHONPATH")])),
            "NUMBA_CACHE_DIR": str(folder / "kernels"),
        }
        for rule in rules:
            config, session = folder / f"{rule}.toml", folder / f"{rule}.sqlite"
            config.write_text(CONFIG.format(rule=rule, python=sys.executable, seconds=SECONDS))
            baseline = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", f"tests/rules/test_{rule}.py"]
            subprocess.run(baseline, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
            subprocess.run([*command, "init", config, session], cwd=folder, env=environment, check=True)
            inside = skip_the_rest(session, mutated_lines((folder / "abm" / "rules" / f"{rule}.py").read_text()), most)
            subprocess.run([*command, "exec", config, session], cwd=folder, env=environment, check=True)
            tried, killed, survived = figures(session)
            print(
                f"{rule}: {killed} of {tried} mutants killed ({100 * killed / tried:.0f} %), of {inside} that there are; "
                f"{tried - killed - len(survived)} could not be run, these survived:",
                flush=True,
            )
            for diff in survived:
                print(
                    "\n".join(line for line in diff.splitlines() if re.match(r"[-+](?![-+])|@@", line)),
                    end="\n\n",
                    flush=True,
                )


if __name__ == "__main__":
    main()
