"""Drug penetration: how much of a drug's level in the blood reaches each site.

In well perfused liver all of it. Within a nodule cells take up what diffuses in from the vessels that are left: a small molecule gets
about a hundred micrometres far, and an antibody is held up by the first targets that it meets (Minchinton 2006, 10.1038/nrc1893).
Matrix slows both. New vessels of the nodule bring drugs, co-opted sinusoids as well. The steady state is solved again at
intervals, as vessels, matrix and nodule change slowly.
"""

from typing import Annotated, NamedTuple

import numpy as np

from ..fields.field import exchanging
from ..fields.multigrid import is_zero
from ..fields.solver import DiffusionSolver
from ..liver import Liver
from ..pharmacology.drug import Spread
from ..units import Fraction, Hours, PerSecond, Positive, SquareMicrometersPerSecond, parameter
from .rule import Rule, RuleParameters

_MINCHINTON = "Minchinton 2006, 10.1038/nrc1893 (direction)"


class Spreading(NamedTuple):
    """How drugs of one kind spread: in um^2/s, 1/s, 1/s, and the share of their diffusion that full matrix takes."""

    diffusion: float
    uptake: float
    exchange: float
    held_back: float


class DrugPenetration(Rule):
    name = "drug_penetration"
    reads = ("drugs", "perfused", "vessels", "ecm", "tumor")
    writes = ("drugs",)

    class Parameters(RuleParameters):
        diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
            "300 um^2/s",
            low="50 um^2/s",
            high="500 um^2/s",
            mark="assumed",
            source=f"{_MINCHINTON}; a range of sqrt(300/0.03) = 100 um",
            description="diffusion of a small molecule in tissue without matrix",
        )
        uptake: PerSecond = parameter(
            "0.03 /s",
            low="0.005 /s",
            high="0.2 /s",
            mark="assumed",
            source=f"{_MINCHINTON}; a range of sqrt(300/0.03) = 100 um",
            description="rate at which tumor cells take a small molecule up",
        )
        exchange: PerSecond = parameter(
            "1 /s",
            low="0.1 /s",
            high="10 /s",
            mark="assumed",
            source="small molecules pass fenestrae and capillaries freely",
            description="exchange of a small molecule between blood and tissue at a perfused site",
        )
        held_back: Fraction = parameter(
            0.5,
            low=0,
            high=0.8,
            mark="assumed",
            source=_MINCHINTON,
            description="share of the diffusion of a small molecule that full matrix takes",
        )
        antibody_diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
            "15 um^2/s",
            low="5 um^2/s",
            high="40 um^2/s",
            mark="assumed",
            source=f"{_MINCHINTON}; a range of sqrt(15/3e-4) = 220 um",
            description="diffusion of an antibody in tissue without matrix",
        )
        antibody_uptake: PerSecond = parameter(
            "0.0003 /s",
            low="0.00005 /s",
            high="0.003 /s",
            mark="assumed",
            source=f"{_MINCHINTON}: the barrier of binding sites",
            description="rate at which tumor cells take an antibody up",
        )
        antibody_exchange: PerSecond = parameter(
            "0.01 /s",
            low="0.001 /s",
            high="0.1 /s",
            mark="assumed",
            source="fenestrae let antibodies pass, more slowly than small molecules",
            description="exchange of an antibody between blood and tissue at a perfused site",
        )
        antibody_held_back: Fraction = parameter(
            0.8,
            low=0,
            high=0.95,
            mark="assumed",
            source=_MINCHINTON,
            description="share of the diffusion of an antibody that full matrix takes",
        )
        interval: Annotated[Hours, Positive] = parameter(
            "24 h",
            low="6 h",
            high="72 h",
            mark="assumed",
            source="short against the growth of a nodule",
            description="how often it is solved again while a drug is there",
        )

    parameters: Parameters

    def spreading(self, kind: Spread) -> Spreading:
        """How drugs of a kind spread."""
        p = self.parameters
        if kind == "antibody":
            return Spreading(p.antibody_diffusion, p.antibody_uptake, p.antibody_exchange, p.antibody_held_back)
        return Spreading(p.diffusion, p.uptake, p.exchange, p.held_back)

    def prepare(self, liver: Liver) -> None:
        """A solver for each kind of drug that will be given."""
        self.solvers = {
            kind: DiffusionSolver(
                liver.shape,
                spacing_um=liver.spacing_um,
                periodic=liver.periodic,
                diffusion_um2_per_s=self.spreading(kind).diffusion,
                step_s=liver.dt_minutes * 60.0,
            )
            for kind in liver.drugs.reach
        }

    def apply(self, liver: Liver) -> None:
        interval = max(1, round(self.parameters.interval / liver.dt_hours))
        for kind in sorted(liver.drugs.present):
            if kind in liver.drugs.arriving or liver.step_number % interval == 0:
                self.solve(liver, kind)

    def solve(self, liver: Liver, kind: Spread) -> None:
        """Bring the reach of a kind of drug to its steady state in the liver as it is now.

        Matrix that takes a share m of the diffusion is put in by dividing the equation by 1 - m, which neglects the slope of m.
        """
        spreading, reach = self.spreading(kind), liver.drugs.reach[kind]
        quality = exchanging(liver.sites.kind, liver.sites.perfused)
        if not is_zero(liver.vessels):
            quality = np.maximum(quality, liver.open_vessels())
        eased = 1.0 / (1.0 - np.float32(spreading.held_back) * np.minimum(liver.ecm, np.float32(1.0)))
        source = (np.float32(spreading.exchange) * quality * eased).astype(np.float32)
        sink = source + np.float32(spreading.uptake) * eased * liver.tumor_sites()
        solver = self.solvers[kind]
        solver.set_sink(sink.astype(np.float32), fit=False)
        solver.steady(reach, source)
        np.clip(reach, 0.0, 1.0, out=reach)
