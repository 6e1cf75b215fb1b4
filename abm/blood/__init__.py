"""What the circulation brings: systemic levels, one equation each."""

from .levels import Blood, BloodParameters

__all__ = ["Blood", "BloodParameters"]
