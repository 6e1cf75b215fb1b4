"""CXCL1 and IL-8: chemokines of tumor cells, which neutrophils feel by CXCR2 and follow.

See Yang 2025, 10.3892/or.2025.8963, refs 77, 80. In chronic liver disease hepatocytes secrete CXCL1, all over the liver (ref 118); in a
fatty one Kupffer cells secrete CXCL5, another ligand of CXCR2, which counts as CXCL1 here (ref 119). By default neither does.
"""

from typing import Annotated, Any, ClassVar

import numpy as np

from ..target import Target
from ..tissue.sites import PARENCHYMA
from ..units import Hours, Number, PerHour, Positive, SquareMicrometersPerSecond, parameter
from .field import INTERVAL, Signal, SignalParameters


class Chemokine(SignalParameters):
    """CXCL1 and IL-8, the ligands of CXCR2."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "50 um^2/s",
        low="20 um^2/s",
        high="150 um^2/s",
        mark="unverified",
        source="8 kDa, slowed by glycosaminoglycans",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.7 /h",
        low="0.2 /h",
        high="3 /h",
        mark="unverified",
        source="range of 50-150 um",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; made by tumor cells, which change over hours",
        description=INTERVAL,
    )
    hepatocytes: Number = parameter(
        0.0,
        low=0,
        high=1,
        mark="assumed",
        source="none by default; in chronic liver disease 0.3 (0.05 to 1) is a guess: Yang 2025, 10.3892/or.2025.8963, ref 118 "
        "(direction)",
        description="mean level that hepatocytes keep up in a liver where all of them live and blood flows everywhere",
    )


class CXCL1(Signal):
    """CXCL1 and IL-8, the ligands of CXCR2."""

    name = "cxcl1"
    words = "CXCL1 / IL-8"
    ink = "#3aa0c8"
    Parameters = Chemokine
    receptors = ("cxcr2",)
    molecules: ClassVar = {
        "cxcl1": Target("antibody to CXCL1/IL-8", "Yang 2025, 10.3892/or.2025.8963, refs 77, 80", "unverified"),
        "cxcr2": Target("CXCR2 antagonist", "Wang 2017, 10.1158/0008-5472.CAN-16-3199", "checked"),
    }
    synonyms = "il8 cxcl8 kc gro groalpha mip2 chemokine"

    def begin(self, liver: Any) -> None:
        """Hepatocytes have secreted it for long."""
        if self.parameters.hepatocytes > 0.0:
            self.load(np.full(self.values.shape, self.parameters.hepatocytes, np.float32))

    def advance(self, liver: Any = None) -> None:
        """One interval, in which hepatocytes secrete as well as the cells that say so."""
        if self.parameters.hepatocytes > 0.0:
            self.source[liver.living_hepatocytes()] += self._of_a_hepatocyte(liver.sites.kind)
            self.secreted = True
        super().advance(liver)

    def _of_a_hepatocyte(self, kind: np.ndarray) -> np.float32:
        """What each site of a plate secretes per second (float32), so that all make up for the loss of the level that they keep."""
        return np.float32(self.parameters.hepatocytes * self._mean_sink / np.mean(kind == PARENCHYMA))
