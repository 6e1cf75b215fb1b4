"""Tumor cells: carcinoma cells that arrive with the portal blood.

A cell is carried with the blood (circulating), stopped in a sinusoid by its size or by a contact (held), bound
firmly to the wall (adherent), passed through it into the space of Disse or the plate (extravasated), and there may
stop cycling (dormant). What differs between cell lines stands here as parameters; `configs/lines/` has presets.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..tissue.sites import LUMEN, TISSUE
from ..units import Fraction, Hours, Micrometers, Number, Parameters, Positive, parameter
from .population import WHERE, LiverCell

CIRCULATING, HELD, ADHERENT, EXTRAVASATED, DORMANT = range(5)

DTYPE = np.dtype(
    [
        *WHERE,
        ("held_by", "u1"),  # cause code of what stopped it
        ("clone", "i4"),  # number of the founder among the arrived cells; negative: of an implanted colony
        ("divisions", "i4"),  # divisions since arrival, along the line of descent
        ("arrived_h", "f4"),  # simulated hours at arrival in the liver (inherited)
        ("settled_h", "f4"),  # simulated hours when it left the circulation or was born
        ("diameter_um", "f4"),
        ("emt", "f4"),  # 0 epithelial .. 1 mesenchymal
        ("cd47", "f4"),  # surface levels relative to the reference line
        ("cd24", "f4"),
        ("pdl1", "f4"),
        ("calreticulin", "f4"),
        ("platelets", "f4"),  # cloak of platelets, 0 bare .. 1 covered
        ("net", "f4"),  # hold of a neutrophil net, 0 free .. 1 wrapped
        ("niche", "f4"),  # support by fibronectin and stellate cells, 0 none .. 1 full
        ("cycle", "f4"),  # progress through the cell cycle, 0 .. 1
    ]
)


class TumorCell(LiverCell):
    """One tumor cell."""

    dtype = DTYPE
    states = ("circulating", "held", "adherent", "extravasated", "dormant")
    standing: ClassVar = {CIRCULATING: (), HELD: (LUMEN,), ADHERENT: (LUMEN,), EXTRAVASATED: (TISSUE,)}


class TumorParameters(Parameters):
    """The cell line: what it looks like and how it meets the liver."""

    diameter: Annotated[Micrometers, Positive] = parameter(
        "14 um",
        low="11 um",
        high="20 um",
        mark="unverified",
        source="HT-29, MC38, CT26 in suspension: 11-17 um",
        description="median diameter of a cell in suspension",
    )
    diameter_log_sd: Annotated[Number, Field(le=1)] = parameter(
        0.12,
        low=0.05,
        high=0.25,
        mark="assumed",
        source="spread of suspension sizes 11-17 um",
        description="standard deviation of the logarithm of the diameter",
    )
    emt: Fraction = parameter(
        0.3,
        low=0,
        high=1,
        mark="assumed",
        source="partial EMT of circulating tumor cells",
        description="EMT score on arrival",
    )
    cd47: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="relative to the reference line; Yang 2025, 10.3892/or.2025.8963, ref 110",
        description="CD47, a don't-eat-me signal, relative to the reference line",
    )
    cd24: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="relative to the reference line; Yang 2025, 10.3892/or.2025.8963, ref 110",
        description="CD24, a don't-eat-me signal, relative to the reference line",
    )
    pdl1: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="relative to the reference line; Yang 2025, 10.3892/or.2025.8963, ref 110",
        description="PD-L1, relative to the reference line",
    )
    calreticulin: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="relative to the reference line; Yang 2025, 10.3892/or.2025.8963, ref 110",
        description="calreticulin, an eat-me signal, relative to the reference line",
    )
    selectin_ligands: Number = parameter(
        1.0,
        low=0,
        high=3,
        mark="assumed",
        source="sialyl-Lewis x/a of metastatic lines; Khatib 2002, Cancer Res 62:5393",
        description="ligands of E-selectin, relative to a metastatic line",
    )
    integrins: Number = parameter(
        1.0,
        low=0,
        high=3,
        mark="assumed",
        source="VLA-4, LFA-1, ICAM-1: partners of VCAM-1, ICAM-1, Mac-1 and the matrix of the resting wall",
        description="ligands of VCAM-1, ICAM-1, neutrophils and the resting wall, relative to a metastatic line",
    )
    tnf_induction: Number = parameter(
        1.0,
        low=0,
        high=1.5,
        mark="checked",
        source="Khatib 2005, 10.1016/S0002-9440(10)62048-2: H-59, CX-1 induce; M-27, MIP-101 do not",
        description="how strongly a touching Kupffer cell is induced to secrete TNF; 0 for a non-inducer",
    )
    tnf_onset: Hours = parameter(
        "2 h",
        low="0.5 h",
        high="8 h",
        mark="derived",
        source="Khatib 1999, Cancer Res 59:1356: H-59 from 0.5-1 h, peak 4-6 h; Khatib 2005: CX-1 peaks at 10-16 h",
        description="time constant with which the TNF secretion that contact sets going rises",
    )
    tnf_duration: Hours = parameter(
        "2 h",
        low="1 h",
        high="36 h",
        mark="derived",
        source="Khatib 2005: H-59 declines after 6 h, CX-1 stays to 48 h",
        description="time constant with which that secretion falls",
    )
    nk_sensitivity: Number = parameter(
        0.25,
        low=0.02,
        high=1.0,
        mark="derived",
        source="Ichise 2022, 10.7554/eLife.76269 (B16: 1); Cohen 1990, Cancer Res 50:1834 (MCA-38: about 0.05)",
        description="kill hazard in contact with an NK cell, relative to B16",
    )
    extravasation: Literal["rapid", "intravascular"] = parameter(
        "rapid",
        mark="checked",
        source="rapid: Haier 2003, J Gastrointest Surg 7:507; intravascular: Mook 2003, 10.1053/jhep.2003.50297",
        description="whether the line crosses the endothelium within hours or first grows for days inside the vessel",
    )
    dormancy: Number = parameter(
        1.0,
        low=0.1,
        high=3,
        mark="assumed",
        source="B16F1, Luzzi 1998, Am J Pathol 153:865, is 0.85; fitter lines lie below",
        description="multiplies the rate at which solitary cells stop cycling",
    )
    autonomy: Fraction = parameter(
        0.0,
        low=0,
        high=0.8,
        mark="assumed",
        source="B16F1, of whose micrometastases 1 in 100 grows on (Luzzi 1998), is 0.04; lines that double in 2.5 d lie above",
        description="how far a colony survives without the support of a niche",
    )
    cxcl1: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="KIAA1199 and PRIM1 raise CXCL1; Yang 2025, 10.3892/or.2025.8963, refs 81, 82",
        description="secretion of CXCL1/IL-8, relative to the reference line",
    )
    g_csf: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 75, 79",
        description="secretion of G-CSF into the blood, relative to the reference line",
    )
