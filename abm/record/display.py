"""Display codes: who stands at each site, and in which state, as one number per layer.

0 nobody; 1-5 tumor cell circulating, held, adherent, extravasated, dormant; 10-13 Kupffer cell resting, engulfing,
secreting TNF, reprogrammed; 20-22 NK cell patrolling, in contact, handling; 30-32 neutrophil N1, N2, casting a net;
40-41 stellate cell quiescent, activated.
"""

from typing import TYPE_CHECKING

import numpy as np

from ..kernels.jit import jit

if TYPE_CHECKING:
    from ..model import LiverModel

FIRST_CODE = {"tumor": 1, "kupffer": 10, "natural_killer": 20, "neutrophil": 30, "stellate": 40}
"""The code of each population's first state; the others follow in the order of its states."""

NOBODY = 0


def display_codes(model: "LiverModel") -> tuple[np.ndarray, np.ndarray]:
    """The codes of both layers, (lumen, tissue), uint8 [row, column]."""
    codes = np.zeros((2, *model.shape), np.uint8)
    for name, first in FIRST_CODE.items():
        population = model.populations[name]
        _mark(population.used, population.code, first, model.sites.population, model.sites.occupant, codes)
    return codes[0], codes[1]


@jit
def _mark(rows, population_code, first, population, occupant, codes):
    """Write `first` + state where each living cell stands; those that hold no site (on their way) are not drawn."""
    for slot in range(rows.size):
        cell = rows[slot]
        layer, row, column = cell.layer, cell.row, cell.column
        if (
            cell.alive != 0
            and population[layer, row, column] == population_code
            and occupant[layer, row, column] == slot
        ):
            codes[layer, row, column] = first + cell.state
