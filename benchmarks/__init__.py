"""Measurements. Each module prints figures of one run; compare within a run, not between machines."""
