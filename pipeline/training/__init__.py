"""The embedded text detector, fitted on users' own labelled text."""
