"""How arriving tumor cells pass through the tissue of mouse and human: `python -m benchmarks.passage_table`.

Prints the figures of the anatomy and of the flow, and walks 10 000 cells with the blood: without anything that holds
them, and with the hazards of bare wall and of Kupffer cells.
"""

import numpy as np

from abm.kernels.random import stream_key, uniform
from abm.tissue.anatomy import Anatomy, grow
from abm.tissue.flow import Flow
from abm.tissue.measure import Figures, Passages, anatomy_figures, flow_figures, passage_figures, touching, walk
from abm.tissue.parameters import TissueParameters
from abm.tissue.sites import SINUSOID

CELLS = 10_000
SEED = 1
KUPFFER_PER_MM2 = 180.0
KUPFFER_ZONES = {1: 0.43, 2: 0.28, 3: 0.29}  # Bouwens 1986, doi:10.1002/hep.1840060430: share of the cells
BARE_PER_UM, KUPFFER_PER_UM = 0.003, 0.03
HELD_PER_MM2 = (10, 30, 100, 300)
TISSUES = {
    "mouse, 300 um": TissueParameters(width="3 mm", height="3 mm"),
    "human, 500 um": TissueParameters(width="4 mm", height="4 mm", portal_central_distance="500 um"),
}


def main() -> None:
    for title, parameters in TISSUES.items():
        anatomy = grow(parameters, SEED)
        flow = Flow(anatomy, parameters.sinusoid_velocity)
        print(f"\n## {title}, configured {parameters.portal_central_distance:g} um\n")
        _print(anatomy_figures(anatomy) | flow_figures(flow))
        for reading, weights in (("share of cells", _weights_by_share(anatomy)), ("density ratio", KUPFFER_ZONES)):
            print(f"\n### Kupffer cells {KUPFFER_PER_MM2:g} /mm^2, zones 43:28:29 read as {reading}\n")
            kupffer = _kupffer_cells(anatomy, weights)
            beside = touching(kupffer, anatomy.periodic)[anatomy.kind == SINUSOID]
            print(f"sinusoid sites touching a Kupffer cell: {beside.mean():.3f}\n")
            free = walk(flow, CELLS, SEED, kupffer)
            _print(passage_figures(free))
            _print_deciles(free)
            held = walk(flow, CELLS, SEED, kupffer, BARE_PER_UM, KUPFFER_PER_UM)
            _print_arrest(anatomy, held, kupffer)
        _print_plugging(anatomy, flow, held)


def _weights_by_share(anatomy: Anatomy) -> dict[int, float]:
    """Weights per site that give each zone its share of the cells, whatever its area."""
    zones = anatomy.zone[anatomy.kind == SINUSOID]
    return {zone: share / float((zones == zone).mean()) for zone, share in KUPFFER_ZONES.items()}


def _kupffer_cells(anatomy: Anatomy, weights: dict[int, float]) -> np.ndarray:
    """A bool lattice with Kupffer cells at random sinusoid sites, `weights` per site of each zone."""
    places = np.argwhere(anatomy.kind == SINUSOID)
    area = anatomy.kind.size * anatomy.spacing_um**2 / 1e6
    key = stream_key(SEED, "kupffer")
    chance = np.array([uniform(key, 0, np.uint64(n), 0) for n in range(len(places))])
    weight = np.array([weights[int(zone)] for zone in anatomy.zone[tuple(places.T)]])
    chosen = places[np.argsort(np.log(1.0 - chance) / weight)[-round(KUPFFER_PER_MM2 * area) :]]
    kupffer = np.zeros(anatomy.shape, np.bool_)
    kupffer[tuple(chosen.T)] = True
    return kupffer


def _print(figures: Figures) -> None:
    for name, (value, unit) in figures.items():
        print(f"{name.replace('_', ' '):32} {value:10.3f} {unit}")


def _print_deciles(passages: Passages) -> None:
    deciles = np.percentile(passages.transit_s, range(10, 100, 10))
    print("transit deciles (s): " + " ".join(f"{value:.2f}" for value in deciles))


def _print_arrest(anatomy: Anatomy, passages: Passages, kupffer: np.ndarray) -> None:
    zone = anatomy.zone[tuple(passages.last.T)]
    beside = touching(kupffer, anatomy.periodic)[tuple(passages.last.T)]
    on_kupffer = beside[passages.held].mean()
    print(f"\nheld {passages.held.mean():.3f} of {CELLS} cells, {on_kupffer:.3f} of them on a Kupffer cell")
    print("zone   reached   held there / reached   share of all held")
    for z in (1, 2, 3):
        here = passages.held & (zone == z)
        reached = (zone >= z) | ~passages.held
        share_there, share_of_all = here.sum() / reached.sum(), here.sum() / passages.held.sum()
        print(f"{z:4} {reached.mean():9.3f} {share_there:17.3f} {share_of_all:21.3f}")


def _print_plugging(anatomy: Anatomy, flow: Flow, passages: Passages) -> None:
    """Blood flow left when the first held cells plug the sites where they were held."""
    area = anatomy.kind.size * anatomy.spacing_um**2 / 1e6
    sinusoid = anatomy.kind == SINUSOID
    total = flow.inflow
    print("\nheld cells /mm^2   sites plugged   other sites without flow   blood flow left")
    for density in HELD_PER_MM2:
        held = passages.last[passages.held][: round(density * area)]
        perfused = sinusoid.copy()
        perfused[tuple(held.T)] = False
        flow.update(perfused)
        lost = 1.0 - (flow.speed_um_per_s > 0)[perfused].mean()
        print(f"{density:16} {1 - perfused.sum() / sinusoid.sum():15.4f} {lost:26.4f} {flow.inflow / total:17.3f}")
    flow.update(sinusoid)


if __name__ == "__main__":
    main()
