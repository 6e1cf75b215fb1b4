"""Helper differentiation: CD4 T cells in the tissue become Th1, Th17 or regulatory, by what surrounds them.

IFN-gamma and mature dendritic cells make Th1; TGF-beta makes Th17 where there is inflammation, told by TNF-alpha and, where that is
switched on, by the IL-6 of the blood, and regulatory T cells where there is none; IL-10, tolerogenic dendritic cells (Yang 2025,
10.3892/or.2025.8963, refs 96, 97) and activated stellate cells (ref 117) make regulatory T cells too. So the liver skews them to
suppression (ref 33). Th1 cells turn regulatory slowly where suppression prevails. Those that turn regulatory leave their table for that
of the regulatory T cells.
"""

from typing import NamedTuple

import numpy as np

from ..cells import cd4, dendritic, treg
from ..cells.dendritic import DENDRITIC
from ..kernels.flows import AROSE, TURNED
from ..kernels.jit import jit
from ..kernels.random import happens, stream_key, uniform, uniform_each
from ..kernels.saturation import saturation
from ..kernels.sites import neighbour
from ..kernels.tables import blank_row, bytes_of, columns_of
from ..kernels.traffic import Newcomers, enter
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import Hours, Number, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_activated

_YANG = "Yang 2025, 10.3892/or.2025.8963"


class Felt(NamedTuple):
    """What CD4 T cells feel (float32 lattices): signals, half-maximal at 1, and the suppression around them."""

    ifn_gamma: np.ndarray
    tgf_beta: np.ndarray
    tnf: np.ndarray
    il10: np.ndarray
    suppression: np.ndarray


class Weights(NamedTuple):
    """How much each cue weighs in saturation, or in touch; `il6`: that of the IL-6 that there is."""

    ifn_gamma: float
    mature: float
    tgf_beta: float
    il10: float
    tolerogenic: float
    stellate: float
    il6: float = 0.0


def _weight(default: float, source: str, cue: str):
    return parameter(
        default,
        low=0,
        high=3,
        mark="assumed",
        source=source,
        description=f"weight of {cue} among the cues by which a CD4 T cell commits",
    )


