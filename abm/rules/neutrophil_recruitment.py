"""Neutrophil recruitment: CXCL1/IL-8 draws neutrophils from the portal blood; TGF-beta turns them.

A small pool is always marginated in the sinusoids and renewed as it dies (half-life about 7 h: Dancey 1976, J Clin
Invest 58:705). Tumor chemokine recruits more, in proportion to those that the blood carries past a site, and keeps them
alive longer; G-CSF fills the blood pool (Yang 2025, 10.3892/or.2025.8963, refs 75, 79). Under TGF-beta they turn from N1
to N2 (Fridlender 2009, 10.1016/j.ccr.2009.06.017).
"""

import numpy as np

from ..cells import neutrophil
from ..cells.population import NEUTROPHIL
from ..kernels.jit import jit
from ..kernels.random import draw_each, fill_each, hash64, may_strike, stream_key, strikes, uniform, unit
from ..kernels.sites import lift, place
from ..kernels.tables import HIGH, free_slot, take_slot
from ..tissue.sites import LUMEN
from ..units import Hours, Number, PerHour, parameter
from .rule import Rule, RuleParameters
from .supply import entry_sites

_FAINT = np.float32(1e-3)  # chemokine, relative to its half-maximal effect, below which no site is looked at
_AT_ONCE = 1024  # sites for which numbers are drawn together


class NeutrophilRecruitment(Rule):
    name = "neutrophil_recruitment"
    reads = ("blood", "cxcl1", "tgf_beta", "flow")
    writes = ("neutrophil",)
    inhibited = ("entry_rate",)

    class Parameters(RuleParameters):
        entry_rate: PerHour = parameter(
            "0.005 /h",
            low="0.005 /h",
            high="0.5 /h",
            mark="assumed",
            source="Gordon-Weeks 2017, 10.1002/hep.29088: much denser in metastases than in liver, about 5-20 fold",
            description="neutrophils that enter each sinusoid site per hour at saturating CXCL1, a normal blood pool and average flow",
        )
        n2_time: Hours = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source="Fridlender 2009, 10.1016/j.ccr.2009.06.017 (direction)",
            description="time constant of turning from N1 to N2 at saturating TGF-beta",
        )
        sequestration: Number = parameter(
            9.0,
            low=4,
            high=19,
            mark="derived",
            source="neutrophils in the sinusoids rise 5-20 fold after endotoxin (Cools-Lartigue 2013, 10.1172/JCI67484): 10 fold",
            description="gain of the marginated pool at a saturating level of LPS or injury in the blood",
        )

    parameters: Parameters

    def prepare(self, liver) -> None:
        """Where neutrophils can stop: sinusoid sites (row * columns + column)."""
        self.sinusoids = liver.sinusoids.astype(np.uint64)

    def apply(self, liver) -> None:
        p = self.parameters
        cells = liver.neutrophil
        host = liver.config.cells.neutrophil
        key = liver.key(self.name)
        pool = liver.blood.neutrophils * liver.left("neutrophil")
        cxcl1 = liver.signal("cxcl1")
        age(
            cells.table,
            liver.sites,
            key,
            liver.step_number,
            liver.dt_hours,
            np.log(2.0) / max(host.half_life, 1e-3),
            np.log(2.0) / max(host.tissue_half_life, 1e-3),
            1.0 / max(p.n2_time, 1e-3),
            cxcl1,
            liver.signal("tgf_beta"),
        )
        renewal = host.density * liver.standard_area_mm2 * np.log(2.0) / max(host.half_life, 1e-3)
        sequestered = 1.0 + p.sequestration * liver.saturation("lps", "injury")
        entries = entry_sites(liver, key, renewal * pool * sequestered * liver.dt_hours)
        if not liver.fields["cxcl1"].at_rest and p.entry_rate > 0.0:
            attracted = attracting_sites(
                self.sinusoids,
                liver.sites.perfused,
                liver.flow.passing,
                cxcl1,
                key,
                liver.step_number,
                p.entry_rate * pool * liver.dt_hours,
            )
            entries = np.concatenate((entries, attracted))
        if len(entries):
            cells.reserve(len(entries))
            enter_from_blood(
                cells.table, liver.sites, key, liver.step_number, entries, stream_key(0, "neutrophil/entry")
            )


