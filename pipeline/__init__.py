"""Moves batches of records from shards to Parquet: read, judge, clean, decide, write, commit."""
