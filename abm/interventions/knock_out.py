"""Knock-out: a molecule, a population or what a rule does is missing from the beginning, and stays so.

As in hosts that lack a gene or a cell: everything that `block`, `deplete` and `inhibit` can act on can be knocked out.
"""

from typing import ClassVar, Literal

from pydantic import Field, create_model

from .block import MOLECULES
from .deplete import POPULATIONS, take_away
from .inhibit import INHIBITORS
from .intervention import Intervention


class KnockOut(Intervention):
    kind: ClassVar[str] = "knock_out"
    targets: ClassVar = {
        name: about.__class__(f"host without {name}", about.source, about.mark)
        for name, about in {**MOLECULES, **POPULATIONS, **INHIBITORS}.items()
    }

    knock_out: str = Field(description="a molecule, a population or a rule")

    @classmethod
    def for_rules(cls, rules):
        names = (*MOLECULES, *POPULATIONS, *(rule.name for rule in rules if rule.inhibited))
        return create_model(
            "KnockOut",
            __base__=cls,
            __module__=cls.__module__,
            knock_out=(Literal[names], Field(description="a molecule, a population or a rule")),
        )

    def left(self, name, hours):
        return 0.0 if name == self.knock_out else 1.0

    def prepare(self, liver, stream):
        population = liver.populations.get(self.knock_out)
        if population is not None:
            take_away(population.table, liver.sites, liver.key(stream), liver.first_step, 0, 1.0)
