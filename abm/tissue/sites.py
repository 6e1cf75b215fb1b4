"""The kinds of site that the liver lattice is made of, and the layers that cells can stand in."""

PORTAL_TRACT, SINUSOID, PARENCHYMA, CENTRAL_VEIN, CAVITY = 0, 1, 2, 3, 4
KINDS = ("portal_tract", "sinusoid", "parenchyma", "central_vein", "cavity")
"""What a site is: portal tract or a terminal portal venule that leaves it, sinusoid, hepatocyte plate, central vein; a cavity where an
operation has taken out sinusoids and plates."""

LUMEN, TISSUE, INTERSTITIUM = 0, 1, 2
STANDING = ("lumen", "tissue", "interstitium")
"""Where a cell stands: the blood side of the vessels; the space of Disse (at sinusoid sites) and the plates; between the
cells there, where leukocytes squeeze along beside whoever stands in the tissue."""
ROOM = {
    LUMEN: (SINUSOID,),
    TISSUE: (SINUSOID, PARENCHYMA),
    INTERSTITIUM: (SINUSOID, PARENCHYMA, PORTAL_TRACT),
}
"""The kinds of site at which a cell can stand, by layer."""
