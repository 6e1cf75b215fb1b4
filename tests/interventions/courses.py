"""What the tests of interventions ask again and again."""

import numpy as np


def steps(model, hours: float):
    """The model, so many hours later."""
    for _ in range(round(hours / model.dt_hours)):
        model.step()
    return model


def state(model) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(array).tobytes() for name, array in model.state_arrays().items()}


def assert_resumes(make, before: float, after: float) -> None:
    """A liver of `make()` that goes on from its state after `before` hours is the one that was never interrupted."""
    whole = steps(make(), before)
    kept = {name: array.copy() for name, array in whole.state_arrays().items()}
    resumed = make()
    resumed.load_state(kept)
    assert state(resumed) == state(whole)
    assert state(steps(resumed, after)) == state(steps(whole, after))
