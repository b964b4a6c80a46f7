"""Errors, named by what happens next; each message says where, what, expected and got, and what to do."""


class LowbackgroundError(Exception):
    """The base of everything that this program raises on purpose."""


class ConfigError(LowbackgroundError):
    """Stop before reading: the command line, a configuration, a policy or an output folder is wrong."""


class UnitError(LowbackgroundError):
    """This unit cannot be read on: what was read is kept, the unit is marked, the run goes on."""


class StorageError(LowbackgroundError):
    """This unit is undone, and the next run tries it again: its storage failed, which says nothing about its bytes."""


class ModelProcessError(LowbackgroundError):
    """This unit is undone, and the next run tries it again: the process that holds a model is gone, or never saw its records."""


class DetectorError(LowbackgroundError):
    """This detector could not answer for this batch: FAILED evidence, the run goes on."""


NOT_DAMAGE = (StorageError, MemoryError)
"""What passes a reader that takes whatever a library raises for damage; Arrow's `ArrowMemoryError` is a MemoryError."""
