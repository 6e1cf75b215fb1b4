"""What a rule is: one mechanism of the liver, with its parameters, its declarations and its one method."""

import math
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, model_validator

from ..liver import Liver
from ..registry import marker
from ..target import Target
from ..units import Parameters, declared


class RuleParameters(Parameters):
    """The parameters of a rule; every rule can be switched off, and `rule: off` says so in one word."""

    enabled: bool = Field(default=True, description="whether the rule runs at all")

    @model_validator(mode="before")
    @classmethod
    def _read_switch(cls, value):
        if isinstance(value, bool):
            return {"enabled": value}
        if isinstance(value, str) and value.lower() in ("on", "off"):
            return {"enabled": value.lower() == "on"}
        return value


class Rule:
    """One mechanism. `apply` reads and writes the state of the liver, once per step.

    `reads` and `writes` name populations, fields, layers and blood levels; `events` the events that the rule may enter
    into the ledger, each with its causes. All of a rule's memory between steps lives in the liver's tables and lattices, never
    in the rule, so that a checkpoint of those is a checkpoint of everything.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    after: ClassVar[str | None] = None
    """For a user's own rule: the rule behind which it runs; None puts it last."""
    is_plugin: ClassVar[bool] = False
    inhibited: ClassVar[tuple[str, ...]] = ()
    """The rates and speeds (or times) among its parameters that an inhibitor slows; a rule without any cannot be inhibited."""
    inhibitor: ClassVar[Target | None] = None
    """By what that is done in the laboratory, where it is known."""

    class Parameters(RuleParameters):
        pass

    parameters: RuleParameters

    def __init__(self, parameters: RuleParameters):
        self.parameters = self.uninhibited = parameters

    def slow_down(self, left: float) -> None:
        """Let only a fraction of the rates and speeds in `inhibited` be `left`, of those in the config; times grow instead."""
        if left == 1.0:
            self.parameters = self.uninhibited
            return
        changed = {}
        for entry in declared(type(self.uninhibited)):
            if entry.name in self.inhibited:
                value = getattr(self.uninhibited, entry.name)
                changed[entry.name] = value * left if entry.unit != "h" else value / left if left > 0.0 else math.inf
        self.parameters = self.uninhibited.model_copy(update=changed)

    def prepare(self, liver: Liver) -> None:
        """Called once, before the first step: for what follows from config and seed alone and is no state."""

    def apply(self, liver: Liver) -> None:
        raise NotImplementedError(f"the rule '{self.name}' has no apply(self, liver)")

    @classmethod
    def about(cls) -> str:
        """What the rule's file (or its class) says about it: what happens in the liver, and who showed it."""
        import inspect
        import sys

        text = inspect.getdoc(cls) if cls.__doc__ else sys.modules[cls.__module__].__doc__
        return (text or cls.name).strip()

    @classmethod
    def summary(cls) -> str:
        """The first line of `about`."""
        return cls.about().splitlines()[0]


rule = marker(Rule, "rule")
