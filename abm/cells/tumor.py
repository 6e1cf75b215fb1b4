"""Tumor cells: carcinoma cells that arrive with the portal blood.

A cell is carried with the blood (circulating), stopped in a sinusoid by its size or by a contact (held), bound
firmly to the wall (adherent), passed through it into the space of Disse or the plate (extravasated), and there may
stop cycling (dormant). What differs between cell lines stands here as parameters; `configs/lines/` has presets.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ..target import Target
from ..tissue.sites import LUMEN, TISSUE
from ..units import (
    Fraction,
    Hours,
    Micrometers,
    MillimetersOfMercury,
    MillimolarPerHour,
    Number,
    Parameters,
    Positive,
    parameter,
)
from .genotype import Gene
from .population import LiverCell
from .species import LEVEL_AT_ITS_SITE, Appearance, Aspect, Column, Secretes, Species, State

TUMOR = 1
"""Its code in the lattices of occupancy."""

_YANG = "Yang 2020, 10.1038/s41586-020-2394-6"

CIRCULATING, HELD, ADHERENT, EXTRAVASATED, DORMANT = range(5)


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
    stress_ligands: Number = parameter(
        1.0,
        low=0,
        high=5,
        mark="assumed",
        source="relative to MC38; B16 shows hardly any, and is rejected once given some (Diefenbach 2001, 10.1038/35093109)",
        description="ligands of NKG2D that its cycling cells show to NK cells, relative to the reference line",
    )
    platelet_cover: Fraction = parameter(
        0.8,
        low=0.2,
        high=1,
        mark="assumed",
        source="Borsig 2001, 10.1073/pnas.061615598: a cloak around the cell; mucins and tissue factor of carcinomas",
        description="share of its surface that the platelets of normal blood cover",
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
        source="B16F1, Luzzi 1998, Am J Pathol 153:865, is 0.66",
        description="multiplies the rate at which solitary cells stop cycling",
    )
    autonomy: Fraction = parameter(
        0.0,
        low=0,
        high=0.95,
        mark="assumed",
        source="B16F1, of whose micrometastases 1 in 100 grows on (Luzzi 1998), is 0; lines that double in 2.5 d lie above",
        description="how far a colony survives without the support of a niche, if its founder can found one",
    )
    founder_share: Fraction = parameter(
        1.0,
        low=0.0001,
        high=1,
        mark="derived",
        source="J Natl Cancer Inst 1986, 77:823, 10.1093/jnci/77.3.823: 18 foci of 1.5e5 MCA-38 cells, of which one in a "
        "hundred would found one if all were alike",
        description="share of the cells that can found a metastasis: their colonies have the autonomy of the line, others have none",
    )
    pace: Annotated[Number, Field(gt=0, le=100)] = parameter(
        1.0,
        low=0.02,
        high=4,
        mark="derived",
        source="lines of mice double in 2.5 d, metastases of patients in 86 to 155 d: Finlay 1988, 10.1002/bjs.1800750707",
        description="how fast its cells live: they cycle, and die but of hypoxia, so many times as fast as rules.growth says",
    )
    vigour_log_sd: Annotated[Number, Field(le=1)] = parameter(
        0.12,
        low=0,
        high=0.5,
        mark="assumed",
        source="no measure is known; nodules of one inoculum differ more than chance makes them: CV of the diameter 0.5 and more",
        description="standard deviation, between founders, of the logarithm of the speed of the cycle, which daughters inherit",
    )
    hardiness_log_sd: Annotated[Number, Field(le=1)] = parameter(
        0.0,
        low=0,
        high=0.5,
        mark="assumed",
        source="no measure is known; as of the speed of the cycle, a part of what makes nodules of one inoculum unequal",
        description="standard deviation, between founders, of the logarithm of how much slower they die, which daughters inherit",
    )
    drug_tolerance_log_sd: Annotated[Number, Field(le=3)] = parameter(
        0.0,
        low=0,
        high=2,
        mark="assumed",
        source="Kreso 2013, 10.1126/science.1227670: lineages of one carcinoma differ in what oxaliplatin leaves (direction)",
        description="standard deviation, between founders and between the cells of a grown colony, of the logarithm of how much less "
        "cytotoxic drugs hit them, which daughters inherit",
    )
    stemness: Fraction = parameter(
        0.0,
        low=0,
        high=1,
        mark="assumed",
        source="Mani 2008, 10.1016/j.cell.2008.03.027: EMT gives traits of stem cells; most in the states between: Pastushenko 2018, "
        "10.1038/s41586-018-0040-3 (direction)",
        description="stemness of its cells halfway through EMT, where it is highest: they go to sleep, and die adrift, less",
    )
    replacement: Fraction = parameter(
        1.0,
        low=0,
        high=1,
        mark="assumed",
        source="Vermeulen 2001, 10.1002/path.966: borders that replace hepatocytes, and such that push them aside (what a line does is "
        "not known)",
        description="share of the hepatocytes, and of the spaces of Disse, whose place its daughters take at once; others must be pressed",
    )
    mutations: tuple[Gene, ...] = Field(
        default=(),
        description="genes that are mutated in addition to what the line's numbers hold already; what each changes is multiplied once, "
        "and the resolved config states the numbers that result",
    )
    ccdc25: Number = parameter(
        1.0,
        low=0,
        high=2,
        mark="assumed",
        source=f"{_YANG}: on breast and colon cancer cells; high in those that bring liver metastases",
        description="CCDC25, the receptor of the DNA of neutrophil nets, relative to the reference line; 0 in a knock-out",
    )
    antigen: Fraction = parameter(
        0.1,
        low=0.02,
        high=1,
        mark="unverified",
        source="Le 2015, 10.1056/NEJMoa1500596: 73 mutations in mismatch-repair-proficient tumors against 1782 in deficient ones (1)",
        description="chance that a cell shows an antigen that a T cell which knows the tumor recognises",
    )
    mhc1: Fraction = parameter(
        1.0,
        low=0,
        high=1,
        mark="assumed",
        source="loss of B2M or HLA leaves 0",
        description="MHC class I on its surface, relative to normal",
    )
    cea: Fraction = parameter(
        0.9,
        low=0,
        high=1,
        mark="assumed",
        source="only patients whose tumor shows CEA were treated (Katz 2015, 10.1158/1078-0432.CCR-14-1421); how many cells do is a guess",
        description="chance that a CAR-T cell which meets a cell of the line recognises it by its CEA",
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


class TumorSecretion(Parameters):
    """What a tumor cell secretes."""

    tumor_tgf_beta: Number = parameter(
        0.3,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 11, 12, 95",
        description=f"TGF-beta of a tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    platelet_tgf_beta: Number = parameter(
        1.0,
        low=0,
        high=10,
        mark="assumed",
        source="Labelle 2011, 10.1016/j.ccr.2011.09.009: that of platelets is needed for metastasis",
        description=f"TGF-beta of a full cloak of platelets: {LEVEL_AT_ITS_SITE}",
    )
    tumor_cxcl1: Number = parameter(
        0.5,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 77, 81, 82",
        description=f"CXCL1/IL-8 of a tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    tumor_cxcl1_net_gain: Number = parameter(
        2.0,
        low=0,
        high=5,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, ref 77: positive loop of IL-8 and nets",
        description="gain of CXCL1/IL-8 secretion in a full net",
    )
    tumor_ccl2: Number = parameter(
        0.5,
        low=0.1,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 56-58; not made where nobody follows it",
        description=f"CCL2 of a tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    tumor_vegf: Number = parameter(
        0.3,
        low=0.3,
        high=30,
        mark="assumed",
        source="Yang 2025, 10.3892/or.2025.8963, refs 132, 133",
        description=f"VEGF of a hypoxic tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    tumor_ifn_beta: Number = parameter(
        1.0,
        low=0,
        high=10,
        mark="assumed",
        source="infected cells warn their neighbours (general); tumor cells make less of it than others",
        description=f"IFN-beta of an infected tumor cell: {LEVEL_AT_ITS_SITE}",
    )
    tumor_lactate: MillimolarPerHour = parameter(
        "150 mM/h",
        low="30 mM/h",
        high="500 mM/h",
        mark="derived",
        source="0.2 pmol per cell and hour in 1.4 pL (cultured carcinoma lines)",
        description="lactate production of a tumor cell, per site volume",
    )
    hypoxia_below: MillimetersOfMercury = parameter(
        "8 mmHg",
        low="5 mmHg",
        high="10 mmHg",
        mark="unverified",
        source="HIF activation",
        description="oxygen below which a tumor cell secretes VEGF",
    )


def _cxcl1(cells: np.ndarray, config) -> np.ndarray:
    """How much CXCL1/IL-8 each of the `cells` secretes, relative to one of the reference line that no net holds."""
    gain = np.float32(config.secretion.tumor_cxcl1_net_gain)
    return np.float32(config.cells.tumor.cxcl1) * (1 + gain * cells["net"])


def _infected(cells: np.ndarray, config) -> np.ndarray:
    """Which of the `cells` a virus has infected (1 or 0)."""
    return (cells["infected_h"] > 0.0).astype(np.float32)


_AT_THE_WALL = ("held", "adherent")
_CYCLING = ("adherent", "extravasated")
_SETTLED = ("held", "adherent", "extravasated", "dormant")


class TumorCell(LiverCell):
    """One tumor cell."""

    species = Species(
        name="tumor",
        code=TUMOR,
        words="Tumor cells",
        parameters=TumorParameters,
        stands=(LUMEN, TISSUE),
        columns=(
            Column("held_by", "u1", "cause code of what stopped it", nominal=True),
            Column(
                "clone",
                "i4",
                "number of the founder among the arrived cells; negative: of an implanted colony, or added by hand",
                signed=True,
                nominal=True,
            ),
            Column("divisions", "i4", "divisions since arrival, along the line of descent"),
            Column("arrived_h", "f4", "when it arrived in the liver (inherited)", "h", signed=True),
            Column("settled_h", "f4", "when it left the circulation or was born", "h", signed=True),
            Column("diameter_um", "f4", "its diameter", "um"),
            Column("emt", "f4", "0 epithelial .. 1 mesenchymal", within=(0, 1)),
            Column("cd47", "f4", "CD47 on its surface, relative to the reference line"),
            Column("cd24", "f4", "CD24 on its surface, relative to the reference line"),
            Column("pdl1", "f4", "PD-L1 on its surface, relative to the reference line"),
            Column("calreticulin", "f4", "calreticulin on its surface, relative to the reference line"),
            Column("platelets", "f4", "cloak of platelets, 0 bare .. 1 covered", within=(0, 1)),
            Column("net", "f4", "hold of a neutrophil net, 0 free .. 1 wrapped", within=(0, 1)),
            Column("niche", "f4", "support by fibronectin and stellate cells, 0 none .. 1 full", within=(0, 1)),
            Column("cycle", "f4", "progress through the cell cycle, 0 .. 1", within=(0, 1)),
            Column("autonomy", "f4", "how far its colony survives without a niche (inherited)", within=(0, 1)),
            Column("vigour", "f4", "logarithm of how fast it cycles, relative to its line (inherited)", signed=True),
            Column("hardiness", "f4", "logarithm of how much slower it dies than its line (inherited)", signed=True),
            Column(
                "drug_tolerance",
                "f4",
                "logarithm of how much less cytotoxic drugs hit it than its line (inherited)",
                signed=True,
            ),
            Column("ras", "u1", "1: RAS is mutated in it, which it is not in its line (inherited)"),
            Column("doomed_h", "f4", "time until it dies of a drug or of radiation that has hit it, 0: none has", "h"),
            Column("infected_h", "f4", "time until it bursts of a virus that has infected it, 0: none has", "h"),
            Column("hits", "u1", "sublethal hits by T cells that are not mended yet"),
            Column("cluster", "u8", "which cluster it came in and is held by, 0 for a single cell", nominal=True),
        ),
        states=(
            State("circulating", Appearance("circulating", (255, 252, 200), "round", 0.50, 0.45), stands=()),
            State("held", Appearance("held in a sinusoid", (250, 240, 60), "round", 0.72, 0.55), stands=(LUMEN,)),
            State("adherent", Appearance("adherent", (252, 142, 30), "round", 0.74, 0.55), stands=(LUMEN,)),
            State(
                "extravasated",
                Appearance("in the tissue, cycling", (226, 52, 66), "tile", 0.66, 0.45),
                stands=(TISSUE,),
            ),
            State("dormant", Appearance("dormant", (214, 30, 184), "ring", 0.64, 0.35), stands=(TISSUE, LUMEN)),
        ),
        aspects=(
            Aspect(
                "extravasated",
                Appearance("about to divide", (255, 150, 84), "tile", 0.68, 0.45),
                column="cycle",
                least=0.85,
            ),
            Aspect(
                "extravasated",
                Appearance("resting, no room", (255, 216, 206), "tile", 0.66, 0.2),
                column="cycle",
                least=1.0,
            ),
            Aspect(
                "extravasated",
                Appearance("hypoxic", (150, 20, 110), "tile", 0.66, 0.2),
                "oxygen",
                "secretion.hypoxia_below",
            ),
            Aspect(
                "extravasated",
                Appearance("dying of hypoxia", (150, 140, 120), "burst", 0.6),
                "oxygen",
                "rules.growth.necrosis_below",
            ),
        ),
        secretes=(
            Secretes("tgf_beta", "secretion.tumor_tgf_beta", _CYCLING),
            Secretes("tgf_beta", "secretion.platelet_tgf_beta", _AT_THE_WALL, weight="platelets"),
            Secretes("cxcl1", "secretion.tumor_cxcl1", _SETTLED, weight=_cxcl1),
            Secretes("ccl2", "secretion.tumor_ccl2", _SETTLED),
            Secretes("vegf", "secretion.tumor_vegf", _CYCLING, only_hypoxic=True),
            Secretes("ifn_beta", "secretion.tumor_ifn_beta", _SETTLED, weight=_infected),
            Secretes("lactate", "secretion.tumor_lactate", _CYCLING),
        ),
        secretion=TumorSecretion,
        molecules={
            "cd47": Target("antibody to CD47", "Willingham 2012, 10.1073/pnas.1121623109", "unverified"),
            "cd24": Target("antibody to CD24", "Barkal 2019, 10.1038/s41586-019-1456-0", "unverified"),
            "pdl1": Target(
                "antibody to PD-L1 (as a don't-eat-me signal, and for PD-1)",
                "Yang 2025, 10.3892/or.2025.8963, ref 110",
                "unverified",
            ),
            "egfr": Target("cetuximab, panitumumab", "Karapetis 2008, 10.1056/NEJMoa0804385", "unverified"),
            "her2": Target(
                "trastuzumab, lapatinib", "Sartore-Bianchi 2016, 10.1016/S1470-2045(16)00150-9", "unverified"
            ),
            "braf": Target("vemurafenib", "Prahallad 2012, 10.1038/nature10868", "unverified"),
            "met": Target("c-MET inhibitor (crizotinib)", "Yang 2025, 10.3892/or.2025.8963, ref 18", "unverified"),
            "ccdc25": Target("knock-out of CCDC25 in the line", _YANG, "checked"),
        },
        synonyms="cancer cancercells tumorcells tumourcells",
    )
