"""The state of a liver: what has changed of it, whether it can be, and livers that go on from one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from abm.invariants import violations
from abm.ledger import event


def after(model: Any, steps: int) -> Any:
    """The model, so many steps later."""
    for _ in range(steps):
        model.step()
    return model


def later(model: Any, hours: float) -> Any:
    """The model, so many hours later."""
    return after(model, round(hours / model.dt_hours))


def run_rule(model: Any, name: str, hours: float) -> None:
    """Only this rule, step after step, for some hours."""
    for _ in range(round(hours / model.dt_hours)):
        model.rules[name].apply(model)
        model.ledger.count()
        model.step_number += 1


def state_of(model: Any) -> dict[str, np.ndarray]:
    """A copy of everything that a checkpoint of the liver would keep."""
    return {name: np.array(array) for name, array in model.state_arrays().items()}


def changed(model: Any, before: Any) -> set[str]:
    """Names of the arrays that differ by any byte from those before (of `state_of`, or of another liver)."""
    now, before = state_of(model), before if isinstance(before, dict) else state_of(before)
    assert now.keys() == before.keys()
    return {name for name, array in now.items() if array.tobytes() != before[name].tobytes()}


def again(model: Any, start: dict[str, np.ndarray], step_number: int) -> Any:
    """The model put back into the state `start`, at another time and so with other chances."""
    model.load_state(start)
    model.step_number = step_number
    return model


def assert_resumes(make: Callable[[], Any], before: float, then: float) -> None:
    """A liver of `make()` that goes on from its state after `before` hours is the one that was never interrupted."""
    whole, resumed = later(make(), before), make()
    resumed.load_state(state_of(whole))
    assert changed(resumed, whole) == set()
    assert changed(later(resumed, then), later(whole, then)) == set()


def assert_sound(model: Any) -> None:
    """The liver is in a state in which a liver can be."""
    assert list(violations(model)) == []


def ending(model: Any, code: int, cause: str | None = None) -> int:
    """How often an event (by code) has happened since the state was loaded."""
    model.ledger.count()
    return model.ledger.total(event.NAMES[code], cause)
