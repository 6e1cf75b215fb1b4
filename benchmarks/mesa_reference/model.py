"""The liver as a plain Mesa model."""

import math
from collections import Counter
from types import SimpleNamespace
from typing import NamedTuple

import mesa
import numpy as np
from mesa.discrete_space import OrthogonalMooreGrid

from abm.blood import LEVELS, Blood
from abm.fields.field import exchanging
from abm.interventions.stimulate import Stimulate
from abm.ledger import cause, event
from abm.tissue import anatomy as lobules
from abm.tissue.flow import PRESSURE_STEP, Flow
from abm.tissue.sites import PARENCHYMA, SINUSOID

from .endothelium import EndothelialCell
from .fields import SIGNALS, SOLVERS
from .kupffer import KupfferCell
from .motion import Vessels
from .natural_killer import NaturalKillerCell
from .neutrophil import Neutrophil
from .preset import refuse_what_is_new
from .site import DIRECTIONS, LENGTHS, Site
from .stellate import StellateCell
from .tumor import TumorCell

CLASSES = {
    "tumor": TumorCell,
    "kupffer": KupfferCell,
    "endothelium": EndothelialCell,
    "natural_killer": NaturalKillerCell,
    "neutrophil": Neutrophil,
    "stellate": StellateCell,
}

_SLOWNESS = (0.2, 5.0)  # limits of the time past a site, relative to that at the median velocity
_STILL = 3 * PRESSURE_STEP
_TRIES = 16  # to find a free site for a cell that comes out of the blood
_FAINT = 1e-3  # chemokine below which no site attracts
_NET_GONE, _MATRIX_GONE = 1e-3, 1e-6


class Grip(NamedTuple):
    """What holds a passing tumor cell, as hazards per micrometer."""

    size: float
    misfit: float
    wall: float
    kupffer: float
    net_fold: float


