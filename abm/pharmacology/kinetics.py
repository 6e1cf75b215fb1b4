"""How the amounts of a drug in a patient change, whatever the step: exactly, or where elimination saturates to a millionth.

Central, peripheral and depot compartments and that of the effect are linear, and so are infusions at a constant rate: the
matrix exponential carries them over any time at once. Elimination that saturates (Michaelis-Menten) has a closed form of its own
(Lambert's W), and the two take turns, by half a turn of the second on either side of the first (Strang 1968,
10.1137/0705041).
"""

import math

import numpy as np
from scipy.linalg import expm
from scipy.special import wrightomega

from .drug import Drug

CENTRAL, PERIPHERAL, DEPOT, EFFECT = 0, 1, 2, 3
"""Amounts (mg) in the compartments, and the level (mg/L) of the active form in cells."""
COMPARTMENTS = 4
_INFUSED = 4
_LONGEST_TURN = 0.04
"""Hours: the two ways of elimination take turns at least that often."""
_GONE = 1e-9
"""Of an amount in mg, or a level in mg/L: less is nothing."""


class Kinetics:
    """One drug in one patient, of whose clearance the share `cleared` is left. `amounts` of its methods are float64 [4], see above;
    they are not changed."""

    def __init__(self, drug: Drug, elimination: float = 0.0, cleared: float = 1.0):
        self.drug = drug
        matrix = np.zeros((COMPARTMENTS + 1, COMPARTMENTS + 1))
        matrix[CENTRAL, CENTRAL] = -(drug.clearance_of(elimination) * cleared + drug.exchange) / drug.central
        matrix[CENTRAL, _INFUSED] = 1.0
        if drug.peripheral > 0.0:
            matrix[CENTRAL, PERIPHERAL] = drug.exchange / drug.peripheral
            matrix[PERIPHERAL, CENTRAL] = drug.exchange / drug.central
            matrix[PERIPHERAL, PERIPHERAL] = -drug.exchange / drug.peripheral
        if drug.absorption is not None:
            matrix[DEPOT, DEPOT] = -drug.absorption
            matrix[CENTRAL, DEPOT] = drug.absorption * drug.bioavailability
        if drug.effect_half_life is not None:
            rate = math.log(2.0) / drug.effect_half_life
            matrix[EFFECT, CENTRAL], matrix[EFFECT, EFFECT] = rate / drug.central, -rate
        self._matrix = matrix
        self._over: dict[float, np.ndarray] = {}

    @property
    def fastest(self) -> float:
        """The shortest half-life (hours) with which the level falls that acts."""
        if self.drug.effect_half_life is not None:
            return self.drug.effect_half_life
        return math.log(2.0) / max(-self._matrix[CENTRAL, CENTRAL], 1e-9)

    def level(self, amounts: np.ndarray) -> float:
        """The level (mg/L) that acts: in the cells where the drug stays there, else in the blood."""
        return float(amounts[EFFECT]) if self.drug.effect_half_life is not None else self.in_blood(amounts)

    def in_blood(self, amounts: np.ndarray) -> float:
        """The level (mg/L) in the blood."""
        return float(amounts[CENTRAL]) / self.drug.central

    def given(self, amounts: np.ndarray, milligrams: float) -> np.ndarray:
        """The amounts after a dose that is swallowed, or injected at once."""
        more = amounts.copy()
        more[CENTRAL if self.drug.absorption is None else DEPOT] += milligrams
        return more

    def after(self, amounts: np.ndarray, hours: float, infused: float = 0.0) -> np.ndarray:
        """The amounts after some time, with so many mg/h infused meanwhile; what is next to nothing is nothing."""
        if self.drug.saturable == 0.0:
            later = self._linear(amounts, hours, infused)
        else:
            turns = max(1, math.ceil(hours / _LONGEST_TURN))
            turn, later = hours / turns, amounts
            for _ in range(turns):
                later = self._saturable(later, turn / 2.0)
                later = self._linear(later, turn, infused)
                later = self._saturable(later, turn / 2.0)
        return np.where(later < _GONE, 0.0, later)

    def _linear(self, amounts: np.ndarray, hours: float, infused: float) -> np.ndarray:
        time = round(hours, 12)
        over = self._over.get(time)
        if over is None:
            over = expm(self._matrix * time)
            if len(self._over) < 4096:  # steps and their moments come again, times between doses may not
                self._over[time] = over
        return over[:COMPARTMENTS, :COMPARTMENTS] @ amounts + over[:COMPARTMENTS, _INFUSED] * infused

    def _saturable(self, amounts: np.ndarray, hours: float) -> np.ndarray:
        level, taken = self.in_blood(amounts), self.drug.saturable / self.drug.central * hours
        half = self.drug.half_saturation
        if half > 0.0 and level > 0.0:
            level = half * float(wrightomega(math.log(level / half) + (level - taken) / half))
        else:
            level = max(level - taken, 0.0)
        left = amounts.copy()
        left[CENTRAL] = level * self.drug.central
        return left
