"""The whole configuration, composed from the parameters that stand beside each mechanism and population."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import numpy as np
from pydantic import BaseModel, Field, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..blood import LEVELS, Level
from ..cells import POPULATIONS
from ..cells.genotype import express
from ..cells.own import Laid, laid, populations_of
from ..cells.population import LiverCell
from ..fields import FIELDS
from ..fields.field import Field as DiffusingField
from ..fields.field import SignalParameters
from ..fields.layers import LAYERS, Layer
from ..interventions import KINDS, Intervention, Operation, Therapy
from ..interventions.condition import unfit as unfit_conditions
from ..interventions.embolise import Embolise
from ..interventions.implant import Implant
from ..notebook import card
from ..pharmacology import Drug, Patient, Regimen, acts_of
from ..pharmacology.dosing import Load, Prescription, unfit
from ..registry import Registry
from ..rules import RULES, Rule, in_order
from ..tissue import own as own_tissue
from ..tissue.parameters import TissueParameters
from ..tissue.sites import STANDING
from ..units import LONGEST, Hours, Moment, Parameters, declared, in_time, misfit, misfits, written
from . import plugins
from .errors import at, choice, did_you_mean, dotted, every_key, learn_synonyms
from .kinds import one_of
from .recording import RecordParameters

T = TypeVar("T")

SHIPPED = Registry(POPULATIONS, FIELDS, LAYERS, LEVELS, RULES, KINDS)
"""What comes with the simulator."""

LONGEST_TESTED_STEP = 10 / 60
"""Hours; tests show that results agree for steps from 1 min up to this one, and up to 1 h of a lesion that nobody attacks."""


class Group(Parameters):
    """A group of parameters that is composed of what is declared."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The parameters by their names."""


