"""Livers under drugs that a test makes up: constant at once, and as strong as it likes."""

from typing import Any

from abm.model import LiverModel

from .livers import liver

STAYS = {"kind": "small_molecule", "dosed": "mg", "central": "1 L", "clearance": "0.000000001 L/h"}
"""A drug of which 1 mg makes 1 mg/L, for good."""


def act(**what: Any) -> dict[str, Any]:
    """One thing that a drug does, half of it at 1 mg/L."""
    return {"half": "1 mg/L", "mark": "assumed", "source": "a test"} | what


def treatment(*acts: dict[str, Any], dose: str = "1 mg", start: str = "0 h", **drug: Any) -> dict[str, Any]:
    """The keys of a config in which one drug with these acts is given at once."""
    given = {
        "cycle": "9999 d",
        "cycles": 1,
        "doses": [{"drug": "toy", "dose": dose}],
        "mark": "assumed",
        "source": "a test",
    }
    return {
        "drugs": {"toy": STAYS | {"acts": list(acts)} | drug},
        "regimens": {"once": given},
        "interventions": [{"therapy": "once", "start": start}],
    }


def treated(
    *on: str, acts: tuple[dict[str, Any], ...] = (), config: dict[str, Any] | None = None, **keys: Any
) -> LiverModel:
    """A liver in which the rules `on` run, under the `treatment` of these acts; `config` is its other keys."""
    return liver(*on, **(treatment(*acts, **keys) | (config or {})))
