"""Arrest: a tumor cell is first held in a sinusoid, then turns adherent, or is washed on.

What stops a cell is disputed: its size alone (Mook 2003, 10.1053/jhep.2003.50297), or adhesion in sinusoids wider
than the cell (Haier 2003, J Gastrointest Surg 7:507). Both are here. HELD: in transit, each micrometer of sinusoid
holds by the misfit of cell and lumen, by its bare wall, and ten times better where a Kupffer cell is touched, which
is where 74 % of the cells are found (Matsumura 2014, 10.3892/ijo.2014.2662). ADHERENT: a held cell is bound firmly by
E-selectin, VCAM-1, ICAM-1 (Khatib 1999, Cancer Res 59:1356), by Kupffer cells, by neutrophils that bridge it to the
wall (Spicer 2012, 10.1158/0008-5472.CAN-11-2393), by nets, by matrix and by its platelets. Until then shear may detach or kill it.
"""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from ..cells.kupffer import KUPFFER
from ..cells.neutrophil import NEUTROPHIL
from ..cells.tumor import ADHERENT, CIRCULATING, HELD
from ..kernels.jit import jit
from ..kernels.random import uniform
from ..kernels.sites import count_touching, lift
from ..ledger import cause, event
from ..ledger.ledger import enter, lose
from ..liver import Liver
from ..tissue.sites import LUMEN
from ..units import Fraction, Micrometers, Number, PerHour, PerMicrometer, Positive, parameter
from .clusters import in_company
from .holding import Holding
from .rule import Rule, RuleParameters

_MATSUMURA = "Matsumura 2014, 10.3892/ijo.2014.2662"
_KHATIB = "Khatib 1999, Cancer Res 59:1356"


class Bonds(NamedTuple):
    """Rates (1/h) at which a held cell turns adherent, by what binds it at full strength; then what tears it off."""

    wall: float
    e_selectin: float
    vcam1: float
    icam1: float
    kupffer: float
    neutrophil: float
    net: float
    ecm: float
    platelet: float
    detachment: float
    shear_death: float
    contact_hold: float
    cluster_shelter: float


