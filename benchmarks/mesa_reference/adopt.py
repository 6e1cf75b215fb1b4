"""A Mesa liver in the very state of a `LiverModel`, to compare what both do from there."""

from abm.cells.tumor import CIRCULATING
from abm.tissue.sites import TISSUE as TISSUE_LAYER

from .endothelium import EndothelialCell
from .fields import SIGNALS
from .kupffer import KupfferCell
from .model import MesaLiver
from .natural_killer import NaturalKillerCell
from .neutrophil import Neutrophil
from .site import LUMEN, TISSUE
from .stellate import StellateCell
from .tumor import TumorCell

_TAKEN_OVER = {
    "endothelium": ("state", "e_selectin", "vcam1", "icam1", "retraction"),
    "kupffer": ("state", "load", "digested_h", "drive", "tolerance", "tnf", "education", "reprogramming"),
    "natural_killer": ("state", "killer", "heading", "busy_h"),
    "neutrophil": ("state", "heading", "bridging", "nets_h"),
    "stellate": ("state",),
    "tumor": (
        "state",
        "held_by",
        "arrived_h",
        "emt",
        "cd47",
        "cd24",
        "pdl1",
        "calreticulin",
        "platelets",
        "net",
        "niche",
        "cycle",
        "divisions",
    ),
}


def adopt(liver, solver: str = "abm") -> MesaLiver:
    """A Mesa liver with the cells, lattices and fields of `liver` (a LiverModel). Tumor cells still to come are left out;
    the speed of each cell's cycle, which `abm` addresses by its identity, is drawn anew."""
    twin = MesaLiver(liver.config, int(liver.seed), solver=solver, populate=False)
    twin.step_number, twin._arrivals = liver.step_number, {}
    by_uid = {}
    for name, columns in _TAKEN_OVER.items():
        for row in liver.populations[name].alive_rows():
            agent = _agent(twin, name, row)
            for column in columns:
                setattr(agent, column, row[column].item())
            by_uid[int(row.uid)] = agent
    for row in liver.natural_killer.alive_rows():
        by_uid[int(row.uid)].target = by_uid.get(int(row.target))
    for name in ("nets", "ecm", "collapsed"):
        getattr(twin, name)[:] = getattr(liver, name)
    twin.are_nets = bool(twin.nets.any())
    twin.hepatocyte[:] = liver.hepatocytes
    state = liver.state_arrays()
    twin.perfused[:] = state["flow/perfused"]
    twin._update_flow()
    twin.perfused[:] = liver.sites.perfused
    for name in (*SIGNALS, "oxygen"):
        getattr(twin, name)[:] = liver.fields[name].values
    for name in SIGNALS:
        twin.fields[name].load(liver.fields[name].excess)
    twin.blood.levels[:] = liver.blood.levels
    twin.exosomes = twin.blood.exosomes
    twin.busy_walls = 1
    return twin


def _agent(twin: MesaLiver, name: str, row):
    site = twin.grid[int(row.row), int(row.column)]
    if name == "tumor":
        agent = TumorCell(twin, int(row.clone), float(row.diameter_um), site)
        agent.layer = TISSUE if row.layer == TISSUE_LAYER else LUMEN
        if row.state != CIRCULATING:
            agent.carried_at, agent.cell = None, site
        return agent
    if name == "kupffer":
        return KupfferCell(twin, site, float(row.activity))
    kinds = {
        "endothelium": EndothelialCell,
        "natural_killer": NaturalKillerCell,
        "neutrophil": Neutrophil,
        "stellate": StellateCell,
    }
    return kinds[name](twin, site)
