"""A batch compared: arms and sweeps, with their figures and their report."""