class Arrest(Rule):
    name = "arrest"
    reads = ("tumor", "kupffer", "endothelium", "neutrophil", "nets", "ecm", "flow")
    writes = ("tumor",)
    events: ClassVar = {
        "adherent": ("wall", "e_selectin", "vcam1", "icam1", "kupffer", "neutrophil", "net", "ecm", "platelet"),
        "detached": ("shear",),
        "died": ("shear",),
    }

    class Parameters(RuleParameters):
        mechanical: Fraction = parameter(
            0.92,
            low=0.2,
            high=1.0,
            mark="assumed",
            source=f"Mook 2003 against Haier 2003; {_MATSUMURA}: without Kupffer cells no fewer cells are arrested",
            description="probability that a cell of reference size is held by its size along one porto-central passage",
        )
        reference_diameter: Micrometers = parameter(
            "14 um",
            low="11 um",
            high="20 um",
            mark="unverified",
            source="HT-29, MC38, CT26 in suspension",
            description="diameter of the cell for which `mechanical` is given",
        )
        reference_lumen: Annotated[Micrometers, Positive] = parameter(
            "8.66 um",
            low="6.6 um",
            high="11 um",
            mark="derived",
            source="twice the median radius of the tissue's sinusoids; PMC5105151: 8.81 +- 2.20 um",
            description="median diameter of the sinusoids for which `mechanical` is given",
        )
        reference_lumen_log_sd: Annotated[Number, Field(le=2)] = parameter(
            0.102,
            low=0,
            high=0.3,
            mark="derived",
            source="the spread of the tissue's sinusoids",
            description="standard deviation of the logarithm of their diameter",
        )
        wall_hold: PerMicrometer = parameter(
            "0.0005 /um",
            low="0 /um",
            high="0.01 /um",
            mark="assumed",
            source=f"{_MATSUMURA}: a quarter of the cells is away from Kupffer cells",
            description="hazard of being held by the bare wall, per micrometer",
        )
        kupffer_hold: PerMicrometer = parameter(
            "0.04 /um",
            low="0.01 /um",
            high="0.2 /um",
            mark="derived",
            source=f"{_MATSUMURA}: 74 % of the cells are found on Kupffer cells; about ten times the hold by size",
            description="hazard of being held where a Kupffer cell is touched, per micrometer",
        )
        detachment: PerHour = parameter(
            "0.3 /h",
            low="0.02 /h",
            high="1 /h",
            mark="assumed",
            source="held cells are washed off within hours unless they turn adherent",
            description="rate at which shear at the median flow detaches a held cell from bare wall",
        )
        contact_hold: Number = parameter(
            10.0,
            low=3,
            high=30,
            mark="derived",
            source=f"{_MATSUMURA}: as for kupffer_hold",
            description="how many times slower a cell detaches from a Kupffer cell or a full net",
        )
        shear_death: PerHour = parameter(
            "0.4 /h",
            low="0 /h",
            high="0.5 /h",
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963: most circulating cells die of shear and anoikis; 0.08 /h under the usual cloak",
            description="death rate of held, not yet adherent bare cells at median shear; a full cloak of platelets protects",
        )
        cluster_shelter: Fraction = parameter(
            0.5,
            low=0,
            high=1,
            mark="assumed",
            source="Aceto 2014, 10.1016/j.cell.2014.07.013: fewer cells of clusters die (direction)",
            description="protection from death by shear while a cell of the same cluster is touched",
        )
        wall_bond: PerHour = parameter(
            "0.02 /h",
            low="0 /h",
            high="0.1 /h",
            mark="assumed",
            source="basal adhesion of unstimulated endothelium",
            description="rate of turning adherent on resting endothelium, by the integrins of the reference line",
        )
        e_selectin_bond: PerHour = parameter(
            "1.5 /h",
            low="0.1 /h",
            high="3 /h",
            mark="assumed",
            source=f"{_KHATIB}; Khatib 2002, Cancer Res 62:5393: -86 % metastases without it",
            description="rate of turning adherent at full E-selectin",
        )
        vcam1_bond: PerHour = parameter(
            "0.1 /h",
            low="0 /h",
            high="1 /h",
            mark="assumed",
            source=_KHATIB,
            description="rate of turning adherent at full VCAM-1",
        )
        icam1_bond: PerHour = parameter(
            "0.05 /h",
            low="0 /h",
            high="1 /h",
            mark="assumed",
            source=_KHATIB,
            description="rate of turning adherent at full ICAM-1",
        )
        kupffer_bond: PerHour = parameter(
            "0.005 /h",
            low="0 /h",
            high="0.5 /h",
            mark="assumed",
            source=_MATSUMURA,
            description="rate of turning adherent in contact with a Kupffer cell",
        )
        neutrophil_bond: PerHour = parameter(
            "0.15 /h",
            low="0 /h",
            high="1 /h",
            mark="assumed",
            source="Spicer 2012, 10.1158/0008-5472.CAN-11-2393: Mac-1 on ICAM-1",
            description="rate of turning adherent in contact with a neutrophil, by the integrins of the reference line",
        )
        net_bond: PerHour = parameter(
            "0.5 /h",
            low="0 /h",
            high="2 /h",
            mark="assumed",
            source="Cools-Lartigue 2013, 10.1172/JCI67484",
            description="rate of turning adherent in a full net",
        )
        ecm_bond: PerHour = parameter(
            "0.1 /h",
            low="0 /h",
            high="1 /h",
            mark="assumed",
            source="Costa-Silva 2015, 10.1038/ncb3169: fibronectin of the niche",
            description="rate of turning adherent on full matrix",
        )
        platelet_bond: PerHour = parameter(
            "0.03 /h",
            low="0 /h",
            high="1 /h",
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963: GPIIb/IIIa and fibrinogen",
            description="rate of turning adherent under a full cloak of platelets, by the integrins of the reference line",
        )

    parameters: Parameters

    def holding(self, passage_um: float, net_fold: float) -> Holding:
        """The hazards of being held in transit, for a porto-central passage of the given length."""
        p = self.parameters
        mechanical = min(p.mechanical, 1.0 - 1e-9)
        # root mean square of (cell / lumen - 1) over lognormal lumens, of which hardly any is wider than the cell
        ratio, variance = p.reference_diameter / p.reference_lumen, p.reference_lumen_log_sd**2
        misfit = np.sqrt(ratio**2 * np.exp(2.0 * variance) - 2.0 * ratio * np.exp(0.5 * variance) + 1.0)
        return Holding(
            size=-np.log1p(-mechanical) / passage_um,
            reference_misfit=float(max(misfit, 1e-3)),
            wall=p.wall_hold,
            kupffer=p.kupffer_hold,
            net_fold=net_fold,
        )

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor = liver.tumor
        held = tumor.in_state(HELD)
        if not held.any():
            return
        order = tumor.order(liver.key(self.name), liver.step_number, held)
        line = liver.config.cells.tumor
        left = liver.left
        bonds = Bonds(
            wall=p.wall_bond * line.integrins,
            e_selectin=p.e_selectin_bond * line.selectin_ligands * left("e_selectin"),
            vcam1=p.vcam1_bond * line.integrins * left("vcam1"),
            icam1=p.icam1_bond * line.integrins * left("icam1"),
            kupffer=p.kupffer_bond,
            neutrophil=p.neutrophil_bond * line.integrins * left("mac1") * left("icam1"),
            net=p.net_bond,
            ecm=p.ecm_bond,
            platelet=p.platelet_bond * line.integrins * left("gpiib_iiia"),
            detachment=p.detachment,
            shear_death=p.shear_death,
            contact_hold=p.contact_hold,
            cluster_shelter=p.cluster_shelter,
        )
        settle_or_leave(
            tumor.table,
            liver.endothelium.rows,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            liver.key(self.name),
            liver.step_number,
            order,
            liver.dt_hours,
            liver.ecm,
            liver.shear,
            bonds,
        )


