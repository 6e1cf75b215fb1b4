"""The registry: all declared populations, fields, layers, levels, rules and interventions."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from .blood import Level
from .cells.population import LiverCell
from .cells.species import MOST_CODES, Product, Species
from .fields.field import Field
from .fields.layers import MARKS, Layer
from .target import Target
from .units import declared

T = TypeVar("T", bound=type)
H = TypeVar("H", bound=Hashable)

FIRST_OWN_CODE = 20
"""The first code for populations of plugins; lower codes are reserved for those that come with the simulator."""


class Registry(NamedTuple):
    """What a config can use, each in its order: what comes with the simulator, and the user's own. The classes `Rule` and
    `Intervention` themselves import this file."""

    populations: tuple[type[LiverCell], ...]
    fields: tuple[type[Field], ...]
    layers: tuple[type[Layer], ...]
    levels: tuple[type[Level], ...]
    rules: tuple[type[Any], ...] = ()
    interventions: tuple[type[Any], ...] = ()

    def refuse_misfits(self) -> None:
        """Raise ValueError when two declarations contradict each other."""
        for kind, names in (
            ("population", [species.name for species in self.species]),
            ("field", [field.name for field in self.fields]),
            ("layer", [layer.name for layer in self.layers]),
            ("level in the blood", [level.name for level in self.levels]),
            ("kind of intervention", [kind.kind for kind in self.interventions]),
        ):
            for name in _twice(names):
                raise ValueError(f"there is a {kind} '{name}' already; give yours another name")
        for name in _twice(each.name for each in self._on_the_lattice):
            raise ValueError(f"two of the populations, fields and layers are named '{name}'; give yours another name")
        for code in _twice(species.code for species in self.species):
            first, second = [species.name for species in self.species if species.code == code][:2]
            free = next(
                number
                for number in range(FIRST_OWN_CODE, MOST_CODES + 1)
                if all(s.code != number for s in self.species)
            )
            raise ValueError(
                f"the populations '{first}' and '{second}' have one code, {code}; give yours another one, such as {free}"
            )
        fields = {field.name for field in self.fields}
        for species in self.species:
            for secreted in species.secretes:
                if secreted.field not in fields:
                    raise ValueError(
                        f"the population '{species.name}' secretes '{secreted.field}', which is no field; fields are "
                        f"{', '.join(sorted(fields))}"
                    )
            for level in species.brought_by:
                if level not in {level.name for level in self.levels}:
                    raise ValueError(
                        f"the population '{species.name}' comes by the level '{level}', which the blood does not carry; it carries "
                        f"{', '.join(sorted(level.name for level in self.levels))}"
                    )
            for signal in species.called_by:
                if signal not in fields:
                    raise ValueError(
                        f"the population '{species.name}' is called by '{signal}', which is no field; fields are "
                        f"{', '.join(sorted(fields))}"
                    )
            for receptor in species.stopped_by:
                if receptor not in self.molecules():
                    raise ValueError(
                        f"the population '{species.name}' is called by the receptor '{receptor}', which is no molecule; molecules are "
                        f"{', '.join(sorted(self.molecules()))}"
                    )
            for walk in species.walks:
                if walk.up not in {None, *fields}:
                    raise ValueError(
                        f"the population '{species.name}' walks up '{walk.up}', which is no field; fields are "
                        f"{', '.join(sorted(fields))}"
                    )

        for rule in self.rules:
            for touched in (*rule.reads, *rule.writes):
                if touched not in self.touched:
                    raise ValueError(
                        f"the rule '{rule.name}' reads or writes '{touched}', which does not exist; there is "
                        f"{', '.join(sorted(self.touched))}"
                    )
            slowed = {number.name for number in declared(rule.Parameters) if number.unit in ("/h", "h", "um/min")}
            for parameter in rule.inhibited:
                if parameter not in slowed:
                    raise ValueError(
                        f"the rule '{rule.name}' is inhibited at '{parameter}', which is no rate (/h), speed (um/min) or time (h) "
                        f"among its parameters; those are {', '.join(sorted(slowed)) or 'none'}"
                    )

    @property
    def touched(self) -> set[str]:
        """What a rule can read or write: populations, fields, layers, levels in the blood, and what the liver marks."""
        return {each.name for each in (*self._on_the_lattice, *self.levels)} | {
            *MARKS,
            "perfused",
            "blood",
            "flow",
            "drugs",
        }

    @property
    def species(self) -> Iterator[Species]:
        """The declarations of the populations."""
        return (agent.species for agent in self.populations)

    @property
    def _on_the_lattice(self) -> list[Species | type[Field] | type[Layer]]:
        return [*self.species, *self.fields, *self.layers]

    def molecules(self) -> dict[str, Target]:
        """The molecules that can be blocked."""
        possible: list[Species | type[Field] | type[Level]] = [*self.species, *self.fields, *self.levels]
        return {name: target for each in possible for name, target in each.molecules.items()}

    def depleted(self) -> dict[str, Target]:
        """The populations that can be depleted, and the levels in the blood."""
        possible: list[Species | type[Level]] = [*self.species, *self.levels]
        return {each.name: each.depleted for each in possible if each.depleted is not None}

    def infused(self) -> dict[str, tuple[str, Product]]:
        """What can be infused: cells of a population as they are, by its name, and its products -> the population, and what they are."""
        plain = {each.name: (each.name, Product(each.infused)) for each in self.species if each.infused is not None}
        made = {name: (each.name, product) for each in self.species for name, product in each.products.items()}
        return plain | made

    def given(self) -> dict[str, tuple[str, Target]]:
        """Agent that raises a level in the blood -> the name of the level, and the target."""
        return {means: (level.name, target) for level in self.levels for means, target in level.given.items()}

    def inhibited(self) -> dict[str, Target | None]:
        """The rules that a drug can inhibit, and the drug where one is known."""
        return {rule.name: rule.inhibitor for rule in self.rules if rule.inhibited}

    def causes(self, event: str) -> tuple[str, ...]:
        """The possible causes of an event of the ledger, in the order of the rules and interventions that declare them."""
        entered = (each.events.get(event, ()) for each in (*self.rules, *self.interventions))
        return tuple(dict.fromkeys(cause for causes in entered for cause in causes))

    def words(self) -> dict[str, str]:
        """Name -> label in pictures, of every lattice that can be shown: fields, layers, and what the wall expresses."""
        named = {field.name: field.words for field in self.fields}
        named |= {layer.name: layer.words for layer in self.layers if layer.kept}
        return named | {name: column.mapped for species in self.species for name, column in species.mapped.items()}

    def synonyms(self) -> dict[str, str]:
        """Name -> other names that people write for it, of populations, fields and layers."""
        return {each.name: each.synonyms for each in self._on_the_lattice if each.synonyms}

    def units(self) -> dict[str, str]:
        """The units of fields and layers; "" for those that have none."""
        return {field.name: field.unit for field in self.fields} | {layer.name: "" for layer in self.layers}


def _twice(values: Iterable[H]) -> list[H]:
    """The values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def name_of(declared: type[Any]) -> str:
    """The name of a declared class."""
    return (
        declared.species.name if issubclass(declared, LiverCell) else getattr(declared, "kind", None) or declared.name
    )


def marker(base: type, noun: str) -> Callable[[T], T]:
    """The decorator by which plugins mark a class derived from `base`."""

    def mark(cls: T) -> T:
        if not (isinstance(cls, type) and issubclass(cls, base)):
            raise TypeError(f"@{noun} decorates a class derived from abm.{base.__name__}")
        if not name_of(cls):
            raise TypeError(f"the {noun} {cls.__name__} needs a name, e.g. name = 'my_{noun}'")
        marked: Any = cls
        marked.is_plugin = True
        return cls

    mark.__name__ = mark.__qualname__ = noun
    mark.__doc__ = f"Class decorator: mark a {noun} of your own, in a file that the config names under `plugins`."
    return mark


population = marker(LiverCell, "population")
field = marker(Field, "field")
layer = marker(Layer, "layer")
level = marker(Level, "level")
