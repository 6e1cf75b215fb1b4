"""Who: one file per population, with its states, its parameters, its Mesa agent and everything else that is known of it. A new
population is a file, and a line in this list; in this order cells settle, and configs name them."""

from .cd4 import CD4TCell
from .cd8 import CD8TCell
from .dendritic import DendriticCell
from .endothelium import EndothelialCell
from .inkt import InvariantNKTCell
from .kupffer import KupfferCell
from .macrophage import Macrophage
from .natural_killer import NaturalKillerCell
from .neutrophil import Neutrophil
from .population import LiverCell
from .stellate import StellateCell
from .suppressor import SuppressorCell
from .treg import RegulatoryTCell
from .tumor import TumorCell

POPULATIONS: tuple[type[LiverCell], ...] = (
    TumorCell,
    KupfferCell,
    EndothelialCell,
    NaturalKillerCell,
    Neutrophil,
    StellateCell,
    CD8TCell,
    CD4TCell,
    RegulatoryTCell,
    DendriticCell,
    Macrophage,
    SuppressorCell,
    InvariantNKTCell,
)
