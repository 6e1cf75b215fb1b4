"""What the grown tissue measures: figures of the anatomy, of the flow, and of single passages through it.

Every figure is a pair (value, unit) under its name, so that they can be printed, compared with sections, and tested.
"""

from typing import NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import stream_key, uniform
from ..kernels.sites import COLUMN_OFFSET, DIAGONAL, ROW_OFFSET, shifted
from .anatomy import Anatomy
from .flow import Flow, downstream
from .mesh import STEP_LENGTH
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from .thinning import reached

Figures = dict[str, tuple[float, str]]

_WIDEST = 12  # sites: plates are not measured beyond this width to either side
_LONGEST_WALK = 100_000  # steps


def anatomy_figures(anatomy: Anatomy) -> Figures:
    """What a histologist would count in a section: shares, widths, distances, zones."""
    kind = anatomy.kind
    sinusoid, parenchyma = kind == SINUSOID, kind == PARENCHYMA
    fed = reached(kind, sinusoid, PORTAL_TRACT, anatomy.periodic)
    drained = reached(kind, sinusoid, CENTRAL_VEIN, anatomy.periodic)
    blocks = in_blocks(kind, anatomy.periodic)
    widths = plate_widths(kind, anatomy.periodic)[parenchyma]
    area = kind.size * anatomy.spacing_um**2 / 1e6
    tissue = sinusoid | parenchyma
    figures = {
        "area": (area, "mm^2"),
        "lobules": (len(anatomy.centres_um), "lobules"),
        "lobule_density": (len(anatomy.centres_um) / area, "/mm^2"),
        "portal_tracts": (len(anatomy.portal_tracts_um), "tracts"),
        "portal_central_distance_mean": (anatomy.portal_central_um.mean(), "um"),
        "portal_central_distance_sd": (anatomy.portal_central_um.std(), "um"),
        "sinusoid_share": (sinusoid.mean(), "of sites"),
        "parenchyma_share": (parenchyma.mean(), "of sites"),
        "portal_share": ((kind == PORTAL_TRACT).mean(), "of sites"),
        "central_vein_share": ((kind == CENTRAL_VEIN).mean(), "of sites"),
        "block_share": (blocks.sum() / sinusoid.sum(), "of sinusoid sites"),
        "perfusable_share": ((fed & drained)[sinusoid].mean(), "of sinusoid sites"),
        "inlets": (len(anatomy.inlets), "sites"),
        "plate_width_mean": (widths.mean() * anatomy.spacing_um, "um"),
        "sinusoid_length": (_vessel_length(kind, anatomy.periodic) * anatomy.spacing_um / 1e3 / area, "mm/mm^2"),
    }
    for width, name in enumerate(("1", "2", "3", "4", "5_or_more"), start=1):
        figures[f"plate_share_{name}_sites"] = ((np.minimum(np.rint(widths), 5) == width).mean(), "of parenchyma sites")
    for zone in (1, 2, 3):
        figures[f"zone_{zone}_share"] = ((anatomy.zone == zone)[tissue].mean(), "of tissue sites")
        figures[f"zone_{zone}_sinusoid_share"] = ((anatomy.zone == zone)[sinusoid].mean(), "of sinusoid sites")
    return {name: (float(value), unit) for name, (value, unit) in figures.items()}


def flow_figures(flow: Flow) -> Figures:
    """Velocities of the blood (overall, and the median of each zone) and how much of the network carries it."""
    anatomy = flow.anatomy
    sinusoid = anatomy.kind == SINUSOID
    speed = flow.speed_um_per_s[sinusoid]
    figures = {
        "carrying_share": (flow.carries[sinusoid].mean(), "of sinusoid sites"),
        "stagnant_share": ((speed == 0).mean(), "of sinusoid sites"),
    }
    for percent in (1, 5, 16, 50, 84, 95, 99):
        figures[f"speed_p{percent}"] = (np.percentile(speed, percent), "um/s")
    for zone in (1, 2, 3):
        figures[f"speed_median_zone_{zone}"] = (np.median(speed[anatomy.zone[sinusoid] == zone]), "um/s")
    return {name: (float(value), unit) for name, (value, unit) in figures.items()}


class Passages(NamedTuple):
    """Passages from an inlet to a central vein, or to where the cell was held; arrays with one entry per cell."""

    transit_s: np.ndarray
    path_um: np.ndarray
    straight_um: np.ndarray  # from the first to the last site, as the crow flies
    touched: np.ndarray  # bool: a marked site was touched on the way
    held: np.ndarray  # bool: held before the central vein was reached
    last: np.ndarray  # int32 [n, 2]: last sinusoid site


def walk(
    flow: Flow,
    cells: int,
    seed: int,
    marked: np.ndarray | None = None,
    bare_per_um: float = 0.0,
    touching_per_um: float = 0.0,
) -> Passages:
    """Let `cells` cells enter with the blood and go with it.

    They are held with the hazard `touching_per_um` where they touch a `marked` site (bool lattice; the same site or
    the eight around it), else with `bare_per_um`.
    """
    anatomy = flow.anatomy
    beside = np.zeros(anatomy.shape, np.bool_) if marked is None else touching(marked, anatomy.periodic)
    passages = Passages(
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(cells, np.bool_),
        np.zeros(cells, np.bool_),
        np.zeros((cells, 2), np.int32),
    )
    _walk(
        stream_key(seed, "tissue/walk"),
        flow.inlets,
        flow.inflow_cumulative,
        flow.pressure,
        anatomy.kind,
        flow.carries,
        flow.residence_s,
        anatomy.periodic,
        anatomy.spacing_um,
        beside,
        bare_per_um,
        touching_per_um,
        *passages,
    )
    return passages