@jit
def age(cells, sites, key, step, hours, death_rate, tissue_death_rate, turning_rate, cxcl1, tgf_beta):
    """Death, slower in chemokine, and the turn from N1 to N2. A cell casting its net dies of that instead."""
    uids = cells.rows.uid[: cells.book[HIGH]]
    dying, turning = draw_each(key, step, uids, 0), draw_each(key, step, uids, 1)
    for slot in range(uids.size):
        cell = cells.rows[slot]
        if cell.alive == 0 or cell.state == neutrophil.NETTING:
            continue
        if may_strike(unit(dying[slot]), max(death_rate, tissue_death_rate) * hours):
            chemokine = np.float64(cxcl1[cell.row, cell.column])
            signal = chemokine / (1.0 + chemokine)
            rate = death_rate + (tissue_death_rate - death_rate) * signal
            if strikes(unit(dying[slot]), rate * hours):
                lift(sites, LUMEN, cell.row, cell.column)
                free_slot(cells, slot)
                continue
        if cell.state == neutrophil.N1 and may_strike(unit(turning[slot]), turning_rate * hours):
            level = np.float64(tgf_beta[cell.row, cell.column])
            if level > 0.0 and strikes(unit(turning[slot]), turning_rate * level / (1.0 + level) * hours):
                cell.state = neutrophil.N2


@jit
def attracting_sites(sinusoids, perfused, passing, cxcl1, key, step, entries):
    """Perfused ones of the `sinusoids` (uint64, row * columns + column) where chemokine brings a neutrophil out of the
    blood in this step: int64 [n, 2]. `entries` are those per step at saturating chemokine where `passing` (float32
    lattice, the blood that passes) is 1."""
    columns = cxcl1.shape[1]
    open_sites, chemokine, blood = perfused.ravel(), cxcl1.ravel(), passing.ravel()
    found = np.empty((sinusoids.size, 2), np.int64)
    draws = np.empty(_AT_ONCE, np.uint64)
    count = 0
    for first in range(0, sinusoids.size, _AT_ONCE):
        places = sinusoids[first : first + _AT_ONCE]
        fill_each(draws, key, step, places, 3)
        for k in range(places.size):
            place = places[k]
            most = entries * np.float64(blood[place])
            if not may_strike(unit(draws[k]), most):  # hardly a site needs to be looked at
                continue
            level = np.float64(chemokine[place])
            if chemokine[place] <= _FAINT or open_sites[place] == 0:
                continue
            if strikes(unit(draws[k]), most * level / (1.0 + level)):
                found[count, 0] = np.int64(place) // columns
                found[count, 1] = np.int64(place) % columns
                count += 1
    return found[:count].copy()


@jit(counted=False)
def enter_from_blood(cells, sites, key, step, entries, identity):
    """New N1 neutrophils at the sites `entries` (int64 [n, 2]) that are free."""
    columns = sites.kind.shape[1]
    for n in range(entries.shape[0]):
        row, column = entries[n, 0], entries[n, 1]
        if sites.population[LUMEN, row, column] != 0:
            continue
        slot = take_slot(cells)
        cell = cells.rows[slot]
        cell.uid = hash64(identity, np.uint64(row) * np.uint64(columns) + np.uint64(column), step, n)
        cell.state = neutrophil.N1
        cell.layer = LUMEN
        cell.row = row
        cell.column = column
        cell.heading = np.uint8(uniform(key, step, cell.uid, 2) * 8.0)
        place(sites, NEUTROPHIL, LUMEN, row, column, slot)
