"""Who secretes what: one declared table of population, state and field.

A signal's secretion is given as the level that one steadily secreting cell keeps at its own site in open tissue, in
units of the half-maximal effect; lactate as a rate of production.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..kernels.jit import jit
from ..units import MillimetersOfMercury, MillimolarPerHour, Number, Parameters, parameter

_LEVEL = "level that one steadily secreting cell keeps at its own site, in units of the half-maximal effect"


class SecretionParameters(Parameters):
    """How much each population secretes."""

    tumor_tgf_beta: Number = parameter(
        0.3,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 11, 12, 95",
        description=f"TGF-beta of a tumor cell: {_LEVEL}",
    )
    tumor_cxcl1: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 77, 81, 82",
        description=f"CXCL1/IL-8 of a tumor cell: {_LEVEL}",
    )
    tumor_cxcl1_net_gain: Number = parameter(
        2.0,
        low=0,
        high=5,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 77: positive loop of IL-8 and nets",
        description="gain of CXCL1/IL-8 secretion in a full net",
    )
    tumor_vegf: Number = parameter(
        3.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 132, 133",
        description=f"VEGF of a hypoxic tumor cell: {_LEVEL}",
    )
    tumor_lactate: MillimolarPerHour = parameter(
        "150 mM/h",
        low="30 mM/h",
        high="500 mM/h",
        mark="derived",
        source="0.2 pmol per cell and hour in 1.4 pL (cultured carcinoma lines)",
        description="lactate production of a tumor cell, per site volume",
    )
    hypoxia_below: MillimetersOfMercury = parameter(
        "8 mmHg",
        low="5 mmHg",
        high="10 mmHg",
        mark="unverified",
        source="HIF activation",
        description="oxygen below which a tumor cell secretes VEGF",
    )
    kupffer_tnf: Number = parameter(
        6.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Khatib 2005, 10.1016/S0002-9440(10)62048-2",
        description=f"TNF-alpha of a fully induced Kupffer cell: {_LEVEL}",
    )
    kupffer_tgf_beta: Number = parameter(
        1.0,
        low=0.3,
        high=30,
        mark="assumed",
        source="Costa-Silva 2015, 10.1038/ncb3169",
        description=f"TGF-beta of a fully educated Kupffer cell: {_LEVEL}",
    )
    kupffer_vegf: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 52, 111",
        description=f"VEGF of a fully reprogrammed Kupffer cell: {_LEVEL}",
    )
    neutrophil_vegf: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 75, 76",
        description=f"VEGF of an N2 neutrophil: {_LEVEL}",
    )
    stellate_tgf_beta: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 117",
        description=f"TGF-beta of an activated stellate cell: {_LEVEL}",
    )


@dataclass(frozen=True)
class Secretion:
    """One row of the table: `population` in any of `states` secretes `field` by the parameter `amount`, weighted by a
    column of its table; `only` restricts it to hypoxic cells."""

    population: str
    states: tuple[str, ...]
    field: str
    amount: str
    weight: str | None = None
    only_hypoxic: bool = False


_SETTLED = ("held", "adherent", "extravasated", "dormant")
_CYCLING = ("adherent", "extravasated")

TABLE = (
    Secretion("tumor", _CYCLING, "tgf_beta", "tumor_tgf_beta"),
    Secretion("tumor", _SETTLED, "cxcl1", "tumor_cxcl1", weight="net_gain"),
    Secretion("tumor", _CYCLING, "vegf", "tumor_vegf", only_hypoxic=True),
    Secretion("tumor", _CYCLING, "lactate", "tumor_lactate"),
    Secretion("kupffer", ("resting", "engulfing", "tnf_secreting", "reprogrammed"), "tnf", "kupffer_tnf", weight="tnf"),
    Secretion(
        "kupffer",
        ("resting", "engulfing", "tnf_secreting", "reprogrammed"),
        "tgf_beta",
        "kupffer_tgf_beta",
        weight="education",
    ),
    Secretion("kupffer", ("reprogrammed",), "vegf", "kupffer_vegf", weight="reprogramming"),
    Secretion("neutrophil", ("n2",), "vegf", "neutrophil_vegf"),
    Secretion("stellate", ("activated",), "tgf_beta", "stellate_tgf_beta"),
)


def secrete(
    populations: dict,
    fields: dict,
    oxygen: np.ndarray,
    parameters: SecretionParameters,
    tumor_cxcl1: float,
) -> None:
    """Fill the `source` of every one of `fields` (by name) from the table, and mark which are secreted at all.

    `oxygen` is the lattice in mmHg; `tumor_cxcl1` is the cell line's multiplier of CXCL1/IL-8.
    """
    for field in fields.values():
        if field.secreted:
            field.source[:] = 0.0
            field.secreted = False
    hypoxia_below = np.float32(parameters.hypoxia_below)
    for row in TABLE:
        population, field = populations[row.population], fields.get(row.field)
        if field is None or population.count == 0:
            continue
        cells = np.asarray(population.used)  # columns of a plain array are ten times quicker to look up
        if row.weight == "net_gain":
            weight = np.float32(tumor_cxcl1) * (1 + np.float32(parameters.tumor_cxcl1_net_gain) * cells["net"])
        else:
            weight = np.ones(cells.size, np.float32) if row.weight is None else cells[row.weight].copy()
        amount = getattr(parameters, row.amount)
        rate = amount / 3600.0 if row.field == "lactate" else field.rate_for(amount)
        field.secreted |= deposit(
            cells["alive"],
            cells["state"],
            _secreting(row.states, tuple(population.states)),
            cells["row"],
            cells["column"],
            weight,
            oxygen,
            hypoxia_below if row.only_hypoxic else np.float32(np.inf),
            np.float32(rate),
            field.source,
        )


@lru_cache
def _secreting(those: tuple[str, ...], states: tuple[str, ...]) -> np.ndarray:
    """Which of the `states` are among `those` (bool; not to be written to)."""
    return np.isin(states, those)


@jit(counted=False)
def deposit(alive, state, secreting, row, column, weight, oxygen, hypoxia_below, rate, source):
    """Add rate*weight to `source` (float32 lattice) at the site of each living cell in a `secreting` state (bool, by
    state) whose `oxygen` is below `hypoxia_below`; whether there was anything to add."""
    any_secreted = False
    for i in range(row.size):
        if alive[i] == 0 or not secreting[state[i]] or weight[i] == np.float32(0.0):
            continue
        if oxygen[row[i], column[i]] < hypoxia_below:
            source[row[i], column[i]] += rate * weight[i]
            any_secreted = True
    return any_secreted
