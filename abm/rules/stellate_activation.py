"""Stellate activation: TGF-beta turns hepatic stellate cells into myofibroblasts that lay down matrix.

Kupffer cells and tumor cells supply the TGF-beta; activated stellate cells fill the space of Disse with collagen,
laminin and fibronectin (Yang 2025, 10.3892/or.2025.8963, ref 117; Friedman 2008, 10.1152/physrev.00013.2007). Without
the signal they revert within weeks (Kisseleva 2012, 10.1073/pnas.1201840109), and the matrix is remodelled. Inflammatory ones
(`fibroblast_state`) lay less of it.
"""

import numpy as np

from ..cells import stellate
from ..cells.tumor import TUMOR
from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.relax import decay
from ..kernels.sites import count_touching, neighbour
from ..liver import Liver
from ..target import Target
from ..tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, PerHour, parameter
from .rule import Rule, RuleParameters

_FAINT = np.float32(1e-6)  # amounts of matrix up to it are set to zero: less than a slow cell lays in a short step


class StellateActivation(Rule):
    name = "stellate_activation"
    reads = ("stellate", "tumor", "tgf_beta")
    writes = ("stellate", "ecm")
    inhibited = ("activation_time",)
    inhibitor = Target("antifibrotic drug", "Friedman 2008, 10.1152/physrev.00013.2007", "unverified")

    class Parameters(RuleParameters):
        activation_time: Hours = parameter(
            "48 h",
            low="24 h",
            high="120 h",
            mark="unverified",
            source="Friedman 2008, 10.1152/physrev.00013.2007: 1-3 d in culture",
            description="time constant of activation at saturating TGF-beta",
        )
        contact_signal: Fraction = parameter(
            0.5,
            low=0,
            high=1,
            mark="assumed",
            source="stellate cells touching tumor cells are activated first",
            description="signal of a touching tumor cell, in units of saturating TGF-beta",
        )
        reversion_half_life: Hours = parameter(
            "14 d",
            low="7 d",
            high="40 d",
            mark="unverified",
            source="Kisseleva 2012, 10.1073/pnas.1201840109",
            description="half-life of the activated state without a signal",
        )
        matrix_rate: PerHour = parameter(
            "0.03 /h",
            low="0.005 /h",
            high="0.1 /h",
            mark="assumed",
            source="visible matrix within days of activation",
            description="rate at which an activated cell fills its site and those around it with matrix",
        )
        matrix_half_life: Hours = parameter(
            "10 d",
            low="3 d",
            high="60 d",
            mark="assumed",
            source="turnover by MMPs of Kupffer cells and neutrophils",
            description="half-life of the matrix",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        if not is_zero(liver.ecm):
            decay(liver.ecm, np.float32(0.5 ** (liver.dt_hours / max(p.matrix_half_life, 1e-3))), _FAINT)
        if liver.stellate.count == 0:
            return
        activate(
            liver.stellate.used,
            liver.sites,
            liver.ecm,
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            np.float32(liver.hours),
            1.0 / max(p.activation_time, 1e-3),
            p.contact_signal,
            np.log(2.0) / max(p.reversion_half_life, 1e-3),
            np.float32(-np.expm1(-p.matrix_rate * liver.dt_hours)),
            liver.signal("tgf_beta"),
        )


@jit(inline=True, counted=False)
def signal_at(sites, row, column, tgf_beta, contact_signal):
    """What tells a stellate cell to activate, from 0 to 1: TGF-beta, or a tumor cell that touches it."""
    level = np.float64(tgf_beta[row, column])
    signal = level / (1.0 + level)
    if signal < contact_signal and count_touching(sites, TUMOR, TISSUE, row, column) > 0:
        signal = contact_signal
    return signal


@jit
def activate(cells, sites, ecm, key, step, hours, now_h, rate, contact_signal, reversion_rate, deposit, tgf_beta):
    """Activation, reversion, and the matrix that activated cells lay around them (of what is missing to 1 a fraction `deposit` at their
    own site, half of it at the eight around, as far as they are no inflammatory ones)."""
    uids = cells.uid
    activating, reverting = draw_each(key, step, uids, 0), draw_each(key, step, uids, 1)
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0:
            continue
        if cell.state == stellate.QUIESCENT:
            if could_happen(activating[i], rate * hours):
                signal = signal_at(sites, cell.row, cell.column, tgf_beta, contact_signal)
                if does_happen(activating[i], rate * signal * hours):
                    cell.state = stellate.ACTIVATED
                    cell.activated_h = now_h
            continue
        if could_happen(reverting[i], reversion_rate * hours):
            signal = signal_at(sites, cell.row, cell.column, tgf_beta, contact_signal)
            if does_happen(reverting[i], reversion_rate * (1.0 - signal) * hours):
                cell.state = stellate.QUIESCENT
                continue
        laid = deposit * (np.float32(1.0) - cell.inflammatory)
        half = laid * np.float32(0.5)
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r < 0 or sites.kind[r, c] not in (SINUSOID, PARENCHYMA):
                continue
            ecm[r, c] += (laid if k == 8 else half) * (np.float32(1.0) - ecm[r, c])
