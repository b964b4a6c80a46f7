"""Models that users bring: loaded from a folder or a pinned revision, run in batches, scored by published formulas."""
