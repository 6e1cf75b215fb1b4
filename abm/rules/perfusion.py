"""Perfusion: held cells, nets and drugs block a sinusoid, growing nodules squeeze it shut, VEGF keeps it open.

A sinusoid site is perfused unless a tumor cell or a dense net fills its lumen, a drug has shut it, or it has collapsed among tumor
cells, or beside a border that pushes (Yang 2025, 10.3892/or.2025.8963, refs 132, 133 for VEGF; Vermeulen 2001, 10.1002/path.966 for
borders).
Washout, oxygen and arrivals use perfused sites only. The flow is solved again within the hour in which that set changes. In what an
operation has left dead no sinusoid opens again.
"""

import numpy as np

from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.random import happens
from ..liver import Liver
from ..tissue.sites import LUMEN
from ..units import Fraction, Hours, PerHour, parameter
from .compression import squeezed_sinusoids
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor, is_surrounded


class Perfusion(Rule):
    name = "perfusion"
    reads = ("tumor", "nets", "vegf", "obstruction")
    writes = ("perfused", "collapsed", "flow")

    class Parameters(RuleParameters):
        collapse_rate: PerHour = parameter(
            "0.02 /h",
            low="0.005 /h",
            high="0.1 /h",
            mark="assumed",
            source="compression of sinusoids in pushing growth",
            description="rate at which a sinusoid site surrounded by tumor collapses",
        )
        surrounded: int = parameter(
            6,
            low=5,
            high=8,
            mark="assumed",
            source="compression from most sides",
            description="neighbours, of eight, that must be tumor",
        )
        co_option: Fraction = parameter(
            0.0,
            low=0,
            high=1,
            mark="assumed",
            source="Vermeulen 2001, 10.1002/path.966: replacement borders live on the sinusoids (direction); 1 keeps those open for good "
            "where all hepatocytes are replaced",
            description="how much less readily sinusoids collapse in a line that replaces all hepatocytes",
        )
        dense_net: Fraction = parameter(
            0.9,
            low=0.5,
            high=1.0,
            mark="assumed",
            source="occlusion of sinusoids by nets in endotoxemia; what comes to a net is caught in it, not led around it",
            description="amount of net that blocks a sinusoid",
        )
        flow_interval: Hours = parameter(
            "1 h",
            low="5 min",
            high="12 h",
            mark="assumed",
            source="slow against blood flow, fast against growth",
            description="how often the flow is solved again if the perfused set has changed",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """What can be blocked: sinusoid sites (row * columns + column)."""
        self.sinusoids = liver.sinusoids.astype(np.uint32)

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        dense_net = np.float32(p.dense_net)
        near, squeezed = beside_tumor(liver), squeezed_sinusoids(liver)
        stirred = near if squeezed.size == 0 else np.maximum(near, squeezed > 0.0)
        places = stirring(
            self.sinusoids,
            stirred.ravel(),
            liver.sites.perfused.ravel(),
            liver.nets.ravel(),
            liver.obstruction.ravel(),
            dense_net,
        )
        dead = (liver.cavity | liver.ablated).ravel()
        if dead.any():
            places = places[dead[places] == 0]
        obstruct(
            places,
            near,
            squeezed,
            liver.sites,
            liver.collapsed,
            liver.nets,
            liver.obstruction,
            liver.signal("vegf"),
            liver.key(self.name),
            liver.step_number,
            liver.dt_hours,
            p.collapse_rate * (1.0 - p.co_option * liver.config.cells.tumor.replacement),
            p.surrounded,
            dense_net,
        )
        interval = max(1, round(p.flow_interval / liver.dt_hours))
        if (liver.step_number + 1) % interval == 0:
            liver.update_flow()


@jit
def stirring(sinusoids, beside_tumor, perfused, nets, obstruction, dense_net):
    """The `sinusoids` (uint32, row * columns + column) at which something can change, as int64: without tumor cells
    around them, dense nets, or drugs that shut them, they are open and stay so. The lattices are flat."""
    places = np.empty(sinusoids.size, np.int64)
    count = 0
    for place in sinusoids:
        is_open = perfused[place] != 0 and nets[place] < dense_net and obstruction[place] == np.float32(0.0)
        if beside_tumor[place] != 0 or not is_open:
            places[count] = place
            count += 1
    return places[:count]


@jit(counted=False)
def obstruct(
    places,
    beside_tumor,
    squeezed,
    sites,
    collapsed,
    nets,
    obstruction,
    vegf,
    key,
    step,
    hours,
    rate,
    surrounded,
    dense_net,
):
    """Collapse and reopening of the sinusoid sites `places` (row * columns + column), and from it the lattice of perfused
    sites. `beside_tumor` is how many tumor cells stand at and around a site, in both layers; `squeezed` (float32
    lattice, or empty) at which rate (1/h) a sinusoid is pressed shut, 0 where no border pushes: VEGF does not help against that."""
    columns = sites.kind.shape[1]
    for place in places:
        row, column = place // columns, place % columns
        blocked = (
            sites.population[LUMEN, row, column] == TUMOR
            or nets[row, column] >= dense_net
            or obstruction[row, column] != np.float32(0.0)
        )
        hazard = 0.0
        if squeezed.size != 0 and squeezed[row, column] > np.float32(0.0):
            hazard = np.float64(squeezed[row, column])
        elif beside_tumor[row, column] >= min(surrounded, 8) and is_surrounded(sites, row, column, surrounded):
            hazard = rate / (1.0 + np.float64(vegf[row, column]))
        else:
            collapsed[row, column] = 0
        if collapsed[row, column] == 0 and happens(key, step, np.uint64(place), 0, hazard, hours):
            collapsed[row, column] = 1
        sites.perfused[row, column] = 0 if blocked or collapsed[row, column] == 1 else 1
