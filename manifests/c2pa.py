"""The Rust reader of C2PA manifests, offline and bounded: bytes in, raw facts out, never a verdict.

- Its context is built from the run's trust lists, once a process: it is refused after a fork, and cannot be sent.
- c2pa-rs accepts unknown settings without a word, so the settings are tried on pictures that show whether they hold.
- Input reaches it through callbacks; a deadline there stops what loops over its input. What loops over a manifest
  store cannot be stopped, so stores above the caps of `manifests.jumbf` never get here.
"""

import base64
import io
import json
import math
import os
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import orjson

from lowbackground.manifests.certificates import from_pem, to_pem
from lowbackground.manifests.trust import Trust, Voucher

MAX_URL_CHARS = 2048
MAX_MESSAGE_CHARS = 200
_REMOTE = "Remote: must fetch remote manifests from url "  # c2pa-rs 0.91; the exception has no class of its own
_PRINTABLE = re.compile(r"[^\x20-\x7e]")


class SettingsError(RuntimeError):
    """c2pa-rs does not do what its settings ask for; nothing that it says would count."""


class Outcome(StrEnum):
    """What became of an attempt to read a manifest (the exceptions of c2pa-python 0.38, by what they mean)."""

    NONE = "none"
    READ = "read"
    REMOTE = "remote"
    BROKEN = "broken"  # there is a manifest, and it cannot be read
    UNREADABLE = "unreadable"  # the container cannot be read
    UNSUPPORTED = "unsupported"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader said: `crjson` (C2PA's conformance JSON, first the active manifest) where it could read.

    `store` holds the active manifest and those below it, as the reader verified them. `message` is the reader's own
    word on a failure: printable ASCII, cut.
    """

    outcome: Outcome
    crjson: dict[str, Any] = field(default_factory=dict)
    store: bytes = b""
    remote_url: str | None = None
    message: str | None = None


class DeadlineStream(io.BytesIO):
    """Bytes that stop answering when their time is up.

    The binding swallows what a callback raises and reports an input error, so `expired` says whether it was this.
    """

    def __init__(self, data: bytes, seconds: float) -> None:
        super().__init__(data)
        self._deadline = time.monotonic() + seconds
        self.expired = False

    def _check(self) -> None:
        if time.monotonic() > self._deadline:
            self.expired = True
            raise TimeoutError("the deadline for reading this manifest has passed")

    def readinto(self, buffer: Any, /) -> int:
        """As `BytesIO.readinto`; TimeoutError after the deadline."""
        self._check()
        return super().readinto(buffer)

    def read(self, size: int | None = -1, /) -> bytes:
        """As `BytesIO.read`; TimeoutError after the deadline."""
        self._check()
        return super().read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As `BytesIO.seek`; TimeoutError after the deadline."""
        self._check()
        return super().seek(offset, whence)


def settings(trust: Trust) -> dict[str, Any]:
    """The settings of c2pa-rs 0.91 for offline reading by these lists.

    Anchors go where that version looks for them: it ignores the old `trust.allowed_list`, and 0.92 the old
    `trust.trust_anchors`. It pools all lists and asks them in no particular order, so which list vouches for a signer
    is told elsewhere, and they are given as one.
    """
    anchors = frozenset[Any]().union(trust.time_stampers, *(one.anchors for one in trust.vouchers))
    allowed = frozenset[str]().union(*(one.allowed for one in trust.vouchers))
    lists = {
        "trust_kind": "manifest",
        "trust_uri": "lists",
        "trust_anchors": to_pem(sorted(anchors, key=lambda one: one.der)).decode(),
        "allowed_list": "".join(f"{base64.b64encode(bytes.fromhex(one)).decode()}\n" for one in sorted(allowed)),
    }
    return {
        "trust": {
            "anchors": [{key: value for key, value in lists.items() if value or key == "trust_anchors"}],
            "trust_config": "\n".join(sorted(trust.usages)),
        },
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
    }


@lru_cache(maxsize=1)
def validator_name() -> str:
    """The library that verified, with the versions that outcomes depend on."""
    import c2pa

    return f"c2pa-python {version('c2pa-python')} (c2pa-rs {c2pa.sdk_version()})"


class Validator:
    """A reader with the settings of some trust lists; build it with `validator`."""

    def __init__(self, trust: Trust) -> None:
        from c2pa import Context

        self.trust = trust
        self._context = Context.from_dict(settings(trust))

    def read(self, data: bytes, format_: str, *, store: bytes | None = None, seconds: float = 10) -> Reading:
        """Read the manifest of `data`, or the one in `store` that belongs to it.

        `format_` counts only where the bytes do not tell: SVG, ZIP and bare stores.
        """
        from c2pa import C2paError, Reader

        stream = DeadlineStream(data, seconds)
        try:
            with Reader(format_, stream, store, context=self._context) as reader:
                crjson = orjson.loads(reader.crjson())
                verified = _verified_store(reader, crjson)
        except C2paError as error:
            return _failure(error, expired=stream.expired)
        except (ValueError, KeyError) as error:  # a store whose active manifest is missing, or that is no JSON
            return Reading(Outcome.BROKEN, message=_printable(str(error), MAX_MESSAGE_CHARS))
        if not verified:
            return Reading(Outcome.BROKEN, message="no manifest in the reader's answer")
        return Reading(Outcome.READ, crjson, verified)


def _verified_store(reader: Any, crjson: Any) -> bytes:
    """The active manifest and those below it; nothing where the answer has no manifest of the form that it should."""
    manifests = crjson.get("manifests") if isinstance(crjson, dict) else None
    if not isinstance(manifests, list) or not manifests or not all(isinstance(one, dict) for one in manifests):
        return b""
    out = io.BytesIO()
    reader.resource_to_stream(str(manifests[0].get("label")), out)
    return out.getvalue()


def _printable(text: str, limit: int) -> str:
    return _PRINTABLE.sub("?", text[:limit])


def _failure(error: Exception, *, expired: bool) -> Reading:
    """The meaning of an exception; classes are told by name because the binding's are attributes of one another."""
    if expired:
        return Reading(Outcome.TIMEOUT, message="deadline")
    text, kind = str(error), type(error).__name__.removeprefix("_C2pa")
    message = _printable(text, MAX_MESSAGE_CHARS)
    if kind == "ManifestNotFound":
        return Reading(Outcome.NONE)
    if text.startswith("Remote:"):
        url = _printable(text.removeprefix(_REMOTE), MAX_URL_CHARS) if text.startswith(_REMOTE) else None
        return Reading(Outcome.REMOTE, remote_url=url, message=None if url else message)
    if kind == "NotSupported":
        return Reading(Outcome.UNSUPPORTED, message=message)
    if kind == "Io" or "asset could not be parsed" in text:
        return Reading(Outcome.UNREADABLE, message=message)
    return Reading(Outcome.BROKEN, message=message)


def validator(trust: Trust) -> Validator:
    """The validator of this process for these lists, tried out before it is used.

    Raises:
        SettingsError: this version of c2pa-rs does not follow its settings.
    """
    return _validator(os.getpid(), trust)


@lru_cache(maxsize=4)
def _validator(_process: int, trust: Trust) -> Validator:
    built = Validator(trust)
    try_out(built)
    return built


def try_out(built: Validator) -> None:
    """Make sure that settings hold: nothing is fetched, a list that vouches is believed, any other is not.

    Without a deadline: a machine under load must not look like a library that ignores its settings.

    Raises:
        SettingsError: one of them does not.
    """
    known = json.loads(files(__package__).joinpath("self_test.json").read_text("utf-8"))
    remote = built.read(base64.b64decode(known["remote"]), "image/jpeg", seconds=math.inf)
    if remote.outcome is not Outcome.REMOTE or remote.remote_url is None:
        raise SettingsError(
            f"{validator_name()} tried to fetch a remote manifest: {remote.message}; use a version that was tested"
        )
    signed = base64.b64decode(known["signed"])
    if _trusts(built, signed):
        raise SettingsError(
            f"{validator_name()} trusts a signer whom no list vouches for; use a version that was tested"
        )
    anchors = frozenset(from_pem(known["root"].encode())[0])
    by_authority = Voucher("self-test", "other", anchors, frozenset())
    by_name = Voucher("self-test", "other", frozenset(), frozenset({known["signer_sha256"]}))
    for voucher in (by_authority, by_name):
        if not _trusts(Validator(Trust((voucher,))), signed):
            raise SettingsError(f"{validator_name()} does not read its trust lists; use a version that was tested")


def _trusts(built: Validator, signed: bytes) -> bool:
    crjson = built.read(signed, "image/jpeg", seconds=math.inf).crjson
    results = crjson.get("manifests", [{}])[0].get("validationResults", {}).get("success", [])
    return any(one.get("code") == "signingCredential.trusted" for one in results)