class MesaLiver(mesa.Model):
    """A slab of liver of Mesa agents. Of interventions it knows the stimuli in the blood, of rules those of `preset`; it refuses
    others (ValueError).

    Parameters
    ----------
    config : a `Config` of `abm`
    seed : overrides the config's; the anatomy of a seed is that of `LiverModel`, everything else is drawn by Mesa
    solver : "abm" for the fields of `abm.fields`, "scipy" for backward Euler with `scipy.sparse.linalg.splu`
    populate : False leaves out the resident cells

    Attributes
    ----------
    totals : Counter of event codes and of (event, cause) pairs; ledger : list of (minutes, event, cause, clone)
    fields, blood, flow, anatomy : as in `LiverModel`
    tnf, oxygen, ..., nets, ecm, perfused, hepatocyte : the arrays of the property layers, [row, column]
    """

    def __init__(self, config, seed: int | None = None, *, solver: str = "abm", populate: bool = True):
        super().__init__(rng=config.seed if seed is None else seed)
        if any(entry.kind != Stimulate.kind for entry in config.interventions):
            raise ValueError("the Mesa liver knows no interventions but what is given with the blood")
        refuse_what_is_new(config)
        self.config = config
        self.dt_hours, self.dt_minutes = config.step, config.step * 60.0
        self.step_number = math.floor(config.begins / config.step + 1e-9)
        self.anatomy = lobules.grow(config.tissue, config.seed if seed is None else seed)
        self.flow = Flow(self.anatomy, config.tissue.sinusoid_velocity)
        self.shape, self.spacing_um = self.anatomy.shape, self.anatomy.spacing_um
        self.area_mm2 = self.shape[0] * self.shape[1] * (self.spacing_um / 1000.0) ** 2
        self.blood = Blood(LEVELS)
        self.totals: Counter = Counter()
        self.ledger: list[tuple[float, int, int, int]] = []
        self.exosomes = 0.0
        self.are_nets = False
        self.busy_walls = 0
        self._lay_sites()
        self._learn_flow()
        if populate:
            self._settle_residents()
        self._make_fields(solver)
        self._plan_arrivals()

    # --- construction ---------------------------------------------------------------------------------------------

    def _lay_sites(self) -> None:
        anatomy = self.anatomy
        self.grid = OrthogonalMooreGrid(self.shape, torus=anatomy.periodic, random=self.random, cell_klass=Site)
        for site in self.grid.all_cells:
            site.kind = int(anatomy.kind[site.coordinate])
            site.zone = int(anatomy.zone[site.coordinate])
            site.radius_um = float(anatomy.radius_um[site.coordinate])
        self.hepatocyte = self._layer("hepatocyte", True, bool)
        self.perfused = self._layer("perfused", True, bool)
        self.collapsed = self._layer("collapsed", False, bool)
        self.nets = self._layer("nets", np.float32(0.0), np.float32)
        self.ecm = self._layer("ecm", np.float32(0.0), np.float32)
        for name in (*SIGNALS, "oxygen"):
            setattr(self, name, self._layer(name, np.float32(0.0), np.float32))
        self.vessels = Vessels(self.grid.all_cells)
        self.reach_of_prey = round(self.config.rules.kupffer_crawling.reach / self.spacing_um)
        self.prey_distance = self._layer("prey_distance", self.reach_of_prey + 1, int)
        self.is_nodule_near = self._layer("is_nodule_near", False, bool)

    def _layer(self, name: str, default, dtype: type) -> np.ndarray:
        return self.grid.create_property_layer(name, default, dtype).data

    def _learn_flow(self) -> None:
        """What follows from the flow of the open network."""
        flow, rules, velocity = self.flow, self.config.rules, self.config.tissue.sinusoid_velocity
        self.open_pressure = flow.pressure.copy()
        self.shear = flow.speed_um_per_s / velocity
        self.perfused_sites = self._sites_of((self.anatomy.kind == SINUSOID) & self.perfused)
        self._flow_perfused = self.perfused.copy()
        slowness = np.clip(velocity / np.maximum(flow.speed_um_per_s, 1e-3), *_SLOWNESS) ** rules.passage.lingering
        self.lingering = slowness * (flow.passing.sum() / (slowness * flow.passing).sum())
        self.grip = None
        if rules.arrest.enabled:
            p = rules.arrest
            ratio, variance = p.reference_diameter / p.reference_lumen, p.reference_lumen_log_sd**2
            misfit = math.sqrt(ratio**2 * math.exp(2.0 * variance) - 2.0 * ratio * math.exp(0.5 * variance) + 1.0)
            self.grip = Grip(
                -math.log1p(-min(p.mechanical, 1.0 - 1e-9)) / self.config.tissue.portal_central_distance,
                max(misfit, 1e-3),
                p.wall_hold,
                p.kupffer_hold,
                rules.net_trapping.capture_fold if rules.net_trapping.enabled else 0.0,
            )

    def _settle_residents(self) -> None:
        cells, anatomy = self.config.cells, self.anatomy
        sinusoid = anatomy.kind == SINUSOID
        for site in self._sites_of(sinusoid):
            EndothelialCell(self, site)
        zones = [self._sites_of(sinusoid & (anatomy.zone == zone)) for zone in (1, 2, 3)]
        p = cells.kupffer
        shares = np.array([p.share_zone_1, p.share_zone_2, p.share_zone_3]) * [len(sites) for sites in zones]
        shares /= shares.sum()
        activity = np.array([1.0, 0.5 * (1.0 + p.central_activity), p.central_activity])
        activity /= p.phagocytic_fraction * (activity @ shares)
        limits = np.rint(np.cumsum(shares) * self._whole(p.density)).astype(int)
        for sites, count, active in zip(zones, np.diff(limits, prepend=0), activity, strict=True):
            for site in self.random.sample(sites, count):
                KupfferCell(self, site, active if self.random.random() < p.phagocytic_fraction else 0.0)
        for kind, density in (
            (NaturalKillerCell, cells.natural_killer.density),
            (Neutrophil, cells.neutrophil.density),
        ):
            free = [site for sites in zones for site in sites if site.lumen is None]
            for site in self.random.sample(free, self._whole(density)):
                kind(self, site)
        for site in self.random.sample(
            [site for sites in zones for site in sites], self._whole(cells.stellate.density)
        ):
            StellateCell(self, site)

    def _whole(self, density: float) -> int:
        """How many cells a density makes here; the fraction is left to chance."""
        return math.floor(density * self.area_mm2 + self.random.random())

    def _make_fields(self, solver: str) -> None:
        how = {
            "spacing_um": self.spacing_um,
            "periodic": self.anatomy.periodic,
            "step_s": self.dt_minutes * 60.0,
            "exchange": exchanging(self.anatomy.kind, self.perfused),
        }
        self.fields = {
            name: SOLVERS[solver][name](getattr(self, name), getattr(self.config.fields, name), **how)
            for name in (*SIGNALS, "oxygen")
        }
        self._solve_oxygen(self.fields["oxygen"].start)
        p = self.config.secretion
        self.rates = {
            (kind, field): self.fields[field].rate_for(getattr(p, f"{kind}_{field}"))
            for kind, field in (
                ("tumor", "tgf_beta"),
                ("tumor", "cxcl1"),
                ("tumor", "vegf"),
                ("kupffer", "tnf"),
                ("kupffer", "tgf_beta"),
                ("kupffer", "vegf"),
                ("neutrophil", "vegf"),
                ("stellate", "tgf_beta"),
            )
        }
        self.rates["tumor", "lactate"] = p.tumor_lactate / 3600.0

    def _plan_arrivals(self) -> None:
        """Give every cell of the inoculum its step of arrival."""
        p, self._arrivals = self.config.rules.arrival, {}
        weights = [dose.share for dose in p.doses]
        if not p.enabled or not sum(weights):
            return
        for clone in range(self._whole(p.per_mm2(self.config.tissue.slab_thickness))):
            dose = self.random.choices(p.doses, weights)[0]
            step = math.floor((dose.start + dose.over * self.random.random()) / self.dt_hours + 1e-9)
            self._arrivals.setdefault(step, []).append(clone)

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def hours(self) -> float:
        """Simulated hours since time 0."""
        return self.step_number * self.dt_hours

    def share_within(self, time_h: float) -> float:
        """How far something that relaxes with a time constant goes in one step."""
        return -math.expm1(-self.dt_hours / time_h) if time_h > 0.0 else 1.0

    def step(self) -> None:
        """Five minutes of life: blood, walls, cells by kind, each kind in an order of chance, vessels, fields."""
        rules = self.config.rules
        tumor = self.agents_by_type.get(TumorCell, ())
        self._advance_blood(len(tumor))
        self.exosomes = self.blood.exosomes
        half_life = rules.platelet_cloak.half_life
        self.platelets_left = 0.5 ** (self.dt_hours / half_life) if half_life else 0.0
        self._fade_layers()
        tnf = self.fields["tnf"]
        if (
            rules.endothelial_activation.enabled
            and tnf.is_due(self.step_number)
            and (self.busy_walls or not tnf.at_rest)
        ):
            self.busy_walls = 0
            self._do(EndothelialCell, shuffled=False)
        if rules.arrival.enabled:
            self._bring_tumor_cells()
        self._do(TumorCell)
        self._find_prey()
        self._find_nodules()
        self._do(KupfferCell)
        if rules.nk_killing.enabled:
            host = self.config.cells.natural_killer
            self._bring(NaturalKillerCell, host.density * self.area_mm2 / max(host.residence, 1e-3))
        self._do(NaturalKillerCell)
        if rules.neutrophil_recruitment.enabled:
            self._recruit_neutrophils()
        self._do(Neutrophil)
        if rules.stellate_activation.enabled:
            self._do(StellateCell, shuffled=False)
        if rules.perfusion.enabled:
            self._obstruct()
            if (self.step_number + 1) % max(1, round(rules.perfusion.flow_interval / self.dt_hours)) == 0:
                self._update_flow()
        self._advance_fields()
        self.step_number += 1

    def _advance_blood(self, tumor_cells: int) -> None:
        body = SimpleNamespace(
            config=self.config,
            tumor=SimpleNamespace(count=tumor_cells),
            drugs=SimpleNamespace(neutrophils=1.0),
            suppressor=SimpleNamespace(count=0),
            stellate=SimpleNamespace(plain={"inflammatory": np.zeros(0)}, in_state=lambda _: slice(0)),
            standard_area_mm2=self.area_mm2,
            dt_hours=self.dt_hours,
            given=self._given,
            left=lambda molecule: 1.0,
        )
        self.blood.advance(body)

    def _given(self, level: str) -> float:
        """What the experimenter adds to a level in the blood."""
        return sum(entry.given(level, self.hours) for entry in self.config.interventions)

    def _do(self, kind: type, shuffled: bool = True) -> None:
        agents = self.agents_by_type.get(kind)
        if agents:
            agents.shuffle_do("step") if shuffled else agents.do("step")

    # --- what happens on the whole lattice --------------------------------------------------------------------------

    def _fade_layers(self) -> None:
        """Nets and matrix decay."""
        rules = self.config.rules
        if rules.netosis.enabled and self.are_nets:
            self.nets *= 0.5 ** (self.dt_hours / max(rules.netosis.half_life, 1e-3))
            self.nets[self.nets <= _NET_GONE] = 0.0
            self.are_nets = bool(self.nets.any())
        if rules.stellate_activation.enabled and self.ecm.any():
            self.ecm *= 0.5 ** (self.dt_hours / max(rules.stellate_activation.matrix_half_life, 1e-3))
            self.ecm[self.ecm <= _MATRIX_GONE] = 0.0

    def _find_prey(self) -> None:
        """For each site of the sinusoids, how many moves along them the nearest tumor cell in a vessel is away."""
        self.prey_distance[:] = self.reach_of_prey + 1
        reached = self._tumor_lattice("lumen")
        if not self.config.rules.kupffer_crawling.enabled or not reached.any():
            return
        sinusoid = self.anatomy.kind == SINUSOID
        self.prey_distance[reached] = 0
        for moves in range(1, self.reach_of_prey + 1):
            reached = sinusoid & self._count_around(reached, with_self=True).astype(bool)
            self.prey_distance[reached & (self.prey_distance > moves)] = moves

    def _find_nodules(self) -> None:
        """The sites within reach of at least so many tumor cells in the tissue as make a nodule."""
        self.is_nodule_near[:] = False
        p = self.config.rules.kupffer_reprogramming
        tissue = np.argwhere(self._tumor_lattice("tissue"))
        if not p.enabled or len(tissue) < p.nodule_cells:
            return
        offsets = np.array(self._disc(p.radius / self.spacing_um))
        places = (tissue[:, None, :] + offsets).reshape(-1, 2)
        if self.anatomy.periodic:
            places %= self.shape
        else:
            places = places[((places >= 0) & (places < self.shape)).all(axis=1)]
        near = np.bincount(places[:, 0] * self.shape[1] + places[:, 1], minlength=self.nets.size)
        self.is_nodule_near[:] = near.reshape(self.shape) >= p.nodule_cells

    def _obstruct(self) -> None:
        """Tumor cells and dense nets block sinusoids, which collapse in the midst of a nodule."""
        p, sinusoid = self.config.rules.perfusion, self.anatomy.kind == SINUSOID
        lumen = self._tumor_lattice("lumen")
        surrounded = self._count_around(lumen | self._tumor_lattice("tissue")) >= p.surrounded
        self.collapsed &= surrounded
        may_collapse = np.argwhere(surrounded & sinusoid & ~self.collapsed)
        if len(may_collapse):
            rows, columns = may_collapse.T
            chance = -np.expm1(-p.collapse_rate / (1.0 + self.vegf[rows, columns].astype(float)) * self.dt_hours)
            self.collapsed[rows, columns] = self.rng.random(len(rows)) < chance
        self.perfused[:] = ~sinusoid | ~(lumen | (self.nets >= p.dense_net) | self.collapsed)

    def _update_flow(self) -> None:
        if np.array_equal(self.perfused, self._flow_perfused):
            return
        self._flow_perfused[:] = self.perfused
        open_sinusoids = (self.anatomy.kind == SINUSOID) & self.perfused
        self.flow.update(open_sinusoids)
        self.perfused_sites = self._sites_of(open_sinusoids)
        exchange = exchanging(self.anatomy.kind, self.perfused)
        for name in SIGNALS:
            self.fields[name].set_perfusion(exchange)

    def _secrete(self) -> None:
        """Every cell adds what it secretes to the source of its site."""
        for name in SIGNALS:
            if self.fields[name].secreted:
                self.fields[name].source[:] = 0.0
                self.fields[name].secreted = False
        for kind in (TumorCell, KupfferCell, Neutrophil, StellateCell):
            for cell in self.agents_by_type.get(kind, ()):
                cell.secrete()

    def emit(self, name: str, cell, rate: float) -> None:
        """A cell secretes so much of a field per second."""
        if rate:
            field = self.fields[name]
            field.source[cell.cell.coordinate] += rate
            field.secreted = True

    def _advance_fields(self) -> None:
        """Those whose turn it is, each at its own interval."""
        due = [name for name in (*SIGNALS, "oxygen") if self.fields[name].is_due(self.step_number)]
        if due:
            self._secrete()
        for name in due:
            if name != "oxygen":
                self.fields[name].advance()
        if self.agents_by_type.get(TumorCell) and "oxygen" in due:
            self._solve_oxygen(self.fields["oxygen"].solve)

    def _solve_oxygen(self, solve) -> None:
        sites = SimpleNamespace(kind=self.anatomy.kind, zone=self.anatomy.zone, perfused=self.perfused)
        solve(self.flow, sites, self.hepatocyte, self._tumor_lattice("lumen") | self._tumor_lattice("tissue"))

    # --- what comes with the blood ----------------------------------------------------------------------------------

    def _bring_tumor_cells(self) -> None:
        """Tumor cells enter where blood does, in proportion to it."""
        arriving = self._arrivals.get(self.step_number, ())
        if not len(arriving) or self.flow.inflow == 0.0:
            return
        line = self.config.cells.tumor
        inlets = np.searchsorted(self.flow.inflow_cumulative, self.rng.random(len(arriving)), side="right")
        for clone, inlet in zip(arriving, inlets, strict=True):
            row, column = self.flow.inlets[min(inlet, len(self.flow.inlets) - 1)]
            diameter = line.diameter * math.exp(line.diameter_log_sd * self.random.gauss(0.0, 1.0))
            self.note(event.ARRIVED, cause.NONE, TumorCell(self, clone, diameter, self.grid[int(row), int(column)]))

    def _bring(self, kind: type, per_hour: float) -> None:
        """So many cells enter, on average, at perfused sites of the sinusoids where nobody stands."""
        if not self.perfused_sites:
            return
        for _ in range(self.rng.poisson(per_hour * self.dt_hours)):
            for _ in range(_TRIES):
                site = self.random.choice(self.perfused_sites)
                if site.lumen is None:
                    kind(self, site)
                    break

    def _recruit_neutrophils(self) -> None:
        """The marginated pool is renewed, and chemokine draws more."""
        p, host, pool = self.config.rules.neutrophil_recruitment, self.config.cells.neutrophil, self.blood.neutrophils
        alarm = self.blood.lps + self.blood.injury
        marginated = host.density * self.area_mm2 * pool * (1.0 + p.sequestration * alarm / (1.0 + alarm))
        self._bring(Neutrophil, marginated * math.log(2.0) / max(host.half_life, 1e-3))
        if self.fields["cxcl1"].at_rest or p.entry_rate <= 0.0:
            return
        places = np.argwhere((self.cxcl1 > _FAINT) & (self.anatomy.kind == SINUSOID) & self.perfused)
        level, passing = (
            lattice[places[:, 0], places[:, 1]].astype(float) for lattice in (self.cxcl1, self.flow.passing)
        )
        rate = p.entry_rate * pool * passing * level / (1.0 + level)
        enters = self.rng.random(len(places)) < -np.expm1(-rate * self.dt_hours)
        for row, column in places[enters].tolist():
            site = self.grid[row, column]
            if site.lumen is None:
                Neutrophil(self, site)

    def downstream(self, site: Site) -> tuple[Site, float] | None:
        """Where blood takes a cell from a site of the sinusoids, and how far in sites; by chance, as much as flows there."""
        carries = self.flow.carries

        def is_open(place):
            return self.perfused[place] and type(self.grid[place].lumen) is not TumorCell

        ways = self._currents(site, self.flow.pressure, lambda place: carries[place] and is_open(place))
        if not ways:  # where a cell has just come loose the flow is not solved yet: as in the open network
            ways = self._currents(site, self.open_pressure, is_open)
        if not ways:
            return None
        return self.random.choices([way[:2] for way in ways], [way[2] for way in ways])[0]

    def _currents(self, site: Site, pressure: np.ndarray, is_open) -> list[tuple[Site, float, float]]:
        """The neighbours to which blood flows, their distances, and the flows."""
        here, ways = pressure[site.coordinate], []
        for other, length in zip(site.ring, LENGTHS, strict=True):
            if other is None or other.kind == PARENCHYMA or (other.kind == SINUSOID and not is_open(other.coordinate)):
                continue
            drop = here - pressure[other.coordinate]
            if drop > _STILL:
                ways.append((other, length, drop / length))
        return ways

    # --- small services -------------------------------------------------------------------------------------------

    def note(self, what: int, by: int, cell: TumorCell) -> None:
        """Enter an event of a tumor cell into the ledger."""
        self.totals[what] += 1
        self.totals[what, by] += 1
        self.ledger.append((self.step_number * self.dt_minutes, what, by, cell.clone))

    def sites_within(self, centre: Site, radius: float) -> list[Site]:
        """The sites within `radius` (in sites) of one."""
        found, (rows, columns) = [], self.shape
        for dr, dc in self._disc(radius):
            row, column = centre.coordinate[0] + dr, centre.coordinate[1] + dc
            if self.anatomy.periodic:
                found.append(self.grid[row % rows, column % columns])
            elif 0 <= row < rows and 0 <= column < columns:
                found.append(self.grid[row, column])
        return found

    @staticmethod
    def _disc(radius: float) -> list[tuple[int, int]]:
        reach = range(-math.ceil(radius), math.ceil(radius) + 1)
        return [(dr, dc) for dr in reach for dc in reach if dr * dr + dc * dc <= radius * radius]

    def _sites_of(self, mask: np.ndarray) -> list[Site]:
        return [self.grid[row, column] for row, column in np.argwhere(mask).tolist()]

    def _tumor_lattice(self, layer: str) -> np.ndarray:
        """Where tumor cells stand in a layer, bool [row, column]."""
        lattice = np.zeros(self.shape, bool)
        places = [
            cell.cell.coordinate
            for cell in self.agents_by_type.get(TumorCell, ())
            if cell.cell is not None and cell.layer == layer
        ]
        if places:
            lattice[tuple(np.array(places).T)] = True
        return lattice

    def _count_around(self, mask: np.ndarray, with_self: bool = False) -> np.ndarray:
        """How many of the eight neighbours of each site are set, uint8 [row, column]."""
        padded = np.pad(mask.astype(np.uint8), 1, mode="wrap" if self.anatomy.periodic else "constant")
        rows, columns = mask.shape
        count = padded[1:-1, 1:-1].copy() if with_self else np.zeros(mask.shape, np.uint8)
        for dr, dc in DIRECTIONS:
            count += padded[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + columns]
        return count