class Config(Parameters):
    """One experiment: a liver, what arrives in it, and what is kept of it."""

    registry: ClassVar[Registry]
    """What this config can use: populations, fields, rules and so on."""
    own: ClassVar[tuple[type, ...]] = ()
    """The classes in it that come from plugins."""

    name: str = Field(default="experiment", max_length=200, description="title of the experiment")
    description: str = Field(default="", max_length=5000, description="what is asked, in a sentence or two")
    labels: dict[str, str] = Field(default={}, description="which presets were used (written by crlm)")
    plugins: tuple[str, ...] = Field(default=(), description="Python files with rules of your own")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(default=1, description="the seed of all chance")
    duration: Annotated[Hours, Field(gt=0, le=LONGEST)] = Field(default=written("14 d"), description="simulated time")
    step: Annotated[Hours, Field(ge=1 / 120, le=1)] = Field(
        default=written("5 min"), description="time step of the cells, 30 s to 1 h"
    )
    tissue: TissueParameters = TissueParameters()
    cells: Group = Group()
    fields: Group = Group()
    secretion: Group = Group()
    blood: Group = Group()
    rules: Group = Group()
    interventions: tuple[Intervention, ...] = Field(
        default=(), description="what the experimenter does to the liver, and when"
    )
    patient: Patient = Patient()
    regimens: Mapping[str, Regimen] = Field(
        default={}, description="regimens of drugs; those that a therapy names are read from their files"
    )
    drugs: Mapping[str, Drug] = Field(
        default={}, description="drugs; those that a regimen names are read from their files"
    )
    begin: Moment | None = Field(
        default=None,
        description="when the run begins, at most 0; by default with the earliest intervention, at the latest at 0",
    )
    record: RecordParameters = RecordParameters()

    @field_validator("cells", mode="after")
    @classmethod
    def _room_for_residents(cls, cells, info):
        """Refuse more resident cells than sinusoid sites, layer by layer."""
        if "tissue" not in info.data:
            return cells
        tissue = info.data["tissue"]
        sites = tissue.fewest_sinusoid_sites / tissue.slabs
        for layer in range(len(STANDING)):
            names = [species.name for species in cls.registry.species if species.settles_in(layer)]
            densities = {name: getattr(cells, name).density for name in names}
            if sum(densities.values()) > sites:
                most = max(densities, key=lambda name: densities[name])
                usual = type(getattr(cells, most)).model_fields["density"].default
                raise misfit(
                    cells,
                    f"{choice(names, 'and')} cells are {sum(densities.values()):.3g} per mm2, for which sinusoids may have "
                    f"only {sites:.3g} sites of {tissue.site:g} um in a slab of {tissue.slab_thickness:g} um; make them fewer, "
                    f"such as {usual}",
                    most,
                    "density",
                )
        return cells

    @field_validator("fields", mode="after")
    @classmethod
    def _resolved(cls, fields, info):
        """Refuse fields that the lattice cannot resolve."""
        for name, field in fields if "tissue" in info.data else ():
            if isinstance(field, SignalParameters) and (message := field.misfit(info.data["tissue"].site)):
                written = [key for key in ("washout", "diffusion", "decay") if key in field.model_fields_set]
                raise misfit(field, message, name, *written[:1])
        return fields

    @field_validator("begin", mode="after")
    @classmethod
    def _not_too_late(cls, begin, info):
        if begin is not None:
            if begin > 0:
                raise PydanticCustomError("begin", "a run begins at 0 or before")
        if min([begin or 0.0, *_starts(info.data.get("interventions", ()))]) < -LONGEST:
            raise PydanticCustomError("begin", "a run begins at most 10 years before time 0")
        return begin

    @model_validator(mode="after")
    def _begun(self):
        """Refuse interventions that start before the run does."""
        found = [
            (f"it starts before the run, which begins at {in_time(self.begin)}", ("interventions", number, "start"))
            for number, entry in enumerate(self.interventions)
            if self.begin is not None and entry.begins is not None and entry.begins < self.begin
        ]
        if found:
            raise misfits(self, found)
        return self

    @model_validator(mode="after")
    def _treated(self):
        """Refuse therapies whose regimen or drugs are unknown, doses in another unit than the drug's, and what overlaps itself."""
        found = dict.fromkeys(unfit(self.prescriptions, self.loads, self.regimens, self.drugs))
        if found:
            raise misfits(self, found)
        return self

    @model_validator(mode="after")
    def _operated(self):
        """Refuse operations within a part that lies outside of the tissue."""
        tissue = self.tissue
        found = [
            (
                f"this part lies outside of the tissue, which is {tissue.width:g} um wide and {tissue.height:g} um high",
                ("interventions", number, "within"),
            )
            for number, entry in enumerate(self.interventions)
            if isinstance(entry, Operation) and entry.within is not None and not entry.within.meets(tissue)
        ]
        if found:
            raise misfits(self, found)
        return self

    @model_validator(mode="after")
    def _acting(self):
        """Refuse interventions that do nothing without a rule that is off."""
        found = [
            (
                f"{entry.kind} does nothing without the rule '{entry.needs}', which is off; leave it on",
                ("interventions", n, entry.kind),
            )
            for n, entry in enumerate(self.interventions)
            if entry.needs and not getattr(self.rules, entry.needs).enabled
        ]
        if found:
            raise misfits(self, found)
        return self

    @property
    def has_lesion(self) -> bool:
        """Whether a lesion is laid before time 0, to which later ones could be compared."""
        return self.tissue.drawn_from is not None or any(
            isinstance(entry, Implant) and entry.start < 0.0 for entry in self.interventions
        )

    @model_validator(mode="after")
    def _conditioned(self):
        """Refuse conditions that nobody could tell at their time."""
        found = list(unfit_conditions(self.interventions, self.duration, self.has_lesion))
        if found:
            raise misfits(self, found)
        return self

    @model_validator(mode="after")
    def _laid_out(self):
        """Refuse a tissue whose cells are nobody, or lie elsewhere."""
        if hasattr(type(self), "registry"):
            try:
                self.laid()
            except own_tissue.OwnTissueError as error:
                raise misfit(self, str(error), "tissue", "from") from error
        return self

    @model_validator(mode="after")
    def _expressed(self):
        """The numbers under the line's mutations, which are then told by a label: whoever reads this again multiplies nothing twice."""
        changed = express(self) if hasattr(self.cells, "tumor") else {}
        self.__dict__.update(changed)
        self.model_fields_set.update(changed)
        return self

    def __repr__(self) -> str:
        tissue = self.tissue
        return (
            f"<Config '{self.name}', seed {self.seed}: {in_time(self.duration - self.begins)} of "
            f"{tissue.width / 1000:g} x {tissue.height / 1000:g} mm2 of liver>"
        )

    def __str__(self) -> str:
        """Everything filled in, as YAML."""
        from .describe import resolved_yaml

        return resolved_yaml(self, readable=True)

    def _repr_html_(self) -> str:
        """What Jupyter shows: a table, and every number to unfold."""
        off = [rule.name for rule in self.registry.rules if not getattr(self.rules, rule.name).enabled]
        facts = {
            "description": self.description,
            **self.labels,
            "simulated time": in_time(self.duration - self.begins),
            "tissue": f"{self.tissue.width / 1000:g} x {self.tissue.height / 1000:g} mm2",
            "interventions": "; ".join(entry.title for entry in self.interventions),
            "rules that are off": ", ".join(off),
            "seed": str(self.seed),
        }
        return card(f"Config '{self.name}'", facts, more=("everything", str(self)))

    def __reduce__(self):
        """Pickled by its content: another process cannot import a composed class by name."""
        return _recomposed, (tuple(map(plugins.address, self.own)), self.model_dump(mode="json"))

    @property
    def companions(self) -> tuple[Path, ...]:
        """The files that it names, of which a run keeps copies: its plugins, and that of its tissue."""
        own = [self.tissue.drawn_from] if self.tissue.drawn_from is not None else []
        return tuple(map(Path, [*self.plugins, *own]))

    def laid(self) -> dict[str, Laid]:
        """Population -> the places at which the file of the tissue has its cells. Raises OwnTissueError."""
        tissue = self.tissue
        if tissue.drawn_from is None:
            return {}
        labels = tissue.labels()
        if labels is not None:
            rows, columns = np.nonzero(labels == own_tissue.TUMOR)
            names = tuple(
                f"site ({row}, {column})" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            )
            return {"tumor": Laid(rows.astype(float), columns.astype(float), names)} if names else {}
        cells = own_tissue.cells_in(tissue.drawn_from)
        whose = populations_of(cells, tissue.names, self.registry.species)
        return {name: laid(cells, which, tissue.shape, tissue.site, tissue.y_axis) for name, which in whose.items()}

    @property
    def prescriptions(self) -> list[Prescription]:
        """What its therapies give."""
        return [
            entry.prescription._replace(number=number)
            for number, entry in enumerate(self.interventions)
            if isinstance(entry, Therapy)
        ]

    @property
    def loads(self) -> list[Load]:
        """What its emboli are loaded with."""
        return [
            Load(number, entry.drug, entry.dose, entry.times)
            for number, entry in enumerate(self.interventions)
            if isinstance(entry, Embolise) and entry.drug is not None and entry.dose is not None
        ]

    @property
    def begins(self) -> float:
        """Hours at which the run begins: 0, or before it."""
        return self.begin if self.begin is not None else min([0.0, *_starts(self.interventions)])


