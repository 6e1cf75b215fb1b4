"""Start-up, the first compile, `--help`, the movie."""

import statistics
import tempfile
import time
from pathlib import Path

from .timing import REPEATS, Spent, Table, child, interleaved, seconds

_FIRST_STEP = (
    "from abm import LiverModel, load_config; from abm.config.shipped import shipped_configs; "
    "LiverModel(load_config(shipped_configs() / 'quickstart.yaml')).step()"
)


def crlm(*arguments: str, **environment: str) -> Spent:
    return child(["-m", "abm.cli", *arguments], **environment)


def _quickstart(folder: Path, **environment: str) -> Spent:
    from abm.config.shipped import shipped_configs

    return crlm("run", str(shipped_configs() / "quickstart.yaml"), "-o", str(folder), "--quiet", **environment)


def measure(table: Table, repeats: int = REPEATS) -> None:
    """CPU time, of all processes of a command together; the first run compiles in two, and its wall time is told too."""
    with tempfile.TemporaryDirectory(prefix="crlm-benchmark-") as scratch:
        folder = Path(scratch)
        first = _quickstart(folder / "first", NUMBA_CACHE_DIR=str(folder / "kernels"))
        again = [_quickstart(folder / f"again{k}", NUMBA_CACHE_DIR=str(folder / "kernels")) for k in range(repeats)]
    _quickstart_step()
    found = interleaved(
        {
            "help": lambda: crlm("--help").cpu,
            "import": lambda: child(["-c", "import abm"]).cpu,
            "first step": lambda: _quickstart_step().cpu,
        },
        repeats,
    )
    table.group("start-up and compiling, CPU time")
    table.add("`crlm --help`", seconds(found["help"]), "", "0.3 s")
    table.add("`import abm`", seconds(found["import"]))
    table.add("from starting Python to the end of the first step, 1 mm²", seconds(found["first step"]), "", "2 s")
    usual = statistics.median(spent.cpu for spent in again)
    table.add("`crlm run configs/quickstart.yaml`: 1 mm², 3 d, with its movie", seconds(usual))
    table.add(
        "the same, first time ever: compiling included",
        seconds(first.cpu),
        f"{seconds(first.wall)} of wall time",
        "45 s of wall time",
    )


def _quickstart_step() -> Spent:
    return child(["-c", _FIRST_STEP])


def measure_movie(table: Table, repeats: int = REPEATS) -> None:
    """Frames per CPU second, of drawing and encoding (in a process of its own) together."""
    import resource

    from abm.view.movie import write_movie
    from abm.view.recording import Recording

    with tempfile.TemporaryDirectory(prefix="crlm-benchmark-") as scratch:
        run = Path(scratch) / "run"
        _quickstart(run)
        frames = len(Recording(run).regular)  # those of the movie

        def once() -> float:
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
            write_movie(run, Path(scratch) / "again.mp4")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            encoding = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return time.process_time() - start + encoding

        once()
        spent = interleaved({"movie": once}, repeats)["movie"]
    table.group("movie")
    table.add("mp4 of 1 mm², 800 pixels, drawn and encoded", f"{frames / spent:.0f} frames per CPU second")
