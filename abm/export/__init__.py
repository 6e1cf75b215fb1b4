"""Kept runs in the files of other programs, one format per file, and archives that can be run again.

FORMATS is what `crlm export --to` knows, in the order of its help.
"""

from .cells import ANNDATA
from .csv import CSV
from .format import Format
from .ome_zarr import OME_ZARR
from .ro_crate import RO_CRATE
from .simularium import SIMULARIUM
from .spatial_data import SPATIALDATA
from .vtk import VTK

FORMATS: tuple[Format, ...] = (ANNDATA, SPATIALDATA, OME_ZARR, SIMULARIUM, VTK, CSV, RO_CRATE)
