"""What drugs are, how they come and go in a patient, and what is left of their targets."""

from .dosing import PlannedDose, Regimen, planned_doses
from .drug import Act, Drug, acts_of
from .medication import Medication
from .patient import Patient

__all__ = ["Act", "Drug", "Medication", "Patient", "PlannedDose", "Regimen", "acts_of", "planned_doses"]
