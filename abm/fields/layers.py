"""The layers: what lies in the tissue and does not diffuse, one lattice each. Every other place asks this list."""

import math
from typing import NamedTuple


class Layer(NamedTuple):
    """words: what it is called for readers; full: the most that a site can hold; kept: whether frames and courses of a
    run show it."""

    words: str
    full: float = math.inf
    kept: bool = True


LAYERS: dict[str, Layer] = {
    "ecm": Layer("extracellular matrix", full=1.0),
    "nets": Layer("neutrophil nets", full=1.0),
    "net_residue": Layer("residue of nets", full=1.0, kept=False),  # what DNase leaves on the wall
    "exosomes": Layer("exosome burden"),
}
"""Amounts, float32 [row, column], by the name that they have in the model."""

KEPT: dict[str, Layer] = {name: layer for name, layer in LAYERS.items() if layer.kept}
"""Those that frames and courses show."""

MARKS = ("hepatocytes", "collapsed")
"""What a site has or is, uint8 [row, column]: 0 or 1."""
