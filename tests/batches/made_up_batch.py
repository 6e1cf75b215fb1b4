"""Batch folders as crlm batch writes them, with made-up results: quick, and with a known truth."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

NODULES, ENGULFED, OXYGEN = "nodules(min_cells=10, at=14 d)", "engulfed share", "oxygen(at=14 d)"
EFFECTS = {"control": 1.0, "no_kupffer": 3.0, "anti_e_selectin": 0.2, "anti_tnf": 1.0}
STAGES = ("arrived", "arrested", "alive_24h", "extravasated", "micrometastasis", "macrometastasis")


_SERIES = pa.schema(
    [(name, pa.string()) for name in ("run", "arm")]
    + [(name, pa.int64()) for name in ("point", "replicate")]
    + [("measure", pa.string()), ("time_h", pa.float64()), ("value", pa.float64())]
)


def field(name, type, unit="1", description="", **more):
    return pa.field(name, type, metadata={"unit": unit, "description": description, **more})


def write_batch(
    folder: Path,
    arms=("control", "no_kupffer", "anti_e_selectin"),
    replicates=12,
    settings=None,
    sweep=None,
    response=lambda setting: 1.0,
    failed=(),
    seed=7,
    tables=False,
) -> Path:
    """A batch whose nodules are Poisson around 8 x EFFECTS[arm] x response(setting) x the luck of the replicate.

    settings : a list of {path: value}, one per point of the sweep; failed : (arm, point, replicate); tables : also run
    folders with timeseries.parquet and summary.json
    """
    folder.mkdir(parents=True, exist_ok=True)
    points = settings or [{}]
    rows, series = [], []
    for arm in arms:
        for point, setting in enumerate(points):
            for replicate in range(1, replicates + 1):
                name = f"{arm}-{point:04d}-{replicate:04d}"
                row = {
                    "run": name,
                    "arm": arm,
                    "point": point,
                    "replicate": replicate,
                    "seed": seed + replicate - 1,
                    "seconds": 1.0,
                } | setting
                if (arm, point, replicate) in failed:
                    rows.append(row | {"status": "failed", "error": "ValueError: made up"})
                    continue
                shared = np.random.default_rng((seed, replicate))  # the luck that all arms share
                own = np.random.default_rng((seed, replicate, point, sum(map(ord, arm))))
                luck, effect = shared.gamma(20, 1 / 20), EFFECTS.get(arm, 1.0) * response(setting)
                of = int(shared.integers(150, 250))
                engulfed = int(own.binomial(of, min(0.9, 0.3 / max(0.35, effect) * luck)))
                values = {
                    NODULES: float(own.poisson(8 * effect * luck)),
                    ENGULFED: engulfed / of,
                    f"{ENGULFED} count": float(engulfed),
                    f"{ENGULFED} of": float(of),
                    OXYGEN: 38 + 2 * luck - 1.5 * np.log(effect) + 0.3 * own.normal(),
                }
                rows.append(row | {"status": "done", "error": ""} | values)
                hours = np.arange(0.0, 337.0, 12.0)
                course = (
                    8 * effect * luck * (1 - np.exp(-((hours / 120) ** 2)))
                    + own.normal(0, 0.4, hours.size).cumsum() * 0.2
                )
                series += [
                    {
                        "run": name,
                        "arm": arm,
                        "point": point,
                        "replicate": replicate,
                        "measure": NODULES,
                        "time_h": hour,
                        "value": max(0.0, value),
                    }
                    for hour, value in zip(hours, course, strict=True)
                ]
                if tables:
                    _write_run(folder / "runs" / name, effect, luck, own)
    swept = [
        field(path, pa.string(), role="parameter")
        if isinstance(value, str)
        else field(path, pa.float64(), "/h", "made up", role="parameter")
        for path, value in points[0].items()
    ]
    schema = pa.schema(
        [
            *(field(name, pa.string()) for name in ("run", "arm")),
            *(field(name, pa.int64()) for name in ("point", "replicate", "seed")),
            *(field(name, pa.string()) for name in ("status", "error")),
            field("seconds", pa.float64(), "s"),
            *swept,
            field(
                NODULES,
                pa.float64(),
                "nodules",
                "Groups of at least 10 touching tumor cells.",
                role="measure",
                kind="count",
            ),
            field(
                ENGULFED, pa.float64(), "1", "Tumor cells engulfed, of all that arrived.", role="measure", kind="share"
            ),
            field(f"{ENGULFED} count", pa.float64()),
            field(f"{ENGULFED} of", pa.float64()),
            field(OXYGEN, pa.float64(), "mmHg", "Mean oxygen.", role="measure", kind="level"),
        ],
        {b"arms": "\n".join(arms)},
    )
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "results.parquet")
    if not settings:
        pq.write_table(
            pa.Table.from_pylist(series, _SERIES).replace_schema_metadata({b"arms": "\n".join(arms)}),
            folder / "series.parquet",
        )
    (folder / "experiment.yaml").write_text(
        yaml.safe_dump({"name": "Made-up arms"} | ({"sweep": sweep} if sweep else {}))
    )
    (folder / "batch.json").write_text(
        json.dumps(
            {
                "status": "complete",
                "name": "Made-up arms",
                "control": arms[0],
                "replicates": replicates,
                "decides": {"arms": {arm: {} for arm in arms}, "points": points},
            }
        )
    )
    return folder


def _write_run(folder: Path, effect: float, luck: float, own: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    hours = np.arange(-48.0, 337.0, 6.0)
    since = np.maximum(hours, 0.0)
    columns = {
        "tumor": np.where(hours < 0, 0, 60 * np.exp(-since / 12) + effect * luck * 4 * np.exp(since / 110)),
        "nodules": 8 * effect * luck * (1 - np.exp(-((since / 120) ** 2))),
        "tumor_area_um2": 100 * effect * luck * np.exp(since / 80),
        "events_passed": 120 * (1 - np.exp(-since / 3)) * luck,
        "events_phagocytosed": 40 / max(0.3, effect) * (1 - np.exp(-since / 9)) * luck,
        "kupffer": 200 / max(0.3, effect) + own.normal(0, 3, hours.size),
        "natural_killer": 50 + 8 * np.sin(since / 30) + own.normal(0, 1, hours.size),
        "neutrophil": 30 + 25 * np.exp(-since / 40) * luck,
        "oxygen_mean": 40 + own.normal(0, 0.2, hours.size),
    }
    pq.write_table(pa.table({"time_min": 60 * hours, **columns}), folder / "timeseries.parquet")
    chances = (0.55, 0.5 * min(1.7, effect**0.4), 0.4, 0.15 * min(3, effect**0.5), 0.1)
    counts = [int(own.integers(180, 240))]
    for chance in chances:
        counts.append(int(own.binomial(counts[-1], min(0.95, chance))))
    cascade = {}
    for k, stage in enumerate(STAGES):
        rest = counts[k] - (counts[k + 1] if k + 1 < len(counts) else 0)
        split = own.multinomial(
            rest,
            (
                (0.02, 0.78, 0.2, 0, 0),
                (0, 0.2, 0.5 / max(1, effect), 0.2, 0.1 + 0.5 * (1 - 1 / max(1, effect))),
                (0.1, 0.1, 0.3, 0.3, 0.2),
                (0.5, 0, 0.1, 0.2, 0.2),
                (0.9, 0, 0, 0.05, 0.05),
                (1, 0, 0, 0, 0),
            )[k],
        )
        ways = dict(
            zip(("alive", "passed", "phagocytosed", "killed_by_trail", "died_by_shear"), map(int, split), strict=True)
        )
        cascade[stage] = {
            "count": counts[k],
            "of": counts[0],
            "ends": {way: count for way, count in ways.items() if count},
        }
    (folder / "summary.json").write_text(json.dumps({"cascade": cascade}))
