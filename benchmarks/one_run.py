"""One run in a process of its own, so that its memory can be told: prints a line of JSON. `python -m benchmarks.one_run`"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from abm import LiverModel, Simulation, load_config
from abm.config.loading import shipped_configs

ENRICHMENT = 14  # tumor cells per site as in the shipped experiment, at every size


def peak_bytes() -> int:
    """The most memory that this process has held. On Linux `getrusage` remembers that of the parent too, from before it
    became this process."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mm2", type=float, default=4.0)
    parser.add_argument("--days", type=float, default=14.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--output", action="store_true", help="keep tables and snapshots in a folder (removed afterwards)"
    )
    asked = parser.parse_args()
    side = f"{asked.mm2**0.5:g} mm"
    config = load_config(
        shipped_configs() / "mouse_splenic_injection.yaml",
        (f"tissue.width={side}", f"tissue.height={side}", f"rules.arrival.enrichment={ENRICHMENT}"),
    )
    folder = Path(tempfile.mkdtemp(prefix="crlm-benchmark-")) if asked.output else None
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        model = LiverModel(config)
        model.threads = asked.threads
        built = time.process_time() - cpu
        cpu, wall = time.process_time(), time.perf_counter()
        Simulation(
            model,
            until=asked.days * 24.0,
            recorders=None if asked.output else [],
            folder=folder / "run" if folder else None,
        ).run()
        print(
            json.dumps(
                {
                    "sites": model.shape[0] * model.shape[1],
                    "steps": model.step_number,
                    "build": built,
                    "cpu": time.process_time() - cpu,
                    "wall": time.perf_counter() - wall,
                    "tumor": model.tumor.count,
                    "bytes": peak_bytes(),
                }
            )
        )
    finally:
        if folder is not None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
