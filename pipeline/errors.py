"""Errors, named by what happens next; each message says where, what, expected and got, and what to do."""


class LowbackgroundError(Exception):
    """The base of everything that this program raises on purpose."""


class ConfigError(LowbackgroundError):
    """Stop before reading: the command line, a configuration, a policy or an output folder is wrong."""


class UnitError(LowbackgroundError):
    """This unit cannot be read on: what was read is kept, the unit is marked, the run goes on."""


class DetectorError(LowbackgroundError):
    """This detector could not answer for this batch: FAILED evidence, the run goes on."""
