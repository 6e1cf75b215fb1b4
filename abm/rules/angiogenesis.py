"""Angiogenesis: VEGF, and the Bv8 and FGF2 of neutrophils, call arterial vessels into colonies.

New vessels sprout from perfused sinusoids and from each other (Yang 2025, 10.3892/or.2025.8963, refs 132, 133). Neutrophils
call them where VEGF is blocked too (Bv8: Shojaei 2007, 10.1038/nature06348; FGF2 in metastases of the liver: Gordon-Weeks
2017, 10.1002/hep.29088). Small metastases live on portal blood, larger ones on arterial (10.1186/s40880-016-0083-5). Under a
strong signal vessels leak and carry less; as it falls they become normal (Jain 2005, 10.1126/science.1104819), and without it
they regress (Mancuso 2006, 10.1172/JCI24612).

The slab cuts vessels across: each is one site, beside whoever stands there, and the layer holds its quality.
"""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from ..cells import neutrophil
from ..cells.neutrophil import NEUTROPHIL
from ..cells.tumor import TUMOR
from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each, happens
from ..kernels.sites import is_touched, neighbour, reach_within, shifted
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, SINUSOID, TISSUE
from ..units import Fraction, Hours, Micrometers, Number, PerHour, parameter
from .rule import Rule, RuleParameters


class Call(NamedTuple):
    """What calls vessels.

    vegf : float32 [row, column], in half-maximal signals; neutrophils : state of each, by slot; of_each : the signal of an
    N2 neutrophil at the sites that it touches
    """

    vegf: np.ndarray
    neutrophils: np.ndarray
    of_each: float


