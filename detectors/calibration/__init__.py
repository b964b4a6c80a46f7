"""Calibrations: how often known-human content scores at least this, by language and length; and what a score is worth."""
