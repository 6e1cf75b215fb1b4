"""Macrophage polarisation: what surrounds a macrophage turns it towards M2, or back towards M1.

TGF-beta, IL-10, CCL2, lactate and exosomes of a tumor turn macrophages to M2, which dominate in metastases of the liver; IFN-gamma and
TNF turn them to M1, and turning is reversible (Yang 2025, 10.3892/or.2025.8963, refs 46-48, 53, 55-58, 62-69). In a fatty liver the
vesicles of hepatocytes turn them to M2, too (ref 120). An inhibitor of CSF1R takes the cues to M2 from them (Pyonteck 2013,
10.1038/nm.3337).
"""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from ..blood.exosomes import Exosomes
from ..cells import macrophage
from ..kernels.jit import jit
from ..kernels.saturation import saturation
from ..liver import Liver
from ..target import Target
from ..units import Fraction, Hours, Millimolar, Number, parameter
from .rule import Rule, RuleParameters

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class Cues(NamedTuple):
    """How much each cue weighs in saturation, and the lactate (mM above rest) that is half of that; `exosomes`: how much those in the
    blood, and vesicles of the liver, weigh now."""

    tgf_beta: float
    il10: float
    ccl2: float
    lactate: float
    ifn_gamma: float
    tnf: float
    lactate_half: float
    exosomes: float


class Surrounding(NamedTuple):
    """What macrophages feel (float32 [row, column]): signals, half-maximal at 1, and the lactate above rest in mM."""

    tgf_beta: np.ndarray
    il10: np.ndarray
    ccl2: np.ndarray
    ifn_gamma: np.ndarray
    tnf: np.ndarray
    lactate: np.ndarray


def _weight(default: float, source: str, cue: str):
    return parameter(
        default,
        low=0,
        high=2,
        mark="assumed",
        source=source,
        description=f"weight of saturating {cue} among the cues that turn a macrophage",
    )


class MacrophagePolarisation(Rule):
    name = "macrophage_polarisation"
    reads = ("tgf_beta", "il10", "ccl2", "lactate", "ifn_gamma", "tnf", "blood")
    writes = ("macrophage",)
    inhibited = ("time",)
    inhibitor = Target("inhibitor of PI3K-gamma", f"{_YANG}, ref 48", "unverified")

    class Parameters(RuleParameters):
        time: Hours = parameter(
            "36 h",
            low="12 h",
            high="72 h",
            mark="assumed",
            source="24 to 48 h in culture",
            description="time constant of turning under a cue of weight 1 on each side",
        )
        tgf_beta: Number = _weight(1.0, f"{_YANG}, ref 55 (direction)", "TGF-beta")
        il10: Number = _weight(1.0, f"{_YANG}, ref 53 (direction)", "IL-10")
        ccl2: Number = _weight(0.5, f"{_YANG}, refs 56-58 (direction)", "CCL2")
        lactate: Number = _weight(0.5, "Colegio 2014, 10.1038/nature13490 (direction)", "lactate")
        exosomes: Number = _weight(0.5, f"{_YANG}, refs 62-69 (direction)", "exosomes in the blood")
        vesicles: Number = _weight(0.3, f"{_YANG}, ref 120 (direction)", "vesicles of hepatocytes that are all fatty")
        ifn_gamma: Number = _weight(1.0, f"{_YANG}, ref 46 (direction)", "IFN-gamma")
        tnf: Number = _weight(0.5, f"{_YANG}, ref 46 (direction)", "TNF-alpha")
        lactate_half: Millimolar = parameter(
            "10 mM",
            low="5 mM",
            high="20 mM",
            mark="unverified",
            source="Brand 2016, 10.1016/j.cmet.2016.08.011",
            description="lactate above the level at rest of half that effect",
        )
        turned_beyond: Annotated[Fraction, Field(gt=0)] = parameter(
            0.3,
            low=0.1,
            high=0.6,
            mark="assumed",
            source="for counting",
            description="how far from the middle a macrophage counts as M1 or M2",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.macrophage.count == 0:
            return
        p, towards_m2 = self.parameters, liver.left("csf1r")
        cues = Cues(
            p.tgf_beta * towards_m2,
            p.il10 * towards_m2,
            p.ccl2 * towards_m2,
            p.lactate * towards_m2,
            p.ifn_gamma,
            p.tnf,
            p.lactate_half,
            (p.exosomes * Exosomes.saturation(liver) + p.vesicles * liver.config.tissue.steatosis) * towards_m2,
        )
        felt = Surrounding(
            liver.signal("tgf_beta"),
            liver.signal("il10"),
            liver.signal("ccl2"),
            liver.signal("ifn_gamma"),
            liver.signal("tnf"),
            liver.fields["lactate"].excess,
        )
        polarise(liver.macrophage.used, felt, cues, liver.dt_hours / max(p.time, 1e-3), np.float32(p.turned_beyond))


@jit(counted=False)
def polarise(cells, felt, cues, hazard, turned_beyond):
    """The polarisation m of every macrophage outside of the vessels relaxes exactly by dm/dt = ((1-m)/2 * M2 - (1+m)/2 * M1)/time
    under the cues M2 and M1 at its site; `hazard`: the step over the time."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0 or cell.state == macrophage.MONOCYTE:
            continue
        r, c = cell.row, cell.column
        acid = max(np.float64(felt.lactate[r, c]), 0.0)
        m2 = (
            cues.tgf_beta * saturation(felt.tgf_beta[r, c])
            + cues.il10 * saturation(felt.il10[r, c])
            + cues.ccl2 * saturation(felt.ccl2[r, c])
            + (cues.lactate * acid / (cues.lactate_half + acid) if acid > 0.0 else 0.0)
            + cues.exosomes
        )
        m1 = cues.ifn_gamma * saturation(felt.ifn_gamma[r, c]) + cues.tnf * saturation(felt.tnf[r, c])
        if m1 + m2 > 0.0:
            settled = (m2 - m1) / (m2 + m1)
            cell.polarisation = np.float32(
                settled + (np.float64(cell.polarisation) - settled) * np.exp(-0.5 * (m1 + m2) * hazard)
            )
        if cell.polarisation > turned_beyond:
            cell.state = macrophage.M2
        elif cell.polarisation < -turned_beyond:
            cell.state = macrophage.M1
        else:
            cell.state = macrophage.INTERMEDIATE
