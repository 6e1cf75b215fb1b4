"""The patient who is treated: size, how fast drugs are eliminated, and the marrow."""

from typing import Annotated

from pydantic import Field

from ..units import Fraction, Hours, Kilograms, Number, Parameters, Positive, SquareMeters, parameter

_FRIBERG = "Friberg 2002, J Clin Oncol 20:4713, docetaxel, quoted in a secondary text"


class Patient(Parameters):
    """Who is treated. Doses per square metre and per kilogram are of this patient."""

    weight: Annotated[Kilograms, Positive] = parameter(
        "75 kg", low="45 kg", high="120 kg", mark="assumed", source="adult", description="weight of the body"
    )
    body_surface: Annotated[SquareMeters, Positive] = parameter(
        "1.85 m^2",
        low="1.4 m^2",
        high="2.4 m^2",
        mark="assumed",
        source="adult of 75 kg",
        description="surface of the body",
    )
    elimination: Annotated[float, Field(ge=-6, le=6)] = parameter(
        0.0,
        low=-2,
        high=2,
        mark="assumed",
        source="0 is the median patient",
        description="how many standard deviations the logarithm of the clearance of every drug is above the usual",
    )
    neutrophils: Annotated[Number, Positive] = parameter(
        5.05,
        low=2,
        high=9,
        mark="unverified",
        source=f"{_FRIBERG}: 5.05e9 /L, between patients 42 %",
        description="neutrophils in the blood without treatment, 1e9 per litre",
    )
    marrow_transit: Annotated[Hours, Positive] = parameter(
        "89.3 h",
        low="60 h",
        high="130 h",
        mark="unverified",
        source=f"{_FRIBERG}: 89.3 h, between patients 16 %",
        description="mean time from a dividing precursor in the marrow to a neutrophil in the blood",
    )
    marrow_feedback: Fraction = parameter(
        0.163,
        low=0.1,
        high=0.25,
        mark="unverified",
        source=f"{_FRIBERG}: 0.163 (4 %)",
        description="exponent with which few neutrophils in the blood quicken the precursors",
    )
