"""A cohort of virtual patients: what is drawn of each, from which distributions, and with which seeds their lesions grow.

What is drawn of patient k follows from the seed of the cohort, k and the name of what is drawn: it is the same in every arm and in every
trial, and stays when patients are added or other keys are drawn too. Only keys that are correlated are drawn together.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, get_args

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Lt
from pydantic import Field, model_validator
from scipy import special

from ..batches.experiment import Seed
from ..cells.genotype import Gene
from ..config.errors import did_you_mean
from ..units import Fraction, Parameters, misfit
from .draws import Distribution, evenly

MUTATIONS = "cells.tumor.mutations"
MOST_LESIONS = 5
NOT_DRAWN = ("seed", "duration", "step", "begin", "record", "name", "description", "plugins", MUTATIONS)
"""Keys of a config that belong to no patient, and those that have a place of their own in a cohort."""
_LESIONS = "lesions"
_LEAST_EIGENVALUE = 1e-6


class GeneShare(Parameters):
    """How many patients have a gene mutated."""

    share: Fraction = Field(description="share of all patients")
    unless: str | None = Field(default=None, description="a gene with which it never is mutated together")


Correlation = Annotated[float, Gt(-1), Lt(1)]


class CohortFile(Parameters):
    """A cohort as it is written."""

    patients: int = Field(default=60, ge=1, le=100_000, description="how many")
    seed: Seed = Field(default=1, description="seed of what is drawn, and of the patients' lesions")
    lesions: tuple[int, int] = Field(default=(1, 1), description="fewest and most lesions of a patient")
    genes: dict[str, Fraction | GeneShare] = Field(
        default={}, description="gene: share of the patients with it mutated, or {share, unless}"
    )
    draw: dict[str, Distribution] = Field(default={}, description="key path of the config: its distribution")
    correlations: dict[str, Correlation] = Field(
        default={}, description="a|b, two genes or key paths: correlation of the normal numbers behind them"
    )
    alike: dict[str, Annotated[float, Ge(0), Lt(1)]] = Field(
        default={},
        description="key path that is drawn: correlation of a patient's further lesions with the first one; by default all are the same",
    )
    enrich: dict[str, Annotated[float, Gt(0), Lt(1)]] = Field(
        default={}, description="gene: share of the patients simulated with it; each then has a weight"
    )

    @model_validator(mode="after")
    def _makes_sense(self):
        fewest, most = self.lesions
        if not 1 <= fewest <= most <= MOST_LESIONS:
            raise misfit(self, f"a patient has 1 to {MOST_LESIONS} lesions: write [fewest, most]", "lesions")
        if not self.genes and not self.draw:
            raise misfit(self, "nothing is drawn, so that all patients would be one: write genes, draw or both")
        for key in self.draw:
            if any(key == taken or key.startswith(f"{taken}.") for taken in NOT_DRAWN):
                hint = ": write genes" if key == MUTATIONS else ""
                raise misfit(self, f"'{key}' cannot be drawn of a patient{hint}", "draw", key)
        self._check_genes()
        self._check_correlations()
        self._check_alike()
        self._check_enriched()
        return self

    def _check_genes(self) -> None:
        above: list[str] = []
        for gene in self.genes:
            if gene not in get_args(Gene):
                raise misfit(self, f"there is no gene '{gene}'; {did_you_mean(gene, get_args(Gene))}", "genes", gene)
            other = self.unless(gene)
            if other is not None and other not in above:
                raise misfit(self, f"'{other}' must be a gene that stands above", "genes", gene, "unless")
            if other is not None and self.share(gene) + self.share(other) > 1:
                both = f"{self.share(gene):g} and {self.share(other):g} of the patients"
                raise misfit(self, f"{both} cannot be different ones: more than all", "genes", gene, "share")
            above.append(gene)

    def _check_correlations(self) -> None:
        known, seen = {*self.genes, *self.draw}, set()
        for key in self.correlations:
            pair = _pair(key)
            unknown = [name for name in pair if name not in known]
            if len(set(pair)) != 2 or unknown:
                which = f"; '{unknown[0]}' is not drawn" if unknown and len(pair) == 2 else ""
                raise misfit(self, f"expected two things that are drawn, as in ras|mmr{which}", "correlations", key)
            if frozenset(pair) in seen:
                raise misfit(self, "this correlation stands here twice", "correlations", key)
            seen.add(frozenset(pair))
            for name, other in (pair, pair[::-1]):
                if name in self.draw and self.draw[name].choice:
                    raise misfit(self, f"the words of '{name}' have no order to be correlated", "correlations", key)
                if self.unless(name) == other:
                    raise misfit(self, "one of them excludes the other already (unless)", "correlations", key)
        for group in self.groups:
            if np.linalg.eigvalsh(self.correlation_matrix(group))[0] < _LEAST_EIGENVALUE:
                key = next(key for key in self.correlations if _pair(key)[0] in group)
                together = ", ".join(group)
                raise misfit(self, f"the correlations of {together} contradict each other", "correlations", key)

    def _check_alike(self) -> None:
        for key in self.alike:
            if key not in self.draw:
                meant = did_you_mean(key, self.draw, "alike is of keys that are drawn")
                raise misfit(self, f"'{key}' is not drawn; {meant}", "alike", key)
            if self.draw[key].choice:
                raise misfit(self, f"the words of '{key}' have no order to be correlated", "alike", key)

    def _check_enriched(self) -> None:
        for gene in self.enrich:
            if not 0 < self.share(gene) < 1:
                raise misfit(self, "only a gene that some patients have mutated can be enriched", "enrich", gene)
        for group in self.groups:
            enriched = [gene for gene in self.enrich if gene in group]
            if len(enriched) > 1 or any(self.unless(gene) for gene in enriched):
                why = "it is correlated" + ("" if len(enriched) > 1 else ", and excluded by another gene")
                raise misfit(self, f"'{enriched[-1]}' cannot be enriched: {why}", "enrich", enriched[-1])

    def share(self, gene: str) -> float:
        """Share of all patients that have a gene mutated."""
        said = self.genes.get(gene, 0.0)
        return said.share if isinstance(said, GeneShare) else said

    def unless(self, gene: str) -> str | None:
        """The gene that excludes this one."""
        said = self.genes.get(gene)
        return said.unless if isinstance(said, GeneShare) else None

    def share_among(self, gene: str) -> float:
        """Share of those whom no other gene excludes that have this one mutated."""
        other = self.unless(gene)
        return self.share(gene) / (1 - self.share(other)) if other and self.share(gene) else self.share(gene)

    @cached_property
    def groups(self) -> list[list[str]]:
        """What is correlated with each other, directly or through others; those that are enriched first."""
        groups: list[set[str]] = []
        for pair in map(_pair, self.correlations):
            touched = [group for group in groups if group & set(pair)]
            groups = [group for group in groups if group not in touched] + [set(pair).union(*touched)]
        return [sorted(group, key=lambda name: (name not in self.enrich, name)) for group in groups]

    def correlation_matrix(self, group: Sequence[str]) -> np.ndarray:
        matrix = np.eye(len(group))
        for key, correlation in self.correlations.items():
            a, b = _pair(key)
            if a in group:
                i, j = group.index(a), group.index(b)
                matrix[i, j] = matrix[j, i] = correlation
        return matrix


def _pair(key: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in key.split("|"))


@dataclass(frozen=True)
class VirtualPatient:
    """A patient: its number, from 1; the genes that are mutated; what else is drawn, key path -> as written, in its first lesion; how
    many lesions it has; and for how many patients of the population it stands (1 on average)."""

    number: int
    mutations: tuple[str, ...]
    values: Mapping[str, Any]
    lesions: int
    weight: float


@dataclass(frozen=True)
class Lesion:
    """A lesion of a patient: both numbers from 1, the seed of all its chance, and what is drawn, key path -> as written."""

    patient: int
    number: int
    seed: int
    values: Mapping[str, Any]


class Cohort:
    """The patients that a file describes, and their lesions in the order of the patients."""

    def __init__(self, file: CohortFile):
        self.file = file
        shares = _shares(file)
        self.patients = _drawn(file, *shares)
        further = {number: _further(file, shares[0], number) for number in range(2, file.lesions[1] + 1)}
        self.lesions = tuple(
            Lesion(
                patient.number,
                number,
                _seed(file.seed, patient.number, number),
                {
                    **patient.values,
                    **{path: values[patient.number - 1] for path, values in further.get(number, {}).items()},
                },
            )
            for patient in self.patients
            for number in range(1, patient.lesions + 1)
        )

    def columns(self) -> dict[str, list[Any]]:
        """Key path of the config -> its value in each lesion, as written."""
        columns: dict[str, list[Any]] = {path: [] for path in self.file.draw}
        if self.file.genes:
            columns = {MUTATIONS: [], **columns}
        for lesion in self.lesions:
            patient = self.patients[lesion.patient - 1]
            for path, values in columns.items():
                values.append(list(patient.mutations) if path == MUTATIONS else lesion.values[path])
        return columns

    def about(self) -> pd.DataFrame:
        """A row per patient: `patient`, `weight`, `lesions`, each gene (whether it is mutated), and what else was drawn, numbers in the
        units of their distributions."""
        rows = [
            {
                "patient": patient.number,
                "weight": patient.weight,
                "lesions": patient.lesions,
                **{gene: gene in patient.mutations for gene in self.file.genes},
                **{path: self._plain(path, value) for path, value in patient.values.items()},
            }
            for patient in self.patients
        ]
        return pd.DataFrame(rows)

    def _plain(self, path: str, value: Any) -> Any:
        unit = self.file.draw[path].unit
        return float(value.removesuffix(unit)) if unit else value


def _shares(file: CohortFile) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Of all that is drawn the shares of the distributions that lie below, and of enriched genes the weights: float64 [patients]."""
    count = file.patients
    shares, tilted = {name: evenly(file.seed, name, count) for name in (*file.genes, *file.draw)}, {}
    for gene, wanted in file.enrich.items():
        shares[gene], tilted[gene] = _tilted(shares[gene], file.share_among(gene), wanted)
    for group in file.groups:
        normal = special.ndtri(np.stack([shares[name] for name in group]))
        mixed = special.ndtr(np.linalg.cholesky(file.correlation_matrix(group)) @ normal)
        shares |= dict(zip(group, mixed, strict=True))
    return shares, tilted


