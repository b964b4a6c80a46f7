"""The embedded text classifier: normalise, gate, featurise, score; weights are tables that are mapped, not unpickled."""
