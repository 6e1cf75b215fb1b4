"""What the circulation brings: one file per level. A new level is a file, and a line in this list, in which each stands before
those that drive it."""

from .ccl2_production import CCL2Production
from .exosomes import Exosomes
from .g_csf import GCSF
from .il2 import IL2
from .il6 import IL6
from .il18 import IL18
from .injury import Injury
from .level import Blood, GivenLevel, Level
from .lps import LPS
from .neutrophils import Neutrophils
from .opsonin import Opsonin
from .platelets import Platelets
from .poly_ic import PolyIC
from .portal_cxcl1 import PortalCXCL1
from .primary import PrimaryTumor
from .primed import PrimedTCells
from .priming import Priming
from .regeneration import Regeneration
from .timp1 import TIMP1

LEVELS: tuple[type[Level], ...] = (
    Neutrophils,
    GCSF,
    LPS,
    Exosomes,
    Injury,
    PolyIC,
    Platelets,
    Opsonin,
    CCL2Production,
    PrimedTCells,
    Priming,
    IL18,
    IL2,
    IL6,
    TIMP1,
    PortalCXCL1,
    Regeneration,
    PrimaryTumor,
)

__all__ = ["LEVELS", "Blood", "GivenLevel", "Level"]