def _starts(interventions: Iterable[Intervention]) -> list[float]:
    return [intervention.begins for intervention in interventions if intervention.begins is not None]


@functools.cache
def compose(own: tuple[type, ...] = ()) -> type[Config]:
    """The config class with what comes with the simulator, and the classes `own` of plugins. Raises ValueError when they
    contradict each other."""
    registry = _with_own(own)
    species, levels = list(registry.species), registry.levels
    cells = _group(
        "CellsParameters",
        "The populations; tumor is the cell line, the others are the host.",
        {each.name: each.parameters for each in species},
    )
    fields = _group(
        "FieldsParameters", "The diffusing fields.", {field.name: field.Parameters for field in registry.fields}
    )
    secretion = _joined(
        "SecretionParameters",
        "How much each population secretes.",
        [each.secretion for each in species if each.secretion],
    )
    blood = _joined(
        "BloodParameters",
        "Equations of the systemic levels.",
        [level.Parameters for level in reversed(levels) if level.Parameters],
    )
    rules = _group(
        "RulesParameters", "What happens, one group per rule.", {rule.name: rule.Parameters for rule in registry.rules}
    )
    kind: Any = one_of(registry.interventions)
    interventions = (tuple[kind, ...], Field(default=(), description=Config.model_fields["interventions"].description))
    act: Any = one_of(acts_of(registry), "act of a drug", "{block: egfr, half: 5 mg/L}")
    acts: Any = (tuple[act, ...], Drug.model_fields["acts"])
    drug: Any = create_model("Drug", __base__=Drug, __module__=Drug.__module__, __doc__=Drug.__doc__, acts=acts)
    composed = create_model(
        "Config",
        __base__=Config,
        __doc__=Config.__doc__,
        cells=(cells, cells()),
        fields=(fields, fields()),
        secretion=(secretion, secretion()),
        blood=(blood, blood()),
        rules=(rules, rules()),
        interventions=interventions,
        drugs=(Mapping[str, drug], Config.model_fields["drugs"]),
    )
    composed.registry, composed.own = registry, own
    for each in species:
        for key, purpose, unit in each.named_keys():
            _refuse_unknown(composed, key, f"the population '{each.name}' names {key!r} as {purpose}", unit)
    return composed