class Angiogenesis(Rule):
    name = "angiogenesis"
    reads = ("tumor", "neutrophil", "vegf", "perfused")
    writes = ("vessels",)
    inhibited = ("sprout",)
    inhibitor = Target(
        "regorafenib (receptors of VEGF and FGF)", "Yang 2025, 10.3892/or.2025.8963, section 4", "unverified"
    )

    class Parameters(RuleParameters):
        sprout: PerHour = parameter(
            "0.03 /h",
            low="0 /h",
            high="0.1 /h",
            mark="assumed",
            source="Mancuso 2006, 10.1172/JCI24612: all vessels are back within 7 d when VEGF may act again",
            description="rate at which tumor tissue of the area spacing^2 gets a vessel under a saturating signal",
        )
        spacing: Annotated[Micrometers, Field(gt=0, le=1000)] = parameter(
            "60 um",
            low="50 um",
            high="200 um",
            mark="derived",
            source="Cartana 2012, 10.1371/journal.pone.0052815: 242 per mm2 of colorectal cancer; at random 0.55 discs of 60 um leave 193",
            description="nearer to a vessel than this no other one sprouts; up to twice as far from it, new ones branch off",
        )
        regress: PerHour = parameter(
            "0.01 /h",
            low="0.003 /h",
            high="0.05 /h",
            mark="derived",
            source="Mancuso 2006, 10.1172/JCI24612: 50-60 %, elsewhere up to 80 %, are lost in 7 d without VEGF; -ln(0.2)/168 h",
            description="rate at which vessels regress without signal, or without tumor cells beside them",
        )
        leaky: Fraction = parameter(
            0.6,
            low=0.2,
            high=0.8,
            mark="assumed",
            source="Jain 2005, 10.1126/science.1104819 (direction)",
            description="quality of a vessel under a saturating signal, of 1 without any",
        )
        neutrophil_call: Number = parameter(
            0.5,
            low=0.3,
            high=3,
            mark="assumed",
            source="Gordon-Weeks 2017, 10.1002/hep.29088 (direction)",
            description="FGF2 and Bv8 of each N2 neutrophil that touches a site, in half-maximal signals",
        )
        interval: Hours = parameter(
            "1 h",
            low="5 min",
            high="4 h",
            mark="assumed",
            source="numerical; vessels come and go within days",
            description="how often vessels are looked at; rounded to whole time steps, at least one",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        every = max(1, round(p.interval / liver.dt_hours))
        if (liver.step_number + 1) % every != 0:
            return
        vessels = liver.vessels
        none_yet = is_zero(vessels)
        if none_yet and (liver.tumor.count == 0 or p.sprout == 0.0):
            return
        call = Call(liver.signal("vegf"), liver.neutrophil.rows.state, p.neutrophil_call * liver.left("fgf2"))
        key, step, hours = liver.key(self.name), liver.step_number, every * liver.dt_hours
        if not none_yet:
            tend(np.flatnonzero(vessels), liver.sites, vessels, call, key, step, hours, p.regress, p.leaky)
        spacing = p.spacing / liver.spacing_um
        reach = int(2.0 * spacing)
        rate = p.sprout / max(spacing, 1.0) ** 2
        born = sprout(liver.tumor.used, liver.sites, vessels, call, key, step, hours, rate, spacing, reach, p.leaky)
        if born or not none_yet:
            liver.update_exchange()


@jit(inline=True, counted=False)
def called(sites, call, row, column):
    """How strongly a site is called, 0 .. 1."""
    signal = np.float64(call.vegf[row, column])
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.population[LUMEN, r, c] == NEUTROPHIL:
            if call.neutrophils[sites.occupant[LUMEN, r, c]] == neutrophil.N2:
                signal += call.of_each
    return signal / (1.0 + signal)


@jit(inline=True, counted=False)
def quality_of(leaky, strength):
    """How well a vessel carries that is called so strongly."""
    return np.float32(1.0 - (1.0 - leaky) * strength)


@jit(counted=False)
def tend(places, sites, vessels, call, key, step, hours, regress, leaky):
    """The vessels at `places` (row * columns + column) regress, or become as good as the signal lets them be."""
    columns = vessels.shape[1]
    for place in places:
        row, column = place // columns, place % columns
        strength = called(sites, call, row, column) if is_touched(sites, TUMOR, TISSUE, row, column) else 0.0
        gone = happens(key, step, np.uint64(place), 1, regress * (1.0 - strength), hours)
        vessels[row, column] = np.float32(0.0) if gone else quality_of(leaky, strength)


@jit
def sprout(tumor, sites, vessels, call, key, step, hours, rate, spacing, reach, leaky):
    """New vessels at the sites of tumor cells in the tissue, at most at `rate` (1/h) at each; how many. `spacing` is in sites,
    with `reach` twice its whole number."""
    draws = draw_each(key, step, tumor.uid, 0)
    born = 0
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.layer != TISSUE or not could_happen(draws[i], rate * hours):
            continue
        row, column = cell.row, cell.column
        strength = called(sites, call, row, column)
        if does_happen(draws[i], rate * strength * hours) and has_stem(sites, vessels, row, column, spacing, reach):
            vessels[row, column] = quality_of(leaky, strength)
            born += 1
    return born


@jit(counted=False)
def has_stem(sites, vessels, row, column, spacing, reach):
    """Whether a vessel can sprout at a site: from a perfused sinusoid beside it, or from a vessel at most two spacings off, and
    with none within `spacing`."""
    rows, columns = vessels.shape
    top, bottom = reach_within(reach, rows, sites.periodic)
    left, right = reach_within(reach, columns, sites.periodic)
    branches = False
    for dr in range(top, bottom + 1):
        for dc in range(left, right + 1):
            distance2 = dr * dr + dc * dc
            if distance2 > 4.0 * spacing * spacing:
                continue
            r, c = shifted(row, dr, rows, sites.periodic), shifted(column, dc, columns, sites.periodic)
            if r >= 0 and c >= 0 and vessels[r, c] > np.float32(0.0):
                if distance2 < spacing * spacing:
                    return False
                branches = True
    if branches:
        return True
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.kind[r, c] == SINUSOID and sites.perfused[r, c] != 0:
            return True
    return False
