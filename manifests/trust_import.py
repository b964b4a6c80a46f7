"""Import of trust lists: from a file, told apart by content, or from where they are published.

c2pa-rs takes rubbish for a list of allowed signers without a word, so everything is read here before it is believed.
"""

import base64
import binascii
import hashlib
import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lowbackground.manifests.certificates import (
    CLAIM_SIGNING,
    EMAIL_PROTECTION,
    TIME_STAMPING,
    Certificate,
    certificate,
    from_pem,
    to_pem,
)
from lowbackground.manifests.trust import (
    NAME,
    Kind,
    Tier,
    TrustError,
    TrustList,
    allowed_digests,
    lists_in,
    write_index,
)

MAX_LIST_BYTES = 16 << 20  # the largest published list has 0.2 MB
_OID_LINE = re.compile(r"[0-2](?:\.\d{1,20}){2,30}\Z")
_TRUSTED = "http://c2pa.org/conformance/trust-list/trusted"  # ServiceStatus in the C2PA trust list schema


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a list is published, and what it is imported as."""

    name: str
    url: str
    kind: Kind
    tier: Tier


_C2PA = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/"
_INTERIM = "https://raw.githubusercontent.com/contentauth/verify-site/main/static/trust/"
PUBLISHED = (
    Publication("c2pa", _C2PA + "C2PA-TRUST-LIST.json", Kind.ANCHORS, Tier.C2PA),
    Publication("c2pa-tsa", _C2PA + "C2PA-TSA-TRUST-LIST.json", Kind.TSA, Tier.C2PA),
    Publication("interim-anchors", _INTERIM + "anchors.pem", Kind.ANCHORS, Tier.INTERIM),
    Publication("interim-allowed", _INTERIM + "allowed.pem", Kind.ALLOWED, Tier.INTERIM),
    Publication("interim-eku", _INTERIM + "store.cfg", Kind.EKU, Tier.INTERIM),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the content of a list says it is, in the form in which it is kept."""

    kind: Kind
    content: bytes
    entries: int
    issued: str | None = None


def recognise(content: bytes, source: str, kind: Kind | None = None) -> Recognised:
    """Read a list: PEM, the JSON of C2PA's lists (ETSI TS 119 602), digests of signers, or OIDs.

    A PEM bundle of authorities says little about what they are trusted for: it is `tsa` where one of them may only
    stamp times, none may certify signers, and the name of `source` speaks of time-stamps.

    Raises:
        TrustError: it is none of these, a part of it is broken, or it is not of `kind`.
    """
    if len(content) > MAX_LIST_BYTES:
        raise TrustError(f"{source}: has {len(content)} bytes, and no trust list is larger than {MAX_LIST_BYTES}")
    if content.lstrip()[:1] == b"{":
        found = _lote(content, source)
    elif b"-----BEGIN" in content or allowed_digests(content):
        found = _pem(content, source, kind)
    else:
        found = _usages(content, source)
    if kind is not None and found.kind is not kind:
        if {kind, found.kind} == {Kind.ANCHORS, Kind.TSA}:
            return Recognised(kind, found.content, found.entries, found.issued)
        raise TrustError(
            f"{source}: holds a list of kind {found.kind}, not {kind}; leave out --kind, or give another file"
        )
    return found


