"""Neutrophil recruitment: CXCL1/IL-8 draws neutrophils from the portal blood, and keeps them alive longer.

A small pool is always marginated in the sinusoids and renewed as it dies (half-life about 7 h: Dancey 1976, J Clin
Invest 58:705). Tumor chemokine recruits more, in proportion to those that the blood carries past a site; G-CSF fills the blood
pool (Yang 2025, 10.3892/or.2025.8963, refs 75, 79). TIMP-1, of which patients with liver metastases have much, holds more of them in the
sinusoids by CXCL12 and its receptor CXCR4 (Seubert 2015, 10.1002/hep.27378).
"""

import numpy as np

from ..blood.timp1 import TIMP1
from ..cells import neutrophil
from ..kernels.flows import DIED, ENTERED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.sites import lift
from ..kernels.tables import HIGH, free_slot
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN
from ..units import Number, PerHour, parameter
from .rule import Rule, RuleParameters
from .supply import attracting_sites, enter_from_blood, entry_sites


class NeutrophilRecruitment(Rule):
    name = "neutrophil_recruitment"
    reads = ("blood", "cxcl1", "flow")
    writes = ("neutrophil",)
    inhibited = ("entry_rate",)
    inhibitor = Target("CXCR2 antagonist", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "checked")

    class Parameters(RuleParameters):
        entry_rate: PerHour = parameter(
            "0.005 /h",
            low="0.005 /h",
            high="0.5 /h",
            mark="assumed",
            source="Gordon-Weeks 2017, 10.1002/hep.29088: much denser in metastases than in liver, about 5-20 fold",
            description="neutrophils that enter each sinusoid site per hour at saturating CXCL1, a normal blood pool and average flow",
        )
        sequestration: Number = parameter(
            9.0,
            low=4,
            high=19,
            mark="derived",
            source="neutrophils in the sinusoids rise 5-20 fold after endotoxin (Cools-Lartigue 2013, 10.1172/JCI67484): 10 fold",
            description="gain of the marginated pool at a saturating level of LPS or injury in the blood",
        )
        retention: Number = parameter(
            3.0,
            low=1,
            high=9,
            mark="assumed",
            source="Seubert 2015, 10.1002/hep.27378: TIMP-1 raises CXCL12 and neutrophils of the liver (direction)",
            description="gain of the marginated pool at a saturating level of TIMP-1 in the blood, by CXCR4",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """Where neutrophils can stop: sinusoid sites (row * columns + column)."""
        self.sinusoids = liver.sinusoids.astype(np.uint64)

    def apply(self, liver: Liver) -> None:
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
            cxcl1,
        )
        renewal = host.density * liver.standard_area_mm2 * np.log(2.0) / max(host.half_life, 1e-3)
        sequestered = 1.0 + p.sequestration * liver.saturation("lps", "injury")
        sequestered *= 1.0 + p.retention * TIMP1.saturation(liver) * liver.left("cxcr4")
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
        enter_from_blood(liver, "neutrophil", key, entries, ENTERED)


@jit
def age(cells, sites, key, step, hours, death_rate, tissue_death_rate, cxcl1):
    """Death, slower in chemokine. A cell casting its net dies of that instead."""
    dying = draw_each(key, step, cells.rows.uid[: cells.book[HIGH]], 0)
    for slot in range(dying.size):
        cell = cells.rows[slot]
        if cell.alive == 0 or cell.state == neutrophil.NETTING:
            continue
        if could_happen(dying[slot], max(death_rate, tissue_death_rate) * hours):
            chemokine = np.float64(cxcl1[cell.row, cell.column])
            signal = chemokine / (1.0 + chemokine)
            rate = death_rate + (tissue_death_rate - death_rate) * signal
            if does_happen(dying[slot], rate * hours):
                lift(sites, LUMEN, cell.row, cell.column)
                free_slot(cells, slot, DIED)
