"""A run from its plan to its statement: units, commits, tallies, what the screen says."""
