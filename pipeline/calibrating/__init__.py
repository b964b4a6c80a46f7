"""Calibrations out of users' own data: score it, fit, and say what could not be covered."""
