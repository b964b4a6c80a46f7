"""Detectors turn the content of records into evidence; they observe and never decide."""
