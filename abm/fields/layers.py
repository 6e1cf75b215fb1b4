"""The layers: what lies in the tissue and does not diffuse, one lattice each (float32 [row, column]). A new layer is a class,
and its name in this list."""

import math
from typing import ClassVar


class Layer:
    """An amount at every site.

    name, words : as in configs and tables ("ecm"), and for readers
    full : the most that a site can hold; kept : whether frames and courses of a run show it;
    ink : its colour on white
    """

    name: ClassVar[str]
    words: ClassVar[str]
    full: ClassVar[float] = math.inf
    kept: ClassVar[bool] = True
    ink: ClassVar[str] = ""
    synonyms: ClassVar[str] = ""
    """What people write for its name, in words of small letters."""


class ExtracellularMatrix(Layer):
    name = "ecm"
    words = "extracellular matrix"
    ink = "#6f8797"
    full = 1.0


class Nets(Layer):
    name = "nets"
    words = "neutrophil nets"
    ink = "#3aa0c8"
    full = 1.0


class NetResidue(Layer):
    """What DNase leaves of nets on the wall."""

    name = "net_residue"
    words = "residue of nets"
    full = 1.0
    kept = False


class ExosomeBurden(Layer):
    name = "exosomes"
    words = "exosome burden"
    ink = "#b0702a"


class NewVessels(Layer):
    """New arterial vessels, as many as stand on a section: how well each carries, 0 not at all .. 1 as a normal one."""

    name = "vessels"
    words = "new vessels"
    ink = "#a8324a"
    full = 1.0
    synonyms = "vessel angiogenesis"


class Debris(Layer):
    """What is left of dead tumor cells, in cells."""

    name = "debris"
    words = "debris of tumor cells"
    ink = "#8a7a66"
    synonyms = "deadcells celldebris"


class Obstruction(Layer):
    """Where a drug has shut the sinusoid: 0 or 1."""

    name = "obstruction"
    words = "sinusoids that a drug has shut"
    full = 1.0
    kept = False


class LostToHepatitis(Layer):
    """Where T cells have taken the hepatocyte, and none has grown again: 0 or 1."""

    name = "hepatitis"
    words = "hepatocytes that T cells have taken"
    full = 1.0
    kept = False


class Occlusion(Layer):
    """Until when an embolus closes the arterial vessels of a site, in hours since the run began; 0: none does."""

    name = "occlusion"
    words = "closed by an embolus"
    kept = False


class RadiationFields(Layer):
    """In the fields of which irradiations a site lies: the sum of 2^n over those that are n-th of them, from 0 on."""

    name = "radiation_fields"
    words = "fields of radiation"
    kept = False


class Suppression(Layer):
    """How far suppressive cells nearby, and IL-10, keep lymphocytes from killing, as of this step: 0 not at all .. 1 wholly."""

    name = "suppression"
    words = "suppression of lymphocytes"
    full = 1.0
    kept = False


class Help(Layer):
    """How many more hits, relative to those without, CD8 T cells land for the help of Th1 cells nearby, as of this step."""

    name = "help"
    words = "help for CD8 T cells"
    kept = False


LAYERS: tuple[type[Layer], ...] = (
    ExtracellularMatrix,
    Nets,
    NetResidue,
    ExosomeBurden,
    NewVessels,
    Debris,
    Obstruction,
    LostToHepatitis,
    Occlusion,
    RadiationFields,
    Suppression,
    Help,
)

MARKS = ("hepatocytes", "collapsed", "cavity", "ablated")
"""What a site has or is, uint8 [row, column]: 0 or 1."""
