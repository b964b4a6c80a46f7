"""One asset, or one bare manifest store: pre-checked, read, judged, bounded.

The walk decides in microseconds whether c2pa-rs is asked at all; what exceeds a cap is never given to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lowbackground.manifests.assess import Store, assess
from lowbackground.manifests.c2pa import Outcome, Reading, Validator, validator_name
from lowbackground.manifests.carriers.presence import Data, Presence
from lowbackground.manifests.certificates import Certificate
from lowbackground.manifests.credential import Credential, Integrity
from lowbackground.manifests.jumbf import measure
from lowbackground.manifests.precheck import READER_FORMAT, store_of

MIB = 1 << 20

# Containers that c2pa-rs 0.91 holds in memory, JPEG and PDF two to three times over (measured); it seeks in the others.
_LOADED_WHOLE = frozenset({"jpeg", "svg", "pdf", "store"})

_STATUS = {
    Outcome.REMOTE: "remote",
    Outcome.BROKEN: "broken",
    Outcome.UNREADABLE: "unreadable",
    Outcome.UNSUPPORTED: "unsupported",
    Outcome.TIMEOUT: "timeout",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one asset may cost: bytes of a container that is loaded whole, of any other, and seconds of reading."""

    loaded_bytes: int = 64 * MIB
    streamed_bytes: int = 512 * MIB
    seconds: float = 10


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one asset. `store`, `crjson` and `chain` are empty unless a manifest was read."""

    credential: Credential
    store: bytes = b""
    crjson: Mapping[str, Any] = field(default_factory=dict)
    chain: tuple[Certificate, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """What assets are verified with: a validator, the instant at which expiry is judged, and limits."""

    validator: Validator
    as_of: datetime
    limits: Limits = Limits()

    def asset(
        self, data: Data, media_type: str | None, presence: Presence, sidecar: bytes | None, *, truncated: bool = False
    ) -> Verified | None:
        """Verify an asset of which `presence` is the pre-check; null where there is no manifest at all.

        An embedded manifest comes before a sidecar. Of a truncated asset the binding cannot be checked.
        """
        found = self._embedded(data, media_type, presence) if presence.possible else None
        if sidecar is not None and (found is None or found.credential.status == "remote"):
            found = self._with_sidecar(data, media_type, presence, sidecar)
        return _as_truncated(found) if found and truncated else found

    def store(self, store: bytes, status: str, binding: Integrity) -> Verified:
        """Verify a manifest store without its content, of whose hard binding the caller knows what `binding` says."""
        over = measure(store).over_limit
        if over:
            return _too_large(over)
        reading = self.validator.read(store, READER_FORMAT["store"], seconds=self.limits.seconds)
        if reading.outcome is Outcome.READ:
            return self._assessed(reading, store, status, binding)
        broken = Reading(Outcome.BROKEN, message="the store holds no manifest")
        return _unread(broken if reading.outcome is Outcome.NONE else reading)

    def _embedded(self, data: Data, media_type: str | None, presence: Presence) -> Verified | None:
        if presence.container == "store":
            return self.store(bytes(data), "sidecar", Integrity.UNCHECKED)
        over = presence.over_limit or self._size_limit(data, presence.container)
        if over:
            return _too_large(over)
        store = store_of(data, presence)
        over = measure(store).over_limit if store else None
        if over:
            return _too_large(over)
        whole = bytes(data)
        format_ = READER_FORMAT.get(presence.container or "", media_type or "")
        reading = self.validator.read(whole, format_, seconds=self.limits.seconds)
        if reading.outcome is Outcome.NONE:
            return None
        if reading.outcome is not Outcome.READ:
            return _unread(reading)
        return self._assessed(reading, store or reading.store, "embedded")

    def _with_sidecar(self, data: Data, media_type: str | None, presence: Presence, sidecar: bytes) -> Verified:
        if not data:
            return self.store(sidecar, "sidecar", Integrity.UNCHECKED)
        over = self._size_limit(data, presence.container) or measure(sidecar).over_limit
        if over:
            return _too_large(over)
        whole = bytes(data)
        format_ = READER_FORMAT.get(presence.container or "", media_type or "")
        reading = self.validator.read(whole, format_, store=sidecar, seconds=self.limits.seconds)
        if reading.outcome is not Outcome.READ:
            return _unread(reading)
        return self._assessed(reading, sidecar, "sidecar")

    def _assessed(self, reading: Reading, found: bytes, status: str, binding: Integrity | None = None) -> Verified:
        """The judgement on a manifest that was read; `found` is its store as it lies in the file."""
        store = Store(reading.crjson, reading.store, found)
        assessment = assess(store, status, self.validator, self.as_of, binding=binding)
        return Verified(assessment.credential, found, reading.crjson, assessment.chain)

    def _size_limit(self, data: Data, container: str | None) -> str | None:
        limit = self.limits.loaded_bytes if container in _LOADED_WHOLE else self.limits.streamed_bytes
        return "asset-bytes" if len(data) > limit else None


def _too_large(over: str) -> Verified:
    return Verified(Credential(status="too_large", validator=validator_name()), message=over)


def _unread(reading: Reading) -> Verified:
    credential = Credential(status=_STATUS[reading.outcome], remote_url=reading.remote_url, validator=validator_name())
    return Verified(credential, message=reading.message)


def _as_truncated(found: Verified) -> Verified:
    """A cut asset fails its binding for no fault of its own, and may not be readable at all."""
    credential = found.credential
    if credential.integrity in {Integrity.INTACT, Integrity.FORGED, Integrity.MALFORMED} or credential.status in {
        "remote",
        "too_large",
    }:
        return found
    return replace(found, credential=replace(credential, status="truncated", integrity=Integrity.UNCHECKED))
