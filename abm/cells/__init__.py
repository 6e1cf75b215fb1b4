"""Who: one file per population, with its table, its states, its parameters and its Mesa agent."""

from .endothelium import EndothelialCell, EndotheliumParameters
from .kupffer import KupfferCell, KupfferParameters
from .natural_killer import NaturalKillerCell, NaturalKillerParameters
from .neutrophil import Neutrophil, NeutrophilParameters
from .stellate import StellateCell, StellateParameters
from .tumor import TumorCell, TumorParameters

__all__ = [
    "EndothelialCell",
    "EndotheliumParameters",
    "KupfferCell",
    "KupfferParameters",
    "NaturalKillerCell",
    "NaturalKillerParameters",
    "Neutrophil",
    "NeutrophilParameters",
    "StellateCell",
    "StellateParameters",
    "TumorCell",
    "TumorParameters",
]