def _refuse_unknown(config: type[BaseModel], key: str, told: str, unit: str | None) -> None:
    """Raise ValueError when the config has no number at this path, or one of another unit."""
    *above, last = key.split(".")
    groups = [part for part in at(config, above) if isinstance(part, type) and issubclass(part, BaseModel)]
    numbers = {number.name: number for group in groups for number in declared(group) if number.quantity}
    if last not in numbers:
        meant = did_you_mean(key, [name for name in map(dotted, every_key(config)) if name != key])
        raise ValueError(f"{told}; a config has no number there" + (f"; {meant}" if meant else ""))
    if unit is not None and numbers[last].unit != unit:
        raise ValueError(f"{told}; it must be {_in_unit(unit)}, and that is {_in_unit(numbers[last].unit)}")


def _in_unit(unit: str) -> str:
    return f"in {unit}" if unit else "a number without unit"


def _group(name: str, about: str, groups: Mapping[str, type[Parameters]]) -> type[Group]:
    """A group of groups of parameters."""
    members: dict[str, Any] = {key: (group, group()) for key, group in groups.items()}
    return create_model(name, __base__=Group, __doc__=about, **members)


def _joined(name: str, about: str, parts: Sequence[type[Parameters]]) -> type[Group]:
    """One group with the parameters of all parts, in their order."""
    bases: Any = (*reversed(parts), Group)
    return create_model(name, __base__=bases, __doc__=about)


def _derived(classes: Iterable[type], base: type[T]) -> tuple[type[T], ...]:
    """The classes that are derived from `base`."""
    return tuple(each for each in classes if issubclass(each, base))


def _with_own(own: Sequence[type]) -> Registry:
    """What comes with the simulator, then the user's own (rules at the place that they ask for)."""
    registry = Registry(
        populations=SHIPPED.populations + _derived(own, LiverCell),
        fields=SHIPPED.fields + _derived(own, DiffusingField),
        layers=SHIPPED.layers + _derived(own, Layer),
        levels=SHIPPED.levels + _derived(own, Level),
        rules=in_order(_derived(own, Rule)),
        interventions=SHIPPED.interventions + _derived(own, Intervention),
    )
    registry.refuse_misfits()
    learn_synonyms(registry.synonyms())
    return registry._replace(interventions=tuple(kind.for_registry(registry) for kind in registry.interventions))


def _recomposed(own: Iterable[Any], content: dict[str, Any]) -> Config:
    """Restore a pickled config. Raises PluginError when a plugin has changed."""
    return compose(tuple(map(plugins.class_at, own))).model_validate(content)