def _lote(content: bytes, source: str) -> Recognised:
    try:
        listed: dict[str, Any] = json.loads(content)["LoTE"]
        about = listed["ListAndSchemeInformation"]
        named = " ".join(str(name["value"]) for name in about.get("SchemeName", []))
        issued = str(about["ListIssueDateTime"])[:10]
        services = [
            service["ServiceInformation"]
            for entity in listed["TrustedEntitiesList"]
            for service in entity["TrustedEntityServices"]
        ]
        ders = [
            base64.b64decode(one["val"], validate=True)
            for service in services
            if service.get("ServiceStatus", _TRUSTED) == _TRUSTED
            for one in service["ServiceDigitalIdentity"]["X509Certificates"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise TrustError(f"{source}: is JSON, but not a C2PA trust list; nothing was imported") from error
    found = [certificate(der) for der in ders]
    good = [one for one in found if one is not None]
    if len(good) < len(found) or not good:
        raise TrustError(
            f"{source}: {len(found) - len(good)} of {len(found)} certificates cannot be read; nothing was imported"
        )
    kind = Kind.TSA if "TSA" in named or "Time" in named else Kind.ANCHORS
    return Recognised(kind, to_pem(dict.fromkeys(good)), len(set(good)), issued)


def _pem(content: bytes, source: str, wanted: Kind | None) -> Recognised:
    found, broken = from_pem(content)
    digests = allowed_digests(content) - {one.sha256 for one in found}
    if broken:
        raise TrustError(
            f"{source}: {broken} of {broken + len(found)} certificates cannot be read; nothing was imported"
        )
    if not found and not digests:
        raise TrustError(f"{source}: holds PEM, but no certificate; expected BEGIN CERTIFICATE blocks")
    found = list(dict.fromkeys(found))
    authorities = [one for one in found if one.is_authority]
    if digests or not authorities or wanted is Kind.ALLOWED:
        if authorities:
            raise TrustError(
                f"{source}: {len(authorities)} of {len(found)} certificates are authorities, and a list of allowed "
                "signers trusts signers only; split the file, or import it with --kind anchors"
            )
        lines = b"".join(base64.b64encode(bytes.fromhex(digest)) + b"\n" for digest in sorted(digests))
        return Recognised(Kind.ALLOWED, lines + to_pem(found), len(found) + len(digests))
    if len(authorities) < len(found):
        raise TrustError(
            f"{source}: mixes {len(authorities)} authorities with {len(found) - len(authorities)} signers; "
            "split it into a list of anchors and a list of allowed signers"
        )
    return Recognised(Kind.TSA if _stamps_times(found, source) else Kind.ANCHORS, to_pem(found), len(found))


def _stamps_times(authorities: Sequence[Certificate], source: str) -> bool:
    usages = [one.usages for one in authorities if one.usages is not None]
    if any(usage & {EMAIL_PROTECTION, CLAIM_SIGNING} for usage in usages):
        return False
    only_stamps = [usage == {TIME_STAMPING} for usage in usages]
    if only_stamps and all(only_stamps) and len(usages) == len(authorities):
        return True
    return any(only_stamps) and re.search(r"tsa|time-?stamp", source.lower()) is not None


def _usages(content: bytes, source: str) -> Recognised:
    """OIDs one a line; comments begin with `//` or `#`, as in the interim list's store.cfg."""
    lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith(("//", "#"))]
    wrong = next((line for line in lines if not _OID_LINE.match(line)), None)
    if not lines or wrong is not None:
        shown = "nothing" if wrong is None else ascii(wrong[:60])
        raise TrustError(
            f"{source}: is no trust list: expected PEM certificates, a C2PA trust list in JSON, base64 SHA-256 digests "
            f"or OIDs, found {shown}"
        )
    oids = sorted(set(lines))
    return Recognised(Kind.EKU, "".join(f"{oid}\n" for oid in oids).encode(), len(oids))


def import_list(
    folder: Path,
    content: bytes,
    *,
    name: str,
    source: str,
    today: date,
    kind: Kind | None = None,
    tier: Tier = Tier.OTHER,
    capture: bool = False,
) -> TrustList:
    """Put a list into a folder under `name`, in place of one of that name.

    Raises:
        TrustError: the content is no trust list, or the name cannot be one.
    """
    if not NAME.match(name):
        raise TrustError(
            f"{name!r} cannot name a list: expected lower-case letters, digits, '.', '_' or '-', at most 64"
        )
    found = recognise(content, source, kind)
    entry = TrustList(
        name=name,
        kind=found.kind,
        tier=tier,
        capture=capture,
        issued=found.issued,
        retrieved=today.isoformat(),
        source=source,
        sha256=hashlib.sha256(found.content).hexdigest(),
        entries=found.entries,
    )
    folder.mkdir(parents=True, exist_ok=True)
    others = [other for other in lists_in(folder) if other.name != name]
    part = folder / f"{entry.file}.part"
    part.write_bytes(found.content)
    part.replace(folder / entry.file)
    write_index(folder, [*others, entry])
    return entry


def download(url: str, timeout: float = 30) -> bytes:
    """What a list's address gives, over https; http only from this machine itself.

    Raises:
        TrustError: the address is not allowed, does not answer within `timeout` seconds, or gives too much.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}):
        raise TrustError(f"{url}: a trust list is fetched over https only")
    request = urllib.request.Request(url, headers={"User-Agent": "lowbackground"})  # noqa: S310 # the scheme was checked above
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context()), _SameScheme()
    )
    try:
        with opener.open(request, timeout=timeout) as answer:
            content: bytes = answer.read(MAX_LIST_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise TrustError(f"{url}: cannot be fetched ({error}); the lists that are here stay as they are") from error
    return content


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows a redirection to https only, so that a list never travels in the clear."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:  # the signature of the standard library
        if urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError(f"redirected to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def update(
    folder: Path, *, today: date, publications: Sequence[Publication] = PUBLISHED, timeout: float = 30
) -> list[TrustList]:
    """Fetch the published lists and put them into a folder: all of them, or none where one cannot be had.

    Raises:
        TrustError: a list cannot be fetched or read.
    """
    fetched = [(one, download(one.url, timeout)) for one in publications]
    for one, content in fetched:
        recognise(content, one.url, one.kind)
    return [
        import_list(folder, content, name=one.name, source=one.url, today=today, kind=one.kind, tier=one.tier)
        for one, content in fetched
    ]
