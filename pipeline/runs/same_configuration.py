"""Refuses to mix two configurations in one output folder, and says what differs."""

from collections.abc import Mapping
from typing import Any

from lowbackground import __version__
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.schema import SCHEMA_VERSION
from lowbackground.pipeline.runs.setup import Setup

MAX_TOLD = 4  # differences that are named: --detectors makes one for each that is installed
REDECIDE = "`lowbackground redecide OUT -o NEW` needs no input"


def check_same(config: Config, setup: Setup, previous: Mapping[str, Any]) -> None:
    """Refuse to mix two configurations in one output folder, and name what differs."""
    if previous["program"] != __version__ or previous["schema"] != SCHEMA_VERSION:
        raise ConfigError(
            f"{config.out}: was written by version {previous['program']} (schema {previous['schema']}), this is "
            f"{__version__} (schema {SCHEMA_VERSION}); finish it with that version, or give another folder to -o"
        )
    then, now = _dotted(previous["configuration"]), _dotted(config.model_dump(mode="json"))
    differing = [
        key
        for key in sorted(then.keys() | now.keys())
        if key.split(".")[0] in Config.identity_keys() and then.get(key) != now.get(key)
    ]
    if differing:
        changes = [f"{key} was {_told(then, key)} and is {_told(now, key)}" for key in differing[:MAX_TOLD]]
        changes += [f"and {len(differing) - MAX_TOLD} more"] if len(differing) > MAX_TOLD else []
        raise ConfigError(
            f"{config.out}: was written with another configuration: {', '.join(changes)}; "
            f"{config.out.rstrip('/')}/_run/config.yaml has all of it. Give another folder to -o, or the old values"
            + (f", or decide again: {REDECIDE}" if set(differing) <= {"keep", "opt_out", "family_shrinkage"} else "")
        )
    for part, digest in setup.identity().items():
        if previous["setup"].get(part) != digest:
            raise ConfigError(
                f"{config.out}: was written with another {part} ({str(previous['setup'].get(part))[:12]} then, {digest[:12]} "
                f"now); give another folder to -o{_ADVICE.get(part, '')}"
            )


_ADVICE = {
    "policy": f", or decide again: {REDECIDE}",
    "priors": f", or decide again: {REDECIDE}",
    "trust lists": ", or finish it with its own: --set trust_folder=OUT/_run/trust",
}


def _told(flat: Mapping[str, Any], key: str) -> str:
    return repr(flat[key]) if key in flat else "not set"


def _dotted(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys as the dotted ones that --set takes; a section without any has none."""
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _dotted(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return flat
