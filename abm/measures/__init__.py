"""Measures: what is read off a liver during a run, as a paper would count it."""
