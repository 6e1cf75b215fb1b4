"""The whole configuration, composed from the parameters that stand beside each mechanism and population."""

import functools
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import Field, create_model, field_validator
from pydantic_core import PydanticCustomError

from ..blood import BloodParameters
from ..cells import (
    EndotheliumParameters,
    KupfferParameters,
    NaturalKillerParameters,
    NeutrophilParameters,
    StellateParameters,
    TumorParameters,
)
from ..fields.fields import (
    Chemokine,
    Lactate,
    TransformingGrowthFactor,
    TumorNecrosisFactor,
    VascularEndothelialGrowthFactor,
)
from ..fields.oxygen import OxygenParameters
from ..fields.secretion import SecretionParameters
from ..interventions import KINDS, Intervention
from ..rules import Rule, in_order
from ..tissue.anatomy import TissueParameters
from ..units import LONGEST, Hours, Moment, Parameters, misfit
from . import plugins
from .errors import choice
from .kinds import one_of
from .recording import RecordParameters

LONGEST_TESTED_STEP = 10 / 60
"""Hours; with steps from 1 min up to this one results are shown to be the same."""


class CellsParameters(Parameters):
    """The populations; tumor is the cell line, the others are the host."""

    tumor: TumorParameters = TumorParameters()
    kupffer: KupfferParameters = KupfferParameters()
    endothelium: EndotheliumParameters = EndotheliumParameters()
    natural_killer: NaturalKillerParameters = NaturalKillerParameters()
    neutrophil: NeutrophilParameters = NeutrophilParameters()
    stellate: StellateParameters = StellateParameters()


class FieldsParameters(Parameters):
    """The diffusing fields."""

    tnf: TumorNecrosisFactor = TumorNecrosisFactor()
    tgf_beta: TransformingGrowthFactor = TransformingGrowthFactor()
    cxcl1: Chemokine = Chemokine()
    oxygen: OxygenParameters = OxygenParameters()
    lactate: Lactate = Lactate()
    vegf: VascularEndothelialGrowthFactor = VascularEndothelialGrowthFactor()


class Config(Parameters):
    """One experiment: a liver, what arrives in it, and what is kept of it."""

    rule_classes: ClassVar[tuple[type[Rule], ...]] = ()
    user_rules: ClassVar[tuple[type[Rule], ...]] = ()

    name: str = Field(default="experiment", max_length=200, description="title of the experiment")
    description: str = Field(default="", max_length=5000, description="what is asked, in a sentence or two")
    labels: dict[str, str] = Field(default={}, description="which presets were used (written by crlm)")
    plugins: tuple[str, ...] = Field(default=(), description="Python files with rules of your own")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(default=1, description="the seed of all chance")
    duration: Annotated[Hours, Field(gt=0, le=LONGEST)] = Field(default="14 d", description="simulated time")
    step: Annotated[Hours, Field(ge=1 / 120, le=1)] = Field(
        default="5 min", description="time step of the cells, 30 s to 1 h"
    )
    tissue: TissueParameters = TissueParameters()
    cells: CellsParameters = CellsParameters()
    fields: FieldsParameters = FieldsParameters()
    secretion: SecretionParameters = SecretionParameters()
    blood: BloodParameters = BloodParameters()
    rules: Parameters
    interventions: tuple[Intervention, ...] = Field(
        default=(), description="what the experimenter does to the liver, and when"
    )
    begin: Moment | None = Field(
        default=None,
        description="when the run begins, at most 0; by default with the earliest intervention, at the latest at 0",
    )
    record: RecordParameters = RecordParameters()

    @field_validator("cells", mode="after")
    @classmethod
    def _room_for_residents(cls, cells, info):
        """There are more sinusoid sites than residents that share their blood side, or their space of Disse."""
        if "tissue" not in info.data:
            return cells
        tissue = info.data["tissue"]
        sites = tissue.fewest_sinusoid_sites / tissue.slabs
        for names in (("kupffer", "natural_killer", "neutrophil"), ("stellate",)):
            densities = {name: getattr(cells, name).density for name in names}
            if sum(densities.values()) > sites:
                most = max(densities, key=densities.get)
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
        """The lattice can show every field."""
        for name in ("tnf", "tgf_beta", "cxcl1", "vegf", "lactate") if "tissue" in info.data else ():
            field = getattr(fields, name)
            if message := field.misfit(info.data["tissue"].site):
                written = [key for key in ("washout", "diffusion", "decay") if key in field.model_fields_set]
                raise misfit(field, message, name, *written[:1])
        return fields

    @field_validator("begin", mode="after")
    @classmethod
    def _not_too_late(cls, begin, info):
        if begin is not None:
            if begin > 0:
                raise PydanticCustomError("begin", "a run begins at 0 or before")
            if begin > min(_starts(info.data.get("interventions", ())), default=0.0):
                raise PydanticCustomError(
                    "begin", "an intervention starts earlier; begin with it, or leave this key out"
                )
        if min([begin or 0.0, *_starts(info.data.get("interventions", ()))]) < -LONGEST:
            raise PydanticCustomError("begin", "a run begins at most 10 years before time 0")
        return begin

    def __reduce__(self):
        """By its content: a composed class has no name by which another process could find it."""
        return _recomposed, (tuple(map(plugins.address, self.user_rules)), self.model_dump(mode="json"))

    @property
    def begins(self) -> float:
        """Hours at which the run begins: 0, or before it."""
        return self.begin if self.begin is not None else min([0.0, *_starts(self.interventions)])


def _starts(interventions: Iterable[Intervention]) -> list[float]:
    return [intervention.begins for intervention in interventions if intervention.begins is not None]


@functools.cache
def compose(user_rules: tuple[type[Rule], ...] = ()) -> type[Config]:
    """The configuration class with the shipped rules and the given user's rules. Raises ValueError for a bad name."""
    rule_classes = in_order(user_rules)
    groups = {rule.name: (rule.Parameters, rule.Parameters()) for rule in rule_classes}
    rules = create_model("RulesParameters", __base__=Parameters, __doc__="What happens, one group per rule.", **groups)
    kinds = one_of([kind.for_rules(rule_classes) for kind in KINDS])
    interventions = (tuple[kinds, ...], Field(default=(), description=Config.model_fields["interventions"].description))
    composed = create_model(
        "Config", __base__=Config, __doc__=Config.__doc__, rules=(rules, rules()), interventions=interventions
    )
    composed.rule_classes, composed.user_rules = rule_classes, user_rules
    return composed


def _recomposed(user_rules: Iterable[Any], content: dict[str, Any]) -> Config:
    """A pickled config. Raises PluginError when a plugin is not as it was."""
    return compose(tuple(map(plugins.rule_at, user_rules))).model_validate(content)
