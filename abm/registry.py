"""What there is: everything that is declared, kind by kind. Whoever needs to know all of a kind asks here."""

from collections.abc import Iterator
from typing import NamedTuple

from .blood import Level
from .cells.population import LiverCell
from .cells.species import Species
from .fields.field import Field
from .fields.layers import Layer
from .target import Target


class Registry(NamedTuple):
    """The populations, fields, layers, levels, rules and kinds of intervention of one config, each in its order: what comes
    with the simulator, and the user's own."""

    populations: tuple[type[LiverCell], ...]
    fields: tuple[type[Field], ...]
    layers: tuple[type[Layer], ...]
    levels: tuple[type[Level], ...]
    rules: tuple[type, ...] = ()
    interventions: tuple[type, ...] = ()

    @property
    def species(self) -> Iterator[Species]:
        """What each population declares of itself."""
        return (agent.species for agent in self.populations)

    def molecules(self) -> dict[str, Target]:
        """The molecules that can be blocked, wherever they are declared."""
        found: dict[str, Target] = {}
        for declared in (*self.species, *self.fields, *self.levels):
            found |= declared.molecules
        return found

    def depleted(self) -> dict[str, Target]:
        """The populations that can be depleted."""
        return {species.name: species.depleted for species in self.species if species.depleted is not None}

    def infused(self) -> dict[str, Target]:
        """The populations that can be given with the blood."""
        return {species.name: species.infused for species in self.species if species.infused is not None}

    def given(self) -> dict[str, tuple[str, Target]]:
        """By what means levels in the blood can be raised: the level, and how it is done."""
        return {means: (level.name, target) for level in self.levels for means, target in level.given.items()}

    def inhibited(self) -> dict[str, Target | None]:
        """The rules that a drug can slow, and by what it is done, where that is known."""
        return {rule.name: rule.inhibitor for rule in self.rules if rule.inhibited}

    def words(self) -> dict[str, str]:
        """What every lattice of levels is called for readers: fields, layers that are shown, and what the wall expresses."""
        named = {field.name: field.words for field in self.fields}
        named |= {layer.name: layer.words for layer in self.layers if layer.kept}
        return named | {name: column.mapped for species in self.species for name, column in species.mapped.items()}

    def units(self) -> dict[str, str]:
        """The units of fields and layers; "" for those that have none."""
        return {field.name: field.unit for field in self.fields} | {layer.name: "" for layer in self.layers}
