"""What may happen to a tumor cell: the event codes of the ledger (plain numbers, so that kernels can use them)."""

ARRIVED = 0
PASSED = 1
HELD = 2
DETACHED = 3
ADHERENT = 4
TRAPPED = 5
PHAGOCYTOSED = 6
KILLED = 7
EXTRAVASATED = 8
DORMANT = 9
WOKEN = 10
DIVIDED = 11
DIED = 12
ENCOUNTERED = 13  # an NK cell met it, and stays with it for a while

NAMES = (
    "arrived",
    "passed",
    "held",
    "detached",
    "adherent",
    "trapped",
    "phagocytosed",
    "killed",
    "extravasated",
    "dormant",
    "woken",
    "divided",
    "died",
    "encountered",
)

ENDINGS = (PASSED, PHAGOCYTOSED, KILLED, DIED)
"""The ways out of the tissue."""
