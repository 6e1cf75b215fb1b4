"""Flows: the ways in and out of a table of cells, and those across the wall of the vessels. The book of a table counts each.

The codes are plain numbers, so that kernels can use them.
"""

import numpy as np

SETTLED = 0
RESETTLED = 1
ENTERED = 2
INFUSED = 3
ADDED = 4
BORN = 5
AROSE = 6
LEFT = 7
DIED = 8
POISONED = 9
BURST = 10
KILLED = 11
EATEN = 12
DEPLETED = 13
REMOVED = 14
TURNED = 15
CROSSED = 16
RECROSSED = 17
DESTROYED = 18

MEANING = {
    "settled": (1, "were there at the beginning"),
    "resettled": (1, "came back to the places of the beginning after a depletion"),
    "entered": (1, "came with the blood"),
    "infused": (1, "were infused"),
    "added": (1, "were set into the tissue by the experimenter"),
    "born": (1, "were born by division"),
    "arose": (1, "were of another population before"),
    "left": (-1, "left with the blood, or with the lymph for a node"),
    "died": (-1, "died of age, apoptosis or want"),
    "poisoned": (-1, "died of lactate"),
    "burst": (-1, "burst into a net"),
    "killed": (-1, "were killed by a leukocyte"),
    "eaten": (-1, "were eaten"),
    "depleted": (-1, "were depleted"),
    "removed": (-1, "were taken out by hand, or by a surgeon"),
    "turned": (-1, "turned into cells of another population"),
    "crossed": (0, "crossed the wall into the tissue"),
    "recrossed": (0, "crossed the wall back into a vessel"),
    "destroyed": (-1, "were destroyed by heat, cold or radiation"),
}
"""By name, in the order of the codes: how many cells there are more after one went this way, and what is said of those that did."""

NAMES = tuple(MEANING)
SIGNS = np.array([sign for sign, _ in MEANING.values()], np.int64)
