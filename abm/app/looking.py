"""What a page shows of a liver: what can be seen of it, a picture, a site with everything on it, the cascade so far."""

import io
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..ledger import event
from ..notebook import as_jpeg
from ..record.event_table import Events, events_table
from ..record.fates import fates_of
from ..record.scene import levels, standing
from ..rules.arrival import is_injected
from ..tissue.sites import KINDS, STANDING
from ..view.recording import since_what
from .messages import AboutLiver, Moment, Site, View

if TYPE_CHECKING:
    from ..cells.population import Population
    from ..model import LiverModel
    from ..simulation import Simulation

_PIXELS_PER_SITE = 40
SMALLEST_REGION = 8
"""Rows and columns of the smallest part that is shown."""
_ZONES = {1: "1, periportal", 2: "2, midzonal", 3: "3, pericentral"}
_NOT_TOLD = ("alive", "state", "layer", "row", "column")


def about(simulation: "Simulation") -> AboutLiver:
    """What a page needs to know of the liver of a run."""
    from ..view.palette import as_hex

    model = simulation.model
    registry = type(model.config).registry
    words = registry.words()
    fields = {name: words[name] for name in (*model.fields, *words) if name in words}
    columns = {
        f"{name}.{column.name}": f"{population.species.words}: {column.name.replace('_', ' ')}"
        for name, population in model.populations.items()
        if not population.species.is_wall
        for column in population.species.columns
    }
    populations = tuple(
        (
            name,
            population.species.words,
            tuple((code, look.label, as_hex(look.colour)) for code, look in population.species.looks.items()),
        )
        for name, population in model.populations.items()
        if population.species.looks
    )
    return AboutLiver(
        str(model.config.name),
        model.shape,
        model.spacing_um,
        fields,
        columns,
        populations,
        model.config.begins,
        simulation.until_hours,
        model.dt_hours,
        int(model.seed),
        since_what(is_injected(model.config)),
    )


def moment(model: "LiverModel", doing) -> Moment:
    """Where a run is."""
    numbers = np.sum([np.bincount(codes.ravel(), minlength=256) for codes in standing(model).values()], axis=0)
    counts = {int(code): int(numbers[code]) for code in np.flatnonzero(numbers)}
    happened = model.ledger.totals.sum(axis=1)
    return Moment(model.hours, doing, counts, {name: int(happened[code]) for code, name in enumerate(event.NAMES)})


def picture(model: "LiverModel", view: View) -> bytes:
    """A JPEG of the tissue as it is now. Raises ValueError for a field, a column or a population that is not there."""
    from PIL import Image

    from ..view.paint import paint

    region = None
    if view.region is not None:
        row, column, rows, columns = view.region
        region = (slice(row, row + rows), slice(column, column + columns))
    painted = paint(
        model,
        view.field or None,
        region=region,
        pixels=pixels_for(view.region, view.pixels),
        colour_by=view.colour_by or None,
        hidden=view.hidden & model.populations.keys(),
    )
    return as_jpeg(Image.fromarray(painted.image))


def pixels_for(region: tuple[int, int, int, int] | None, pixels: int) -> int:
    """Pixels of the longer side of a part of a liver: no more than cells have details, which take long to draw."""
    return pixels if region is None else min(pixels, _PIXELS_PER_SITE * max(region[2:]))


def site(model: "LiverModel", row: int, column: int) -> Site:
    """Everything that is known of a site and of who stands on it."""
    anatomy, registry = model.anatomy, type(model.config).registry
    units, words = registry.units(), registry.words()
    facts = [
        (
            "what it is",
            KINDS[int(model.sites.kind[row, column])].replace("_", " ") + ", ablated" * int(model.ablated[row, column]),
        ),
        ("zone", _ZONES.get(int(anatomy.zone[row, column]), "none")),
        (
            "where",
            f"x {column * model.spacing_um:g} µm, y {(model.shape[0] - 1 - row) * model.spacing_um:g} µm, as in tables",
        ),
    ]
    facts += [
        (words.get(name, name), number(float(values[row, column]), units.get(name, "")))
        for name, values in levels(model).items()
    ]
    cells = []
    for layer in range(len(STANDING)):
        code = int(model.sites.population[layer, row, column])
        population = next((each for each in model.populations.values() if each.code == code), None)
        if population is not None:
            cells.append(_cell(population, int(model.sites.occupant[layer, row, column])))
    segment = int(model.sites.endothelium[row, column])
    if segment >= 0:
        cells.append(_cell(model.wall, segment))
    return Site(row, column, tuple(facts), tuple(cells))


def _cell(population: "Population", slot: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A cell: its title, and pairs of what is known of it and the value."""
    row = np.asarray(population.rows)[slot]
    state = population.states[int(row["state"])].replace("_", " ")
    known = tuple(
        (column.name.replace("_", " "), number(row[column.name].item(), column.unit))
        for column in population.species.all_columns
        if column.name not in _NOT_TOLD
    )
    return f"{population.species.words}: {state}", known


def number(value: float, unit: str = "") -> str:
    """A number for readers, with its unit."""
    from ..view.palette import UNITS

    written = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{written} {UNITS.get(unit, unit)}".strip()


def cascade(simulation: "Simulation") -> bytes:
    """The figure of the cascade so far, a PNG."""
    from ..view.figures.cascade import cascade_figure

    model = simulation.model
    kept = [each.table() for each in simulation.recorders if isinstance(each, Events)]
    events = pa.concat_tables([*kept, events_table(model.ledger.entries)])
    fates = fates_of(events, model.minutes, model.config.record, model.spacing_um)
    image = io.BytesIO()
    cascade_figure(fates, str(model.config.name), alive="alive now").savefig(image, format="png", dpi=110)
    return image.getvalue()
