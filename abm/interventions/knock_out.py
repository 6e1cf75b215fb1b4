"""Knock-out: a molecule, a population or what a rule does is missing from the beginning, and stays so.

As in hosts that lack a gene or a cell: everything that `block`, `deplete` and `inhibit` can act on can be knocked out.
"""

from typing import ClassVar

from pydantic import Field

from ..target import Target
from .deplete import take_away
from .intervention import Intervention


class KnockOut(Intervention):
    kind: ClassVar[str] = "knock_out"

    knock_out: str = Field(description="a molecule, a population or a rule")

    @classmethod
    def for_registry(cls, registry):
        inhibited = registry.inhibited()
        known = (
            registry.molecules() | registry.depleted() | {rule: it for rule, it in inhibited.items() if it is not None}
        )
        targets = {name: Target(f"host without {name}", about.source, about.mark) for name, about in known.items()}
        return cls._choosing(targets, dict.fromkeys((*targets, *inhibited)))

    def left(self, name, hours):
        return 0.0 if name == self.knock_out else 1.0

    def prepare(self, liver, stream):
        population = liver.populations.get(self.knock_out)
        if population is not None:
            take_away(liver, population, liver.key(stream), 0, 1.0)
