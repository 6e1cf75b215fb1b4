"""Leukocyte entry: the blood brings leukocytes into the sinusoids, more where chemokine stops them; there they go or die.

Memory and effector CD8 T cells reach the liver within hours (Lefebvre 2021, 10.1016/j.celrep.2021.109956) and follow CXCR3, whose
ligands IFN-gamma induces: so the more come, the more of them are engaged already. Monocytes stop where CCL2 is, by CCR2 (Zhao 2013,
10.1002/hep.26094), and none become macrophages without CSF1R (Ries 2014, 10.1016/j.ccr.2014.05.016); suppressor cells stop where CCL2 or
CXCL1 is, regulatory T cells where TGF-beta, IL-10 or CCL2 is (Yang 2025, 10.3892/or.2025.8963, refs 39-41); IL-6, CXCL1 and tumor
exosomes of the blood bring more suppressor cells (refs 89, 92, 94). IL-2 lengthens the life of CD8 T cells in the tissue; resident
memory cells live otherwise long.
Populations that declare a `supply` are served here; NK cells and neutrophils have rules of their own.
"""

import numpy as np

from ..cells.population import Population
from ..cells.species import Raised
from ..kernels.flows import DIED, ENTERED
from ..kernels.jit import jit
from ..kernels.random import does_happen, draw_each, uniform
from ..kernels.sites import lift
from ..kernels.tables import HIGH, columns_of, release
from ..kernels.traffic import Standing
from ..liver import Liver
from ..tissue.sites import INTERSTITIUM
from ..units import Number, parameter, value_at
from .rule import Rule, RuleParameters
from .supply import FAINT, enter_from_blood, poisson, turn_over

_CALLED = np.uint64(0xFFFFFFFE)
"""Whose random number says how many may be called."""


class LeukocyteEntry(Rule):
    name = "leukocyte_entry"
    reads = ("blood", "ifn_gamma", "ccl2", "cxcl1", "tgf_beta", "il10", "flow")
    writes = ("cd8", "cd4", "treg", "dendritic", "macrophage", "suppressor", "inkt")

    class Parameters(RuleParameters):
        attraction: Number = parameter(
            20.0,
            low=3,
            high=100,
            mark="assumed",
            source="Halama 2011, 10.1158/0008-5472.CAN-11-0268: 10 to 50 times as many CD8 T cells at the margin as in normal liver",
            description="gain of entry at a site in saturating chemokine",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """Where they can stop: sinusoid sites (row * columns + column)."""
        self.sinusoids = liver.sinusoids.astype(np.uint64)

    def apply(self, liver: Liver) -> None:
        for name, cells in liver.populations.items():
            supply = cells.species.supply
            if supply is None:
                continue
            wanted = value_at(liver.config, supply.density) * liver.standard_area_mm2
            rates = [value_at(liver.config, called.rate) for called in supply.called]
            if cells.count == 0 and wanted == 0.0 and not any(rates):
                continue
            key = liver.key(f"{self.name}/{name}")
            longer = self.how_much_more(liver, supply.kept)
            self.let_die(liver, cells, key, supply.life, longer)
            leaving = 1.0 / max(value_at(liver.config, supply.residence), 1e-3)
            more = self.how_much_more(liver, supply.raised)
            wanted *= liver.left(name) * more
            turn_over(liver, name, key, leaving, wanted)
            if wanted > 0.0 and supply.up and self.sinusoids.size:
                rate = wanted * leaving / self.sinusoids.size * self.parameters.attraction * liver.dt_hours
                self.let_in(
                    liver, name, key, supply.up, rate * (liver.left(supply.receptor) if supply.receptor else 1.0)
                )
            for called, rate in zip(supply.called, rates, strict=True):
                key = liver.key(f"{self.name}/{name}/{called.up}")
                entries = rate * more * liver.left(name) * liver.left(called.receptor) * liver.dt_hours
                slots = self.let_in(liver, name, key, called.up, entries)
                if called.column:
                    cells.rows[called.column][slots] = called.value

    def how_much_more(self, liver: Liver, raised: tuple[Raised, ...]) -> float:
        """By how much levels in the blood multiply all that come, or the life of those that are there."""
        more = 1.0
        for by in raised:
            if gain := value_at(liver.config, by.gain):
                level = liver.blood[by.level] * liver.left(by.ligand)
                more += gain * level / (1.0 + level) * liver.left(by.receptor)
        return more

    def let_in(self, liver: Liver, name: str, key: np.uint64, signal: str, entries: float) -> np.ndarray:
        """Cells of a population that a signal stops, `entries` per step and site where it saturates; their slots."""
        if entries == 0.0 or liver.fields[signal].at_rest:
            return np.empty(0, np.int64)
        places = called_sites(
            self.sinusoids,
            liver.sites.perfused,
            liver.flow.passing,
            float(np.max(liver.flow.passing)),
            liver.signal(signal),
            key,
            liver.step_number,
            entries,
        )
        return enter_from_blood(liver, name, key, places, ENTERED, "called")

    def let_die(self, liver: Liver, cells: Population, key: np.uint64, life: str, longer: float) -> None:
        """Those in the tissue die of age, at the key `life` of the config times `longer`; those that are resident at a life of their
        own."""
        resident, columns = cells.species.resident, columns_of(cells.rows, Standing)
        hazard, hazard_of_residents = (
            liver.dt_hours / max(value_at(liver.config, each) * longer, 1e-3)
            for each in (life, resident.life if resident else life)
        )
        stays = getattr(cells.rows, resident.column) if resident else columns.alive
        die_outside(
            columns,
            cells.rows.uid,
            stays,
            cells.book,
            liver.sites,
            key,
            liver.step_number,
            hazard,
            hazard_of_residents,
        )


@jit
def called_sites(sinusoids, perfused, passing, most, signal, key, step, entries):
    """As `supply.attracting_sites`, for entries so rare that it is quicker to draw how many may come at most, and then where each would.
    `most`: the largest value of `passing`."""
    open_sites, levels, blood = perfused.ravel(), signal.ravel(), passing.ravel()
    count = poisson(key, step, _CALLED, entries * most * sinusoids.size)
    found = np.empty((count, 2), np.int64)
    came = 0
    for n in range(count):
        place = sinusoids[np.int64(uniform(key, step, np.uint64(n), 3) * sinusoids.size)]
        level = np.float64(levels[place])
        if levels[place] <= FAINT or open_sites[place] == 0:
            continue
        if uniform(key, step, np.uint64(n), 4) * most < np.float64(blood[place]) * level / (1.0 + level):
            found[came, 0] = np.int64(place) // signal.shape[1]
            found[came, 1] = np.int64(place) % signal.shape[1]
            came += 1
    return found[:came].copy()


@jit
def die_outside(cells, uids, stays, book, sites, key, step, hazard, hazard_of_residents):
    """Each living cell in the interstitium dies with the probability 1 - exp(-hazard), or that of those that stay (uint8 [slot]), by its
    number 4."""
    dying = draw_each(key, step, uids[: book[HIGH]], 4)
    for slot in range(dying.size):
        if cells.alive[slot] == 0 or cells.layer[slot] != INTERSTITIUM:
            continue
        if does_happen(dying[slot], hazard if stays[slot] == 0 else hazard_of_residents):
            lift(sites, INTERSTITIUM, cells.row[slot], cells.column[slot])
            release(cells.alive, book, slot, DIED)
