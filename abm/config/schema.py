"""The whole configuration, composed from the parameters that stand beside each mechanism and population."""

import functools
from typing import Annotated, ClassVar

from pydantic import Field, create_model

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
from ..record.parameters import RecordParameters
from ..rules import Rule, in_order
from ..tissue.anatomy import TissueParameters
from ..units import Hours, Parameters


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

    name: str = Field(default="experiment", max_length=200, description="title of the experiment")
    description: str = Field(default="", max_length=5000, description="what is asked, in a sentence or two")
    labels: dict[str, str] = Field(default={}, description="which presets were used (written by crlm)")
    plugins: tuple[str, ...] = Field(default=(), description="Python files with rules of your own")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(default=1, description="the seed of all chance")
    duration: Annotated[Hours, Field(gt=0, le=24 * 3650)] = Field(default="14 d", description="simulated time")
    step: Annotated[Hours, Field(ge=1 / 120, le=1)] = Field(default="5 min", description="time step of the cells, 30 s to 1 h")
    tissue: TissueParameters = TissueParameters()
    cells: CellsParameters = CellsParameters()
    fields: FieldsParameters = FieldsParameters()
    secretion: SecretionParameters = SecretionParameters()
    blood: BloodParameters = BloodParameters()
    rules: Parameters
    record: RecordParameters = RecordParameters()


@functools.cache
def compose(user_rules: tuple[type[Rule], ...] = ()) -> type[Config]:
    """The configuration class with the shipped rules and the given user's rules. Raises ValueError for a bad name."""
    rule_classes = in_order(user_rules)
    groups = {rule.name: (rule.Parameters, rule.Parameters()) for rule in rule_classes}
    rules = create_model("RulesParameters", __base__=Parameters, __doc__="What happens, one group per rule.", **groups)
    composed = create_model("Config", __base__=Config, __doc__=Config.__doc__, rules=(rules, rules()))
    composed.rule_classes = rule_classes
    return composed
