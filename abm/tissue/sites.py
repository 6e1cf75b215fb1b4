"""The kinds of site that the liver lattice is made of, and the two layers that cells can stand in."""

PORTAL_TRACT, SINUSOID, PARENCHYMA, CENTRAL_VEIN = 0, 1, 2, 3
KINDS = ("portal_tract", "sinusoid", "parenchyma", "central_vein")
"""What a site is: portal tract or a terminal portal venule that leaves it, sinusoid, hepatocyte plate, central vein."""

LUMEN, TISSUE = 0, 1
"""Where a cell stands: the blood side of the vessels; the space of Disse (at sinusoid sites) and the plates."""
