"""What the experimenter does to the liver, one kind per file. A new kind is a file, and a line in this list."""

from .ablate import Ablate
from .block import Block
from .cytotoxic import Cytotoxic
from .degrade import Degrade
from .deplete import Deplete
from .embolise import Embolise
from .implant import Implant
from .infect import Infect
from .infuse import Infuse
from .inhibit import Inhibit
from .intervention import Conditional, Course, Intervention, intervention
from .irradiate import Irradiate
from .knock_out import KnockOut
from .operation import Operation
from .resect import Resect
from .stimulate import Stimulate
from .therapy import Therapy

KINDS: tuple[type[Intervention], ...] = (
    Deplete,
    Infuse,
    Block,
    Degrade,
    Inhibit,
    Stimulate,
    KnockOut,
    Cytotoxic,
    Therapy,
    Infect,
    Implant,
    Resect,
    Ablate,
    Irradiate,
    Embolise,
)

__all__ = ["KINDS", "Conditional", "Course", "Intervention", "Operation", "Therapy", "intervention"]