@jit
def settle_or_leave(tumor, wall, sites, book, minutes, key, step, order, hours, ecm, shear, bonds):
    """Every held cell of `order` (slots) turns adherent, detaches, dies of shear, or stays held: competing hazards.

    ecm: float32 matrix per site, 0 .. 1; shear: float32 flow relative to the median, per site.
    """
    rates = np.empty(9)
    reasons = (
        cause.WALL,
        cause.E_SELECTIN,
        cause.VCAM1,
        cause.ICAM1,
        cause.KUPFFER,
        cause.NEUTROPHIL,
        cause.NET,
        cause.ECM,
        cause.PLATELET,
    )
    for slot in order:
        cell = tumor.rows[slot]
        if cell.state != HELD:
            continue
        row, column = cell.row, cell.column
        segment = wall[sites.endothelium[row, column]]
        on_kupffer = count_touching(sites, KUPFFER, LUMEN, row, column) > 0
        rates[0] = bonds.wall
        rates[1] = bonds.e_selectin * np.float64(segment.e_selectin)
        rates[2] = bonds.vcam1 * np.float64(segment.vcam1)
        rates[3] = bonds.icam1 * np.float64(segment.icam1)
        rates[4] = bonds.kupffer if on_kupffer else 0.0
        rates[5] = bonds.neutrophil if count_touching(sites, NEUTROPHIL, LUMEN, row, column) > 0 else 0.0
        rates[6] = bonds.net * np.float64(cell.net)
        rates[7] = bonds.ecm * np.float64(ecm[row, column])
        rates[8] = bonds.platelet * np.float64(cell.platelets)
        adhesion = rates.sum()
        hold = 1.0 + (bonds.contact_hold - 1.0) * max(1.0 if on_kupffer else 0.0, np.float64(cell.net))
        detachment = bonds.detachment * np.float64(shear[row, column]) / hold
        death = bonds.shear_death * np.float64(shear[row, column]) * (1.0 - np.float64(cell.platelets))
        if in_company(tumor.rows, sites, slot):
            death *= 1.0 - bonds.cluster_shelter
        total = adhesion + detachment + death
        if uniform(key, step, cell.uid, 0) >= -np.expm1(-total * hours):
            continue
        which = uniform(key, step, cell.uid, 1) * total
        if which < adhesion:
            chosen = 0
            while chosen < 8 and which >= rates[chosen]:
                which -= rates[chosen]
                chosen += 1
            cell.state = ADHERENT
            enter(book, minutes, event.ADHERENT, reasons[chosen], cell, sites.zone[row, column])
        elif which < adhesion + detachment:
            lift(sites, LUMEN, row, column)
            cell.state = CIRCULATING
            cell.cluster = np.uint64(0)  # the others stay
            enter(book, minutes, event.DETACHED, cause.SHEAR, cell, sites.zone[row, column])
        else:
            lose(tumor, sites, book, minutes, event.DIED, cause.SHEAR, slot)
