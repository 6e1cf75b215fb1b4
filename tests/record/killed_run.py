"""A run of the toy liver that is killed: `python -m tests.record.killed_run FOLDER WHERE COUNT` dies with SIGKILL at the COUNT-th
step, checkpoint file, part file, or moment after the summary; a process of its own, as no cleaning up may happen."""

import os
import signal
import sys

import abm.simulation as simulation
from abm.folder import checkpoint, files, parquet
from tests.worlds import FakeLiver


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, where: str, count: int) -> None:
    left = [count]

    def passes(*_):
        left[0] -= 1
        if left[0] < 0:
            die()

    def half_written(path, write):
        """Write the file, then die before it is renamed, or right after."""
        left[0] -= 1
        if left[0] < 0:
            write(path.with_name(path.name + files.TEMPORARY))
            die()
        files.write_whole(path, write)

    progress = passes if where == "step" else None
    if where == "checkpoint":
        checkpoint.write_whole = half_written
    if where == "part":
        parquet.write_whole = half_written
    draw = die if where == "draw" else None
    if where == "complete":
        simulation.Simulation._remove_working_files = die
    simulation.Simulation(FakeLiver(), folder=folder, progress=progress, draw=draw).run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
