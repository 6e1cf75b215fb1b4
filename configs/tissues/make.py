"""Makes the two example tissues beside it, which are synthetic: `python configs/tissues/make.py`.

lobules.png: labels of 4 um pixels, as a segmentation of a section would give them: portal tracts, central veins, tumor,
parenchyma; sinusoids are too narrow to be seen at that scale. cells.csv: cells as QuPath writes them.
"""

from pathlib import Path

import numpy as np
from PIL import Image

PIXEL_UM, SIZE_UM = 4.0, (600.0, 900.0)
PORTAL, CENTRAL_VEIN, PARENCHYMA, TUMOR = 1, 2, 4, 5
HERE = Path(__file__).parent


def disc(labels: np.ndarray, y_um: float, x_um: float, radius_um: float, label: int, bumps: int = 0) -> None:
    """A vessel or a nodule cut across."""
    y, x = ((np.arange(size) + 0.5) * PIXEL_UM for size in labels.shape)
    down, across = y[:, None] - y_um, x[None, :] - x_um
    limit = radius_um * (1 + 0.12 * np.cos(bumps * np.arctan2(down, across)))
    labels[np.hypot(down, across) <= limit] = label


def lobules() -> np.ndarray:
    """Two central veins, with portal tracts around them, and two nodules."""
    labels = np.full([round(size / PIXEL_UM) for size in SIZE_UM], PARENCHYMA, np.uint8)
    for y, x in ((20, 225), (20, 675), (300, 450), (580, 225), (580, 675), (300, 10), (300, 890)):
        disc(labels, y, x, 32, PORTAL, 3)
    for y, x in ((300, 230), (300, 670)):
        disc(labels, y, x, 36, CENTRAL_VEIN, 2)
    disc(labels, 180, 360, 45, TUMOR, 5)
    disc(labels, 430, 560, 28, TUMOR, 4)
    return labels


def cells() -> list[tuple[float, float, str]]:
    """x, y and class of the cells of a field of 600 um: a nodule with neutrophils around it, Kupffer and T cells."""
    random = np.random.default_rng(7)
    found = []
    for _ in range(60):
        distance, angle = 55 * np.sqrt(random.random()), 2 * np.pi * random.random()
        found.append((300 + distance * np.cos(angle), 280 + distance * np.sin(angle), "Tumor"))
    for kind, count, low, high in (("Neutrophil", 12, 60, 120), ("CD8", 15, 60, 200), ("Kupffer", 60, 70, 290)):
        for _ in range(count):
            distance, angle = low + (high - low) * np.sqrt(random.random()), 2 * np.pi * random.random()
            found.append((300 + distance * np.cos(angle), 300 + distance * np.sin(angle), kind))
    return [(round(x, 1), round(y, 1), kind) for x, y, kind in found]


if __name__ == "__main__":
    Image.fromarray(lobules()).save(HERE / "lobules.png", optimize=True)
    lines = ["Centroid X µm,Centroid Y µm,Class", *(f"{x},{y},{kind}" for x, y, kind in cells())]
    (HERE / "cells.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
