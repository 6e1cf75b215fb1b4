"""Viral spread: an oncolytic virus passes from tumor cell to tumor cell by contact, and bursts them.

A cell that is infected divides no more. For some hours nothing is seen of the virus (eclipse); then the cell makes it, and infects those
that touch it, until it bursts. IFN-beta of infected cells keeps others from being infected, as far as they can answer to it
(Stojdl 2000, 10.1038/77558). What is left of a burst cell is found by dendritic cells, with IFN-beta for danger; so oncolytic viruses
bring T cells and NK cells, too (Zhang 2019, 10.3892/ol.2018.9720). Normal cells are not infected, the blood carries no virus from one
colony to the next, and nobody becomes immune to it. `infect` begins it.
"""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from ..cells.tumor import CIRCULATING
from ..kernels.jit import jit
from ..kernels.random import happens, uniform
from ..kernels.sites import add_around
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..units import Fraction, Hours, Number, PerHour, Positive, parameter
from .rule import Rule, RuleParameters

_INFECTED, _WHEN, _LYSIS = range(3)
"""Numbers of the draws for whether and when a cell is infected in a step, and, once in its life, for how long it makes virus."""


class Virus(NamedTuple):
    """Its times (h) in a cell, the half-width of the uniform spread of the second, as a share of it, and the stream of its chances."""

    eclipse: float
    lysis: float
    spread: float
    key: np.uint64


class ViralSpread(Rule):
    name = "viral_spread"
    reads = ("tumor", "ifn_beta")
    writes = ("tumor",)
    events: ClassVar = {"died": ("virus",)}
    inhibited = ("rate",)
    inhibitor = Target("aciclovir", "general: herpes viruses do not copy their DNA under it", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.05 /h",
            low="0.005 /h",
            high="0.5 /h",
            mark="assumed",
            source="a cell that makes virus for 36 h infects five in six of those that touch it, if nothing protects them",
            description="rate at which a tumor cell is infected by each cell that makes virus and touches it",
        )
        eclipse: Annotated[Hours, Positive] = parameter(
            "12 h",
            low="4 h",
            high="24 h",
            mark="assumed",
            source="hours for herpes and reoviruses, up to a day for adenoviruses",
            description="time from the infection until a cell makes virus",
        )
        lysis: Annotated[Hours, Positive] = parameter(
            "36 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source="published models take 48 h from infection to burst for adenoviruses and 18 h for herpes viruses",
            description="mean time for which a cell makes virus, until it bursts",
        )
        lysis_spread: Annotated[Number, Field(ge=0, lt=1)] = parameter(
            0.5,
            low=0,
            high=0.9,
            mark="assumed",
            source="from 18 to 54 h",
            description="half-width of the uniform spread of that time, as a share of it",
        )
        protection: Fraction = parameter(
            0.9,
            low=0,
            high=1,
            mark="assumed",
            source="Stojdl 2000, 10.1038/77558 (direction): normal cells are protected by interferon, many tumor cells are less so",
            description="share of its infections that saturating IFN-beta keeps from a tumor cell; 0 for one that does not answer to it",
        )

    parameters: Parameters

    def virus(self, liver: Liver) -> Virus:
        """What becomes of the cells that it infects."""
        p = self.parameters
        return Virus(p.eclipse, p.lysis, p.lysis_spread, liver.key(self.name))

    def apply(self, liver: Liver) -> None:
        tumor, p = liver.tumor, self.parameters
        if not tumor.plain["infected_h"].any():
            return
        virus, step, hours = self.virus(liver), liver.step_number, liver.dt_hours
        makers = np.zeros(liver.shape, np.uint8)
        count_makers(makers, tumor.used, virus, liver.periodic)
        pass_on(tumor.used, makers, liver.signal("ifn_beta"), step, hours, p.rate, p.protection, virus)
        burst(tumor.table, liver.sites, liver.ledger.book(tumor.count), liver.minutes, hours)


@jit(inline=True, counted=False)
def is_infectible(cell):
    """Whether a virus can infect a tumor cell: it is alive, stands somewhere, and is not infected."""
    return cell.alive != 0 and cell.state != CIRCULATING and cell.infected_h == np.float32(0.0)


@jit(inline=True, counted=False)
def lysis_of(uid, virus):
    """For how long (h) a cell makes virus until it bursts: its own, uniform around the mean."""
    return virus.lysis * (1.0 + virus.spread * (2.0 * uniform(virus.key, 0, uid, _LYSIS) - 1.0))


@jit(inline=True, counted=False)
def infect_cell(cell, since, virus):
    """A virus infects a cell, at a time (h) after the step began."""
    cell.infected_h = np.float32(since + virus.eclipse + lysis_of(cell.uid, virus))


@jit(counted=False)
def count_makers(makers, tumor, virus, periodic):
    """Add one to `makers` (uint8 lattice) at every site that touches a tumor cell which makes virus, for each of these."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive != 0 and cell.infected_h > np.float32(0.0) and cell.infected_h <= lysis_of(cell.uid, virus):
            add_around(makers, cell.row, cell.column, periodic)


@jit(counted=False)
def pass_on(tumor, makers, ifn_beta, step, hours, rate, protection, virus):
    """Tumor cells are infected at `rate` (1/h) by each of the `makers` that they touch, less under IFN-beta."""
    for i in range(tumor.size):
        cell = tumor[i]
        if not is_infectible(cell) or makers[cell.row, cell.column] == 0:
            continue
        level = np.float64(ifn_beta[cell.row, cell.column])
        hazard = rate * makers[cell.row, cell.column] * (1.0 - protection * level / (1.0 + level))
        if happens(virus.key, step, cell.uid, _INFECTED, hazard, hours):
            infect_cell(cell, hours * uniform(virus.key, step, cell.uid, _WHEN), virus)


@jit
def burst(tumor, sites, book, minutes, hours):
    """A step goes by for infected cells; those burst whose time has come."""
    for slot in range(tumor.rows.size):
        cell = tumor.rows[slot]
        if cell.alive == 0 or cell.infected_h == np.float32(0.0):
            continue
        cell.infected_h = max(cell.infected_h - np.float32(hours), np.float32(0.0))
        if cell.infected_h == np.float32(0.0):
            lose(tumor, sites, book, minutes, event.DIED, cause.VIRUS, slot)
