"""Finds what there is to read: names become files with a format."""
