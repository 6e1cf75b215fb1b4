"""Small livers: nothing happens but what a test switches on, and cells stand where it puts them."""

from typing import Any

import numpy as np

from abm.cells.tumor import ADHERENT, EXTRAVASATED
from abm.config.schema import SHIPPED
from abm.kernels.flows import ADDED
from abm.kernels.sites import place
from abm.kernels.tables import take_slot
from abm.ledger import cause, event
from abm.liver import Liver
from abm.model import LiverModel
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE

LIVELY = {
    "arrival": {"per_area": "400 /mm^2", "doses": [{"over": "1 h"}]},
    "arrest": {"wall_bond": "1 /h", "detachment": "0.5 /h", "shear_death": "0.1 /h"},
    "extravasation": {"rapid_half_time": "0.5 h", "epithelial_speed": 1},
    "growth": {"cycle_time": "2 h", "death_rate": "0.05 /h", "dormancy_rate": "0.3 /h", "wake_rate": "1 /h"},
    "nk_killing": {"rate": "50 /h", "contact_time": "10 h"},
    "phagocytosis": {"rate": "0.5 /h"},
    "netosis": {"rate": "0.5 /h", "duration": "1 h"},
}
"""Rules so quick that everything happens within hours."""
RESIDENTS = tuple(species.name for species in SHIPPED.species if not species.is_wall and species.name != "tumor")
"""The populations of the host but for the wall."""
EMPTY = {
    species.name: {"density": "0 /mm^2"} for species in SHIPPED.species if "density" in species.parameters.model_fields
}
_USUAL = {LUMEN: ADHERENT, TISSUE: EXTRAVASATED}
"""The state of a tumor cell that a test puts somewhere, by layer."""


def liver(
    *on: str,
    mm: float = 0.5,
    seed: int = 1,
    edges: str = "periodic",
    empty: bool = False,
    rules: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    **config: Any,
) -> LiverModel:
    """A liver of `mm` x `mm` in which only the rules `on` run.

    parameters : rule -> its parameters, whether it runs or not; rules : instead of both, the group of a config, with every
        rule on; empty : nobody lives there but the wall; config : further keys
    """
    if rules is None:
        rules = {
            rule.name: {"enabled": rule.name in on} | (parameters or {}).get(rule.name, {}) for rule in SHIPPED.rules
        }
    tissue = {"width": f"{mm} mm", "height": f"{mm} mm", "edges": edges} | config.pop("tissue", {})
    cells = config.pop("cells", {})
    if empty:
        cells = {name: EMPTY.get(name, {}) | cells.get(name, {}) for name in EMPTY | cells}
    model = LiverModel(seed=seed, tissue=tissue, rules=rules, cells=cells, **config)
    assert not empty or not any(model.populations[name].count for name in RESIDENTS)
    return model


def lively(config: Any = None, mm: float = 0.5, **overrides: Any) -> LiverModel:
    """A small liver in which a lot happens within hours; overrides as of LiverModel."""
    return LiverModel(config, **({"tissue": {"width": f"{mm} mm", "height": f"{mm} mm"}, "rules": LIVELY} | overrides))


def without(model: LiverModel, *names: str) -> LiverModel:
    """Empty the given populations, by default those of the host, so that a test can place its own cells."""
    for name in names or RESIDENTS:
        population = model.populations[name]
        for slot in np.flatnonzero(population.used.alive):
            model.remove_cell(population, int(slot))
    return model


def sinusoids(model: LiverModel, layer: int = LUMEN) -> np.ndarray:
    """Free sinusoid sites (n, 2) of the layer, in reading order."""
    return np.argwhere((model.sites.kind == SINUSOID) & (model.sites.population[layer] == 0))


def put(
    model: Liver,
    name: str,
    row: int,
    column: int,
    *,
    layer: int | None = None,
    state: int | None = None,
    counted: bool = True,
    **columns: Any,
) -> int:
    """Place one cell and return its slot; other columns by name, else zero.

    It stands where its state, or else its population stands usually, and is in the state 0. Tumor cells are those of the
    configured line, adherent in the lumen and extravasated in the tissue; the totals of the ledger count them as arrived,
    if `counted`.
    """
    population = model.populations[name]
    species, is_tumor = population.species, population is model.tumor
    if layer is None:
        layer = ((() if state is None else species.layers_of(state)) or species.stands)[0]
    if state is None:
        state = _USUAL[layer] if is_tumor else 0
    population.reserve(1)
    slot = int(take_slot(population.table, ADDED))
    cell, site = population.rows[slot], row * model.shape[1] + column
    given = {"uid": (1_000_003 if is_tumor else 7_000_003) * site + (layer if is_tumor else population.code)}
    if is_tumor:
        line = model.config.cells.tumor
        given |= {name: getattr(line, name) for name in ("emt", "cd47", "cd24", "pdl1", "calreticulin")}
        given |= {"diameter_um": line.diameter, "clone": slot, "arrived_h": model.hours, "settled_h": model.hours}
        model.ledger.totals[event.ARRIVED, cause.NONE] += counted
    for column_name, value in (given | columns).items():
        cell[column_name] = value
    cell.state, cell.layer, cell.row, cell.column = state, layer, row, column
    assert place(model.sites, population.code, layer, row, column, slot), "the site is taken"
    return slot


def put_disc(model: Liver, middle: tuple[int, int], radius: float, **columns: Any) -> np.ndarray:
    """Place tumor cells at all free sites within `radius` (in sites) of one, where hepatocytes make room for them; returns the
    distance of each site from it, across periodic edges."""
    sites, half = np.indices(model.shape).reshape(2, -1).T, np.array(model.shape) // 2
    away = sites - middle if not model.periodic else (sites - middle + half) % model.shape - half
    distance = np.hypot(*away.T).reshape(model.shape)
    room = np.isin(model.sites.kind, (SINUSOID, PARENCHYMA)) & (model.sites.population[TISSUE] == 0)
    for row, column in np.argwhere(room & (distance < radius)):
        put(model, "tumor", row, column, layer=TISSUE, **columns)
        model.hepatocytes[row, column] = 0
    return distance
