"""The worlds of the tests, each made in one way: small livers and cells in them, bare lattices, a toy of a liver, and what is
asked of them again and again.

They are built from what the package declares, so that a new population, field, layer, level or rule needs no edit here.
"""

from .bare import KEY, around, assert_in_place, every, lattice, settle, wall
from .chance import COMPILED, assert_chance, assert_mean, compiled_only, sized
from .fake import FakeLiver
from .lesions import lesion
from .livers import LIVELY, RESIDENTS, lively, liver, put, put_disc, sinusoids, without
from .states import after, again, assert_resumes, assert_sound, changed, ending, later, run_rule, state_of
from .treated import act, treated, treatment

__all__ = [
    "COMPILED",
    "KEY",
    "LIVELY",
    "RESIDENTS",
    "FakeLiver",
    "act",
    "after",
    "again",
    "around",
    "assert_chance",
    "assert_in_place",
    "assert_mean",
    "assert_resumes",
    "assert_sound",
    "changed",
    "compiled_only",
    "ending",
    "every",
    "later",
    "lattice",
    "lesion",
    "lively",
    "liver",
    "put",
    "put_disc",
    "run_rule",
    "settle",
    "sinusoids",
    "sized",
    "state_of",
    "treated",
    "treatment",
    "wall",
    "without",
]
