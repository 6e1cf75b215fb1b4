"""By what it happened: the cause codes of the ledger."""

NONE = 0
SIZE = 1  # the lumen is narrower than the cell
WALL = 2  # the bare wall of the sinusoid
KUPFFER = 3
E_SELECTIN = 4
VCAM1 = 5
ICAM1 = 6
NEUTROPHIL = 7
NET = 8
ECM = 9
PLUG = 10  # the way on is blocked by other held cells or nets
TRAIL = 11
FASL = 12
PERFORIN = 13
SHEAR = 14
APOPTOSIS = 15
HYPOXIA = 16
SOLITUDE = 17  # a cell without neighbours stops cycling
NICHE = 18
OTHER = 19  # for users' own rules, and cells removed by hand
THERAPY = 20
IMPLANT = 21  # set into the tissue by the experimenter
FOUNDER = 22  # a cell that can found a metastasis has arrived, where a line has others, too
PLATELET = 23
ANOIKIS = 24
CD8 = 25
MACROPHAGE = 26
RESECTION = 27  # taken out with the tissue
ABLATION = 28  # destroyed by heat or cold
VIRUS = 29

NAMES = (
    "none",
    "size",
    "wall",
    "kupffer",
    "e_selectin",
    "vcam1",
    "icam1",
    "neutrophil",
    "net",
    "ecm",
    "plug",
    "trail",
    "fasl",
    "perforin",
    "shear",
    "apoptosis",
    "hypoxia",
    "solitude",
    "niche",
    "other",
    "therapy",
    "implant",
    "founder",
    "platelet",
    "anoikis",
    "cd8",
    "macrophage",
    "resection",
    "ablation",
    "virus",
)
