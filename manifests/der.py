"""As much of DER (ITU-T X.690) as is needed where `cryptography` is stricter than those who issue certificates."""

from collections.abc import Iterator

SEQUENCE = 0x30
OBJECT_IDENTIFIER = 0x06
BOOLEAN = 0x01
INTEGER = 0x02
OPTIONAL_0 = 0xA0  # context-specific, constructed, number 0
_OPTIONAL_3 = 0xA3
_OCTET_STRING = 0x04
_UTF8_STRING = 0x0C
_PRINTABLE_STRING = 0x13
_UTF16 = 0x1E  # BMPString

Item = tuple[int, bytes, bytes]


def items(der: bytes) -> Iterator[Item]:
    """The items that lie in `der` one after the other: tag, content, and the whole; ends at the first that does not fit."""
    at = 0
    while at + 2 <= len(der):
        size, start = der[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, start = int.from_bytes(der[start : start + width], "big"), start + width
        if start + size > len(der):
            return
        yield der[at], der[start : start + size], der[at : start + size]
        at = start + size


def issuer_and_subject(tbs_certificate: bytes) -> tuple[bytes, bytes]:
    """The two names of a TBSCertificate (RFC 5280, 4.1) as they are written; empty where it is not one."""
    fields = [whole for _, content, _ in items(tbs_certificate) for tag, _, whole in items(content) if tag == SEQUENCE]
    return (fields[1], fields[3]) if len(fields) > 3 else (b"", b"")  # signature, issuer, validity, subject


def extensions(tbs_certificate: bytes) -> dict[str, bytes]:
    """The extensions of a TBSCertificate by dotted OID; of several with one OID, which RFC 5280 forbids, the last."""
    found: dict[str, bytes] = {}
    for _, content, _ in items(tbs_certificate):
        for tag, wrapped, _ in items(content):
            if tag != _OPTIONAL_3:
                continue
            for _, sequence, _ in items(wrapped):
                for _, extension, _ in items(sequence):
                    parts = list(items(extension))  # the OID, perhaps whether it is critical, the value
                    if len(parts) > 1 and parts[0][0] == OBJECT_IDENTIFIER and parts[-1][0] == _OCTET_STRING:
                        found[dotted(parts[0][1])] = parts[-1][1]
    return found


def dotted(oid: bytes) -> str:
    """The content of an OBJECT IDENTIFIER as text, such as 2.5.29.37."""
    numbers, number = [], 0
    for byte in oid[:64]:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)  # X.690, 8.19.4: the first two are one number
    return ".".join(str(part) for part in (first, numbers[0] - 40 * first, *numbers[1:]))


def name_attribute(name: bytes, oid: bytes) -> str:
    """The first value of one attribute of a Name, by the content of its OID; empty where it has none."""
    for _, sequence, _ in items(name):
        for _, set_, _ in items(sequence):
            for _, pair, _ in items(set_):
                parts = list(items(pair))
                if len(parts) == 2 and parts[0][1] == oid:
                    return parts[1][1].decode("utf-16-be" if parts[1][0] == _UTF16 else "utf-8", "replace")
    return ""


def with_readable_names(certificate: bytes) -> bytes:
    """The certificate with every PrintableString of its names called UTF8String.

    Authorities write characters into PrintableStrings that X.680 forbids there, such as the underscore in the names
    of DigiCert's time-stamping responders. Lengths stay the same; the signature no longer covers the result.
    """
    for name in issuer_and_subject(tbs(certificate)):
        readable = name
        for _, sequence, _ in items(name):
            for _, set_, _ in items(sequence):
                for _, pair, _ in items(set_):
                    for tag, _, value in items(pair):
                        if tag == _PRINTABLE_STRING:
                            readable = readable.replace(value, bytes([_UTF8_STRING]) + value[1:])
        certificate = certificate.replace(name, readable) if name else certificate
    return certificate


def tbs(certificate: bytes) -> bytes:
    """The TBSCertificate, which is what an issuer signs; empty where there is none."""
    for _, content, _ in items(certificate):
        return next((whole for _, _, whole in items(content)), b"")
    return b""


def signed_data_certificates(token: bytes) -> Iterator[bytes]:
    """The certificates of a CMS ContentInfo that holds SignedData (RFC 5652, 3 and 5.1)."""
    for _, info, _ in items(token):
        for tag, wrapped, _ in items(info):
            if tag != OPTIONAL_0:
                continue
            for _, signed_data, _ in items(wrapped):
                for inner, found, _ in items(signed_data):
                    if inner == OPTIONAL_0:
                        yield from (whole for kind, _, whole in items(found) if kind == SEQUENCE)
