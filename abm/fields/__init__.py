"""What diffuses: cytokines, oxygen and lactate, who secretes and who takes them up, and the solver."""
