"""A scene: everything that is seen of the liver at one moment."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from ..fields.layers import KEPT

if TYPE_CHECKING:
    from ..model import LiverModel


@dataclass
class Scene:
    """One moment; all lattices [row, column].

    lumen, tissue: display codes (uint8) of the cells of both layers; perfused, hepatocyte: uint8, 1 where blood flows and
    where a hepatocyte lives; ecm, nets, e_selectin: float32; field: float32 level to lay over the picture, or None.
    """

    minutes: float
    lumen: np.ndarray
    tissue: np.ndarray
    perfused: np.ndarray
    hepatocyte: np.ndarray
    ecm: np.ndarray
    nets: np.ndarray
    e_selectin: np.ndarray
    field: np.ndarray | None = None

    def cut(self, part: tuple[slice, slice]) -> "Scene":
        """The scene in some rows and columns."""
        lattices = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(
            self,
            **{
                name: np.ascontiguousarray(values[part])
                for name, values in lattices.items()
                if isinstance(values, np.ndarray)
            },
        )

    def counts(self) -> np.ndarray:
        """Cells by display code, int64 [256]."""
        return np.bincount(self.lumen.ravel(), minlength=256) + np.bincount(self.tissue.ravel(), minlength=256)


def scene_of(model: "LiverModel", field: str | None = None) -> Scene:
    """The model as it is now. Raises ValueError for a field that the model does not have."""
    from ..record.display import display_codes

    lumen, tissue = display_codes(model)
    wall = model.endothelium.alive_rows()
    e_selectin = np.zeros(model.shape, np.float32)
    e_selectin[wall.row, wall.column] = wall.e_selectin
    return Scene(
        minutes=float(model.minutes),
        lumen=lumen,
        tissue=tissue,
        perfused=np.asarray(model.sites.perfused),
        hepatocyte=np.asarray(model.hepatocytes),
        ecm=np.asarray(model.ecm),
        nets=np.asarray(model.nets),
        e_selectin=e_selectin,
        field=None if field is None else _level(model, field, e_selectin),
    )


def _level(model: "LiverModel", field: str, e_selectin: np.ndarray) -> np.ndarray:
    names = (*model.fields, *KEPT, "e_selectin")
    if field not in names:
        raise ValueError(f"there is no field '{field}'; there are: {', '.join(sorted(names))}")
    if field == "e_selectin":
        return e_selectin
    return np.asarray(model.fields[field].values if field in model.fields else getattr(model, field), np.float32)
