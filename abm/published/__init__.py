"""Published experiments: run, judged, tabulated, and calibrated on."""
