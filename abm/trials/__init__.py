"""Trials: cohorts of virtual patients, each treated in every arm, scanned and judged as in the clinic."""
