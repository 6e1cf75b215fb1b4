"""The tests of interventions put cells into the same small livers as those of rules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "rules"))
