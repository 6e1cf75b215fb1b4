"""Plates: what becomes of the hepatocytes when a tumor cell takes the place of one."""

from ..kernels.jit import jit
from .sites import PARENCHYMA


@jit(inline=True, counted=False)
def displace_hepatocyte(sites, hepatocytes, row, column):
    """A plate site that a tumor cell takes loses its hepatocyte (uint8 lattice); a sinusoid site has none to lose."""
    if sites.kind[row, column] == PARENCHYMA:
        hepatocytes[row, column] = 0
