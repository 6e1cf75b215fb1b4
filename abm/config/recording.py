"""What a run keeps and how often."""

from typing import Annotated

from pydantic import Field

from ..units import Hours, Micrometers, Number, Parameters, parameter, written

Interval = Annotated[Hours, Field(gt=0)]


class RecordParameters(Parameters):
    """What a run keeps and how often; an interval shorter than the time step means every step."""

    timeseries: Interval = Field(
        default=written("1 h"), description="time between moments of timeseries.parquet and flows.parquet"
    )
    nodules: Interval = Field(default=written("12 h"), description="time between the surveys of nodules.parquet")
    lesions: Hours = Field(
        default=written("0 h"),
        description="time between the surveys of lesions.parquet, in which a lesion keeps its number; 0: none",
    )
    lesion_gap: Micrometers = parameter(
        "100 um",
        low="20 um",
        high="500 um",
        mark="assumed",
        source="lesions of a millimetre in the slab stand for such of centimetres, in which a scan does not show gaps of some millimetres",
        description="gap between pieces of a lesion up to which lesions.parquet counts them as one",
    )
    lesion_limit: Number = Field(
        default=0.0,
        description="the run ends with the survey of lesions.parquet at which the tumor has so many times the diameter of time 0; 0: never",
    )
    snapshots: Interval = Field(
        default=written("2 h"), description="time between frames of snapshots.zarr, and of the movie"
    )
    first_hours: Hours = Field(
        default=written("0 h"),
        description="so long from time 0 on snapshots.zarr has a frame of every step: for the clip of the first hours",
    )
    checkpoint: Interval = Field(
        default=written("1 d"), description="simulated time between checkpoints, from which a run resumes"
    )
    movie: bool = Field(default=True, description="whether the run ends with drawing movie.mp4, and first_hours.mp4")
    figures: bool = Field(
        default=True, description="whether the run ends with drawing its figures, overview.png and others"
    )
    micrometastasis_cells: Annotated[Number, Field(ge=1)] = parameter(
        4,
        low=2,
        high=16,
        mark="unverified",
        source="Luzzi 1998, Am J Pathol 153:865: micrometastases of 4-16 cells",
        description="cells in the slab from which a group counts as nodule and a clone as micrometastasis "
        "(4 in the slab are about 6 in a sphere)",
    )
    macrometastasis_diameter: Micrometers = parameter(
        "200 um",
        low="100 um",
        high="1 mm",
        mark="assumed",
        source="smallest nodule counted by eye in a mouse liver",
        description="diameter of the disc of tumor cells in the slab from which a clone counts as macrometastasis",
    )
