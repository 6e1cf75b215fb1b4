"""What a batch costs beside its runs: `python -m benchmarks.batch_overhead [RUNS]`.

1. Small runs: the CPU time of a whole batch (parent and worker, its start included) beside that of its runs (building,
   simulating and measuring each, as measured in the worker). Few and many runs tell apart what is spent once and what
   per run; both together give the share that a batch of 1 000 adds.
2. Two workers against two `crlm run` at the same time: runs per hour of CPU time, and of wall time, which means
   something on a machine with two idle processors only.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from abm.batches.batch import run_batch
from abm.batches.loading import load_experiment

RUNS, ROUNDS = 6, 3
SMALL = """
base: {extends: quickstart.yaml, tissue: {width: 0.4 mm, height: 0.4 mm}, duration: 12 h}
arms: {control: {}, no_kupffer: {cells: {kupffer: {density: 0 /mm^2}}}}
measures:
  - tumor_cells
  - {measure: touching_kupffer, at: 6 h}
  - {measure: adherent_cells, every: 1 h}
"""
WHOLE = f"""
base: {{extends: quickstart.yaml, duration: 10 d, record: {{movie: false, figures: false}}}}
replicates: {RUNS}
measures: [tumor_cells]
"""
FEW = 10
MANY = 1000


def cpu(who=resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def everything() -> float:
    return cpu() + cpu(resource.RUSAGE_CHILDREN)


def overhead(folder: Path, runs: int) -> None:
    """Print what a batch adds to small runs."""
    path = folder / "small.yaml"
    path.write_text(SMALL)
    beside = {}
    for replicates in (FEW // 2, runs // 2):
        clock = everything()
        experiment = load_experiment(path, [f"replicates={replicates}"])
        result = run_batch(experiment, folder / f"small-{replicates}", workers=1)
        seconds = sum(result.results["seconds"].to_pylist())
        beside[result.runs] = everything() - clock - seconds
    (few, at_few), (many, at_many) = beside.items()
    run, each = seconds / many, (at_many - at_few) / (many - few)
    once = at_few - few * each
    print(
        f"small runs: {1000 * run:.0f} ms each; beside them {1000 * each:.1f} ms each and {once:.1f} s once (CPU time)"
    )
    print(f"a batch of {MANY} adds {100 * (once + MANY * each) / (MANY * run):.1f} % (aim: at most 5 %)")


def workers(folder: Path) -> None:
    """Print how two workers compare with two `crlm run`, in turns."""
    (folder / "whole.yaml").write_text(WHOLE)
    (folder / "alone.yaml").write_text(
        "extends: quickstart.yaml\nduration: 10 d\nrecord: {movie: false, figures: false}"
    )
    command = [sys.executable, "-m", "abm.cli"]
    spent = {"run": [0.0, 0.0], "batch": [0.0, 0.0]}
    for turn in range(ROUNDS):
        for kind, clocks in spent.items():
            clock, wall = cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
            if kind == "run":
                for seed in range(1, RUNS, 2):
                    pair = [
                        subprocess.Popen(
                            [
                                *command,
                                "run",
                                folder / "alone.yaml",
                                "-q",
                                "--seed",
                                str(seed + k),
                                "-o",
                                folder / f"alone-{turn}-{seed + k}",
                            ]
                        )
                        for k in range(2)
                    ]
                    assert not any(process.wait() for process in pair)
            else:
                subprocess.run(
                    [
                        *command,
                        "batch",
                        folder / "whole.yaml",
                        "-q",
                        "--workers",
                        "2",
                        "--keep",
                        "all",
                        "-o",
                        folder / f"whole-{turn}",
                    ],
                    check=True,
                )
            clocks[0] += cpu(resource.RUSAGE_CHILDREN) - clock
            clocks[1] += time.perf_counter() - wall
    pace = {kind: [ROUNDS * RUNS * 3600 / clock for clock in clocks] for kind, clocks in spent.items()}
    for kind, (by_cpu, by_wall) in pace.items():
        print(
            f"two at a time, crlm {kind}: {by_cpu:.0f} runs per hour of CPU time, {by_wall:.0f} per hour of wall time"
        )
    ratios = [batch / run for batch, run in zip(pace["batch"], pace["run"], strict=True)]
    print(
        f"a batch reaches {ratios[0]:.2f} by CPU time, {ratios[1]:.2f} by wall time (aim: at least 0.95); load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory() as folder:
        overhead(Path(folder), runs)
        workers(Path(folder))


if __name__ == "__main__":
    main()
