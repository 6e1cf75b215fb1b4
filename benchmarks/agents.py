"""Agents: `crlm` against the same rules in plain Mesa, from the same state of the same liver."""

import time

import numpy as np
from scipy import ndimage

from abm import LiverModel, load_config
from abm.config.schema import SHIPPED
from abm.config.shipped import shipped_configs
from abm.rules import RULES

from .mesa_reference import MesaLiver, adopt, without_what_is_new
from .mesa_reference.neutrophil import Neutrophil
from .timing import REPEATS, Table, cpu, interleaved, times

SIZES = (1_000, 10_000, 100_000)
_AGENTS_PER_MM2 = 3_060.0
_LARGEST_WITH_SCIPY = 10_000  # agents: beyond, its factors take seconds and gigabytes
_HOURS_BEFORE, _STEPS = 12, 12
_NEUTROPHILS_PER_MM2 = 1_000.0
_T_CELLS_PER_MM2 = (40, 250)  # in a resting liver, and in a metastasis
_T_CELL_MM, _CROSSING_STEPS, _T_CELL_STEPS = 4, 300, 10


class Stopwatch:
    """Adds up the CPU time that is spent in some methods of some objects."""

    def __init__(self) -> None:
        self.spent = 0.0

    def watch(self, owner: object, name: str) -> None:
        method = getattr(owner, name)

        def timed(*arguments, **keywords):
            start = time.process_time()
            try:
                return method(*arguments, **keywords)
            finally:
                self.spent += time.process_time() - start

        setattr(owner, name, timed)


class Watched:
    """A model whose steps are timed: the whole, and the agents' part of it (without fields and blood flow)."""

    def __init__(self, model: LiverModel | MesaLiver):
        self.model, self.fields = model, Stopwatch()
        for name, field in model.fields.items():
            self.fields.watch(field, "solve" if name == "oxygen" else "advance")
        self.fields.watch(model.flow, "update")

    def steps(self) -> np.ndarray:
        """CPU seconds of some steps: of the agents, and of everything."""
        self.fields.spent = 0.0
        whole = cpu(lambda: [self.model.step() for _ in range(_STEPS)])
        return np.array([whole - self.fields.spent, whole])


def liver_with(agents: int) -> LiverModel:
    """A liver with about so many agents half a day after an injection, wall segments among them."""
    side = f"{(agents / _AGENTS_PER_MM2) ** 0.5:.3f} mm"
    config = load_config(shipped_configs() / "quickstart.yaml", (f"tissue.width={side}", f"tissue.height={side}"))
    model = LiverModel(config, **without_what_is_new())
    while model.hours < _HOURS_BEFORE:
        model.step()
    return model


def measure(table: Table, sizes: tuple[int, ...] = SIZES, repeats: int = REPEATS) -> None:
    table.group("all rules, half a day after an injection: CPU time per agent and step, from the same state")
    for size in sizes:
        ours = liver_with(size)
        count = sum(population.count for population in ours.populations.values())
        models = {"crlm": Watched(ours), "Mesa": Watched(adopt(ours))}
        if size <= _LARGEST_WITH_SCIPY:
            models["Mesa, SciPy's fields"] = Watched(adopt(ours, solver="scipy"))
        for watched in models.values():
            watched.model.step()
        found = interleaved({name: watched.steps for name, watched in models.items()}, repeats)
        per_agent = {name: value / _STEPS / count * 1e9 for name, value in found.items()}
        for part, what in ((0, "agent rules"), (1, "whole model")):
            mine = per_agent["crlm"][part]
            target = "Mesa ≥ 100×" if part == 0 and size == 100_000 else ""
            whom = f" ({ours.endothelium.count:,} of them segments of wall)" if part == 0 else ""
            table.add(f"{count:,} agents{whom}, {what}: crlm", f"{mine:.0f} ns", "", target)
            for name in models:
                if name != "crlm" and (part == 1 or name == "Mesa"):
                    table.add(
                        f"{count:,} agents, {what}: {name}",
                        f"{per_agent[name][part]:,.0f} ns",
                        times(per_agent[name][part] / mine),
                    )