def passage_figures(passages: Passages) -> Figures:
    """How long passages take and how far they lead; `tortuosity` is path over straight distance."""
    through = ~passages.held
    figures = {
        "passages": (through.sum(), "cells"),
        "touching_share": (passages.touched[through].mean() if through.any() else 0.0, "of passages"),
        "held_share": (passages.held.mean(), "of cells"),
    }
    if through.any():
        for percent in (10, 50, 90):
            figures[f"transit_p{percent}"] = (np.percentile(passages.transit_s[through], percent), "s")
            figures[f"path_p{percent}"] = (np.percentile(passages.path_um[through], percent), "um")
        figures["tortuosity"] = (passages.path_um[through].sum() / passages.straight_um[through].sum(), "um/um")
    return {name: (float(value), unit) for name, (value, unit) in figures.items()}


def in_blocks(kind: np.ndarray, periodic: bool) -> np.ndarray:
    """Sinusoid sites inside a 2 x 2 block of sinusoid sites (where the vessel is wider than one site), bool lattice."""
    sinusoid = np.pad(kind == SINUSOID, 1, mode="wrap" if periodic else "constant")
    blocks = sinusoid[:-1, :-1] & sinusoid[1:, :-1] & sinusoid[:-1, 1:] & sinusoid[1:, 1:]
    return blocks[:-1, :-1] | blocks[1:, :-1] | blocks[:-1, 1:] | blocks[1:, 1:]


def touching(marked: np.ndarray, periodic: bool) -> np.ndarray:
    """Sites that are `marked` or have a marked one among their eight neighbours, bool lattice."""
    padded = np.pad(np.asarray(marked, np.bool_), 1, mode="wrap" if periodic else "constant")
    rows, columns = marked.shape
    return np.any([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0)


@jit
def plate_widths(kind, periodic):
    """Width of the plate at every parenchyma site, in sites (float32; 0 elsewhere).

    The shortest of the four chords (along rows, columns and both diagonals) that run through the site and end at
    vessels or at a closed edge.
    """
    widths = np.zeros(kind.shape, np.float32)
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            if kind[i, j] == PARENCHYMA:
                least = np.inf
                for direction in range(4):
                    onward = _free_run(kind, i, j, direction, periodic)
                    sites = 1 + onward + _free_run(kind, i, j, direction + 4, periodic)
                    least = min(least, sites * STEP_LENGTH[direction])
                widths[i, j] = np.float32(least)
    return widths


@jit
def _free_run(kind, i, j, direction, periodic):
    """How many sites of parenchyma follow in this direction; there is no slipping through a diagonal vessel, and where
    the lattice is periodic no coming back to where the opposite direction leads."""
    rows, columns = kind.shape
    widest = min(_WIDEST, (min(rows, columns) - 1) // 2) if periodic else _WIDEST
    for run in range(widest):
        a = shifted(i, ROW_OFFSET[direction], rows, periodic)
        b = shifted(j, COLUMN_OFFSET[direction], columns, periodic)
        if a < 0 or b < 0 or kind[a, b] != PARENCHYMA or (kind[a, j] != PARENCHYMA and kind[i, b] != PARENCHYMA):
            return run
        i, j = a, b
    return widest


@jit
def _vessel_length(kind, periodic):
    """Length of the sinusoids in sites: straight steps, and diagonal ones that no straight ones replace."""
    length = 0.0
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            if kind[i, j] != SINUSOID:
                continue
            for k in range(1, 5):  # half of the neighbours, so that each step counts once
                a = shifted(i, ROW_OFFSET[k], kind.shape[0], periodic)
                b = shifted(j, COLUMN_OFFSET[k], kind.shape[1], periodic)
                if a < 0 or b < 0 or kind[a, b] != SINUSOID:
                    continue
                if k % 2 == 0:
                    length += 1.0
                elif kind[a, j] != SINUSOID and kind[i, b] != SINUSOID:
                    length += DIAGONAL
    return length


@jit
def _walk(
    key,
    inlets,
    inflow_cumulative,
    pressure,
    kind,
    carries,
    residence_s,
    periodic,
    spacing_um,
    beside,
    bare_per_um,
    touching_per_um,
    transit_s,
    path_um,
    straight_um,
    touched,
    held,
    last,
):
    rows, columns = kind.shape
    for cell in range(transit_s.size):
        uid = np.uint64(cell)
        entry = np.searchsorted(inflow_cumulative, uniform(key, 0, uid, 0), side="right")
        row, column = inlets[entry, 0], inlets[entry, 1]
        down, across = 0, 0  # net steps, so that wrapping around a periodic edge does not matter
        length = 1.0
        for step in range(1, _LONGEST_WALK):
            transit_s[cell] += np.float64(residence_s[row, column])
            path_um[cell] += length * spacing_um
            hazard = bare_per_um
            if beside[row, column]:
                touched[cell] = True
                hazard = touching_per_um
            last[cell, 0], last[cell, 1] = row, column
            if uniform(key, step, uid, 1) < -np.expm1(-hazard * length * spacing_um):
                held[cell] = True
                break
            next_row, next_column, length, found = downstream(
                pressure, kind, carries, row, column, periodic, uniform(key, step, uid, 2)
            )
            if not found:
                held[cell] = True
                break
            if kind[next_row, next_column] == CENTRAL_VEIN:
                break
            down += (next_row - row + rows + 1) % rows - 1
            across += (next_column - column + columns + 1) % columns - 1
            row, column = next_row, next_column
        straight_um[cell] = spacing_um * np.sqrt(np.float64(down * down + across * across))