def _further(file: CohortFile, shares: Mapping[str, np.ndarray], number: int) -> dict[str, list[Any]]:
    """What differs between lesions, in the lesion of this number of each patient: key path -> as written."""
    values = {}
    for path, correlation in file.alike.items():
        own = special.ndtri(evenly(file.seed, f"{path}/lesion {number}", file.patients))
        normal = correlation * special.ndtri(shares[path]) + np.sqrt(1.0 - correlation**2) * own
        values[path] = file.draw[path].written(special.ndtr(normal))
    return values


def _drawn(
    file: CohortFile, shares: Mapping[str, np.ndarray], tilted: Mapping[str, np.ndarray]
) -> tuple[VirtualPatient, ...]:
    """The patients."""
    count, weights = file.patients, np.ones(file.patients)
    mutated: dict[str, np.ndarray] = {}
    for gene in file.genes:
        other = file.unless(gene)
        excluded = mutated[other] if other else np.zeros(count, bool)
        mutated[gene] = (shares[gene] >= 1 - file.share_among(gene)) & ~excluded
        weights *= np.where(excluded, 1.0, tilted.get(gene, 1.0))
    fewest, most = file.lesions
    lesions = fewest + (evenly(file.seed, _LESIONS, count) * (most - fewest + 1)).astype(int)
    values = {path: distribution.written(shares[path]) for path, distribution in file.draw.items()}
    return tuple(
        VirtualPatient(
            number=k + 1,
            mutations=tuple(gene for gene in file.genes if mutated[gene][k]),
            values={path: values[path][k] for path in file.draw},
            lesions=int(lesions[k]),
            weight=float(weights[k]),
        )
        for k in range(count)
    )


def _tilted(shares: np.ndarray, share: float, wanted: float) -> tuple[np.ndarray, np.ndarray]:
    """Shares of which those above 1 - `share` are drawn as often as `wanted`, and the weights that make up for it."""
    is_above = shares >= 1 - wanted
    above, below = share / wanted, (1 - share) / (1 - wanted)
    return np.where(is_above, 1 - (1 - shares) * above, shares * below), np.where(is_above, above, below)


def _seed(seed: int, patient: int, lesion: int) -> int:
    digest = hashlib.blake2b(f"{seed}/{patient}/{lesion}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 2
