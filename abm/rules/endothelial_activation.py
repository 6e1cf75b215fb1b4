"""Endothelial activation: Kupffer cells that touch tumor cells secrete TNF-alpha, and the endothelium answers.

Within an hour of the contact Kupffer cells make TNF-alpha and IL-1, for some hours (Khatib 1999, Cancer Res 59:1356;
Khatib 2005, 10.1016/S0002-9440(10)62048-2); the sinusoidal endothelium then expresses E-selectin, which peaks at
6-8 h and is gone after a day, and VCAM-1 and ICAM-1. Non-metastatic lines do not induce it. The contact sets going one
wave of secretion, which rises and falls with the two time constants of the line and runs to its end whatever becomes
of the contact; the Kupffer cell is then tolerant, for days after it last touched a tumor cell, as macrophages are to
endotoxin (Biswas 2009, 10.1016/j.it.2009.07.009).
"""

import numpy as np

from ..cells import endothelium, kupffer
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.relax import AT_A_TIME, relax_all, unless_faint
from ..kernels.sites import count_touching
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, TISSUE
from ..units import Fraction, Hours, PerHour, parameter
from .rule import Rule, RuleParameters

_KHATIB_1999 = "Khatib 1999, Cancer Res 59:1356"

_FAINT = np.float32(1e-6)  # levels up to it are set to zero, so that a wall at rest costs nothing
_AT_ONCE_H = 1e-3  # hours: what acts faster acts at once


