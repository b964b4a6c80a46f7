"""Filter a training corpus by provenance: `run`, `inspect` and `annotate`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lowbackground.pipeline.api import annotate, inspect, run
    from lowbackground.pipeline.config import Config

__version__ = "0.1.0"
__all__ = ["Config", "__version__", "annotate", "inspect", "run"]


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that `import lowbackground` stays instant."""
    if name == "Config":
        from lowbackground.pipeline.config import Config

        return Config
    if name in __all__:
        from lowbackground.pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module 'lowbackground' has no attribute {name!r}")
