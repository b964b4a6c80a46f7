"""Panics of native extensions written in Rust: pyo3 raises them past `except Exception`, as no class one can import."""


def is_panic(error: BaseException) -> bool:
    """Whether Rust code gave up in the middle of a call; the object it was called on must not be used again."""
    return type(error).__name__ == "PanicException" and not isinstance(error, Exception)
