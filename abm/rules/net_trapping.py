"""Net trapping: neutrophil nets capture tumor cells, hide them from NK cells, and help them grow.

Nets in sinusoids catch circulating tumor cells, and clearing them with DNase prevents the metastases that sepsis
brings (Cools-Lartigue 2013, 10.1172/JCI67484); wrapped cells are screened from lymphocytes (Teijeira 2020,
10.1016/j.immuni.2020.03.001) and proliferate more (Yang 2025, 10.3892/or.2025.8963, ref 78). The capture itself happens
in `passage`, the screen in `nk_killing` and `phagocytosis`, the growth in `growth`: this rule says who is wrapped, and how strongly.
"""

from typing import ClassVar

import numpy as np

from ..cells.tumor import ADHERENT, HELD
from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..liver import Liver
from ..tissue.sites import LUMEN
from ..units import Fraction, Number, parameter
from .rule import Rule, RuleParameters


class NetTrapping(Rule):
    name = "net_trapping"
    reads = ("nets", "tumor")
    writes = ("tumor",)
    events: ClassVar = {"trapped": ("net",)}

    class Parameters(RuleParameters):
        capture_fold: Number = parameter(
            5.0,
            low=1,
            high=20,
            mark="assumed",
            source="Cools-Lartigue 2013, 10.1172/JCI67484",
            description="by how much a full net raises the hazard of being held in transit",
        )
        half_hold: Fraction = parameter(
            0.5,
            low=0.05,
            high=0.5,
            mark="assumed",
            source="capture by the remains of a net",
            description="amount of net whose hold on a cell is half-maximal",
        )
        wrapped_above: Fraction = parameter(
            0.5,
            low=0.2,
            high=0.8,
            mark="assumed",
            source="visible wrapping in intravital images",
            description="hold above which a cell is entered as trapped",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor = liver.tumor
        nets = liver.sticky_nets()
        if tumor.count == 0 or (is_zero(nets) and not tumor.plain["net"].any()):
            return
        wrap(
            tumor.used,
            liver.sites,
            liver.ledger.book(tumor.count),
            liver.minutes,
            nets,
            np.float32(p.half_hold),
            np.float32(p.wrapped_above),
        )


@jit(counted=False)
def wrap(tumor, sites, book, minutes, nets, half_hold, wrapped_above):
    """Hold of the net on every tumor cell in the lumen; enters `trapped` when a cell becomes wrapped."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0:
            continue
        hold = np.float32(0.0)
        if cell.layer == LUMEN and (cell.state == HELD or cell.state == ADHERENT):
            amount = nets[cell.row, cell.column]
            if amount > np.float32(0.0):
                hold = amount / (amount + half_hold)
        if hold > wrapped_above and cell.net <= wrapped_above:
            enter(book, minutes, event.TRAPPED, cause.NET, cell, sites.zone[cell.row, cell.column])
        cell.net = hold


@jit(inline=True, counted=False)
def net_between(nets, target, cell):
    """How much of a net (0 to 1) keeps `cell`, which touches `target`, from it: the most at their sites (rows)."""
    return np.float64(max(nets[target.row, target.column], nets[cell.row, cell.column]))
