"""The parameters of the tissue: its size, its lobules, its vessels."""

import math
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from ..units import Fraction, Micrometers, MicrometersPerSecond, Number, Parameters, Positive, misfit, parameter
from . import own

SLAB_OF_DENSITIES = 10.0
"""Thickness (um) of the slab for which numbers of cells per mm2 are given."""
_GALACTOSE = "Koenig, multiscale-galactose model (fits of Koo 1975, Puhl 2003)"
_LEFT_BY_VESSELS = (
    0.75  # share of the tissue that no portal tract or central vein takes, where they are widest and closest
)
_SMALLEST_PLATE = 4  # sites of tissue between portal tract and central vein in the smallest lobule that makes sense


class TissueParameters(Parameters):
    """The slab of tissue: its size, its lobules and its sinusoids. Defaults are those of the mouse."""

    model_config = ConfigDict(serialize_by_alias=True)

    width: Annotated[Micrometers, Positive] = parameter(
        "2 mm",
        low="0.3 mm",
        high="10 mm",
        mark="assumed",
        source="choice of the experimenter",
        description="extent along the columns, rounded up to whole sites",
    )
    height: Annotated[Micrometers, Positive] = parameter(
        "2 mm",
        low="0.3 mm",
        high="10 mm",
        mark="assumed",
        source="choice of the experimenter",
        description="extent along the rows, rounded up to whole sites",
    )
    site: Annotated[Micrometers, Field(ge=1, le=100)] = parameter(
        "10 um",
        low="8 um",
        high="12 um",
        mark="derived",
        source="sinusoid diameter 8.8 um; one small cell per site",
        description="spacing of the lattice: a sinusoid is one site wide, a hepatocyte 2 x 2 sites",
    )
    edges: Literal["periodic", "closed"] = parameter(
        "periodic",
        mark="assumed",
        source="choice of the experimenter",
        description="periodic: what leaves on one side enters on the other; closed: nothing passes, sinusoids end",
    )
    slab_thickness: Annotated[Micrometers, Field(gt=0, le=50)] = parameter(
        "10 um",
        low="8 um",
        high="12 um",
        mark="assumed",
        source="one layer of sites",
        description="thickness of the slab: counts per liver become counts per area by it, and numbers of cells per mm2, which "
        "are given for 10 um, grow with it",
    )
    portal_central_distance: Annotated[Micrometers, Field(gt=0, le=5000)] = parameter(
        "300 um",
        low="200 um",
        high="600 um",
        mark="unverified",
        source="textbook; Hoehme 2010 PNAS 107:10371",
        description="from portal tract to central vein, centre to centre (mouse 300 um, human 500 um)",
    )
    lobule_jitter: Fraction = parameter(
        "0.1",
        low="0",
        high="0.2",
        mark="assumed",
        source="real lobules are irregular polygons",
        description="largest shift of a central vein out of the hexagonal pattern, per porto-central distance",
    )
    portal_tract_diameter: Annotated[Micrometers, Positive] = parameter(
        "50 um",
        low="30 um",
        high="100 um",
        mark="assumed",
        source="by eye in sections of mouse",
        description="mean width of a portal tract, rounded up to a site; single tracts differ by a quarter",
    )
    central_vein_diameter: Annotated[Micrometers, Positive] = parameter(
        "60 um",
        low="40 um",
        high="100 um",
        mark="assumed",
        source="by eye in sections of mouse",
        description="mean width of a central vein, rounded up to a site; single veins differ by a quarter",
    )
    venule_reach: Fraction = parameter(
        "0.35",
        low="0",
        high="0.5",
        mark="assumed",
        source="Rappaport 1954, doi:10.1002/ar.1091190103 (qualitative)",
        description="share of a lobule's side that terminal portal venules follow from each of its ends",
    )
    widest_plate: Annotated[Micrometers, Field(le=200)] = parameter(
        "45 um",
        low="30 um",
        high="60 um",
        mark="derived",
        source="one to two hepatocytes of 20-30 um (textbook) between neighbouring sinusoids",
        description="where diverging sinusoids leave a wider plate between them, a new one sprouts",
    )
    link_spacing_low: Micrometers = parameter(
        "60 um",
        low="40 um",
        high="100 um",
        mark="assumed",
        source="chosen for the share of sinusoids in sections",
        description="shortest distance between two cross-links of the same pair of sinusoids",
    )
    link_spacing_high: Micrometers = parameter(
        "100 um",
        low="60 um",
        high="200 um",
        mark="assumed",
        source="chosen for the share of sinusoids in sections",
        description="longest distance between two cross-links of the same pair of sinusoids",
    )
    tortuosity_wavelength: Annotated[Micrometers, Positive] = parameter(
        "160 um",
        low="50 um",
        high="300 um",
        mark="assumed",
        source="by eye in sections",
        description="distance over which the course of the sinusoids swings, at least two sites",
    )
    tortuosity: Annotated[Number, Field(le=10)] = parameter(
        "0.9",
        low="0",
        high="1.5",
        mark="assumed",
        source="by eye in sections",
        description="largest sideways drift of a growing sinusoid per length",
    )
    sinusoid_radius: Annotated[Micrometers, Positive] = parameter(
        "4.33 um",
        low="3.9 um",
        high="4.9 um",
        mark="checked",
        source=_GALACTOSE,
        description="median radius of a sinusoid (lognormal)",
    )
    sinusoid_radius_log_sd: Annotated[Number, Field(le=2)] = parameter(
        "0.102",
        low="0",
        high="0.3",
        mark="checked",
        source=_GALACTOSE,
        description="standard deviation of the logarithm of the sinusoid radius",
    )
    sinusoid_velocity: Annotated[MicrometersPerSecond, Positive] = parameter(
        "234 um/s",
        low="90 um/s",
        high="600 um/s",
        mark="checked",
        source=_GALACTOSE,
        description="velocity of the blood: median over all sinusoid sites of the unobstructed network",
    )

    shunted: Fraction = parameter(
        0.0,
        low=0,
        high=0.65,
        mark="checked",
        source="none in a healthy liver; in cirrhosis 36 % with a standard deviation of 29 %, Gastroenterology 1987, 93:129, "
        "10.1016/0016-5085(87)90324-6 (microspheres given into the portal trunk)",
        description="share of the portal blood, and of the tumor cells in it, that bypasses the sinusoids",
    )
    steatosis: Fraction = parameter(
        0.0,
        low=0,
        high=1,
        mark="assumed",
        source="none in a healthy liver",
        description="how far its hepatocytes are those of a fatty liver, whose vesicles act on tumor cells and macrophages",
    )

    drawn_from: str | None = Field(
        default=None,
        alias="from",
        description="your own tissue: a label image (.png, .tif) of vessels and tumor, or a table (.csv, .tsv, .h5ad) of cells",
    )
    pixel: Annotated[Micrometers, Positive] | None = Field(
        default=None, description="size of a pixel of the label image; by default what the file says"
    )
    names: dict[str, str] = Field(
        default={},
        description="what the labels of the image, or the types of the table, mean; by default what they are called",
    )
    y_axis: Literal["down", "up"] = Field(
        default="down",
        description="where y of the table grows: down, as in images, or up, as in what crlm exports",
    )

    @property
    def slabs(self) -> float:
        """How many slabs of the thickness for which cells per mm2 are given make up this one."""
        return self.slab_thickness / SLAB_OF_DENSITIES

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (max(1, math.ceil(size / self.site - 1e-9)) for size in (self.height, self.width))
        return rows, columns

    @property
    def fewest_sinusoid_sites(self) -> float:
        """Sites of sinusoids per mm2 of which there are at least so many, however wide the larger vessels: sinusoids lie no
        farther apart than the widest plate."""
        return _LEFT_BY_VESSELS * self.site / (self.site + self.widest_plate) / (self.site / 1000.0) ** 2

    @property
    def drawn(self) -> own.OwnImage | None:
        """The label image that says where vessels are. Raises OwnTissueError."""
        return own.image_in(self.drawn_from) if self.drawn_from is not None and own.is_image(self.drawn_from) else None

    def labels(self) -> Any:
        """The label of each site (uint8 [row, column] of `own.LABELS`), of a tissue from an image; else None."""
        image = self.drawn
        return None if image is None else own.labels_on(image, self.pixel, self.names, self.shape, self.site)

    @model_validator(mode="after")
    def _as_drawn(self):
        """A tissue from an image is as large as that, and ends at its edges."""
        try:
            image = self.drawn
            if image is None:
                return self
            sizes = dict(zip(("height", "width"), own.size_of(image, self.pixel), strict=True))
            for side, size in sizes.items():
                if side not in self.model_fields_set:
                    self.__dict__[side] = size
                elif abs(getattr(self, side) - size) > 1e-6 * size:
                    raise misfit(
                        self, f"{image.name} is {size:g} um in {side}; write that, or leave this key out", side
                    )
            if "edges" not in self.model_fields_set:
                self.__dict__["edges"] = "closed"
            elif self.edges != "closed":
                raise misfit(self, "a tissue from an image ends at its edges: write closed", "edges")
            self.model_fields_set.update((*sizes, "edges"))
            self.labels()
        except own.OwnTissueError as error:
            raise misfit(self, str(error), "from") from error
        return self

    @model_validator(mode="after")
    def _one_lobule(self):
        if self.drawn_from is not None and own.is_image(self.drawn_from):
            return self
        vessels, site = self.central_vein_diameter + self.portal_tract_diameter, self.site
        smallest = vessels + 2 * _SMALLEST_PLATE * site
        for side, size in zip(("height", "width"), self.shape, strict=True):
            if size * site < smallest - 1e-9:
                raise misfit(
                    self,
                    f"the tissue is too small for one lobule: with these vessels {side} must be at least {smallest:g} um, "
                    f"got {getattr(self, side):g} um",
                    side,
                )
        nearest = 0.5 * vessels + _SMALLEST_PLATE * site
        if self.portal_central_distance < nearest - 1e-9:
            raise misfit(
                self,
                f"there is no room between these vessels: portal_central_distance must be at least {nearest:g} um, "
                f"got {self.portal_central_distance:g} um",
                "portal_central_distance",
            )
        if self.tortuosity_wavelength < 2 * site - 1e-9:
            raise misfit(
                self,
                f"sinusoids cannot swing within less than two sites: must be at least {2 * site:g} um, "
                f"got {self.tortuosity_wavelength:g} um",
                "tortuosity_wavelength",
            )
        return self
