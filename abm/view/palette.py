"""Colours and shapes: what each display code and each kind of tissue looks like.

Modelled on intravital microscopy: dim autofluorescent hepatocytes, dark red vessels, fluorescent cells. Tumor cells
are warm (yellow held, orange adherent, red extravasated, magenta rings dormant), leukocytes and Kupffer cells cold, stellate cells
violet. The colours of any two populations, and of any two tumor states, stay apart for readers with protanopia and
deuteranopia; where two states of one population share a hue, brightness and shape tell them apart.
"""

from typing import NamedTuple

from ..fields.layers import KEPT

Colour = tuple[int, int, int]


class Look(NamedTuple):
    """How one display code is drawn: `radius` in sites; `glow` 0-1 is the halo of fluorescence around it."""

    group: str
    label: str
    colour: Colour
    shape: str
    radius: float
    glow: float = 0.0


LOOKS: dict[int, Look] = {
    1: Look("Tumor cells", "circulating", (255, 252, 200), "round", 0.50, 0.45),
    2: Look("Tumor cells", "held in a sinusoid", (250, 240, 60), "round", 0.72, 0.55),
    3: Look("Tumor cells", "adherent", (252, 142, 30), "round", 0.74, 0.55),
    4: Look("Tumor cells", "extravasated", (226, 52, 66), "tile", 0.66, 0.45),
    5: Look("Tumor cells", "dormant", (190, 50, 145), "ring", 0.64, 0.35),
    10: Look("Kupffer cells", "resting", (74, 124, 222), "amoeboid", 0.80, 0.0),
    11: Look("Kupffer cells", "engulfing a tumor cell", (106, 150, 248), "engulfing", 0.98, 0.10),
    12: Look("Kupffer cells", "secreting TNF", (128, 172, 255), "amoeboid", 0.92, 0.65),
    13: Look("Kupffer cells", "reprogrammed", (66, 92, 158), "amoeboid", 0.80, 0.0),
    20: Look("NK cells", "patrolling", (5, 158, 99), "round", 0.44, 0.0),
    21: Look("NK cells", "on a tumor cell", (20, 196, 128), "round", 0.52, 0.70),
    22: Look("NK cells", "after a kill", (5, 158, 99), "ring", 0.52, 0.15),
    30: Look("Neutrophils", "N1", (160, 208, 228), "lobed", 0.47, 0.0),
    31: Look("Neutrophils", "N2", (118, 160, 204), "lobed", 0.47, 0.0),
    32: Look("Neutrophils", "casting a net", (225, 245, 255), "burst", 0.85, 0.45),
    40: Look("Stellate cells", "quiescent", (98, 58, 172), "spindle", 0.62, 0.0),
    41: Look("Stellate cells", "activated", (132, 72, 240), "spindle", 1.05, 0.25),
}
"""The looks of all display codes (see `abm.record.display`); sizes relative to a 10 µm site."""

TUMOR_CODES = (1, 2, 3, 4, 5)

HEPATOCYTE: Colour = (31, 42, 54)
HEPATOCYTE_EDGE: Colour = (21, 30, 40)
HEPATOCYTE_NUCLEUS: Colour = (22, 31, 42)
STROMA: Colour = (38, 20, 34)  # where a nodule has replaced the hepatocytes
BLOOD: Colour = (92, 18, 24)
NO_FLOW: Colour = (13, 11, 16)
WALL: Colour = (64, 40, 48)
ACTIVE_WALL: Colour = (252, 141, 177)  # endothelium with E-selectin
PORTAL: Colour = (84, 86, 84)
PORTAL_LUMEN: Colour = (100, 22, 28)
VEIN: Colour = (58, 12, 20)
VEIN_WALL: Colour = (104, 92, 92)
NET: Colour = (245, 240, 235)
ECM: Colour = (150, 168, 182)

PAPER: Colour = (11, 14, 19)
INK: Colour = (228, 231, 235)
FAINT: Colour = (138, 146, 156)
RULE: Colour = (48, 55, 64)

FATES: dict[str, Colour] = {
    "passed": (122, 134, 148),
    "phagocytosed": (74, 124, 222),
    "killed": (5, 158, 99),
    "died": (176, 137, 104),
    "alive": (226, 52, 66),
}
"""Ways out of the tissue in figures, and those still there."""

ARMS: tuple[Colour, ...] = (
    (60, 67, 76),
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (230, 159, 0),
    (86, 180, 233),
    (204, 121, 167),
)
"""Arms of an experiment on white, the control first (Okabe and Ito's colours)."""

ARMS_ON_DARK: tuple[Colour, ...] = ((226, 230, 236), (86, 180, 233), (240, 128, 48), (30, 190, 140))
"""The first of them on the dark ground of movies."""

FIELD_LABELS = {
    "tnf": "TNF-α",
    "tgf_beta": "TGF-β",
    "cxcl1": "CXCL1 / IL-8",
    "oxygen": "oxygen",
    "lactate": "lactate",
    "vegf": "VEGF",
    **{name: layer.words for name, layer in KEPT.items()},
    "e_selectin": "E-selectin",
}
UNITS = {"K": "× half-maximal", "1": ""}
"""How units are written for readers that have names of their own."""
OVERLAY_MAP = "viridis"
"""matplotlib's colour map of the overlay; perceptually uniform, and readable with any colour vision."""
OVERLAY_START = 0.18
"""Where in the colour map signals begin: its darkest colours would only dim the picture."""
OVERLAY_ALPHA = (0.0, 0.62)
"""Opacity of the overlay at its lower and upper limit, for signals."""
OVERLAY_ALPHA_LEVEL = (0.5, 0.5)
"""The same for levels that are nowhere absent, such as oxygen."""


def as_hex(colour: Colour) -> str:
    """'#rrggbb'."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
