"""A made-up trial: the same patients with and without a treatment that helps those without a mutation."""

import numpy as np
import pandas as pd

from abm.lesions.response import Criteria, patients_of, sum_of_diameters

ARMS = ("FOLFOX4", "FOLFOX4 + cetuximab")
WEEK = 168.0


def trial(patients=60, scans=8, seed=1, arms=ARMS):
    """Scans, and what is known of the patients."""
    random = np.random.default_rng(seed)
    rows = []
    mutated = random.random(patients) < 0.45
    for patient in range(patients):
        size, kill, regrowth = random.uniform(800, 2500, 2), random.lognormal(-2.6, 0.6), random.lognormal(-4.2, 0.7)
        resistant, new_at = random.beta(1.2, 2.5), random.exponential(120)
        for k, arm in enumerate(arms):
            helped = k * (0.1 if mutated[patient] else 1.0)
            rate, speed = kill * (1 + 0.8 * helped), regrowth * (1 - 0.45 * helped)
            for scan in range(scans + 1):
                week = 8 * scan
                share = (1 - resistant) * np.exp(-rate * week) + resistant * np.exp(speed * week)
                for lesion, whole in enumerate(size, 1):
                    rows.append((arm, patient, lesion, week * WEEK, whole * share * random.lognormal(0, 0.02)))
                if week > new_at * (1 + 0.3 * k):
                    rows.append((arm, patient, 3, week * WEEK, 600.0))
    scans_made = pd.DataFrame(rows, columns=["arm", "patient", "lesion", "hours", "diameter_um"])
    seen = scans_made.diameter_um > 120.0
    known = pd.DataFrame({"patient": range(patients), "RAS": np.where(mutated, "mutated", "wild type")})
    return scans_made.assign(cells=100, seen=seen), known


def told(patients=60, scans=8, seed=1, arms=ARMS):
    """The courses and the patients of a trial."""
    scans_made, known = trial(patients, scans, seed, arms)
    return sum_of_diameters(scans_made), patients_of(scans_made, Criteria(), known)
