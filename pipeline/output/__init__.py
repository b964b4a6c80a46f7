"""What is written: schema, rows, files that appear whole."""
