"""Asks encypher-c2pa, an implementation of its own that also reads text, pages and fonts, offline and silently."""

from datetime import datetime
from typing import Any

import orjson


def encypher_report(
    asset: bytes, media_type: str, as_of: datetime, *, own_trust: bool = False, store: bytes | None = None
) -> dict[str, Any]:
    """The verification report of encypher-c2pa (its schema 1.0) on an asset, judged at `as_of`.

    With `own_trust`, signers are judged by the lists compiled into it; otherwise by none. `store` is a manifest store
    that belongs to the asset and is not in it.

    Raises:
        ValueError: the type is not supported, or the asset cannot be read at all.
    """
    import encypher_c2pa

    # `verify`, the documented entry, writes the telemetry choice that it is given into the user's home on every call;
    # what it calls does not. `online` left out would be read from the environment.
    options = {
        "validation_time": as_of.isoformat(),
        "no_default_trust": not own_trust,
        "online": False,
        "telemetry": {"enabled": False},
    }
    native: Any = encypher_c2pa  # what `verify` calls is not among the names that its types export
    said = orjson.dumps(options).decode()
    if store is None:
        report: dict[str, Any] = orjson.loads(native.verify_bytes(asset, media_type, said))
    else:
        report = orjson.loads(native.verify_detached_bytes(asset, store, media_type, said))
    return report
