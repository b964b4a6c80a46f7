"""Rebuilds the weights of `ai_text` from labelled Parquet, and measures them: `python -m benchmarks.ai_text`."""