class EndothelialActivation(Rule):
    name = "endothelial_activation"
    reads = ("tumor", "kupffer", "endothelium", "tnf")
    writes = ("kupffer", "endothelium")
    inhibited = ("e_selectin_on", "vcam1_on", "icam1_on")
    inhibitor = Target(
        "inhibitor of NF-kB, C-raf antisense", "Khatib 2002, Cancer Res 62:5393: E-selectin not induced", "checked"
    )

    class Parameters(RuleParameters):
        e_selectin_on: PerHour = parameter(
            "0.3 /h",
            low="0.2 /h",
            high="0.8 /h",
            mark="derived",
            source=f"{_KHATIB_1999}: onset 2 h, peak 6-8 h",
            description="E-selectin on-rate at saturating TNF-alpha",
        )
        e_selectin_off: PerHour = parameter(
            "0.2 /h",
            low="0.12 /h",
            high="0.3 /h",
            mark="derived",
            source=f"{_KHATIB_1999}: exp(-k*17h) = 0.03",
            description="E-selectin off-rate",
        )
        vcam1_on: PerHour = parameter(
            "0.2 /h",
            low="0.05 /h",
            high="0.5 /h",
            mark="assumed",
            source=f"{_KHATIB_1999}: later than E-selectin",
            description="VCAM-1 on-rate at saturating TNF-alpha",
        )
        vcam1_off: PerHour = parameter(
            "0.06 /h",
            low="0.03 /h",
            high="0.15 /h",
            mark="assumed",
            source="TNF-stimulated endothelium, half-life about 12 h",
            description="VCAM-1 off-rate",
        )
        icam1_on: PerHour = parameter(
            "0.3 /h",
            low="0.1 /h",
            high="0.6 /h",
            mark="assumed",
            source=f"{_KHATIB_1999}: ICAM-1 up as well",
            description="ICAM-1 on-rate at saturating TNF-alpha",
        )
        icam1_off: PerHour = parameter(
            "0.05 /h",
            low="0.02 /h",
            high="0.15 /h",
            mark="assumed",
            source="TNF-stimulated endothelium, half-life about 14 h",
            description="ICAM-1 off-rate",
        )
        tolerance_time: Hours = parameter(
            "48 h",
            low="12 h",
            high="120 h",
            mark="assumed",
            source="Biswas 2009, 10.1016/j.it.2009.07.009: days",
            description="time constant with which a Kupffer cell that touches no tumor cell becomes inducible again",
        )
        closing_time: Hours = parameter(
            "4 h",
            low="1 h",
            high="24 h",
            mark="assumed",
            source="Mook 2003, 10.1053/jhep.2003.50297: endothelium retracts at the cell",
            description="time constant with which a retracted wall closes again",
        )
        activated_above: Fraction = parameter(
            0.1,
            low=0.05,
            high=0.3,
            mark="assumed",
            source="detection by immunostaining",
            description="E-selectin expression, or TNF-alpha secretion, above which a cell is counted and drawn as activated",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        line = liver.config.cells.tumor
        if liver.kupffer.count:
            induce_tnf(
                liver.kupffer.used,
                liver.tumor.rows,
                liver.sites,
                np.float32(line.tnf_induction),
                liver.dt_hours,
                line.tnf_onset,
                line.tnf_duration,
                p.tolerance_time,
                np.float32(p.activated_above),
            )
        tnf = liver.fields["tnf"]
        if not tnf.is_due(liver.step_number):
            return  # the wall is followed over the time in which TNF-alpha has stayed as it is
        wall = liver.endothelium.used
        levels = ("e_selectin", "vcam1", "icam1", "retraction")
        if tnf.at_rest and not any(np.asarray(wall)[level].any() for level in levels):
            return
        express(
            wall,
            liver.signal("tnf"),
            liver.dt_hours * tnf.every,
            p.e_selectin_on,
            p.e_selectin_off,
            p.vcam1_on,
            p.vcam1_off,
            p.icam1_on,
            p.icam1_off,
            p.closing_time,
            np.float32(p.activated_above),
        )


@jit(counted=False)
def passed_on(hours, onset, duration):
    """Of a drive of 1, what is left of it and what has become secretion after `hours`: d drive/dt = -drive/onset,
    d secretion/dt = peak*drive/onset - secretion/duration, solved exactly; `peak` makes the highest secretion 1."""
    onset, duration = max(onset, _AT_ONCE_H), max(duration, _AT_ONCE_H)
    apart = abs(1.0 / onset - 1.0 / duration) * hours
    spread = -np.expm1(-apart) / apart if apart > 1e-9 else 1.0
    longer = duration / onset - 1.0
    peak = np.exp(np.log1p(longer) / longer) if abs(longer) > 1e-9 else np.e
    return np.exp(-hours / onset), peak * np.exp(-hours / max(onset, duration)) * spread * hours / onset


@jit(counted=False)
def induce_tnf(kupffer_cells, tumor, sites, induction, hours, onset, duration, tolerance_time, activated_above):
    """Contact drives every Kupffer cell that is not tolerant; drive, secretion and tolerance take their course."""
    left, secreted = passed_on(hours, onset, duration)
    left, secreted = np.float32(left), np.float32(secreted)
    lasting = np.float32(np.exp(-hours / max(duration, _AT_ONCE_H)))
    forgotten = np.float32(np.exp(-hours / max(tolerance_time, _AT_ONCE_H)))
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(kupffer_cells.size):
        cell = kupffer_cells[i]
        if cell.alive == 0:
            continue
        engulfed = cell.load > 0
        behind = sites.population[TISSUE, cell.row, cell.column] == TUMOR
        if induction > zero and (engulfed or behind or count_touching(sites, TUMOR, LUMEN, cell.row, cell.column) > 0):
            cell.drive += induction * (one - cell.tolerance)
            cell.tolerance = one
        elif cell.tolerance == zero and cell.drive == zero and cell.tnf == zero:
            continue
        else:
            cell.tolerance = unless_faint(cell.tolerance * forgotten, _FAINT)
        cell.tnf = unless_faint(cell.tnf * lasting + cell.drive * secreted, _FAINT)
        cell.drive = unless_faint(cell.drive * left, _FAINT)
        if cell.state == kupffer.RESTING and cell.tnf > activated_above:
            cell.state = kupffer.TNF_SECRETING
        elif cell.state == kupffer.TNF_SECRETING and cell.tnf <= activated_above:
            cell.state = kupffer.RESTING


@jit
def express(wall, tnf, hours, e_on, e_off, v_on, v_off, i_on, i_off, closing_time, activated_above):
    """Expression of the three adhesion molecules on every wall segment, driven by TNF-alpha at half-maximum 1.

    Segments that have anything to do are gathered, some at a time: arithmetic on rows that lie side by side is done for
    several of them at once.
    """
    closing = np.float32(np.exp(-hours / closing_time)) if closing_time > 0.0 else np.float32(0.0)
    zero = np.float32(0.0)
    # what a wall at rest would make of less is set to zero anyway
    faint = np.float32(0.99 * np.float64(_FAINT) / max(max(e_on, v_on, i_on) * hours, 1e-9))
    who = np.empty(AT_A_TIME, np.int64)
    signal = np.empty(AT_A_TIME, np.float32)
    e_selectin, vcam1, icam1 = np.empty((3, AT_A_TIME), np.float32)
    following = 0
    while following < wall.size:
        n = 0
        while n < AT_A_TIME and following < wall.size:
            segment = wall[following]
            level = tnf[segment.row, segment.column]
            signal[n] = level
            e_selectin[n], vcam1[n], icam1[n] = segment.e_selectin, segment.vcam1, segment.icam1
            who[n] = following
            following += 1
            if level > faint or segment.e_selectin + segment.vcam1 + segment.icam1 + segment.retraction > zero:
                n += 1
        for k in range(n):
            signal[k] = signal[k] / (np.float32(1.0) + signal[k])
        relax_all(e_selectin, signal, n, e_on, e_off, hours, _FAINT)
        relax_all(vcam1, signal, n, v_on, v_off, hours, _FAINT)
        relax_all(icam1, signal, n, i_on, i_off, hours, _FAINT)
        for k in range(n):
            segment = wall[who[k]]
            segment.e_selectin, segment.vcam1, segment.icam1 = e_selectin[k], vcam1[k], icam1[k]
            retraction = segment.retraction * closing if segment.retraction > np.float32(1e-3) else zero
            segment.retraction = retraction
            state = endothelium.ACTIVATED if e_selectin[k] > activated_above else endothelium.QUIESCENT
            segment.state = endothelium.RETRACTED if retraction > np.float32(0.5) else state
