"""Drugs and viruses: how much of them there is, how far they get, whom they hit, and what they leave of the marrow."""

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from ...pharmacology.drug import AdverseEvent, Spread
from ..look import Look, Share
from ..measure import measure

DrugName = Annotated[
    str, Field(min_length=1, max_length=100, description="which drug, see `crlm drugs`, or one of the configs' own")
]
SpreadsAs = Annotated[Spread, Field(description="kind of drug, by how it spreads")]


@measure(unit="mg/L", kind="level")
def drug_level(look: Look, drug: DrugName) -> float:
    """Level of a drug in the blood; 0 where it is not given."""
    return look.liver.drugs.in_blood(drug)


@measure(unit="1e9/L", kind="level")
def neutrophil_count(look: Look) -> float:
    """Neutrophils that the marrow of the patient keeps in the blood: the usual ones times what drugs leave."""
    return look.liver.drugs.neutrophil_count


@measure(unit="", kind="level")
def dose_intensity(look: Look, drug: DrugName) -> float:
    """What was given of a drug so far, of all that was planned by then; nan before its first dose, and where none is planned."""
    return look.liver.drugs.intensity(drug, look.hours)


@measure(unit="", kind="level")
def adverse_event(look: Look, harm: Annotated[AdverseEvent, Field(description="which adverse event")]) -> float:
    """Probability that a patient who was treated like this has had an adverse event of grade 3 or 4 by now; events that several drugs
    bring add up."""
    return -math.expm1(-look.liver.drugs.harm.get(harm, 0.0))


@measure(unit="", kind="share")
def obstructed_share(look: Look) -> Share:
    """Share of the sites of sinusoids that a drug has shut."""
    shut = look.liver.obstruction.ravel()[look.liver.sinusoids]
    return Share(int(np.count_nonzero(shut)), shut.size)


@measure(unit="", kind="share")
def hepatitis_share(look: Look) -> Share:
    """Share of the sites of hepatocytes from which T cells have taken one that has not grown again. Tumor has none. So many are lost
    per day as this over the time of regrowth."""
    taken = int(np.count_nonzero(look.liver.hepatitis))
    return Share(taken, taken + int(look.liver.living_hepatocytes().sum()))


@measure(unit="", kind="share")
def doomed_share(look: Look) -> Share:
    """Share of the living tumor cells that a cytotoxic drug has hit, and that will die of it."""
    return Share(int((look.cells["doomed_h"] > 0.0).sum()), look.cells.size)


@measure(unit="", kind="share")
def infected_share(look: Look) -> Share:
    """Share of the living tumor cells that an oncolytic virus has infected."""
    return Share(int((look.cells["infected_h"] > 0.0).sum()), look.cells.size)


@measure(unit="", kind="level")
def drug_reach(look: Look, kind: SpreadsAs) -> float:
    """How much of the level in the blood of a kind of drug reaches the sites of tumor cells, on average, when it was last solved; nan
    without tumor cells, and where no drug of this kind is given."""
    reach = look.liver.drugs.reach.get(kind)
    return reach[look.tumor_sites].mean(dtype=np.float64) if reach is not None and look.tumor_sites.any() else np.nan
