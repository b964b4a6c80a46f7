"""What is measured, and how: `make bench`, or one of them by `python -m benchmarks.NAME`."""
