"""What diffuses: one file per field. A new field is a file, and a line in this list; in this order configs name them."""

from .ccl2 import CCL2
from .cxcl1 import CXCL1
from .field import Field
from .glutamine import Glutamine
from .ifn_beta import InterferonBeta
from .ifn_gamma import InterferonGamma
from .il10 import Interleukin10
from .lactate import LactateField
from .oxygen import Oxygen
from .tgf_beta import TGFBeta
from .tnf import TNF
from .vegf import VEGF

FIELDS: tuple[type[Field], ...] = (
    TNF,
    TGFBeta,
    CXCL1,
    Oxygen,
    LactateField,
    Glutamine,
    VEGF,
    InterferonGamma,
    InterferonBeta,
    Interleukin10,
    CCL2,
)
