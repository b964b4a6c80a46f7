"""The command line: parse, call, print, exit."""


def main() -> None:
    """Run the command line."""
    raise SystemExit("not built yet")