def peopled(name: str, per_mm2: float, mm: float, step: str, *rules: str) -> LiverModel:
    """A liver in which nobody lives but so many cells of one population, and only these rules run."""
    densities = {
        species.name: {"density": "0 /mm^2"}
        for species in SHIPPED.species
        if "density" in species.parameters.model_fields
    }
    return LiverModel(
        step=step,
        tissue={"width": f"{mm:.3f} mm", "height": f"{mm:.3f} mm"},
        rules={rule.name: {"enabled": rule.name in rules} for rule in RULES},
        cells=densities | {name: {"density": f"{per_mm2:g} /mm^2"}},
    )


def crawling(neutrophils: int) -> LiverModel:
    """A liver with so many neutrophils in a rough field of chemokine, in which cells move, one site a step, and nothing
    else happens."""
    mm = max(0.5, (neutrophils / _NEUTROPHILS_PER_MM2) ** 0.5)
    model = peopled("neutrophil", _NEUTROPHILS_PER_MM2, mm, "1 min", "migration")
    model.fields["cxcl1"].values[:] = np.random.default_rng(1).random(model.shape)
    return model


def measure_motile(table: Table, sizes: tuple[int, ...] = SIZES, repeats: int = REPEATS) -> None:
    table.group("neutrophils crawling up a chemokine, one move a step with a look around: CPU time per agent and step")
    for size in sizes:
        model = crawling(size)
        twin = adopt(model)
        twin.cxcl1[:] = model.fields["cxcl1"].values
        rule, cells = model.rules["migration"], twin.agents_by_type[Neutrophil]

        def ours(model=model, rule=rule) -> None:
            rule.apply(model)
            model.step_number += 1

        ours()
        count = model.neutrophil.count
        calls = max(1, 20_000 // count)
        found = interleaved(
            {
                "crlm": lambda calls=calls: cpu(lambda: [ours() for _ in range(calls)]) / calls,
                "Mesa": lambda cells=cells: cpu(lambda: cells.shuffle_do("crawl")),
            },
            repeats,
        )
        per_agent = {name: value / count * 1e9 for name, value in found.items()}
        table.add(f"{count:,} neutrophils: crlm", f"{per_agent['crlm']:.0f} ns", "", "60 ns")
        table.add(
            f"{count:,} neutrophils: Mesa", f"{per_agent['Mesa']:,.0f} ns", times(per_agent["Mesa"] / per_agent["crlm"])
        )


def searching(per_mm2: float) -> LiverModel:
    """A liver with so many CD8 T cells, of which IFN-gamma and a matrix in patches have called most into the tissue."""
    model = peopled("cd8", per_mm2, _T_CELL_MM, "5 min", "migration", "leukocyte_crossing")
    random = np.random.default_rng(1)
    model.fields["ifn_gamma"].values[:] = 2 * rough(random, model.shape, 8)
    matrix = rough(random, model.shape, 20)
    model.ecm[:] = np.where(matrix > 0.6, matrix, 0)
    for _ in range(_CROSSING_STEPS):
        for name in ("leukocyte_crossing", "migration"):
            model.rules[name].apply(model)
        model.step_number += 1
    return model


def rough(random: np.random.Generator, shape: tuple[int, int], sites: float) -> np.ndarray:
    """Hills some `sites` wide, from 0 to 1."""
    hills = ndimage.gaussian_filter(random.random(shape), sites)
    return (hills - hills.min()) / (hills.max() - hills.min())


def measure_searching(table: Table, repeats: int = REPEATS) -> None:
    table.group("T cells that search the tissue up IFN-gamma, 16 mm², steps of 5 min: CPU time per cell and step")
    for per_mm2 in _T_CELLS_PER_MM2:
        model = searching(per_mm2)
        rule = model.rules["migration"]

        def walk(model=model, rule=rule) -> None:
            rule.apply(model)
            model.step_number += 1

        found = interleaved({"crlm": lambda walk=walk: cpu(lambda: [walk() for _ in range(_T_CELL_STEPS)])}, repeats)
        ns = found["crlm"] / _T_CELL_STEPS / model.cd8.count * 1e9
        table.add(f"{model.cd8.count:,} T cells, {per_mm2} per mm²", f"{ns:.0f} ns")
