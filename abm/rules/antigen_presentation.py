"""Antigen presentation: dendritic cells take up antigen, mature where there is danger, and prime T cells in the lymph node.

They take up what dead tumor cells leave, and nibble at living ones. TNF-alpha and interferons of the tissue, endotoxin and
poly(IC) are danger. TGF-beta of the tumor (Yang 2025, 10.3892/or.2025.8963, ref 95) and IL-10 (ref 96) keep a cell that has
antigen from maturing; it turns tolerogenic instead, and then makes IL-10 (refs 96, 97). Without dendritic cells nobody is primed.
"""

from typing import NamedTuple

import numpy as np

from ..blood.priming import Priming
from ..cells import dendritic
from ..cells.tumor import TUMOR
from ..kernels.flows import LEFT
from ..kernels.jit import jit
from ..kernels.random import happens
from ..kernels.saturation import saturation
from ..kernels.sites import is_touched, lift, neighbour
from ..kernels.tables import free_slot
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM, TISSUE
from ..units import Fraction, Hours, Number, PerHour, parameter
from .rule import Rule, RuleParameters

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class Sampler(NamedTuple):
    """How dendritic cells take up debris (share per step), mature, turn tolerogenic and leave (1/h), and what keeps them from it.

    nibbled : cells' worth of antigen that one takes in a step from living tumor cells beside it
    half_load : dead cells that are half a full load; calm : danger where no signal says so; alarm : that which the blood brings
    """

    uptake: float
    nibbled: float
    half_load: float
    maturation: float
    tolerance: float
    leaving: float
    calm: float
    alarm: float


class Signals(NamedTuple):
    """What dendritic cells feel (float32 lattices)."""

    tnf: np.ndarray
    ifn_gamma: np.ndarray
    ifn_beta: np.ndarray
    tgf_beta: np.ndarray
    il10: np.ndarray


class AntigenPresentation(Rule):
    name = "antigen_presentation"
    reads = ("blood", "tumor", "tnf", "ifn_gamma", "ifn_beta", "tgf_beta", "il10")
    writes = ("dendritic", "debris", "blood")
    inhibited = ("maturation",)
    inhibitor = Target("dexamethasone", "general: keeps dendritic cells immature", "assumed")

    class Parameters(RuleParameters):
        uptake: PerHour = parameter(
            "1 /h",
            low="0.2 /h",
            high="5 /h",
            mark="assumed",
            source="dendritic cells fill up with dead cells within hours in culture",
            description="share of the debris that it touches that an immature cell takes up per time",
        )
        nibbling: PerHour = parameter(
            "0.1 /h",
            low="0.01 /h",
            high="1 /h",
            mark="assumed",
            source="Harshyne 2001, 10.4049/jimmunol.166.6.3717: dendritic cells acquire antigen from live cells too",
            description="antigen, in cells per hour, that an immature cell takes from living tumor cells that it touches",
        )
        half_load: Number = parameter(
            1.0,
            low=0.3,
            high=5,
            mark="assumed",
            source="one dead cell holds enough antigen",
            description="dead tumor cells that are half a full load of antigen",
        )
        maturation: PerHour = parameter(
            "0.1 /h",
            low="0.03 /h",
            high="0.5 /h",
            mark="assumed",
            source="dendritic cells mature within a day",
            description="rate at which an immature cell with a full load matures in full danger",
        )
        tolerance: PerHour = parameter(
            "0.02 /h",
            low="0.005 /h",
            high="0.1 /h",
            mark="assumed",
            source=f"{_YANG}, refs 96, 97: dendritic cells of the tumor that make IL-10 and go with Tregs (direction)",
            description="rate at which one turns tolerogenic where TGF-beta and IL-10 keep it from maturing wholly",
        )
        stay: Hours = parameter(
            "12 h",
            low="6 h",
            high="24 h",
            mark="assumed",
            source="mature cells are in the node within a day",
            description="mean time that a mature cell stays in the liver",
        )
        calm: Fraction = parameter(
            0.2,
            low=0,
            high=0.5,
            mark="assumed",
            source="dead cells alone are some danger",
            description="danger, relative to the most, where no cytokine tells of it",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p, cells = self.parameters, liver.dendritic
        if cells.count == 0:
            return
        line = liver.config.cells.tumor
        carried = sample(
            cells.table,
            liver.sites,
            liver.debris,
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            Signals(*(liver.signal(name) for name in Signals._fields)),
            Sampler(
                uptake=-np.expm1(-p.uptake * liver.dt_hours),
                nibbled=p.nibbling * liver.dt_hours,
                half_load=max(p.half_load, 1e-6),
                maturation=p.maturation,
                tolerance=p.tolerance,
                leaving=1.0 / max(p.stay, 1e-3),
                calm=p.calm,
                alarm=liver.saturation("lps", "poly_ic"),
            ),
        )
        if carried:
            Priming.arrive(liver.blood, liver, carried * line.antigen * line.mhc1)


@jit(counted=False)
def eat(debris, sites, row, column, share):
    """What a cell takes up of the debris that it touches, a `share` of it."""
    eaten = 0.0
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and debris[r, c] > 0:
            amount = debris[r, c] * np.float32(share)
            debris[r, c] -= amount
            eaten += np.float64(amount)
    return eaten


@jit(counted=False)
def sample(table, sites, debris, key, step, hours, signals, sampler):
    """Immature dendritic cells take up debris, mature or turn tolerogenic; mature ones leave the liver. Returns how many full loads
    of antigen these carry to the node."""
    carried = 0.0
    for slot in range(table.rows.size):
        cell = table.rows[slot]
        if cell.alive == 0:
            continue
        if cell.state == dendritic.MATURE:
            if happens(key, step, cell.uid, 0, sampler.leaving, hours):
                load = np.float64(cell.antigen)
                carried += load / (load + sampler.half_load)
                lift(sites, INTERSTITIUM, cell.row, cell.column)
                free_slot(table, slot, LEFT)
            continue
        if cell.state != dendritic.IMMATURE:
            continue
        row, column = cell.row, cell.column
        cell.antigen += np.float32(eat(debris, sites, row, column, sampler.uptake))
        if is_touched(sites, TUMOR, TISSUE, row, column):
            cell.antigen += np.float32(sampler.nibbled)
        load = np.float64(cell.antigen) / (np.float64(cell.antigen) + sampler.half_load)
        if load == 0.0:
            continue
        heard = saturation(signals.tnf[row, column] + signals.ifn_gamma[row, column] + signals.ifn_beta[row, column])
        danger = max(sampler.calm + (1.0 - sampler.calm) * heard, sampler.alarm)
        free = (1.0 - saturation(signals.tgf_beta[row, column])) * (1.0 - saturation(signals.il10[row, column]))
        if happens(key, step, cell.uid, 1, sampler.maturation * load * danger * free, hours):
            cell.state = np.uint8(dendritic.MATURE)
        elif happens(key, step, cell.uid, 2, sampler.tolerance * load * (1.0 - free), hours):
            cell.state = np.uint8(dendritic.TOLEROGENIC)
    return carried