class HelperDifferentiation(Rule):
    name = "helper_differentiation"
    reads = ("cd4", "blood", "ifn_gamma", "tgf_beta", "tnf", "il10", "suppression", "dendritic", "stellate")
    writes = ("cd4", "treg")
    inhibited = ("commitment",)
    inhibitor = Target("inhibitor of mTOR (rapamycin)", "general: keeps CD4 T cells from becoming effectors", "assumed")

    class Parameters(RuleParameters):
        commitment: Hours = parameter(
            "24 h",
            low="12 h",
            high="72 h",
            mark="assumed",
            source="a day or two in culture",
            description="time constant of commitment under cues that weigh 1 together",
        )
        ifn_gamma: Number = _weight(1.0, "textbook: T-bet by IFN-gamma", "saturating IFN-gamma, for Th1,")
        mature: Number = _weight(
            1.0, "textbook: IL-12 of mature dendritic cells", "a touching mature dendritic cell, for Th1,"
        )
        tgf_beta: Number = _weight(
            0.1,
            "textbook: TGF-beta alone makes Treg, with IL-6 Th17; less than IFN-gamma, as a tenth to a third of the CD4 T cells are FOXP3+",
            "saturating TGF-beta, for Th17 as far as there is TNF and for Treg as far as there is none,",
        )
        il10: Number = _weight(0.1, f"{_YANG}, ref 33 (direction)", "saturating IL-10, for Treg,")
        tolerogenic: Number = _weight(
            1.0, f"{_YANG}, ref 97 (direction)", "a touching tolerogenic dendritic cell, for Treg,"
        )
        stellate: Number = _weight(
            0.1, f"{_YANG}, ref 117 (direction)", "a touching activated stellate cell, for Treg,"
        )
        il6: Number = _weight(
            0.0,
            "none by default; textbook: TGF-beta with IL-6 makes Th17",
            "saturating IL-6 of the blood beside TGF-beta, for Th17,",
        )
        conversion: PerHour = parameter(
            "0.02 /d",
            low="0 /d",
            high="0.2 /d",
            mark="assumed",
            source="Th1 cells that become regulatory in tolerogenic surroundings (direction)",
            description="rate at which a Th1 cell turns regulatory where nearly all killing is suppressed",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        cells, p = liver.cd4, self.parameters
        if not (cells.in_state(cd4.SEARCHING) | cells.in_state(cd4.TH1)).any():
            return
        key, step = liver.key(self.name), liver.step_number
        il6 = liver.blood.il6 * liver.left("il6")
        turned = commit(
            cells.used,
            liver.sites,
            liver.dendritic.rows,
            liver.stellate.rows,
            Felt(
                liver.signal("ifn_gamma"),
                liver.signal("tgf_beta"),
                liver.signal("tnf"),
                liver.signal("il10"),
                liver.suppression,
            ),
            Weights(p.ifn_gamma, p.mature, p.tgf_beta, p.il10, p.tolerogenic, p.stellate, p.il6 * il6 / (1.0 + il6)),
            key,
            step,
            liver.dt_hours,
            1.0 / max(p.commitment, 1e-3),
            p.conversion,
        )
        if turned.size:
            self.turn_regulatory(liver, turned, key)

    def turn_regulatory(self, liver: Liver, slots: np.ndarray, key: np.uint64) -> None:
        """The CD4 T cells in `slots` (int64) leave their table and arise as regulatory T cells, each at its site."""
        population, step = liver.treg, liver.step_number
        old = liver.cd4.rows[slots].copy()
        places = np.column_stack([old.row, old.column]).astype(np.int64)
        liver.cd4.remove(liver.sites, slots, TURNED)
        population.reserve(slots.size)
        rows = population.rows
        made = enter(
            columns_of(rows, Newcomers),
            bytes_of(rows),
            population.book,
            bytes_of(blank_row(rows.dtype, state=treg.SUPPRESSIVE, layer=INTERSTITIUM)),
            liver.sites,
            population.code,
            INTERSTITIUM,
            places,
            step,
            np.zeros(slots.size, np.int64),
            stream_key(0, "treg/arisen"),
            AROSE,
        )
        rows.heading[made], rows.entered_h[made] = old.heading, old.entered_h
        high = uniform_each(key, step, rows.uid[made], treg.FOXP3_HIGH) < liver.config.cells.treg.foxp3_high
        rows.foxp3_high[made] = high
        rows.state[made] = np.where(high, treg.SUPPRESSIVE, treg.INFLAMMATORY)


@jit(counted=False)
def dendritic_beside(cells, sites, row, column):
    """Whether a mature, and whether a tolerogenic, dendritic cell is touched in the interstitium."""
    mature = tolerogenic = False
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.population[INTERSTITIUM, r, c] == DENDRITIC:
            state = cells[sites.occupant[INTERSTITIUM, r, c]].state
            mature |= state == dendritic.MATURE
            tolerogenic |= state == dendritic.TOLEROGENIC
    return mature, tolerogenic


@jit
def commit(cells, sites, dendritic_cells, stellate_cells, felt, weights, key, step, hours, rate, conversion):
    """Searching cells become Th1 or Th17, each at `rate` (1/h) times the weight of the cues for it. Returns the slots (int64) of those
    that become regulatory by theirs, and of the Th1 cells that do at `conversion` (1/h) times the suppression at their site."""
    turned = np.empty(cells.size, np.int64)
    count = 0
    for slot in range(cells.size):
        cell = cells[slot]
        if cell.alive == 0:
            continue
        row, column = cell.row, cell.column
        if cell.state == cd4.TH1:
            if happens(key, step, cell.uid, 2, conversion * np.float64(felt.suppression[row, column]), hours):
                turned[count] = slot
                count += 1
            continue
        if cell.state != cd4.SEARCHING:
            continue
        mature, tolerogenic = dendritic_beside(dendritic_cells, sites, row, column)
        felt_tgf_beta = saturation(felt.tgf_beta[row, column])
        tgf_beta = weights.tgf_beta * felt_tgf_beta
        inflamed = saturation(felt.tnf[row, column])
        th1 = weights.ifn_gamma * saturation(felt.ifn_gamma[row, column]) + (weights.mature if mature else 0.0)
        th17 = tgf_beta * inflamed + weights.il6 * felt_tgf_beta
        regulatory = (
            tgf_beta * (1.0 - inflamed)
            + weights.il10 * saturation(felt.il10[row, column])
            + (weights.tolerogenic if tolerogenic else 0.0)
        )
        if weights.stellate > 0.0 and beside_activated(stellate_cells, sites, row, column):
            regulatory += weights.stellate
        total = th1 + th17 + regulatory
        if total == 0.0 or not happens(key, step, cell.uid, 0, rate * total, hours):
            continue
        chosen = uniform(key, step, cell.uid, 1) * total
        if chosen < th1:
            cell.state = np.uint8(cd4.TH1)
        elif chosen < th1 + th17:
            cell.state = np.uint8(cd4.TH17)
        else:
            turned[count] = slot
            count += 1
    return turned[:count].copy()
