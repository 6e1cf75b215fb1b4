"""Colours and shapes: what each display code and each kind of tissue looks like.

Modelled on intravital microscopy: dim autofluorescent hepatocytes, vessels of grey violet, fluorescent cells. Tumor cells alone
are warm (yellow held, orange adherent, red in the tissue, magenta rings dormant), leukocytes and Kupffer cells cold, stellate cells
violet. The colours of the fates, of any two tumor states, and of any two populations that share a shape stay apart for readers
with protanopia and deuteranopia; where two states of one population share a hue, brightness and shape tell them apart.
"""

from ..cells import POPULATIONS
from ..cells.species import Appearance, Colour, Shown
from ..config.schema import SHIPPED

LOOKS: dict[int, Appearance] = {code: look for agent in POPULATIONS for code, look in agent.species.looks.items()}
"""The looks of what comes with the simulator, by the number of each state in pictures; sizes relative to a 10 µm site."""


SHOWN: tuple[Shown, ...] = tuple(agent.species.shown for agent in POPULATIONS)
"""What is shown of the populations that come with the simulator."""


TUMOR = "tumor"
"""The name of the population that matters most in pictures: nobody may hide its cells."""
TUMOR_GROUP = next(shown.words for shown in SHOWN if shown.name == TUMOR)
"""The words of the tumor cells, which stay bright in large fields where the liver's own cells are dimmed."""


def look_of(population: str, state: str) -> Appearance:
    """The look of cells of a population that comes with the simulator, in a state."""
    species = next(agent.species for agent in POPULATIONS if agent.species.name == population)
    look = species.states[species.number_of(state)].look
    assert look is not None  # only the wall is not drawn
    return look


HEPATOCYTE: Colour = (31, 42, 54)
HEPATOCYTE_EDGE: Colour = (21, 30, 40)
HEPATOCYTE_NUCLEUS: Colour = (22, 31, 42)
STROMA: Colour = (38, 20, 34)  # where a nodule has replaced the hepatocytes
BLOOD: Colour = (74, 70, 92)
NO_FLOW: Colour = (18, 17, 24)
WALL: Colour = (58, 62, 80)
PORTAL: Colour = (108, 114, 124)
PORTAL_LUMEN: Colour = (84, 80, 108)
VEIN: Colour = (52, 60, 84)
VEIN_WALL: Colour = (122, 134, 150)
NET: Colour = (245, 240, 235)
ECM: Colour = (150, 168, 182)
BORDERS: dict[str, Colour] = {
    "replacement": (0, 158, 115),
    "desmoplastic": (86, 180, 233),
    "pushing": (240, 228, 66),
}
"""How the border of a nodule grows (Okabe and Ito's colours, apart from those of tumor cells)."""
BORDER_OPACITY = 0.75
SCARS: dict[str, tuple[Colour, Colour, float]] = {
    "ablated": ((92, 76, 54), (176, 148, 96), 0.7),
    "cavity": ((2, 3, 5), (150, 160, 172), 1.0),
}
"""What operations leave: its colour, that of its edge, and how much of what was there they cover."""
VESSEL = Appearance("new vessel", (255, 190, 200), "ring", 0.75)  # cut across

PAPER: Colour = (11, 14, 19)
INK: Colour = (228, 231, 235)
FAINT: Colour = (138, 146, 156)
RULE: Colour = (48, 55, 64)
NONE: Colour = (98, 106, 116)  # numbers that are 0

FATES: dict[str, Colour] = {
    "passed": (86, 180, 233),
    "phagocytosed": (0, 114, 178),
    "killed": (0, 158, 115),
    "died": (60, 67, 76),
    "alive": (213, 94, 0),
}
"""Ways out of the tissue in figures, and those still there (Okabe and Ito's colours)."""

FATES_ON_DARK: dict[str, Colour] = FATES | {"died": (214, 218, 224)}
"""The same on the dark ground of movies."""

STATE_WORDS = {"extravasated": "in the tissue"}
"""What states of tumor cells are called in figures, where it is not by their name."""

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

NAMES: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (60, 40, 250),
    (196, 252, 168),
    (104, 40, 0),
)
"""Colours of numbers that are names, such as those of clones: Okabe and Ito's, and others that stay apart from them."""

FIELD_LABELS = SHIPPED.words()
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
